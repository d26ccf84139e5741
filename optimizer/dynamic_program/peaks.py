r"""Peaks: a cap on the meter for each, their bill, and the lowest values that are possible.

    cap[t]   = least of the import limit and of the caps of all peaks that meter interval t         kW at the meter
    billed p = max(own_fraction[p] * peak[p], floor[p], fraction[p,j] * peak[j])                    convex in the peaks
    bill     = sum over p of steps[p](billed[p])                                 convex where the rates of steps rise

Under a cap an interval adds less to stored energy, or must take from it. The highest possible stored energy at a
boundary is a concave function of the caps. If it is below the floor, its slope shows which caps are too low.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ridethrough.optimizer.dynamic_program.compiled import compiled
from ridethrough.optimizer.dynamic_program.steps import BatterySteps
from ridethrough.optimizer.dynamic_program.values import ROUNDING

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_MOST_STEPS = 100


class Meter(NamedTuple):
    """The meter of one battery over n intervals, and its `k` peaks; a named tuple, so that compiled functions take it.

    `resting_kw` (n) is the meter with the battery at rest and `import_limit_kw` its limit. `kwh_per_kw` are the kWh
    that a kW more at the meter adds to stored energy while charging, and those that a kW less takes while discharging.
    `metered` (k x n) says which intervals a peak counts. A peak is at least `lowest_kw` and at most `highest_kw` (k);
    it is billed at `own_fraction` (k), no less than `floor_kw` (k) and the fractions in `linked` (k x k) of other
    peaks. `step_up_to_kw` and `step_rate` (k x s) price it; unused steps have no width.
    """

    resting_kw: FloatArray
    import_limit_kw: float
    kwh_per_kw: tuple[float, float]
    metered: NDArray[np.bool_]
    lowest_kw: FloatArray
    highest_kw: FloatArray
    own_fraction: FloatArray
    floor_kw: FloatArray
    linked: FloatArray
    step_up_to_kw: FloatArray
    step_rate: FloatArray


@compiled
def cap_charging(  # noqa: PLR0917 - compiled
    meter: Meter,
    uncapped_kwh: FloatArray,
    peaks_kw: FloatArray,
    most_kwh: FloatArray,
    cause: IntArray,
    rise: FloatArray,
) -> None:
    """Fill, for each interval: the most it may add under the caps, the peak that caps it (-1: none), and its slope."""
    charging, discharging = meter.kwh_per_kw
    for t in range(len(most_kwh)):
        cap_kw, lowest = meter.import_limit_kw, -1
        for k in range(len(peaks_kw)):
            if meter.metered[k, t] and peaks_kw[k] < cap_kw:
                cap_kw, lowest = peaks_kw[k], k
        headroom_kw = cap_kw - meter.resting_kw[t]
        factor = charging if headroom_kw > 0.0 else discharging
        most_kwh[t], cause[t], rise[t] = uncapped_kwh[t], -1, 0.0
        if headroom_kw * factor < uncapped_kwh[t]:
            most_kwh[t], cause[t], rise[t] = headroom_kw * factor, lowest, factor


@compiled
def shortfall(battery: BatterySteps, cause: IntArray, rise: FloatArray, slope: FloatArray) -> float:
    """The shortfall of stored energy below a floor (kWh) with all charging that the caps allow; 0 if there is none.

    Fills `slope` (one value a peak) with how the missing energy falls as caps are lifted.
    """
    rounding_kwh = ROUNDING * battery.top_kwh
    slope[:] = 0.0
    most = battery.start_kwh
    for t in range(len(rise)):
        if battery.most_kwh[t] < battery.least_kwh[t] - rounding_kwh:
            slope[:] = 0.0
            if cause[t] >= 0:
                slope[cause[t]] = rise[t]
            return battery.least_kwh[t] - battery.most_kwh[t]
        most = battery.kept * most + battery.most_kwh[t]
        slope *= battery.kept
        if cause[t] >= 0:
            slope[cause[t]] += rise[t]
        if most > battery.top_kwh:
            most = battery.top_kwh
            slope[:] = 0.0
        if most < battery.floor_kwh[t + 1] - rounding_kwh:
            return battery.floor_kwh[t + 1] - most
    return 0.0


@compiled
def raise_to_reachable(meter: Meter, battery: BatterySteps, uncapped_kwh: FloatArray, lowest_kw: FloatArray) -> None:
    """Raise each of the lowest peaks to its lowest possible value, for any values of the others.

    The missing energy is convex in one cap, so each step along its slope ends at or below the lowest possible cap.
    """
    intervals = len(uncapped_kwh)
    cause, rise = np.empty(intervals, np.int64), np.empty(intervals)
    for k in range(len(lowest_kw)):
        caps_kw = meter.highest_kw.copy()
        for _ in range(_MOST_STEPS):
            caps_kw[k] = lowest_kw[k]
            cap_charging(meter, uncapped_kwh, caps_kw, battery.most_kwh, cause, rise)
            step_kw = _missing_cap(battery, cause, rise, k)
            if step_kw <= 0.0:
                break
            lowest_kw[k] = min(lowest_kw[k] + step_kw, meter.highest_kw[k])


@compiled
def _missing_cap(battery: BatterySteps, cause: IntArray, rise: FloatArray, k: int) -> float:
    """The amount (kW) by which the cap of peak `k` is certainly too low, while no other peak caps anything."""
    rounding_kwh = ROUNDING * battery.top_kwh
    most, slope, missing_kw = battery.start_kwh, 0.0, 0.0
    for t in range(len(rise)):
        if cause[t] == k and battery.most_kwh[t] < battery.least_kwh[t] - rounding_kwh:
            missing_kw = max(missing_kw, (battery.least_kwh[t] - battery.most_kwh[t]) / rise[t])
        most = battery.kept * most + battery.most_kwh[t]
        slope = battery.kept * slope + (rise[t] if cause[t] == k else 0.0)
        if most > battery.top_kwh:
            most, slope = battery.top_kwh, 0.0
        if slope > 0.0 and most < battery.floor_kwh[t + 1] - rounding_kwh:
            missing_kw = max(missing_kw, (battery.floor_kwh[t + 1] - most) / slope)
    return missing_kw


@compiled
def bill(meter: Meter, peaks_kw: FloatArray, slope: FloatArray) -> float:
    """The bill of the peaks; fill `slope` (one value for each peak) with its slope."""
    slope[:] = 0.0
    total = 0.0
    for p in range(len(peaks_kw)):
        billed_kw, by, fraction = meter.floor_kw[p], -1, 0.0
        if meter.own_fraction[p] * peaks_kw[p] >= billed_kw:
            billed_kw, by, fraction = meter.own_fraction[p] * peaks_kw[p], p, meter.own_fraction[p]
        for j in range(len(peaks_kw)):
            if meter.linked[p, j] * peaks_kw[j] > billed_kw:
                billed_kw, by, fraction = meter.linked[p, j] * peaks_kw[j], j, meter.linked[p, j]
        cost, rate = _stepped(meter.step_up_to_kw[p], meter.step_rate[p], billed_kw)
        total += cost
        if by >= 0:
            slope[by] += rate * fraction
    return total


@compiled
def _stepped(up_to_kw: FloatArray, rates: FloatArray, billed_kw: float) -> tuple[float, float]:
    """The price of a billed demand filled into steps from below, and the rate of the next kW."""
    cost, rate, below_kw = 0.0, 0.0, 0.0
    for k in range(len(rates)):
        if up_to_kw[k] > below_kw:
            cost += max(0.0, min(billed_kw, up_to_kw[k]) - below_kw) * rates[k]
            if billed_kw >= below_kw:
                rate = rates[k]
            below_kw = up_to_kw[k]
    return cost, rate


@compiled
def metered_peaks(meter: Meter, battery: BatterySteps, stored_kwh: FloatArray, peaks_kw: FloatArray) -> None:
    """Fill the peaks that a path of stored energy sets at the meter."""
    charging, discharging = meter.kwh_per_kw
    peaks_kw[:] = meter.lowest_kw
    for t in range(len(meter.resting_kw)):
        added = stored_kwh[t + 1] - battery.kept * stored_kwh[t]
        kw = meter.resting_kw[t] + added / (charging if added > 0.0 else discharging)
        for k in range(len(peaks_kw)):
            if meter.metered[k, t] and kw > peaks_kw[k]:
                peaks_kw[k] = kw
