"""The journal keeps what was written, cuts a line that was not finished, and refuses one that was changed."""

import asyncio
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import live
import pytest
from control_benches import BEGIN, control_bench
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.api.commands.control.control_loop import tell_failed
from ridethrough.bms.cycle_journal import CycleJournal, LastKnown, WearJournal, last_known
from ridethrough.bms.journal import Journal, UnableToReadJournal, records_of
from ridethrough.bms.running import run
from ridethrough.operation.live.metered_wear import MeteredWear
from ridethrough.operation.live.situation import SetpointMode


@given(kept=st.integers(0, 5), cut=st.integers(1, 60))
def test_a_journal_that_ends_in_the_middle_of_a_line_goes_on(
    kept: int, cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    journal = Journal(path)
    for number in range(kept + 1):
        journal.write("note", BEGIN, text=f"line {number}")
    journal.close()
    whole = path.read_bytes()
    last = len(whole.splitlines(keepends=True)[-1])
    path.write_bytes(whole[: len(whole) - min(cut, last)])
    again = Journal(path)
    again.write("note", BEGIN, text="after")
    again.close()
    records = records_of(path)
    assert [each["text"] for each in records] == [*(f"line {number}" for number in range(kept)), "after"]
    assert [each["number"] for each in records] == list(range(1, kept + 2))


@pytest.mark.parametrize(("old", "new"), [(b"line 0", b"lime 0"), (b'"number": 1', b'"number": 7')])
def test_a_changed_line_is_refused(tmp_path: Path, old: bytes, new: bytes) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    for number in range(2):
        journal.write("note", BEGIN, text=f"line {number}")
    journal.close()
    path.write_bytes(path.read_bytes().replace(old, new))
    with pytest.raises(UnableToReadJournal, match="line 1"):
        Journal(path)


def test_a_disk_that_is_full_for_a_while_costs_the_records_of_that_while(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.write("note", BEGIN, text="before")
    with files_of_at_most(path.stat().st_size + 30):
        for _ in range(3):
            with pytest.raises(OSError, match=r"File too large|No space left"):
                journal.write("note", BEGIN, text="lost")
    journal.write("note", BEGIN, text="after")
    journal.close()
    again = Journal(path)
    assert [each["text"] for each in records_of(path)] == ["before", "after"]
    again.close()


def test_a_controller_goes_on_without_its_journal_and_releases_at_its_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    bench = control_bench(write=CycleJournal(journal=journal))
    told = []

    def failed(error: Exception) -> None:
        told.append(bench.ups.state.discharge_kw)
        tell_failed(journal, error)

    with files_of_at_most(30):
        kept = asyncio.run(run(bench.controller, asyncio.Event(), cycles=1, failed=failed))
    journal.close()
    assert told == [pytest.approx(300.0)]
    assert "the journal cannot be written" in capsys.readouterr().err
    assert kept == {}
    assert bench.ups.state.ordered is None


def test_equipment_is_released_whatever_ends_the_controller() -> None:
    bench = control_bench()
    bench.cycle()
    assert bench.ups.state.discharge_kw == pytest.approx(300.0)

    def gives_up(error: Exception) -> None:
        raise error

    bench.controller.write = lambda _: journal_is_gone()
    with pytest.raises(OSError, match="gone"):
        asyncio.run(run(bench.controller, asyncio.Event(), cycles=1, failed=gives_up))
    assert bench.ups.state.ordered is None


def journal_is_gone() -> None:
    raise OSError("gone")


@contextmanager
def files_of_at_most(size_bytes: int) -> Iterator[None]:
    """A process whose files may not grow above a size, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_line_that_is_missing_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    for number in range(3):
        journal.write("note", BEGIN, text=f"line {number}")
    journal.close()
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[2])
    with pytest.raises(UnableToReadJournal, match="number 3"):
        records_of(path)


def test_cycles_are_written_when_they_say_something_new_and_each_minute(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    bench = control_bench(write=CycleJournal(journal=journal))
    bench.cycle(130)
    bench.held = "held"
    bench.cycle(5)
    journal.close()
    cycles = records_of(tmp_path / "journal.jsonl")
    assert [each["mode"] for each in cycles] == ["plan"] * 3 + ["hold"]


def test_what_a_controller_must_know_after_a_restart_is_in_the_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    bench = control_bench(write=CycleJournal(journal=journal))
    bench.cycle(2)
    bench.simulated.outage()
    began = bench.simulated.now
    bench.cycle(20)
    journal.close()
    known = known_in(tmp_path / "journal.jsonl")
    assert known.outage_at == began
    assert known.reading is not None
    again = control_bench(now=bench.simulated.now)
    again.ordering.last_outage_at = known.outage_at
    again.ordering.history.add(known.reading)
    again.plan = live.plan(again.site, made_at=began - timedelta(hours=1))
    assert "there was an outage" in again.cycle().why
    assert known_in(tmp_path / "empty.jsonl").reading is None


def test_what_was_written_by_a_clock_that_was_set_back_counts_as_of_the_start(tmp_path: Path) -> None:
    """Else the site holds for an outage of next year, and no reading of this one is later than the last."""
    journal = Journal(tmp_path / "journal.jsonl")
    ahead = timedelta(days=300)
    bench = control_bench(write=CycleJournal(journal=journal), now=BEGIN + ahead)
    bench.simulated.outage()
    bench.cycle(3)
    wear = MeteredWear(since=BEGIN, at=BEGIN + ahead, stored_kwh=500.0, discharge_kw=0.0, charge_kw=0.0)
    WearJournal(journal=journal)({"pod-1": wear}, BEGIN + ahead)
    journal.close()

    known = known_in(tmp_path / "journal.jsonl").by(BEGIN)
    assert known.reading is not None
    assert {known.outage_at, known.reading.measured_at, known.metered["pod-1"].at} == {BEGIN}
    later = known_in(tmp_path / "journal.jsonl").by(BEGIN + 2 * ahead)
    assert later == known_in(tmp_path / "journal.jsonl")

    again = control_bench(now=BEGIN)
    again.ordering.last_outage_at = known.outage_at
    again.plan = live.plan(again.site, made_at=BEGIN + timedelta(seconds=1))
    assert again.cycle(3).mode is SetpointMode.PLAN


def known_in(path: Path) -> LastKnown:
    journal = Journal(path)
    try:
        return last_known(journal)
    finally:
        journal.close()
