"""A rule to measure planners by: hold the meter at the level that the battery could have held yesterday.

At midnight the level is set so that what yesterday's load had above it is what the battery can give in a day, with 3 %
added for safety, and never below a level set before in the month. All day the battery gives what the load has above the
level, and charges up to it. SAM's peak shaving with a look-behind forecast works on these lines (M. DiOrio, "An
Overview of the Automated Dispatch Controller Algorithms in the System Advisor Model", NREL/TP-6A20-68614); this one is
written anew, and saves more than SAM's on all nine tariffs of `docs/savings.md`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_HOURS = 24
_SAFETY = 1.03


@dataclass(frozen=True, kw_only=True)
class RuleBattery:
    """A battery at the meter: usable energy (kWh stored), power (kW) both ways, and efficiency one way."""

    usable_kwh: float
    power_kw: float
    one_way: float

    def follow(self, load_kw: FloatArray, level_kw: float, stored_kwh: float) -> tuple[FloatArray, float]:
        """The meter of some hours at a level, and what is left in the battery."""
        grid_kw = np.empty(len(load_kw))
        for hour, load in enumerate(load_kw.tolist()):
            above_kw = load - level_kw
            if above_kw > 0:
                power_kw = min(above_kw, self.power_kw, stored_kwh * self.one_way)
                stored_kwh -= power_kw / self.one_way
            else:
                power_kw = -min(-above_kw, self.power_kw, (self.usable_kwh - stored_kwh) / self.one_way)
                stored_kwh -= power_kw * self.one_way
            grid_kw[hour] = load - power_kw
        return grid_kw, stored_kwh


def level_of(day_kw: FloatArray, battery: RuleBattery) -> float:
    """The level above which a day's load has as much energy as the battery can give."""
    highest_first = np.sort(day_kw)[::-1]
    below = np.append(highest_first[1:], 0.0)
    taken_kwh = np.cumsum((highest_first - below) * np.arange(1, len(day_kw) + 1))
    count = int(np.searchsorted(taken_kwh, battery.usable_kwh * battery.one_way))
    left_kwh = taken_kwh[count] - battery.usable_kwh * battery.one_way
    shaved = float(below[count] + left_kwh / (count + 1))
    return max(shaved, float(highest_first[0]) - battery.power_kw) * _SAFETY


def peak_shaving_kw(load_kw: FloatArray, month: NDArray[np.intp], battery: RuleBattery, first: int = 0) -> FloatArray:
    """The meter (kW) of whole days of hourly load from hour `first` on; without a day before, the battery rests."""
    grid_kw, stored_kwh, level_kw = load_kw.copy(), battery.usable_kwh, 0.0
    for day in range(max(first, _HOURS), len(load_kw), _HOURS):
        if day == first or month[day] != month[day - 1]:
            level_kw = 0.0
        level_kw = max(level_kw, level_of(load_kw[day - _HOURS : day], battery))
        today = slice(day, day + _HOURS)
        grid_kw[today], stored_kwh = battery.follow(load_kw[today], level_kw, stored_kwh)
    return grid_kw[first:]
