r"""Cost to go: the cost from a boundary on, as a convex piecewise-linear function of stored energy.

    V[b](E) = min over x in [least, most]  of  phi[b](x) + V[b+1](kept * E + x) ,     floor[b] <= E <= top
    phi(x)  = charge_price * x  for x >= 0 ,     discharge_price * x  for x < 0

See `steps.BatterySteps`; `discharge_price <= charge_price` makes `phi` convex. The minimum over `x` is then an infimal
convolution, which merges the segments of both functions in order of slope. A function is held by the slopes and widths
of its segments, in `slopes[first:last]` and `widths[first:last]`, and by both its ends; its values are not needed.

The result for each boundary is one row of a policy (kWh): the least and the most that may be stored, the level up to
which charging pays, and the level down to which discharging pays.
"""

import numpy as np
from numpy.typing import NDArray

from ridethrough.optimizer.dynamic_program.compiled import compiled
from ridethrough.optimizer.dynamic_program.steps import BatterySteps

FloatArray = NDArray[np.float64]

LEAST, MOST, CHARGE_TO, DISCHARGE_TO = range(4)
ROUNDING = 1e-10
"""A violation up to this fraction of the highest stored energy is rounding."""

_LARGEST_SCALE = 1e9
_RENEWED_EVERY = 32


@compiled
def cost_to_go(battery: BatterySteps, policy: FloatArray) -> bool:
    """Work back from the end and fill `policy` (one row for each boundary); False if no path keeps the floors.

    Segments are stored in units in which there is no standby loss: widths times `scale` are kWh, and slopes divided by
    `scale` are per kWh.
    """
    intervals, rounding_kwh = len(battery.charge_price), 2 * ROUNDING * battery.top_kwh
    slopes, widths = np.empty(4 * intervals + 8), np.empty(4 * intervals + 8)
    first = last = 2 * intervals + 4
    scale = 1.0
    left, right = battery.floor_kwh[intervals], battery.top_kwh
    if left > right + rounding_kwh:
        return False
    if right > left:
        slopes[first], widths[first] = -battery.end_value, right - left
        last += 1
    policy[intervals, LEAST], policy[intervals, MOST] = left, right
    for t in range(intervals - 1, -1, -1):
        first, last = _merge(battery, t, slopes, widths, first, last, scale, left, policy[t + 1])
        left, right = left - battery.most_kwh[t], right - battery.least_kwh[t]
        low, high = battery.kept * battery.floor_kwh[t], battery.kept * battery.top_kwh
        if right < low - rounding_kwh or left > high + rounding_kwh:
            return False
        first = _cut_left(widths, first, last, (low - left) / scale)
        last = _cut_right(widths, first, last, (right - high) / scale)
        left, right = max(left, low) / battery.kept, min(right, high) / battery.kept
        scale /= battery.kept
        if t % _RENEWED_EVERY == 0:
            _fit(widths, first, last, (right - left) / scale)
        if scale > _LARGEST_SCALE:
            slopes[first:last] /= scale
            widths[first:last] *= scale
            scale = 1.0
        policy[t, LEAST], policy[t, MOST] = left, right
    return True


@compiled
def _merge(  # noqa: PLR0917 - compiled
    battery: BatterySteps,
    t: int,
    slopes: FloatArray,
    widths: FloatArray,
    first: int,
    last: int,
    scale: float,
    left: float,
    row: FloatArray,
) -> tuple[int, int]:
    """Merge the two segments of an interval, and note how far it pays to charge and to discharge."""
    charge_slope, discharge_slope = -battery.charge_price[t] * scale, -battery.discharge_price[t] * scale
    least_kwh, most_kwh = battery.least_kwh[t], battery.most_kwh[t]
    below = 0.0
    at = first
    while at < last and slopes[at] < charge_slope:
        below += widths[at]
        at += 1
    row[CHARGE_TO] = left + below * scale
    charged = max(0.0, most_kwh - max(0.0, least_kwh)) / scale
    if charged > 0.0:
        first, last, at = _insert(slopes, widths, first, last, at, charge_slope, charged)
    while at < last and slopes[at] <= discharge_slope:
        below += widths[at]
        at += 1
    row[DISCHARGE_TO] = left + below * scale
    discharged = max(0.0, min(0.0, most_kwh) - least_kwh) / scale
    if discharged > 0.0:
        first, last, _ = _insert(slopes, widths, first, last, at, discharge_slope, discharged)
    return first, last


@compiled
def _insert(  # noqa: PLR0917 - compiled
    slopes: FloatArray, widths: FloatArray, first: int, last: int, at: int, slope: float, width: float
) -> tuple[int, int, int]:
    """Insert a segment before `at`, moving the shorter side; return where segments begin, end, and go on after it."""
    if at - first < last - at:
        for i in range(first, at):
            slopes[i - 1], widths[i - 1] = slopes[i], widths[i]
        first -= 1
        at -= 1
    else:
        for i in range(last, at, -1):
            slopes[i], widths[i] = slopes[i - 1], widths[i - 1]
        last += 1
    slopes[at], widths[at] = slope, width
    return first, last, at + 1


@compiled
def _cut_left(widths: FloatArray, first: int, last: int, excess: float) -> int:
    """Take `excess` off the left end."""
    while first < last and excess > 0.0:
        if widths[first] > excess:
            widths[first] -= excess
            return first
        excess -= widths[first]
        first += 1
    return first


@compiled
def _cut_right(widths: FloatArray, first: int, last: int, excess: float) -> int:
    """Take `excess` off the right end."""
    while first < last and excess > 0.0:
        if widths[last - 1] > excess:
            widths[last - 1] -= excess
            return last
        excess -= widths[last - 1]
        last -= 1
    return last


@compiled
def _fit(widths: FloatArray, first: int, last: int, total: float) -> None:
    """Make widths sum to the distance between both ends; with standby loss, rounding would grow from step to step."""
    if first < last:
        surplus = np.sum(widths[first:last]) - total
        widths[last - 1] = max(0.0, widths[last - 1] - surplus)


@compiled
def follow(battery: BatterySteps, policy: FloatArray, stored_kwh: FloatArray) -> float:
    """Follow the cheapest path forwards, fill `stored_kwh`, and return its cost; infinite if no path starts here."""
    intervals, rounding_kwh = len(battery.charge_price), 2 * ROUNDING * battery.top_kwh
    if not policy[0, LEAST] - rounding_kwh <= battery.start_kwh <= policy[0, MOST] + rounding_kwh:
        return np.inf
    stored_kwh[0] = battery.start_kwh
    cost = 0.0
    for t in range(intervals):
        resting = battery.kept * stored_kwh[t]
        row = policy[t + 1]
        wanted = min(max(resting, row[CHARGE_TO]), row[DISCHARGE_TO])
        low = max(row[LEAST], resting + battery.least_kwh[t])
        high = min(row[MOST], resting + battery.most_kwh[t])
        stored_kwh[t + 1] = min(max(wanted, low), high)
        added = stored_kwh[t + 1] - resting
        cost += added * (battery.charge_price[t] if added > 0.0 else battery.discharge_price[t])
    return cost - battery.end_value * stored_kwh[intervals]
