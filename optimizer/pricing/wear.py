"""The wear of a battery on a path of stored energy, in money: by throughput, by depth of cycles, and at rest.

It is written separately from the model's costs, which a test compares with it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import UpsSystem
from ridethrough.domain.plan import UpsTrajectory
from ridethrough.domain.wear.segments import Filled, filled_at

FloatArray = NDArray[np.float64]


def wear_cost(ups: UpsSystem, path: UpsTrajectory, interval_h: float, intervals: int, carried: Filled = ()) -> float:
    """The wear of one system over the first `intervals` intervals; `carried` is how full its segments were last."""
    discharge_kw, stored_kwh = path.discharge_kw[:intervals], path.stored_kwh[: intervals + 1]
    return float(worn_by_interval(ups, discharge_kw, stored_kwh, interval_h, carried).sum())


def worn_by_interval(
    ups: UpsSystem,
    discharge_kw: Sequence[float] | FloatArray,
    stored_kwh: Sequence[float] | FloatArray,
    interval_h: float,
    carried: Filled = (),
) -> FloatArray:
    """The wear of one system in each interval, from its discharge (n values) and its stored energy (n + 1)."""
    discharged_kwh = np.array(discharge_kw, dtype=float) * interval_h
    by_throughput = ups.battery.wear_cost_per_kwh * discharged_kwh
    stored = np.array(stored_kwh, dtype=float)
    return np.asarray(
        by_throughput + _by_cycles(ups, discharged_kwh, stored, carried) + _by_rest(ups, stored, interval_h)
    )


def _by_cycles(ups: UpsSystem, discharged_kwh: FloatArray, stored_kwh: FloatArray, carried: Filled) -> FloatArray:
    """Draw from the shallowest segment that holds energy, and charge into the shallowest that has room."""
    costs, width = ups.battery.segment_costs, ups.segment_kwh
    worn = np.zeros(len(discharged_kwh))
    if not costs:
        return worn
    shares = filled_at(
        float(stored_kwh[0]), full_kwh=ups.max_stored_kwh, width_kwh=width, segments=len(costs), carried=carried
    )
    held = [share * width for share in shares]
    for t, given in enumerate(discharged_kwh.tolist()):
        taken = given / ups.battery.discharge_efficiency
        charged = float(stored_kwh[t + 1] - stored_kwh[t]) + taken
        for j, cost in enumerate(costs):
            part = min(held[j], taken)
            held[j] -= part
            taken -= part
            worn[t] += cost * part * ups.battery.discharge_efficiency
        for j in range(len(costs)) if charged > 0 else reversed(range(len(costs))):
            part = min(width - held[j], charged) if charged > 0 else -min(held[j], -charged)
            held[j] += part
            charged -= part
    return worn


def _by_rest(ups: UpsSystem, stored_kwh: FloatArray, interval_h: float) -> FloatArray:
    """The mean of both ends of each interval."""
    lines = () if ups.battery.wear is None else ups.battery.wear.resting_lines_per_kwh_h
    if not lines:
        return np.zeros(len(stored_kwh) - 1)
    each = [at_empty + slope * stored_kwh / ups.capacity_kwh for at_empty, slope in lines]
    ageing = np.maximum(0.0, np.max(each, axis=0)) * ups.nominal_kwh
    return np.asarray((ageing[:-1] + ageing[1:]) / 2 * interval_h)
