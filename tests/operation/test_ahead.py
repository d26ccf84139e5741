"""A plan ahead acts or rests as a study does, from the same record."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from sites import site, ups_system
from study_cases import case, tariff

from ridethrough.domain import Horizon, SiteState
from ridethrough.domain.plan import PlanStatus
from ridethrough.finance.study.closed_loop import Loop, run
from ridethrough.operation.ahead import LEAST_KNOWN, BillingSpan, ceilings_kw, is_enough, plan_ahead
from ridethrough.operation.ceilings.planner import RESTING_HOURS, CeilingPlanner
from ridethrough.operation.guard import GuardedPlanner
from ridethrough.operation.planner import Known

STEP = timedelta(minutes=15)
MONTH = BillingSpan(
    start=datetime(2026, 6, 1, tzinfo=UTC),
    end=datetime(2026, 7, 1, tzinfo=UTC),
    next_end=datetime(2026, 8, 1, tzinfo=UTC),
)


def known_after(quarters: int, begins: datetime, *, block_intervals: int = 4) -> Known:
    """What is known after so many quarter hours on record: a load that rises, on a day of no month's end."""
    past = Horizon(start=begins, interval_minutes=15, intervals=max(1, quarters))
    now = begins + quarters * STEP
    premises = site(ups_system())
    load_kw = 3000.0 + 150.0 * np.sin(np.arange(quarters))
    return Known(
        issued_at=now,
        site=premises,
        tariff=tariff(),
        block=Horizon(start=now, interval_minutes=15, intervals=block_intervals),
        latest=MONTH.end,
        period_end=MONTH.end,
        study_end=MONTH.end,
        state=SiteState(stored_kwh={ups.id: ups.max_stored_kwh for ups in premises.ups}),
        past=past if quarters else None,
        load_kw=load_kw[np.newaxis],
        unprotected_load_kw=np.full(quarters, 500.0),
    )


@pytest.mark.parametrize("minute", [0, 15, 45])
def test_the_same_record_is_acted_on_or_rested_on_in_a_plan_and_in_a_study(minute: int) -> None:
    begins, acts = datetime(2026, 6, 10, 9, minute, tzinfo=UTC), []
    for quarters in (*range(19), 40, 100):
        known = known_after(quarters, begins)
        studied, ahead = CeilingPlanner().plan(known), plan_ahead(known, MONTH, {})

        assert (ahead is None) is (studied.status is PlanStatus.HOLD), quarters
        acts.append(ahead is not None)
        assert known.past is None or is_enough(known.past) is (ahead is not None)
        if ahead is not None:
            assert list(ceilings_kw(ahead)) == studied.orders.grid_target_kw.tolist()
            assert np.isfinite(ahead.forecast.net_load_kw).all()
    first = acts.index(True)
    assert all(acts[first:])
    assert RESTING_HOURS * 4 <= first <= LEAST_KNOWN // STEP


def test_the_least_past_is_enough_wherever_in_an_hour_it_begins() -> None:
    for minute in (0, 15, 30, 45):
        known = known_after(LEAST_KNOWN // STEP, datetime(2026, 6, 10, 9, minute, tzinfo=UTC))
        assert plan_ahead(known, MONTH, {}) is not None


def test_both_rest_until_a_day_of_prices_is_known() -> None:
    """A record of market prices that begins within a day knows less than a day of them until the afternoon."""
    known = known_after(4 * 4, datetime(2026, 6, 10, 9, tzinfo=UTC))
    for hours, acts in ((15, False), (23, False), (24, True), (39, True)):
        priced = replace(known, price_per_kwh=np.linspace(0.02, 0.09, 4 * hours))
        assert (GuardedPlanner().plan(priced).status is not PlanStatus.HOLD) is acts
        assert (plan_ahead(priced, MONTH, {}) is not None) is acts


def test_a_study_begins_on_a_day_of_23_hours() -> None:
    hours, plain = 23 + 24, case(1)
    first = Horizon.of_local_day(date(2026, 3, 8), "America/New_York", 60)
    whole = replace(first, intervals=hours)
    record = replace(
        plain.record,
        horizon=whole,
        load_kw=np.full((1, hours), 3900.0),
        unprotected_load_kw=np.full(hours, 500.0),
        price_per_kwh=np.linspace(0.02, 0.09, hours),
    )
    asked = replace(plain, record=record, horizon=whole, replanned_every_h=1.0)
    loop = run(asked, GuardedPlanner(), Loop.at_start(asked))
    assert loop.by_status == {"hold": 13, "optimal": hours - 13}  # 14:00 is the 13th hour of that day


def test_two_days_and_a_new_billing_period_are_planned_from_few_hours() -> None:
    known = known_after(18, datetime(2026, 6, 30, 9, tzinfo=UTC), block_intervals=6 * 4 + 96)
    ahead = plan_ahead(replace(known, latest=MONTH.next_end), MONTH, {"facility": 3500.0})

    assert ahead is not None
    assert [part.block.end for part in ahead.parts] == [MONTH.end, known.block.end]
    assert len(ceilings_kw(ahead)) == known.block.intervals
