"""The meter as readings tell it, and what batteries added to it.

The meter without batteries is worked out from readings: what batteries stored between two of them was bought, and what
they gave was not.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, Site

APART = timedelta(hours=1)
"""Readings further apart tell nothing of what batteries did between them."""
Reading = tuple[datetime, Mapping[str, Any]]
FloatArray = NDArray[np.float64]


def metered(site: Site, horizon: Horizon, readings: Iterable[Reading]) -> tuple[FloatArray, FloatArray]:
    """The mean of the meter in each interval (kW, NaN without a reading), and what batteries added to it (kW).

    `readings` lie in the horizon, in order of their time.
    """
    read = list(readings)
    sums, counts, batteries_kwh = (np.zeros(horizon.intervals) for _ in range(3))
    for at, document in read:
        if document["grid_kw"] is not None:
            index = int((at - horizon.start) // horizon.step)
            sums[index] += document["grid_kw"]
            counts[index] += 1
    for (earlier, before), (later, after) in pairwise(read):
        if later - earlier <= APART:
            middle = earlier + (later - earlier) / 2
            batteries_kwh[int((middle - horizon.start) // horizon.step)] += _bought_kwh(site, before, after)
    with np.errstate(invalid="ignore"):
        return sums / counts, batteries_kwh / (horizon.step / timedelta(hours=1))


def _bought_kwh(site: Site, before: Mapping[str, Any], after: Mapping[str, Any]) -> float:
    """What the meter counted for batteries between two readings; negative where they gave energy."""
    bought = 0.0
    for ups in site.ups:
        kwh = [each["ups"].get(ups.id, {}).get("stored_kwh") for each in (before, after)]
        if kwh[0] is not None and kwh[1] is not None:
            gained = kwh[1] - kwh[0]
            battery = ups.battery
            dc_kwh = gained / battery.charge_efficiency if gained > 0 else gained * battery.discharge_efficiency
            bought += dc_kwh / ups.rectifier_efficiency
    return bought
