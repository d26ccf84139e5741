r"""The steps that the meter may make: by the site's ramp limit, and in the return to trading after a storm or an alert.

    limit[t] = interval_minutes * min(ramp_limit, power / ramp_minutes[t])            kW AC

`ramp_limit` is that of the interconnection, where the site states one. `power` is that of all batteries, and
`ramp_minutes` how long they take to it, in the intervals that begin so soon after the end of a condition. Elsewhere
only the site's own limit holds.
"""

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, ReserveCondition, Site
from ridethrough.domain.conditions import ramp_minutes_on

FloatArray = NDArray[np.float64]


def step_limits_kw(site: Site, horizon: Horizon, conditions: tuple[ReserveCondition, ...]) -> FloatArray:
    """The largest step of the meter into each interval; infinite where none is asked for."""
    per_min = site.interconnection.ramp_limit_kw_per_min
    takes_min = ramp_minutes_on(horizon, conditions, timezone=site.timezone, site_has_limit=per_min is not None)
    limit_kw = np.full(horizon.intervals, np.inf if per_min is None else per_min * horizon.interval_minutes)
    returns = np.array(takes_min) > 0
    if returns.any():
        power_kw = sum(ups.discharge_limit_kw for ups in site.ups)
        limit_kw[returns] = np.minimum(
            limit_kw[returns], power_kw * horizon.interval_minutes / np.array(takes_min)[returns]
        )
    return limit_kw
