"""A dry run writes nothing and goes on as if it were obeyed; running ends with every device in normal operation."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from control_benches import BEGIN, control_bench

from ridethrough.bms import operator_hold
from ridethrough.bms.drivers.simulated import SimulatedMeterDriver, SimulatedUpsDriver
from ridethrough.bms.meter_on_paper import MeterOnPaper, PaperInterval
from ridethrough.bms.running import run
from ridethrough.bms.shadow import ShadowMeter, ShadowUps
from ridethrough.bms.simulated.faults import NO_FAULTS


def test_a_dry_run_writes_nothing_and_says_what_it_would_have_moved() -> None:
    bench = control_bench(cycle_s=5.0, setpoint_s=15.0)
    driver = SimulatedUpsDriver(bench.ups)
    shadow = ShadowUps(driver, bench.site.ups[0])
    intervals: list[PaperInterval] = []
    on_paper = MeterOnPaper(interval_s=900.0, cycle_s=5.0, timezone="UTC", tell=intervals.append)
    meter = ShadowMeter(SimulatedMeterDriver(bench.simulated), {"pod-1": shadow}, on_paper)
    bench.controller.drivers, bench.controller.meter = {"pod-1": shadow}, meter
    bench.controller.__post_init__()
    stored_kwh = bench.ups.state.stored_kwh
    bench.cycle(360)
    assert bench.ups.state.ordered is None
    assert bench.ups.state.stored_kwh == stored_kwh
    assert shadow.moved.discharged_kwh == pytest.approx(300.0 * 0.5, rel=0.02)
    told = bench.cycles[-1].reading.ups["pod-1"]
    assert sum(told.unit_stored_kwh) == pytest.approx(stored_kwh - 150.0 / 0.98, rel=0.01)  # type: ignore[arg-type]
    meter.on_paper.close()
    assert meter.on_paper.without_kw - meter.on_paper.with_kw == pytest.approx(300.0 / 0.97, rel=0.02)
    first, second = intervals
    assert second.start - first.start == timedelta(minutes=15)
    assert second.without_kw - second.with_kw == pytest.approx(300.0 / 0.97)
    assert second.ups["pod-1"].discharge_kw == pytest.approx(300.0)
    assert second.ups["pod-1"].missing_kwh == pytest.approx(150.0 / 0.98, rel=0.01)
    assert PaperInterval.of(json.loads(json.dumps(second.document()))) == second


def test_an_interval_with_a_gap_is_not_measured() -> None:
    told: list[PaperInterval] = []
    paper = MeterOnPaper(interval_s=900.0, cycle_s=5.0, timezone="UTC", tell=told.append)
    for second in range(0, 3600, 5):
        if not 1000 <= second < 1200:
            paper.add(BEGIN + timedelta(seconds=second), 100.0, 90.0, {})
    paper.close()
    assert [(each.start - BEGIN) / timedelta(minutes=15) for each in told] == [0, 2, 3]


def test_an_outage_ends_what_was_only_on_paper() -> None:
    bench = control_bench(cycle_s=5.0, setpoint_s=15.0)
    shadow = ShadowUps(SimulatedUpsDriver(bench.ups), bench.site.ups[0])
    bench.controller.drivers = {"pod-1": shadow}
    bench.controller.__post_init__()
    bench.cycle(100)
    bench.simulated.outage()
    cycle = bench.cycle()
    truly = [unit.stored_kwh for unit in bench.ups.state.units]
    assert sum(cycle.reading.ups["pod-1"].unit_stored_kwh) == pytest.approx(sum(truly), rel=0.05)  # type: ignore[arg-type]


def test_running_goes_on_after_a_failed_cycle_and_releases_at_its_end() -> None:
    bench = control_bench(cycle_s=0.01, setpoint_s=1.0)
    failures: list[Exception] = []
    usual = bench.controller.ordering

    class Fails:
        asked = 0

        async def orders(self, reading: Any, now: Any) -> Any:  # noqa: ANN401
            self.asked += 1
            if self.asked == 2:
                raise ZeroDivisionError
            bench.simulated.advance(0.01)
            return await usual.orders(reading, now)

    bench.controller.ordering = Fails()
    kept = asyncio.run(run(bench.controller, asyncio.Event(), cycles=4, failed=failures.append))
    assert [type(each) for each in failures] == [ZeroDivisionError]
    assert kept == {}
    assert bench.ups.state.ordered is None


def test_running_stops_when_it_is_told_and_names_what_it_could_not_release() -> None:
    bench = control_bench(cycle_s=0.01, setpoint_s=1.0)

    async def stopped() -> Any:  # noqa: ANN401
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(0.05, stop.set)
        return await run(bench.controller, stop, failed=lambda _: None)

    bench.ups.faults = replace(NO_FAULTS, dead=True)
    assert "no answer" in asyncio.run(stopped())["pod-1"]


def test_a_hold_outlives_its_writer_and_a_damaged_one_holds(tmp_path: Any) -> None:  # noqa: ANN401
    bench = control_bench()
    assert operator_hold.held_because(tmp_path) == ""
    operator_hold.hold(tmp_path, why="work on the busbar", by="ada", now=bench.simulated.now)
    assert operator_hold.held_because(tmp_path) == "held by ada: work on the busbar"
    (tmp_path / "hold.json").write_text("{", encoding="utf-8")
    assert "damaged" in operator_hold.held_because(tmp_path)
    assert operator_hold.release(tmp_path)
    assert not operator_hold.release(tmp_path)
    (tmp_path / "hold.json").mkdir()
    assert "cannot be read" in operator_hold.held_because(tmp_path)
