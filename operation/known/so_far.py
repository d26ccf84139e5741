"""Peaks and energy of a billing period before a moment, worked out from the meter's own series."""

from datetime import datetime, time

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, SiteState
from ridethrough.domain.horizon import zone
from ridethrough.operation.known.month_to_date import MonthToDate, Stored
from ridethrough.tariffs.resolution import calendar_of_plans
from ridethrough.tariffs.tariff import Tariff

FloatArray = NDArray[np.float64]


def state_so_far(tariff: Tariff, past: Horizon, grid_kw: FloatArray, start: datetime) -> SiteState:
    """Peaks and energy of the billing period that `start` lies in, and peaks of those before; not what is stored.

    `past` is when `grid_kw` was metered. From its end to `start` nothing is known, and nothing counted.
    """
    reads = tariff.cycle.read_dates
    from_ = datetime.combine(reads[0], time(), zone(past.timezone)) if reads else past.start
    skipped = max(0, -((past.start - from_) // past.step))
    begun = past.start + skipped * past.step
    if begun >= start:
        return SiteState()
    intervals = -((begun - start) // past.step)
    until = Horizon(
        start=begun, interval_minutes=past.interval_minutes, intervals=intervals + 1, timezone=past.timezone
    )
    calendar = calendar_of_plans(tariff, until)
    metered = np.zeros(intervals)
    known = grid_kw[skipped : skipped + intervals]
    metered[: len(known)] = known
    month = MonthToDate.begin(tariff, calendar, SiteState())
    midnights = (np.flatnonzero(np.diff(calendar.day[: intervals + 1])) + 1).tolist()
    for end in [*(each for each in midnights if each < intervals), intervals]:
        month.meter(metered, end)
    return month.state(Stored(stored_kwh={}, unit_stored_kwh={}))
