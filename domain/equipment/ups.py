"""A parallel set of identical UPS units on one critical bus."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ridethrough.domain.equipment.battery import Battery
from ridethrough.domain.equipment.curves import check_fractions, interpolate, segments
from ridethrough.domain.equipment.swing import Capacitor, LoadSwing, Smoothing
from ridethrough.domain.ride_through.policy import ReservePolicy
from ridethrough.domain.validation import Checks

_MOST_UNITS = 10_000
"""No parallel system has more units; a larger number is a typing error."""


class UpsMode(StrEnum):
    """How a UPS feeds its load (IEC 62040-3)."""

    NORMAL = "normal"
    STORED_ENERGY = "stored_energy"
    BYPASS = "bypass"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsSystem:
    """`units` UPS units in parallel, which still carry the load after `tolerated_failures` of them fail.

    Limits apply to one unit: `unit_output_limit_kw` at the inverter output (AC), `unit_input_limit_kw` at the rectifier
    input (AC). The rectifier feeds the load and recharges the battery through the same DC bus. `protected_load_kw` is
    the load that the reserve must carry (AC), independent of the present load. Only a `bidirectional` unit may feed
    back to the grid.

    Units are identical unless `unit_state_of_health` gives each its own state of health. All units share charge and
    discharge equally, so each then counts like the weakest one in service. A unit whose mode in `unit_modes` is not
    normal is left out: its stored energy does not count, and it uses up one of the tolerated failures.

    `inverter_efficiency_by_load_fraction` is the maker's curve over the load of a unit as a fraction of its rating. It
    replaces `inverter_efficiency`.

    `swing` describes how the load swings about its mean, and `capacitor` the capacitor that absorbs the swing.
    Batteries keep `swing_headroom_kw` of their power for the rest of the swing.
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
    inverter_efficiency_by_load_fraction: Mapping[float, float] = field(default_factory=dict)
    unit_state_of_health: tuple[float, ...] = ()
    unit_modes: tuple[UpsMode, ...] = ()
    swing: LoadSwing | None = None
    capacitor: Capacitor | None = None

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
        self._check_units(checks)
        if self.swing is not None:
            allowed = f"at most twice the protected load of {self.protected_load_kw} kW: no load falls below 0"
            swings_kw = self.swing.amplitude_kw
            checks.require(not swings_kw > 2 * self.protected_load_kw, "swing.amplitude_kw", swings_kw, allowed)
        checks.raise_faults()

    def _check_units(self, checks: Checks) -> None:
        check_fractions(checks, "inverter_efficiency_by_load_fraction", self.inverter_efficiency_by_load_fraction)
        for name in ("unit_state_of_health", "unit_modes"):
            given = len(getattr(self, name))
            checks.require(given in (0, self.units), name, f"{given} values", f"{self.units}, one for each unit")
        for index, health in enumerate(self.unit_state_of_health):
            checks.efficiency(f"unit_state_of_health.{index}", health)
        if self.unit_modes:
            in_service = self.unit_modes.count(UpsMode.NORMAL)
            checks.require(in_service >= 1, "unit_modes", "no unit in normal mode", "normal for at least one unit")

    @property
    def modes(self) -> tuple[UpsMode, ...]:
        """The mode of each unit; normal unless another mode is given."""
        return self.unit_modes or (UpsMode.NORMAL,) * self.units

    @property
    def units_in_service(self) -> int:
        """Units in normal mode."""
        return self.unit_modes.count(UpsMode.NORMAL) if self.unit_modes else self.units

    @property
    def lock(self) -> str:
        """The reason why the present state of the units forbids trading; empty if trading is allowed."""
        if UpsMode.STORED_ENERGY in self.unit_modes:
            return "a unit carries its load from stored energy: there is an outage"
        out = self.units - self.units_in_service
        if out > self.tolerated_failures:
            return f"{out} of {self.units} units are out and {self.tolerated_failures} may be: redundancy is lost"
        return ""

    @property
    def failures_left(self) -> int:
        """The number of units in service that may still fail; units out of service count as failures."""
        return max(0, self.tolerated_failures - (self.units - self.units_in_service))

    @property
    def surviving_units(self) -> int:
        """The number of units in service that are left after all failures that may still happen."""
        return self.units_in_service - self.failures_left

    @property
    def unit_capacities_kwh(self) -> tuple[float, ...]:
        """Energy the battery of each unit in service holds today, in kWh."""
        health = self.unit_state_of_health or (self.battery.state_of_health,) * self.units
        in_service = (each for each, mode in zip(health, self.modes, strict=True) if mode is UpsMode.NORMAL)
        return tuple(self.battery.nominal_kwh * each for each in in_service)

    @property
    def weakest_capacity_kwh(self) -> float:
        """Energy of the weakest battery in service; units share the load equally, so it is empty first."""
        return min(self.unit_capacities_kwh) if self.unit_state_of_health else self.battery.capacity_kwh

    @property
    def capacity_kwh(self) -> float:
        """Energy that all batteries in service hold today, each counted like the weakest, in kWh."""
        return self.units_in_service * self.weakest_capacity_kwh

    @property
    def max_stored_kwh(self) -> float:
        """The most energy the batteries may be charged to, in kWh."""
        return self.battery.max_fraction * self.capacity_kwh

    @property
    def nominal_kwh(self) -> float:
        """Energy that all batteries in service held when they were new, in kWh: what depths of cycles refer to."""
        return self.units_in_service * self.battery.nominal_kwh

    @property
    def segment_kwh(self) -> float:
        """The energy of one depth segment of all batteries in service; 0 where wear has none."""
        return 0.0 if self.battery.wear is None else self.nominal_kwh / self.battery.wear.depth_segments

    def wear_per_kwh_to(self, depth_kwh: float) -> float:
        """What a kWh discharged costs in wear where cycles go from full to this depth (kWh of all batteries)."""
        costs, width = self.battery.segment_costs, self.segment_kwh
        if not costs or depth_kwh <= 0:
            return self.battery.wear_cost_per_kwh + (costs[0] if costs else 0.0)
        drawn = [min(width, max(0.0, depth_kwh - j * width)) for j in range(len(costs))]
        return self.battery.wear_cost_per_kwh + sum(kwh * cost for kwh, cost in zip(drawn, costs, strict=True)) / sum(
            drawn
        )

    @property
    def throughput_limit_kwh(self) -> float | None:
        """What the warranty allows all batteries in service to discharge in a calendar year; None without a limit."""
        limit = None if self.battery.wear is None else self.battery.wear.throughput_limit_kwh_per_year
        return None if limit is None else self.units_in_service * limit

    @property
    def charge_limit_kw(self) -> float:
        """The most all batteries together may charge at, in kW at their terminals."""
        return self.units_in_service * self.battery.charge_limit_kw

    def charge_below_taper_kw(self, stored_kwh: float, hours: float) -> float:
        """The most charge (kW) over `hours` from `stored_kwh` that stays under the taper as the batteries fill."""
        most_kw = self.charge_limit_kw
        for at_zero, slope in segments(self.battery.charge_taper_by_fraction):
            line_kw = self.charge_limit_kw * (at_zero + slope * stored_kwh / self.capacity_kwh)
            rise = self.charge_limit_kw * slope / self.capacity_kwh * self.battery.charge_efficiency * hours
            most_kw = min(most_kw, max(0.0, line_kw / (1 - rise)))
        return most_kw

    @property
    def discharge_limit_kw(self) -> float:
        """The most all batteries together may discharge at, in kW at their terminals."""
        return self.units_in_service * self.battery.discharge_limit_kw * self.battery.power_at_temperature

    @property
    def swing_headroom_kw(self) -> float:
        """The power that batteries keep for load swings, in both directions, in kW at their terminals.

        With an efficiency curve, its lowest point counts.
        """
        if self.swing is None:
            return 0.0
        residual_kw = Smoothing(swing=self.swing).battery_headroom_kw(self.capacitor)
        curve = self.inverter_efficiency_by_load_fraction
        return residual_kw / (min(curve.values()) if curve else self.inverter_efficiency)

    @property
    def standby_charge_kw(self) -> float:
        """The charge that replaces the standby loss of full batteries, in kW at their terminals."""
        loss_kw = -math.log1p(-self.battery.standby_loss_per_h) * self.max_stored_kwh
        return min(self.charge_limit_kw, loss_kw / self.battery.charge_efficiency)

    @property
    def input_limit_kw(self) -> float:
        """The most all rectifiers together may draw, in kW AC."""
        return self.units_in_service * self.unit_input_limit_kw

    def dc_load_kw(self, load_kw: float, units: int | None = None) -> float:
        """The DC power that the inverters of `units` units draw for a load (AC); by default of all units in service."""
        if not self.inverter_efficiency_by_load_fraction:
            return load_kw / self.inverter_efficiency
        sharing = self.units_in_service if units is None else units
        load_fraction = load_kw / sharing / self.unit_output_limit_kw
        return load_kw / interpolate(self.inverter_efficiency_by_load_fraction, load_fraction)

    def input_kw(self, load_kw: float) -> float:
        """What the system draws at its input (AC) to carry a load with its batteries at rest."""
        return self.dc_load_kw(load_kw) / self.rectifier_efficiency
