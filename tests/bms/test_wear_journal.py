"""A controller counts what its batteries discharge from readings, and goes on from its journal when it starts again."""

from datetime import timedelta
from pathlib import Path

import pytest
from control_benches import BEGIN, ControlBench, control_bench
from sites import ups_system

from ridethrough.bms.cycle_journal import WearJournal, last_known
from ridethrough.bms.journal import Journal
from ridethrough.domain.wear.wear_model import WearModel
from ridethrough.operation.live.warranty_used import throughput_kwh


def bench(limit_kwh: float = 4000.0) -> ControlBench:
    wear = WearModel(throughput_limit_kwh_per_year=limit_kwh, installed=BEGIN.date())
    return control_bench(ups_system(wear=wear))


def test_what_is_discharged_is_counted_and_not_forgotten_by_a_restart(tmp_path: Path) -> None:
    first, path = bench(), tmp_path / "journal.jsonl"
    journal = Journal(path)
    first.ordering.counted = WearJournal(journal=journal)
    first.cycle(125)
    journal.close()
    before_kwh = 20_000 / 365 / 24
    counted = throughput_kwh(first.site, first.ordering.metered, BEGIN)["pod-1"]
    assert counted == pytest.approx(before_kwh + 300.0 * 124 / 3600, rel=0.02)
    known = last_known(again := Journal(path))
    again.close()
    assert known.metered["pod-1"].at == BEGIN + timedelta(seconds=120)
    second = bench()
    second.simulated.advance(300.0)
    second.ordering.metered = known.metered
    second.cycle(2)
    after = throughput_kwh(second.site, second.ordering.metered, BEGIN)["pod-1"]
    assert after >= throughput_kwh(first.site, known.metered, BEGIN)["pod-1"]
    assert second.ordering.metered["pod-1"].since == BEGIN


def test_a_controller_discharges_no_more_than_its_warranty_leaves() -> None:
    one = bench(limit_kwh=0.8)
    one.cycle(300)
    given_kwh = sum(each.reading.ups["pod-1"].discharge_kw or 0.0 for each in one.cycles) / 3600
    asked_kw = [each.ups["pod-1"].asked.discharge_kw for each in one.cycles]
    assert 0.3 < given_kwh <= 4.0
    assert asked_kw[-1] < 0.9 * max(asked_kw) < 0.05 * 300.0, "the plan wants 300 kW all the time"


def test_a_clock_that_is_set_back_stops_no_counting() -> None:
    one = bench()
    one.cycle(10)
    counted = one.ordering.metered["pod-1"]
    one.ordering.clock_was_set(-timedelta(hours=2))
    moved = one.ordering.metered["pod-1"]
    assert (moved.at, moved.discharged_kwh) == (counted.at - timedelta(hours=2), counted.discharged_kwh)
    assert moved.since <= moved.at


def test_a_full_disk_stops_no_cycle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, journal = bench(), Journal(tmp_path / "journal.jsonl")
    one.ordering.counted = WearJournal(journal=journal)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal, "write", full)
    one.cycle(3)
    journal.close()
    assert one.ups.state.discharge_kw == pytest.approx(300.0)
