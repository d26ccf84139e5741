"""The backup reserve: the energy that must stay stored so that the protected load rides through an outage.

With `n` units of which `f` may fail, protected load `P` (kW), and a duty of steps `i` (seconds `t`, load fraction `p`):

    need_kwh         = sum(P * p[i] * t[i] / eta_inv) / 3600                             DC energy, whole system
    C[i]             = P * p[i] / eta_inv / (n - f) / capacity_kwh                       rate of the weakest unit, 1/h
    drawn_kwh        = sum(need_kwh[i] / (k_T * u(C[i]) * eta_d))                        stored energy it takes
    reserve_fraction = cutoff + soc_error + drawn_kwh / ((n - f) * capacity_kwh)

`capacity_kwh` is that of the weakest unit, because units share the load equally. A simple ride-through of `T` s is one
step at full load. With several outages before a recharge, the duty contains them one after the other. Of several duties
the most demanding one counts.

Source: `docs/reserve.md` (IEC 62040-3 stored energy time; rate table from the battery's maker).
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ridethrough.domain.equipment.rate_table import MOST_SAG, SPARSE, rate_table
from ridethrough.domain.equipment.ups import UpsSystem
from ridethrough.domain.ride_through.duty import BackupDuty

SECONDS_PER_HOUR = 3600.0


class Binding(StrEnum):
    """The limit that decides the level of a reserve, or makes it infeasible."""

    RIDE_THROUGH = "ride_through"
    CAPACITY = "capacity"
    INVERTER_POWER = "inverter_power"
    BATTERY_POWER = "battery_power"
    DISCHARGE_RATE = "discharge_rate"
    RECHARGE = "recharge"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveRequirement:
    """The reserve of one UPS system; the algebra is in the module's docstring.

    `reserve_fraction` is reported even when it is above `max_fraction`; `feasible` is then false. `tradable_kwh` is the
    energy of full batteries above the reserve, and `tradable_ac_kwh` the part of it that reaches the load. `duty` is
    the load to carry, `required_s` its duration, and `c_rate` the discharge rate at the full protected load.
    `ride_through_s` is the ride-through of full batteries with the worst tolerated failure, at full load after the end
    of the duty. `recharge_h` is the time to recharge the energy that the duty takes. `policy` names the source of the
    duty, and `build_up_s` the parts of the duration of one outage. `loss_probability` and `losses_per_year` are known
    if generator starts are given. `notes` say where the rate table is read lower than it is printed.
    """

    ups_id: str
    feasible: bool
    binding: Binding
    policy: str
    build_up_s: Mapping[str, float]
    loss_probability: float | None
    losses_per_year: float | None
    protected_load_kw: float
    duty: BackupDuty
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
    recharge_on_generator_h: float
    notes: tuple[str, ...] = ()


def recharge_h(energy_kwh: float, power_kw: float, charge_efficiency: float) -> float:
    """The hours to store `energy_kwh` at `power_kw`; infinite without power.

    >>> round(recharge_h(421.053, 1200, 0.95), 5)
    0.36934
    """
    return energy_kwh / (charge_efficiency * power_kw) if power_kw > 0 else math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draw:
    """The power that surviving units draw from their batteries while they carry a load."""

    ups: UpsSystem
    load_kw: float

    def dc_kw(self, load_fraction: float) -> float:
        """The power that the inverters of surviving units draw from the DC bus."""
        return self.ups.dc_load_kw(self.load_kw * load_fraction, self.ups.surviving_units)

    def c_rate(self, load_fraction: float) -> float:
        """The discharge rate of the weakest surviving unit, 1/h."""
        return self.dc_kw(load_fraction) / self.ups.surviving_units / self.ups.weakest_capacity_kwh

    def deliverable_fraction(self, load_fraction: float) -> float:
        """The fraction of stored energy that reaches the DC bus at this load."""
        battery = self.ups.battery
        discharge_efficiency = 1.0 if battery.usable_fraction_includes_loss else battery.discharge_efficiency
        usable = battery.usable_fraction(self.c_rate(load_fraction))
        return usable * battery.energy_at_temperature * discharge_efficiency

    @property
    def _most_in_a_unit_kwh(self) -> float:
        """What a unit holds at most while it counts like the weakest: the cutoff of a larger unit is higher."""
        unavailable = self.ups.battery.cutoff_fraction + self.ups.reserve.soc_error_fraction
        weakest_kwh = self.ups.weakest_capacity_kwh
        return weakest_kwh + unavailable * (max(self.ups.unit_capacities_kwh) - weakest_kwh)

    def stored_kw(self, load_fraction: float) -> float:
        """The rate at which stored energy falls, from the load and from the standby loss of full batteries."""
        leak_per_h = -math.log1p(-self.ups.battery.standby_loss_per_h)
        standby_kw = leak_per_h * self.ups.surviving_units * self._most_in_a_unit_kwh
        return self.dc_kw(load_fraction) / self.deliverable_fraction(load_fraction) + standby_kw

    def need_kwh(self, duty: BackupDuty) -> float:
        """The energy that the inverters draw while a duty is carried."""
        return math.fsum(self.dc_kw(step.load_fraction) * step.seconds for step in duty.steps) / SECONDS_PER_HOUR

    def drawn_kwh(self, duty: BackupDuty) -> float:
        """The stored energy that a duty takes."""
        return math.fsum(self.stored_kw(step.load_fraction) * step.seconds for step in duty.steps) / SECONDS_PER_HOUR

    def lasts_s(self, stored_kwh: float, duty: BackupDuty) -> float:
        """How long this stored energy carries the duty, and full load after the end of the duty."""
        left, seconds = stored_kwh * SECONDS_PER_HOUR, 0.0
        for step in duty.steps:
            taken = self.stored_kw(step.load_fraction) * step.seconds
            if taken > left:
                return seconds + left / taken * step.seconds
            left -= taken
            seconds += step.seconds
        return seconds + left / self.stored_kw(1.0)


def reserve_requirement(
    ups: UpsSystem,
    *,
    protected_load_kw: float | None = None,
    meter_headroom_kw: float = math.inf,
    duties: tuple[BackupDuty, ...] = (),
) -> ReserveRequirement:
    """Work out the reserve of one UPS system.

    `protected_load_kw` replaces the system's own value, for a load that turns out higher. `meter_headroom_kw` is the
    import that the meter has left for recharging (kW AC) while the load is carried. `duties` replace those of the
    policy.
    """
    load_kw = ups.protected_load_kw if protected_load_kw is None else protected_load_kw
    draw = _Draw(ups=ups, load_kw=load_kw)
    duty = max(duties or ups.reserve.duties, key=draw.drawn_kwh)
    drawn_kwh = draw.drawn_kwh(duty)
    unavailable = ups.battery.cutoff_fraction + ups.reserve.soc_error_fraction
    survivors_kwh = ups.surviving_units * ups.weakest_capacity_kwh
    fraction = unavailable + drawn_kwh / survivors_kwh
    power_limit = _binding_power_limit(draw)
    usable_kwh = max(0.0, ups.battery.max_fraction - unavailable) * survivors_kwh
    ride_through_s = draw.lasts_s(usable_kwh, duty) if power_limit is None else 0.0
    back_h = _recharge_after_ride_through_h(ups, load_kw, drawn_kwh, meter_headroom_kw)
    binding = power_limit or _binding_energy(ups, fraction, back_h)
    feasible = binding is Binding.RIDE_THROUGH
    return ReserveRequirement(
        ups_id=ups.id,
        feasible=feasible,
        binding=binding,
        policy=ups.reserve.name_of(duty),
        build_up_s=ups.reserve.build_up_s(duty),
        loss_probability=ups.reserve.loss_probability,
        losses_per_year=ups.reserve.losses_per_year,
        protected_load_kw=load_kw,
        duty=duty,
        required_s=duty.duration_s,
        ride_through_s=ride_through_s,
        recharge_h=back_h,
        recharge_on_generator_h=_recharge_on_generator_h(ups, drawn_kwh, back_h),
        notes=tuple(_table_notes(ups, draw.c_rate(1.0))),
        **_figures(draw, duty, fraction, feasible=feasible, ride_through_s=ride_through_s),
    )


def ride_through_of_s(ups: UpsSystem, stored_kwh: float, *, load_kw: float | None = None) -> float:
    """How long a system carries the load from this stored energy, with the failures that it tolerates; 0 without power.

    The load is the highest of the protected one and `load_kw`. Without a load to carry it is infinite.
    """
    draw = _Draw(ups=ups, load_kw=max(ups.protected_load_kw, load_kw or 0.0))
    if _binding_power_limit(draw) is not None:
        return 0.0
    unavailable = ups.battery.cutoff_fraction + ups.reserve.soc_error_fraction
    usable_kwh = (stored_kwh / ups.capacity_kwh - unavailable) * ups.surviving_units * ups.weakest_capacity_kwh
    return draw.lasts_s(max(0.0, usable_kwh), max(ups.reserve.duties, key=draw.drawn_kwh))


def _figures(
    draw: _Draw, duty: BackupDuty, fraction: float, *, feasible: bool, ride_through_s: float
) -> dict[str, float]:
    """The energies that follow from the reserve as a fraction."""
    ups = draw.ups
    reserve_kwh = fraction * ups.capacity_kwh
    tradable_kwh = max(0.0, ups.max_stored_kwh - reserve_kwh) if feasible else 0.0
    return {
        "need_kwh": draw.need_kwh(duty),
        "c_rate": draw.c_rate(1.0),
        "usable_fraction": ups.battery.usable_fraction(draw.c_rate(1.0)),
        "reserve_fraction": fraction,
        "reserve_kwh": reserve_kwh,
        "tradable_kwh": tradable_kwh,
        "tradable_ac_kwh": tradable_kwh
        * ups.battery.discharge_efficiency
        * draw.load_kw
        / ups.dc_load_kw(draw.load_kw),
        "deficit_kwh": max(0.0, reserve_kwh - ups.max_stored_kwh),
        "deficit_s": max(0.0, duty.duration_s - ride_through_s),
    }


def _table_notes(ups: UpsSystem, c_rate: float) -> Iterator[str]:
    """Name the rows of the rate table that are lowered, and the two rows around `c_rate` where they are far apart."""
    printed = ups.battery.usable_fraction_by_c_rate
    if not printed:
        return
    table = rate_table(printed)
    for rate, read in table.lowered.items():
        yield (
            f"the rate table gives {printed[rate]:.4g} at {_named(ups, rate)}, more than at a lower rate: "
            f"read as {read:.4g}"
        )
    gap = table.gap_at(c_rate)
    if gap is not None:
        low, high = gap
        yield (
            f"the rate table has no row between {_named(ups, low)} and {_named(ups, high)}, a factor {high / low:.2g} "
            f"apart (more than {SPARSE:g}); between them runtimes are taken up to {1 - math.exp(-MOST_SAG):.0%} below "
            "Peukert's law"
        )


def _named(ups: UpsSystem, rate: float) -> str:
    return f"{rate:.4g} C ({rate * ups.battery.nominal_kwh:.4g} kW DC of one new unit)"


def _binding_energy(ups: UpsSystem, fraction: float, back_h: float) -> Binding:
    """The limit that decides the reserve if power is sufficient."""
    if fraction > ups.battery.max_fraction:
        return Binding.CAPACITY
    limit_h = ups.reserve.recharge_limit_h
    return Binding.RECHARGE if limit_h is not None and back_h > limit_h else Binding.RIDE_THROUGH


def _binding_power_limit(draw: _Draw) -> Binding | None:
    """The power limit that surviving units cannot keep until their batteries are empty, or None."""
    ups = draw.ups
    if draw.load_kw / ups.surviving_units > ups.unit_output_limit_kw:
        return Binding.INVERTER_POWER
    if draw.dc_kw(1.0) / ups.surviving_units > ups.battery.discharge_limit_at_kw(ups.battery.cutoff_fraction):
        return Binding.BATTERY_POWER
    if draw.c_rate(1.0) > ups.battery.max_c_rate:
        return Binding.DISCHARGE_RATE
    return None


def _recharge_after_ride_through_h(ups: UpsSystem, load_kw: float, drawn_kwh: float, meter_headroom_kw: float) -> float:
    rectifier_headroom_kw = ups.input_limit_kw * ups.rectifier_efficiency - ups.dc_load_kw(load_kw)
    power_kw = min(ups.charge_limit_kw, rectifier_headroom_kw, meter_headroom_kw * ups.rectifier_efficiency)
    return recharge_h(drawn_kwh, power_kw, ups.battery.charge_efficiency)


def _recharge_on_generator_h(ups: UpsSystem, drawn_kwh: float, back_h: float) -> float:
    """The hours of the same recharge on generators, at the charge limit that applies then."""
    limit_kw = ups.battery.charge_limit_on_generator_kw
    if limit_kw is None:
        return back_h
    return max(back_h, recharge_h(drawn_kwh, ups.units_in_service * limit_kw, ups.battery.charge_efficiency))
