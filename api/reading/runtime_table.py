"""From a maker's printed runtime table to the rate table of a battery.

A row gives the minutes that one new unit at full charge carries a load (kW AC at its output). With the DC power `P` of
the inverter under this load, the battery delivers `P * minutes / 60` of the energy above its cutoff:

    C = P / nominal_kwh        u = P * minutes / 60 / (nominal_kwh * (1 - cutoff_fraction))
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import Any

from ridethrough.domain import Battery
from ridethrough.domain.validation import Checks

NAME = "runtime_minutes_by_load_kw"
_MINUTES_PER_HOUR = 60.0
_ROUNDING = 1e-6

DcKw = Callable[[float], float]
"""Returns the DC power (kW) of one unit's inverter under a load (kW AC)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryDocument(Battery):
    """A battery, or the maker's runtimes of its unit."""

    runtime_minutes_by_load_kw: Mapping[float, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        checks = Checks()
        checks.include(lambda: Battery.__post_init__(self))
        rows = sorted(self.runtime_minutes_by_load_kw.items())
        for load_kw, minutes in rows:
            checks.positive(f"{NAME}.{load_kw:g}", load_kw)
            checks.positive(f"{NAME}.{load_kw:g}", minutes)
        for (_, before), (load_kw, minutes) in pairwise(rows):
            allowed = f"at most {before:g}, the minutes at the load below it"
            checks.require(minutes <= before, f"{NAME}.{load_kw:g}", minutes, allowed)
        for other in ("usable_fraction_by_c_rate", "peukert"):
            both = bool(rows) and bool(getattr(self, other))
            checks.require(not both, NAME, "given", f"left out where {other} is given")
        checks.raise_faults()

    def check_energy(self, checks: Checks, dc_kw: DcKw) -> None:
        """Note a fault for rows that need more energy than the battery has."""
        for load_kw, minutes in sorted(self.runtime_minutes_by_load_kw.items()):
            energy_kwh = dc_kw(load_kw) * minutes / _MINUTES_PER_HOUR
            most = minutes * self.nominal_kwh / energy_kwh
            allowed = (
                f"at most {most:.4g} with nominal_kwh {self.nominal_kwh:g} (or nominal_kwh {energy_kwh:.4g} or more)"
            )
            fits = energy_kwh <= self.nominal_kwh * (1 + _ROUNDING)
            checks.require(fits, f"battery.{NAME}.{load_kw:g}", minutes, allowed)

    def battery(self, dc_kw: DcKw) -> Battery:
        """The battery with the rate table that follows from its runtimes."""
        given: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(Battery) if each.init}
        if self.runtime_minutes_by_load_kw:
            given["usable_fraction_by_c_rate"] = dict(self._usable_fractions(dc_kw))
            given["usable_fraction_includes_loss"] = True
        return Battery(**given)

    def _usable_fractions(self, dc_kw: DcKw) -> Iterator[tuple[float, float]]:
        above_cutoff_kwh = self.nominal_kwh * (1 - self.cutoff_fraction)
        for load_kw, minutes in sorted(self.runtime_minutes_by_load_kw.items()):
            energy_kwh = dc_kw(load_kw) * minutes / _MINUTES_PER_HOUR
            yield dc_kw(load_kw) / self.nominal_kwh, min(1.0, energy_kwh / above_cutoff_kwh)
