"""The backup reserve: what must stay stored so that the protected load rides through an outage.

With `n` units of which `f` may fail, protected load `P` (kW) and ride-through `T` (s):

    need_kwh         = P * T / 3600 / eta_inv                                            DC energy, whole system
    C                = P / eta_inv / (n - f) / (nominal_kwh * SoH)                       rate of a surviving unit, 1/h
    reserve_fraction = cutoff + need_kwh / (n - f) / (nominal_kwh * SoH * k_T * u(C) * eta_d) + soc_error

Source: `docs/reserve.md` (IEC 62040-3 stored energy time; rate table from the battery's maker).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from domain.validation import Checks

if TYPE_CHECKING:
    from domain.ups import UpsSystem

SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservePolicy:
    """The seconds of protected load to keep, and the doubt in the measured state of charge (a fraction of capacity)."""

    ride_through_s: float
    soc_error_fraction: float = 0.0

    def __post_init__(self) -> None:
        checks = Checks()
        checks.positive("ride_through_s", self.ride_through_s)
        checks.require(
            0 <= self.soc_error_fraction < 1, "soc_error_fraction", self.soc_error_fraction, "a fraction from 0 below 1"
        )
        checks.raise_faults()


class Binding(StrEnum):
    """What decides whether, and how high, a reserve stands."""

    RIDE_THROUGH = "ride_through"
    CAPACITY = "capacity"
    INVERTER_POWER = "inverter_power"
    BATTERY_POWER = "battery_power"
    DISCHARGE_RATE = "discharge_rate"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveRequirement:
    """The reserve of one UPS system; see the module for the algebra.

    `reserve_fraction` is reported also when it is above `max_fraction`, where `feasible` is false. `tradable_kwh` is
    stored energy above the reserve, `tradable_ac_kwh` what of it reaches the load. `ride_through_s` is that of full
    batteries with the worst tolerated failure; `recharge_h` the time to put back what one ride-through of the policy
    takes.
    """

    ups_id: str
    feasible: bool
    binding: Binding
    protected_load_kw: float
    required_s: float
    need_kwh: float
    c_rate: float
    usable_fraction: float
    reserve_fraction: float
    reserve_kwh: float
    tradable_kwh: float
    tradable_ac_kwh: float
    deficit_kwh: float
    deficit_s: float
    ride_through_s: float
    recharge_h: float


def recharge_h(energy_kwh: float, power_kw: float, charge_efficiency: float) -> float:
    """The hours that storing `energy_kwh` takes at `power_kw`; infinite without power.

    >>> round(recharge_h(421.053, 1200, 0.95), 5)
    0.36934
    """
    return energy_kwh / (charge_efficiency * power_kw) if power_kw > 0 else math.inf


def reserve_requirement(
    ups: UpsSystem, *, protected_load_kw: float | None = None, meter_headroom_kw: float = math.inf
) -> ReserveRequirement:
    """Work out the reserve of one UPS system.

    `protected_load_kw` replaces the system's own where the load turns out higher; `meter_headroom_kw` is the import
    left at the meter for recharging (kW AC) while the load is carried.
    """
    load_kw = ups.protected_load_kw if protected_load_kw is None else protected_load_kw
    battery = ups.battery
    policy = ups.reserve
    dc_kw = ups.dc_load_kw(load_kw)
    need_kwh = dc_kw * policy.ride_through_s / SECONDS_PER_HOUR
    c_rate = dc_kw / ups.surviving_units / battery.capacity_kwh
    usable = battery.usable_fraction(c_rate)
    discharge_efficiency = 1.0 if battery.usable_fraction_includes_loss else battery.discharge_efficiency
    deliverable_kwh = (
        ups.surviving_units * battery.capacity_kwh * battery.temperature_factor * usable * discharge_efficiency
    )
    unavailable = battery.cutoff_fraction + policy.soc_error_fraction
    fraction = unavailable + need_kwh / deliverable_kwh
    reserve_kwh = fraction * ups.capacity_kwh
    power_limit = _binding_power_limit(ups, load_kw, c_rate)
    ride_through_s = 0.0
    if power_limit is None:
        ride_through_s = max(0.0, battery.max_fraction - unavailable) * deliverable_kwh / dc_kw * SECONDS_PER_HOUR
    enough = fraction <= battery.max_fraction
    tradable_kwh = max(0.0, ups.max_stored_kwh - reserve_kwh) if power_limit is None else 0.0
    return ReserveRequirement(
        ups_id=ups.id,
        feasible=enough and power_limit is None,
        binding=power_limit or (Binding.RIDE_THROUGH if enough else Binding.CAPACITY),
        protected_load_kw=load_kw,
        required_s=policy.ride_through_s,
        need_kwh=need_kwh,
        c_rate=c_rate,
        usable_fraction=usable,
        reserve_fraction=fraction,
        reserve_kwh=reserve_kwh,
        tradable_kwh=tradable_kwh,
        tradable_ac_kwh=tradable_kwh * battery.discharge_efficiency * ups.inverter_efficiency,
        deficit_kwh=max(0.0, reserve_kwh - ups.max_stored_kwh),
        deficit_s=max(0.0, policy.ride_through_s - ride_through_s),
        ride_through_s=ride_through_s,
        recharge_h=_recharge_after_ride_through_h(
            ups,
            load_kw,
            (fraction - unavailable) * ups.capacity_kwh * ups.surviving_units / ups.units,
            meter_headroom_kw,
        ),
    )


def _binding_power_limit(ups: UpsSystem, load_kw: float, c_rate: float) -> Binding | None:
    """Name the power limit that the surviving units cannot hold until the end of ride-through, if there is one."""
    unit_load_kw = load_kw / ups.surviving_units
    if unit_load_kw > ups.unit_output_limit_kw:
        return Binding.INVERTER_POWER
    if ups.dc_load_kw(unit_load_kw) > ups.battery.discharge_limit_kw:
        return Binding.BATTERY_POWER
    if c_rate > ups.battery.max_c_rate:
        return Binding.DISCHARGE_RATE
    return None


def _recharge_after_ride_through_h(ups: UpsSystem, load_kw: float, drawn_kwh: float, meter_headroom_kw: float) -> float:
    rectifier_headroom_kw = ups.input_limit_kw * ups.rectifier_efficiency - ups.dc_load_kw(load_kw)
    power_kw = min(ups.charge_limit_kw, rectifier_headroom_kw, meter_headroom_kw * ups.rectifier_efficiency)
    return recharge_h(drawn_kwh, power_kw, ups.battery.charge_efficiency)
