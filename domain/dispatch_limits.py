"""The least that a battery is asked to do: setpoints are for people and equipment."""

import math
from dataclasses import dataclass

from ridethrough.domain.equipment.ups import UpsSystem
from ridethrough.domain.validation import Checks

_LEAST_FRACTION = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchLimits:
    """The least power of a UPS system's battery (kW), and the least time for which it charges or discharges.

    Without `least_power_kw` it is 0.5 % of what the units in service put out; without `least_dwell_minutes` it is one
    interval of the plan.

    `most_discharges_per_day` is how often each system may begin to discharge on a local day; None: as often as it pays.
    """

    least_power_kw: float | None = None
    least_dwell_minutes: float | None = None
    most_discharges_per_day: int | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        for name in ("least_power_kw", "least_dwell_minutes"):
            value = getattr(self, name)
            if value is not None:
                checks.not_negative(name, value)
        most = self.most_discharges_per_day
        checks.require(most is None or most >= 1, "most_discharges_per_day", most, "at least 1, or left out")
        checks.raise_faults()

    def __str__(self) -> str:
        given = self.least_power_kw
        power = f"{_LEAST_FRACTION:.1%} of a system's output" if given is None else f"{given:g} kW"
        dwell = self.least_dwell_minutes
        least = f"at least {power}, for at least {'one interval' if dwell is None else f'{dwell:g} minutes'}"
        most = self.most_discharges_per_day
        return least if most is None else f"{least}; at most {most} discharges a day"

    def least_kw(self, ups: UpsSystem) -> float:
        """The least power of one system."""
        if self.least_power_kw is not None:
            return self.least_power_kw
        return _LEAST_FRACTION * ups.units_in_service * ups.unit_output_limit_kw

    def least_intervals(self, interval_minutes: int) -> int:
        """The least number of intervals in a row."""
        return max(1, math.ceil((self.least_dwell_minutes or 0.0) / interval_minutes))
