"""A parallel set of identical UPS units on one critical bus."""

from dataclasses import dataclass
from enum import StrEnum

from domain.battery import Battery
from domain.reserve import ReservePolicy
from domain.validation import Checks


class UpsMode(StrEnum):
    """How a UPS feeds its load (IEC 62040-3)."""

    NORMAL = "normal"
    STORED_ENERGY = "stored_energy"
    BYPASS = "bypass"


_MOST_UNITS = 10_000
"""More units than any parallel system has: a guard against a slip of the keyboard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsSystem:
    """`units` identical UPS units in parallel, of which `tolerated_failures` may fail with the load still carried.

    Limits are of one unit: `unit_output_limit_kw` at the inverter output (AC), `unit_input_limit_kw` at the rectifier
    input (AC). The rectifier feeds the load and recharges the battery through the same DC bus. `protected_load_kw` is
    what the reserve must carry (AC), whatever the load is at the moment. Only a `bidirectional` unit may feed back to
    the grid.
    """

    id: str
    units: int
    tolerated_failures: int
    unit_output_limit_kw: float
    unit_input_limit_kw: float
    protected_load_kw: float
    battery: Battery
    reserve: ReservePolicy
    rectifier_efficiency: float = 0.97
    inverter_efficiency: float = 0.96
    bidirectional: bool = False

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(bool(self.id.strip()), "id", self.id, "a name")
        checks.require(1 <= self.units <= _MOST_UNITS, "units", self.units, f"a whole number from 1 to {_MOST_UNITS}")
        checks.require(
            0 <= self.tolerated_failures < max(self.units, 1),
            "tolerated_failures",
            self.tolerated_failures,
            f"from 0 to {self.units - 1}, below the number of units",
        )
        checks.positive("unit_output_limit_kw", self.unit_output_limit_kw)
        checks.positive("unit_input_limit_kw", self.unit_input_limit_kw)
        checks.positive("protected_load_kw", self.protected_load_kw)
        checks.efficiency("rectifier_efficiency", self.rectifier_efficiency)
        checks.efficiency("inverter_efficiency", self.inverter_efficiency)
        checks.raise_faults()

    @property
    def surviving_units(self) -> int:
        """Units left after the tolerated failures."""
        return self.units - self.tolerated_failures

    @property
    def capacity_kwh(self) -> float:
        """Energy that all batteries hold today, in kWh."""
        return self.units * self.battery.capacity_kwh

    @property
    def max_stored_kwh(self) -> float:
        """The most energy the batteries may be charged to, in kWh."""
        return self.battery.max_fraction * self.capacity_kwh

    @property
    def charge_limit_kw(self) -> float:
        """The most all batteries together may charge at, in kW at their terminals."""
        return self.units * self.battery.charge_limit_kw

    @property
    def discharge_limit_kw(self) -> float:
        """The most all batteries together may discharge at, in kW at their terminals."""
        return self.units * self.battery.discharge_limit_kw

    @property
    def input_limit_kw(self) -> float:
        """The most all rectifiers together may draw, in kW AC."""
        return self.units * self.unit_input_limit_kw

    def dc_load_kw(self, load_kw: float) -> float:
        """The power the inverters draw from the DC bus to carry `load_kw` (AC)."""
        return load_kw / self.inverter_efficiency
