"""Pricing: the optimum of every battery of a fleet at given prices at the meter, in one compiled loop."""

import numpy as np
from numpy.typing import NDArray

from ridethrough.optimizer.dynamic_program.compiled import compiled
from ridethrough.optimizer.dynamic_program.steps import BatterySteps
from ridethrough.optimizer.dynamic_program.values import cost_to_go, follow
from ridethrough.optimizer.fleet.members import Members

FloatArray = NDArray[np.float64]


@compiled
def price_members(  # noqa: PLR0917 - compiled
    members: Members,
    price_per_kwh: FloatArray,
    group_of: NDArray[np.int64],
    group_kwh: FloatArray,
    group_wear: FloatArray,
    stored_kwh: FloatArray,
) -> float:
    """Return the least cost of all members at these prices (n); infinite where one has no path.

    Fills `stored_kwh` (m x (n + 1)) with their paths, and by group what they add at the meter (`group_kwh`, g x n) and
    their wear (`group_wear`, g).
    """
    size, intervals = members.least_kwh.shape
    charge_price, discharge_price = np.empty(intervals), np.empty(intervals)
    policy = np.empty((intervals + 1, 4))
    group_kwh[:] = 0.0
    group_wear[:] = 0.0
    total = 0.0
    for i in range(size):
        charge_price[:] = price_per_kwh * members.drawn_per_kwh[i]
        discharge_price[:] = price_per_kwh * members.spared_per_kwh[i] - members.wear_per_kwh[i]
        battery = BatterySteps(
            charge_price, discharge_price, members.least_kwh[i], members.most_kwh[i], members.floor_kwh[i],
            members.top_kwh[i], members.kept[i], members.start_kwh[i], 0.0,
        )  # fmt: skip
        if not cost_to_go(battery, policy):
            return np.inf
        total += members.number[i] * follow(battery, policy, stored_kwh[i])
        group_wear[group_of[i]] += _meter(members, i, stored_kwh[i], group_kwh[group_of[i]])
    return total


@compiled
def _meter(members: Members, i: int, stored_kwh: FloatArray, meter_kwh: FloatArray) -> float:
    """Add what a member's path draws at the meter to `meter_kwh`; return its wear."""
    count, taken_kwh = members.number[i], 0.0
    for t in range(len(meter_kwh)):
        added = stored_kwh[t + 1] - members.kept[i] * stored_kwh[t]
        if added > 0.0:
            meter_kwh[t] += count * added * members.drawn_per_kwh[i]
        else:
            meter_kwh[t] += count * added * members.spared_per_kwh[i]
            taken_kwh -= added
    return count * taken_kwh * members.wear_per_kwh[i]


@compiled
def meter_of_paths(members: Members, stored_kwh: FloatArray, meter_kwh: FloatArray) -> float:
    """Fill what paths of all members (m x (n + 1)) add at the meter (n); return their wear."""
    meter_kwh[:] = 0.0
    wear = 0.0
    for i in range(len(stored_kwh)):
        wear += _meter(members, i, stored_kwh[i], meter_kwh)
    return wear
