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
    """

    least_power_kw: float | None = None
    least_dwell_minutes: float | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        for name in ("least_power_kw", "least_dwell_minutes"):
            value = getattr(self, name)
            if value is not None:
                checks.not_negative(name, value)
        checks.raise_faults()

    def __str__(self) -> str:
        given = self.least_power_kw
        power = f"{_LEAST_FRACTION:.1%} of a system's output" if given is None else f"{given:g} kW"
        dwell = self.least_dwell_minutes
        return f"at least {power}, for at least {'one interval' if dwell is None else f'{dwell:g} minutes'}"

    def least_kw(self, ups: UpsSystem) -> float:
        """The least power of one system."""
        if self.least_power_kw is not None:
            return self.least_power_kw
        return _LEAST_FRACTION * ups.units_in_service * ups.unit_output_limit_kw

    def least_intervals(self, interval_minutes: int) -> int:
        """The least number of intervals in a row."""
        return max(1, math.ceil((self.least_dwell_minutes or 0.0) / interval_minutes))
