"""The meter hour by hour with batteries at rest: the mean, and the highest metered interval."""

from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, Site
from ridethrough.operation.planner import Known

FloatArray = NDArray[np.float64]

MINUTES_PER_HOUR = 60


@dataclass(slots=True, kw_only=True)
class HourlyMeter:
    """Past hours of the local clock, in kW; `update` adds what has been metered since."""

    mean_kw: FloatArray = field(default_factory=lambda: np.zeros(0))
    highest_kw: FloatArray = field(default_factory=lambda: np.zeros(0))

    def update(self, known: Known) -> Horizon | None:
        """Add the whole hours of the past; return their horizon, or None if there is none."""
        past = known.past
        if past is None:
            return None
        per_hour = MINUTES_PER_HOUR // known.block.interval_minutes
        minute = past.start_of(0).minute
        first = -(-(-minute % MINUTES_PER_HOUR) // known.block.interval_minutes)
        hours = max(0, past.intervals - first) // per_hour
        if hours == 0:
            return None
        done = len(self.mean_kw)
        if hours > done:
            new = slice(first + done * per_hour, first + hours * per_hour)
            net_kw = net_load_kw(known.site, known.load_kw[:, new], known.unprotected_load_kw[new])
            by_hour = net_kw.reshape(-1, per_hour)
            self.mean_kw = np.concatenate([self.mean_kw, by_hour.mean(axis=1)])
            self.highest_kw = np.concatenate([self.highest_kw, by_hour.max(axis=1)])
        start = past.start + timedelta(minutes=first * known.block.interval_minutes)
        return Horizon(start=start, interval_minutes=MINUTES_PER_HOUR, intervals=hours, timezone=past.timezone)


def net_load_kw(site: Site, load_kw: FloatArray, unprotected_load_kw: FloatArray) -> FloatArray:
    """The meter with every battery at rest; `load_kw` has one row a UPS system."""
    net_kw = unprotected_load_kw.copy()
    for row, ups in enumerate(site.ups):
        if ups.inverter_efficiency_by_load_fraction:
            dc_kw = np.array([ups.dc_load_kw(kw) for kw in load_kw[row].tolist()])
        else:
            dc_kw = load_kw[row] / ups.inverter_efficiency
        net_kw += dc_kw / ups.rectifier_efficiency
    return np.asarray(net_kw)
