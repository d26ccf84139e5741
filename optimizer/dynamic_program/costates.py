r"""The value of a stored kWh along the cheapest path, and from it the change of cost when the meter's cap is raised.

With one number a boundary, `worth[b]` (the slope of the cost to go, per kWh; stored energy that saves makes it
negative), the least cost under any cap is at least

    sum over t of  min over x of (phi[t](x) + worth[t+1] * x)  +  sum over b of  min over E of (kept * worth[b+1] -
    worth[b]) * E

for any values of `worth`: this is the Lagrangian bound of the energy balance. On the cheapest path, every term holds
with equality for values that fit the path: after an interval that charges below its limit, a kWh is worth the cost of
charging, and so on. If a cap limits an interval, its term changes with the cap, and the sum of these changes is a valid
slope of the least cost.
"""

import numpy as np
from numpy.typing import NDArray

from ridethrough.optimizer.dynamic_program.compiled import compiled
from ridethrough.optimizer.dynamic_program.steps import BatterySteps
from ridethrough.optimizer.dynamic_program.values import ROUNDING

FloatArray = NDArray[np.float64]


@compiled
def worth_along(battery: BatterySteps, stored_kwh: FloatArray, worth: FloatArray) -> None:
    """Fill `worth` (one value a boundary; the first is not used) with values that fit the path `stored_kwh`.

    Ranges are narrowed from the end, then values are chosen from the start.
    """
    intervals, rounding_kwh = len(battery.charge_price), ROUNDING * battery.top_kwh
    ranges = np.empty((intervals + 1, 2))
    low = high = -battery.end_value
    for b in range(intervals, 0, -1):
        if stored_kwh[b] <= battery.floor_kwh[b] + rounding_kwh:
            low = -np.inf
        if stored_kwh[b] >= battery.top_kwh - rounding_kwh:
            high = np.inf
        fits_low, fits_high = _fits(battery, b - 1, stored_kwh[b] - battery.kept * stored_kwh[b - 1])
        low, high = _common(low, high, fits_low, fits_high)
        ranges[b, 0], ranges[b, 1] = low, high
        low, high = low * battery.kept, high * battery.kept
    value = _middle(ranges[1, 0], ranges[1, 1])
    for b in range(1, intervals + 1):
        worth[b] = min(max(value, ranges[b, 0]), ranges[b, 1])
        value = worth[b] / battery.kept


@compiled
def _fits(battery: BatterySteps, t: int, added: float) -> tuple[float, float]:
    """The range of worth at which adding `added` kWh in interval `t` is best."""
    rounding_kwh = ROUNDING * battery.top_kwh
    low = -(battery.discharge_price[t] if added < -rounding_kwh else battery.charge_price[t])
    high = -(battery.charge_price[t] if added > rounding_kwh else battery.discharge_price[t])
    if added >= battery.most_kwh[t] - rounding_kwh:
        low = -np.inf
    if added <= battery.least_kwh[t] + rounding_kwh:
        high = np.inf
    return low, high


@compiled
def _common(low: float, high: float, other_low: float, other_high: float) -> tuple[float, float]:
    """The intersection of two ranges; if rounding separated them, the point between."""
    left, right = max(low, other_low), min(high, other_high)
    if left > right:
        left = right = (left + right) / 2
    return left, right


@compiled
def _middle(low: float, high: float) -> float:
    if low == -np.inf:
        return min(high, 0.0)
    if high == np.inf:
        return max(low, 0.0)
    return (low + high) / 2


@compiled
def lagrangian(battery: BatterySteps, worth: FloatArray, falls: FloatArray) -> float:
    """The lower bound that `worth` gives; fill `falls` with its slope in the most that each interval may add."""
    intervals = len(battery.charge_price)
    bound = worth[1] * battery.kept * battery.start_kwh
    for t in range(intervals):
        here = worth[t + 1]
        most = battery.most_kwh[t]
        falls[t] = min(0.0, here + (battery.charge_price[t] if most > 0.0 else battery.discharge_price[t]))
        bound += _least_of_interval(battery, t, here)
        after = battery.kept * worth[t + 2] if t + 1 < intervals else -battery.end_value
        bound += (after - here) * (battery.floor_kwh[t + 1] if after > here else battery.top_kwh)
    return bound


@compiled
def _least_of_interval(battery: BatterySteps, t: int, worth: float) -> float:
    """The minimum of phi(x) + worth * x, which is at an end of the range or at rest."""
    charge_price, discharge_price = battery.charge_price[t] + worth, battery.discharge_price[t] + worth
    least, most = battery.least_kwh[t], battery.most_kwh[t]
    at_least = least * (charge_price if least > 0.0 else discharge_price)
    at_most = most * (charge_price if most > 0.0 else discharge_price)
    resting = 0.0 if least <= 0.0 <= most else np.inf
    return min(at_least, at_most, resting)
