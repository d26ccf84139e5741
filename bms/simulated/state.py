"""The simulated equipment as data: what it is made of, and how it is at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ridethrough.domain import UpsSystem

_ON_GENERATOR = 0.01
"""Of the charge limit, where the site does not say: a generator carries the load first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedUnit:
    """One UPS unit: what is in its battery (kWh), and whether it failed."""

    stored_kwh: float
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedEquipment:
    """The nameplate of a system of identical units; powers are of one unit, fractions of `capacity_kwh`."""

    units: int
    output_limit_kw: float
    input_limit_kw: float
    rectifier_efficiency: float
    inverter_efficiency: float
    capacity_kwh: float
    cutoff_fraction: float
    max_fraction: float
    charge_limit_kw: float
    charge_on_generator_kw: float
    discharge_limit_kw: float
    charge_efficiency: float
    discharge_efficiency: float
    usable_by_rate: Mapping[float, float] = field(default_factory=dict)
    generator_start_s: float = 60.0
    generator_stop_s: float = 30.0

    @classmethod
    def of(cls, ups: UpsSystem, *, generator_start_s: float = 60.0) -> "SimulatedEquipment":
        """The nameplate that a site file gives a system."""
        battery, on_generator = ups.battery, ups.battery.charge_limit_on_generator_kw
        return cls(
            units=ups.units,
            output_limit_kw=ups.unit_output_limit_kw,
            input_limit_kw=ups.unit_input_limit_kw,
            rectifier_efficiency=ups.rectifier_efficiency,
            inverter_efficiency=ups.inverter_efficiency,
            capacity_kwh=battery.nominal_kwh * battery.state_of_health,
            cutoff_fraction=battery.cutoff_fraction,
            max_fraction=battery.max_fraction,
            charge_limit_kw=battery.charge_limit_kw,
            charge_on_generator_kw=_ON_GENERATOR * battery.charge_limit_kw if on_generator is None else on_generator,
            discharge_limit_kw=battery.discharge_limit_kw,
            charge_efficiency=battery.charge_efficiency,
            discharge_efficiency=battery.discharge_efficiency,
            usable_by_rate=dict(battery.usable_fraction_by_c_rate),
            generator_start_s=generator_start_s,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """A setpoint that the device follows until a moment; charge and discharge in kW of the whole system."""

    charge_kw: float
    discharge_kw: float
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedState:
    """A UPS system at one moment.

    `utility` and `generator` say which source is there. `since_outage_s` counts from the loss of the utility,
    `since_return_s` from its return. `charge_kw`, `discharge_kw` and `input_kw` are the powers of the last step.
    `unserved_kwh` is the energy that the load asked for and did not get, since the beginning.
    """

    now: datetime
    units: tuple[SimulatedUnit, ...]
    load_kw: float
    utility: bool = True
    generator: bool = False
    generator_works: bool = True
    generator_test: bool = False
    bypass: bool = False
    since_outage_s: float = 0.0
    since_return_s: float = 0.0
    ordered: Ordered | None = None
    charge_kw: float = 0.0
    discharge_kw: float = 0.0
    input_kw: float = 0.0
    unserved_kwh: float = 0.0

    @property
    def stored_kwh(self) -> float:
        """What the batteries of the units in service hold."""
        return sum(unit.stored_kwh for unit in self.units if not unit.failed)

    @property
    def working(self) -> int:
        """How many units are in service."""
        return sum(not unit.failed for unit in self.units)

    @property
    def fed(self) -> bool:
        """Whether a source feeds the rectifiers."""
        return self.utility or self.generator
