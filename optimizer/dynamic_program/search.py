r"""The cheapest path of one battery under peaks: a cutting-plane search over the caps.

For given caps the path is a dynamic program (`values`). Its cost is convex in the caps, and a Lagrangian bound gives a
plane below it (`costates`). The lowest point of all planes (`cutting_planes`) gives the next caps and a lower bound.
The real cost of a path, at the peaks that it sets, is an upper bound. Both bounds meet after finitely many planes.
"""

import numpy as np
from numpy.typing import NDArray

from ridethrough.optimizer.dynamic_program.compiled import compiled
from ridethrough.optimizer.dynamic_program.costates import lagrangian, worth_along
from ridethrough.optimizer.dynamic_program.cutting_planes import add_cost, add_limit, lowest, no_planes
from ridethrough.optimizer.dynamic_program.peaks import (
    Meter,
    bill,
    cap_charging,
    metered_peaks,
    raise_to_reachable,
    shortfall,
)
from ridethrough.optimizer.dynamic_program.steps import BatterySteps
from ridethrough.optimizer.dynamic_program.values import cost_to_go, follow

FloatArray = NDArray[np.float64]

_LEAST_LIFT, _MOST_LIFT = 1e-9, 1e-3


@compiled
def cheapest_path(
    battery: BatterySteps, meter: Meter, relative_gap: float, most_planes: int, best_kwh: FloatArray
) -> tuple[float, float, int]:
    """Fill `best_kwh` (n + 1) with the cheapest path; return its cost, a lower bound, and the number of paths tried.

    Both are infinite if no path keeps every limit.
    """
    intervals, peaks = len(battery.charge_price), len(meter.lowest_kw)
    uncapped_kwh = battery.most_kwh
    capped = BatterySteps(
        battery.charge_price, battery.discharge_price, battery.least_kwh, uncapped_kwh.copy(), battery.floor_kwh,
        battery.top_kwh, battery.kept, battery.start_kwh, battery.end_value,
    )  # fmt: skip
    policy, stored_kwh = np.empty((intervals + 1, 4)), np.empty(intervals + 1)
    cause, rise = np.empty(intervals, np.int64), np.empty(intervals)
    slope, caps_kw = np.empty(peaks), meter.highest_kw.copy()
    lowest_kw = meter.lowest_kw.copy()
    raise_to_reachable(meter, capped, uncapped_kwh, lowest_kw)
    planes = no_planes(lowest_kw, meter.highest_kw, most_planes)
    lowest_at_kw = caps_kw.copy()
    cost, bound = np.inf, -np.inf
    tried, learning = 0, True
    while learning and tried < most_planes and (np.isinf(cost) or bound < cost - relative_gap * abs(cost)):
        tried += 1
        cap_charging(meter, uncapped_kwh, caps_kw, capped.most_kwh, cause, rise)
        missing_kwh = shortfall(capped, cause, rise, slope)
        if missing_kwh > 0.0:
            if tried == 1:
                return np.inf, np.inf, tried
            add_limit(planes, slope, missing_kwh + _dot(slope, caps_kw))
        else:
            path_cost = _path_under(meter, capped, uncapped_kwh, caps_kw, cause, rise, policy, stored_kwh)
            if path_cost < cost:
                cost = path_cost
                best_kwh[:] = stored_kwh
            if peaks == 0 or path_cost == np.inf:
                return cost, cost if peaks == 0 else bound, tried
            height = _plane_under(meter, capped, caps_kw, stored_kwh, cause, rise, slope) - _dot(slope, caps_kw)
            learning = height + _dot(slope, lowest_at_kw) > bound
            add_cost(planes, height, slope)
        reached = lowest(planes, caps_kw)
        lowest_at_kw[:] = caps_kw
        learning = learning and np.isfinite(reached)
        bound = reached if learning else bound
    return cost, min(bound, cost), tried


@compiled
def _path_under(  # noqa: PLR0917 - compiled
    meter: Meter,
    battery: BatterySteps,
    uncapped_kwh: FloatArray,
    caps_kw: FloatArray,
    cause: NDArray[np.int64],
    rise: FloatArray,
    policy: FloatArray,
    stored_kwh: FloatArray,
) -> float:
    """Fill `stored_kwh` with the cheapest path under caps and return its cost; infinite where there is none.

    By rounding, a path that is feasible forwards may be infeasible backwards; the caps are then raised by that
    rounding.
    """
    lift = _LEAST_LIFT
    while not cost_to_go(battery, policy):
        if lift > _MOST_LIFT or len(caps_kw) == 0:
            return np.inf
        caps_kw *= 1 + lift
        lift *= 4
        cap_charging(meter, uncapped_kwh, caps_kw, battery.most_kwh, cause, rise)
    return follow(battery, policy, stored_kwh) + _bill_of_path(meter, battery, stored_kwh)


@compiled
def _bill_of_path(meter: Meter, battery: BatterySteps, stored_kwh: FloatArray) -> float:
    peaks_kw = np.empty(len(meter.lowest_kw))
    metered_peaks(meter, battery, stored_kwh, peaks_kw)
    return bill(meter, peaks_kw, np.empty(len(peaks_kw)))


@compiled
def _plane_under(  # noqa: PLR0917 - compiled
    meter: Meter,
    battery: BatterySteps,
    caps_kw: FloatArray,
    stored_kwh: FloatArray,
    cause: NDArray[np.int64],
    rise: FloatArray,
    slope: FloatArray,
) -> float:
    """A lower bound on the cost at these caps; fill `slope` with how it changes with them."""
    worth, falls = np.empty(len(stored_kwh)), np.empty(len(cause))
    worth_along(battery, stored_kwh, worth)
    bound = lagrangian(battery, worth, falls)
    bound += bill(meter, caps_kw, slope)
    for t in range(len(cause)):
        if cause[t] >= 0:
            slope[cause[t]] += falls[t] * rise[t]
    return bound


@compiled
def _dot(left: FloatArray, right: FloatArray) -> float:
    total = 0.0
    for k in range(len(left)):
        total += left[k] * right[k]
    return total
