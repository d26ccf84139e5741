"""Plans of a controller that stands alone are forecast from the loads that it measured, by stated rules."""

from concurrent.futures import Executor, Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import control_kills
import pytest
import yaml

from ridethrough.api.operating.control_plans import ControlPlans
from ridethrough.api.operating.measured_series import MeasuredSeries
from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.site_file import SiteInputs, read_site
from ridethrough.bms.load_record import MeasuredLoads
from ridethrough.domain import ConditionKind, ReserveCondition, UpsMode
from ridethrough.domain.telemetry import Telemetry, UpsReading
from ridethrough.operation.live.situation import Situation

NOW = datetime(2026, 7, 15, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def inputs(filed_until: datetime | None = None) -> SiteInputs:
    """A site with constant loads, or with a series of a week that ends at a time."""
    constant = read_site(yaml.safe_load(control_kills.SITE), source="site.yaml", folder=None)
    if filed_until is None:
        return constant
    series = TimeSeries(source="load.csv", start=filed_until - 672 * QUARTER, step=QUARTER, values=(4300.0,) * 672)
    return replace(constant, loads={"pod-1": series})


def measured(hours: float, load_kw: float = 4000.0, left_out: range = range(0)) -> MeasuredSeries:
    """A run of measured loads that ends now."""
    series, count = MeasuredSeries(step=QUARTER), round(hours * 4)
    for n in range(count):
        if n not in left_out:
            start = NOW - (count - n) * QUARTER
            series.add(MeasuredLoads(start=start, load_kw={"pod-1": load_kw}, unprotected_kw=800.0))
    return series


def used(series: MeasuredSeries, given: SiteInputs) -> tuple[TimeSeries | float, TimeSeries | float]:
    made, _ = series.inputs(given, NOW)
    return made.loads["pod-1"], made.unprotected_load


def test_a_site_of_constants_is_planned_from_four_hours_that_were_measured() -> None:
    assert used(measured(3.75), inputs()) == (4300.0, 900.0)
    load, others = used(measured(4), inputs())
    assert isinstance(load, TimeSeries)
    assert isinstance(others, TimeSeries)
    assert (load.end, set(load.values), set(others.values)) == (NOW, {4000.0}, {800.0})


def test_measured_loads_follow_those_of_the_files_and_count_where_both_are() -> None:
    load, _ = used(measured(2), inputs(filed_until=NOW - timedelta(hours=1)))
    assert isinstance(load, TimeSeries)
    assert (load.start, load.end) == (NOW - timedelta(hours=1) - 672 * QUARTER, NOW)
    assert load.values[-9:] == (4300.0, *(4000.0,) * 8)


@pytest.mark.parametrize(("hours", "days_ago", "alone"), [(167, 7.5, False), (168, 7.5, True), (3, 9, False),
                                                          (4, 9, True)])  # fmt: skip
def test_after_a_gap_they_count_alone_when_there_are_enough(hours: int, days_ago: float, alone: bool) -> None:  # noqa: FBT001
    given = inputs(filed_until=NOW - timedelta(days=days_ago))
    load, _ = used(measured(hours), given)
    assert isinstance(load, TimeSeries)
    assert (set(load.values) == {4000.0}) is alone


def test_an_hour_that_was_not_measured_is_filled_and_counted_and_a_longer_gap_begins_anew() -> None:
    series = measured(30, left_out=range(20, 24))
    made, says = series.inputs(inputs(), NOW)
    load = made.loads["pod-1"]
    assert isinstance(load, TimeSeries)
    assert len(load.values) == 120
    assert "4 intervals of them filled" in says
    assert used(measured(9, left_out=range(15, 21)), inputs())[0] == 4300.0


def test_loads_of_other_systems_are_not_those_of_the_site_and_a_clock_set_back_adds_nothing() -> None:
    series = measured(30)
    series.add(MeasuredLoads(start=NOW - timedelta(hours=2), load_kw={"pod-1": 1.0}, unprotected_kw=1.0))
    assert used(series, inputs())[0].end == NOW  # type: ignore[union-attr]
    series.add(MeasuredLoads(start=NOW, load_kw={"pod-9": 1.0}, unprotected_kw=1.0))
    assert used(series, inputs())[0] == 4300.0


class AtOnce(Executor):
    """Does what it is asked at once, in the same process."""

    def submit(self, do: Any, /, *given: Any, **named: Any) -> "Future[Any]":  # noqa: ANN401
        done: Future[Any] = Future()
        done.set_result(do(*given, **named))
        return done


class Later(Executor):
    """Takes questions; the test answers them."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, Future[Any]]] = []

    def submit(self, do: Any, /, *given: Any, **named: Any) -> "Future[Any]":  # noqa: ANN401, ARG002
        self.asked.append((given[0], Future()))
        return self.asked[-1][1]


def test_a_plan_is_asked_for_when_it_is_due_or_conditions_change_and_a_failure_leaves_the_one_before(
    tmp_path: Path,
) -> None:
    later, told, given = Later(), [], inputs()
    control_kills.write_plan_of(given, tmp_path, NOW)
    plans = ControlPlans(
        inputs=given,
        folder=tmp_path,
        executor=later,
        tell=lambda what, _, why: told.append((what, why)),
        measured=measured(1),
    )
    before = plans.in_force(NOW)
    assert not isinstance(before, str)

    def see(at: datetime, *conditions: ReserveCondition) -> int:
        reading = UpsReading(stored_kwh=870.0, load_kw=4300.0, mode=UpsMode.NORMAL, charge_kw=0.0, discharge_kw=0.0)
        telemetry = Telemetry(measured_at=at, grid_kw=5400.0, ups={"pod-1": reading})
        site = replace(given.site, conditions=conditions)
        plans.see(Situation(site=site, site_version=1, now=at, telemetry=telemetry, plan=before))
        return len(later.asked)

    alert = ReserveCondition(start=NOW, end=NOW + timedelta(hours=1), kind=ConditionKind.GRID_ALERT)
    assert see(NOW + timedelta(minutes=1)) == 0
    assert see(NOW + timedelta(minutes=2), alert) == 1
    assert later.asked[0][0].inputs.site.conditions == (alert,)
    later.asked[0][1].set_exception(ValueError("the worker died"))
    assert plans.in_force(NOW + timedelta(minutes=3)) == before
    assert told[-1] == ("plan_failed", "the worker died")
    assert see(NOW + timedelta(minutes=3, seconds=30), alert) == 1
    assert see(NOW + timedelta(minutes=61), alert) == 2, "an hour has passed"
    assert "loads of the files: 1.0 hours are measured" in told[-1][1]


def test_a_plan_on_disk_of_other_files_or_that_is_damaged_is_not_in_force(tmp_path: Path) -> None:
    def in_force() -> object:
        made = ControlPlans(
            inputs=inputs(), folder=tmp_path, executor=Later(), tell=lambda *_: None, measured=measured(1)
        )
        return made.in_force(NOW)

    assert in_force() == "no plan has been made"
    (tmp_path / "plan.json").write_text("{", encoding="utf-8")
    assert "cannot be read" in str(in_force())
    (tmp_path / "plan.json").write_text('{"sha256": "of others"}', encoding="utf-8")
    assert in_force() == "no plan has been made"


def test_a_plan_expects_the_loads_that_were_measured(tmp_path: Path) -> None:
    told: list[str] = []
    plans = ControlPlans(
        inputs=inputs(),
        folder=tmp_path,
        executor=AtOnce(),
        tell=lambda what, _, why: told.append(f"{what}: {why}"),
        measured=measured(48, load_kw=4100.0),
    )
    told_now = UpsReading(stored_kwh=900.0, load_kw=4100.0, mode=UpsMode.NORMAL, charge_kw=0.0, discharge_kw=0.0)
    reading = Telemetry(measured_at=NOW, grid_kw=5400.0, ups={"pod-1": told_now})
    plans.see(Situation(site=inputs().site, site_version=1, now=NOW, telemetry=reading))
    plan = plans.in_force(NOW)
    assert not isinstance(plan, str), (plan, told)
    assert plan.orders.systems["pod-1"].load_kw == pytest.approx([4100.0] * plan.orders.horizon.intervals)
    assert "measured loads from" in told[0]
