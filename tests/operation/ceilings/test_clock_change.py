"""Ceilings at 5 minutes over days of 23 and 25 hours, the end of a month among them, with two charges and a limit."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sites import site, ups_system
from study_cases import HOURS, tariff

from ridethrough.domain import Horizon
from ridethrough.domain.dispatch_limits import DispatchLimits
from ridethrough.finance.study.case import StudyCase
from ridethrough.finance.study.closed_loop import Loop, run
from ridethrough.operation.ceilings.planner import CeilingPlanner, CeilingSettings
from ridethrough.operation.ceilings.policy import CeilingPlan
from ridethrough.operation.known.record import Record
from ridethrough.operation.planner import Known
from ridethrough.tariffs.charges.demand import DemandCharge, DemandSeason, DemandTier

CHICAGO = ZoneInfo("America/Chicago")
EVENING = DemandCharge(
    name="evening", schedule="hours", period="dear", seasons=(DemandSeason(tiers=(DemandTier(rate_per_kw=25.0),)),)
)


class Listening(CeilingPlanner):
    """Notes in how many hours energy is left for later hours."""

    late = 0

    def ceilings(self, known: Known) -> CeilingPlan | None:
        found = super().ceilings(known)
        self.late += found is not None and found.simulation.trading.later_kwh[0] > 0
        return found


def days_of(first: datetime, start: datetime, days: int, most: int | None) -> StudyCase:
    """A load whose every interval may be at the protected load, or at a tenth of it."""
    end = datetime.combine(start.date() + timedelta(days=days), start.timetz())
    seconds = end.timestamp() - first.timestamp()
    whole = Horizon(start=first, interval_minutes=5, intervals=int(seconds // 300), timezone=CHICAGO.key)
    studied = int((end.timestamp() - start.timestamp()) // 300)
    random = np.random.default_rng(4)
    hourly = np.repeat(random.normal(3600, 300, whole.intervals // 12 + 1), 12)[: whole.intervals]
    load_kw = np.clip(hourly + random.normal(0, 80, whole.intervals), 500, 4790)
    shocks = random.random(whole.intervals) < 0.01
    load_kw[shocks] = random.choice([480.0, 4800.0], shocks.sum())
    return StudyCase(
        site=replace(site(ups_system()), timezone=CHICAGO.key, dispatch=DispatchLimits(most_discharges_per_day=most)),
        tariff=replace(tariff(), demand=(*tariff().demand, EVENING), schedules={"hours": HOURS}),
        record=Record(horizon=whole, load_kw=load_kw[np.newaxis], unprotected_load_kw=np.full(whole.intervals, 500.0)),
        horizon=Horizon(start=start, interval_minutes=5, intervals=studied, timezone=CHICAGO.key),
        replanned_every_h=1.0,
    )


@pytest.mark.parametrize(
    ("first", "start", "days", "intervals", "often"),
    [
        (datetime(2026, 10, 27, tzinfo=CHICAGO), datetime(2026, 10, 30, tzinfo=CHICAGO), 4, (4 * 24 + 1) * 12, True),
        (datetime(2026, 3, 4, tzinfo=CHICAGO), datetime(2026, 3, 6, tzinfo=CHICAGO), 4, (4 * 24 - 1) * 12, False),
    ],
)
def test_energy_given_late_is_never_of_the_reserve_and_begins_as_often_as_a_day_allows(
    first: datetime, start: datetime, days: int, intervals: int, *, often: bool
) -> None:
    asked, planner = days_of(first, start, days, most=2), Listening(settings=CeilingSettings(futures=8))
    assert asked.horizon.intervals == intervals

    loop = run(asked, planner, Loop.at_start(asked))

    assert (loop.stored_kwh[:, 1:] >= asked.loads.floor_kwh - 1e-6).all()
    assert planner.late > 0
    assert loop.discharge_kw.any()
    assert most_begun(loop, start) <= 2
    if often:
        free = days_of(first, start, days, most=None)
        assert most_begun(run(free, CeilingPlanner(settings=planner.settings), Loop.at_start(free)), start) > 2


def most_begun(loop: Loop, start: datetime) -> int:
    """How often a discharge begins on the local day that has most, counted afresh."""
    gives = loop.discharge_kw[0] > 1e-3
    begun = np.flatnonzero(gives & ~np.concatenate([[False], gives[:-1]])).tolist()
    counts = Counter(datetime.fromtimestamp(start.timestamp() + 300 * t, CHICAGO).date() for t in begun)
    return max(counts.values())
