"""What really happens to a planned day when the utility fails: the third implementation, from the physics alone.

It reads the frozen values of `domain`, and neither the reserve formula nor the certificate. Equipment follows the
setpoints of a plan up to an instant, which may lie inside an interval. There the utility fails. Every unit in service
has its own battery, with its own health; those that live carry equal shares of a load that may change every step; a
unit may be dead before the outage, or die on the way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Battery, Horizon, UpsMode, UpsSystem
from ridethrough.domain.plan import UpsTrajectory

FloatArray = NDArray[np.float64]

SECONDS_PER_HOUR = 3600.0
ROUNDING = 1e-9
"""A limit met exactly is met: what floats may be off by, relative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blackout:
    """One outage of one system.

    `stored_kwh` is what the meters of the batteries show for the whole system (shared alike), or one value for each
    unit in service; `load_kw` its load (kW AC) in each step, `fails_at_s` one instant for each unit that dies (0: dead
    before the outage). The true state of charge of each battery is lower than shown by `soc_error_fraction`.
    """

    stored_kwh: float | tuple[float, ...]
    load_kw: FloatArray
    fails_at_s: tuple[float, ...] = ()
    soc_error_fraction: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Physics:
    """Physics beyond what the reserve promises to carry, to measure what that would take.

    `standby_continues`: batteries lose their standby loss during the outage too, as is promised.
    `unusable_is_stranded`: what the maker's table and the cold make unusable lies at the bottom of the battery,
    whatever it was charged to, instead of being lost in proportion to what is drawn.
    """

    standby_continues: bool = True
    unusable_is_stranded: bool = False


AS_PROMISED = Physics()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draw:
    """What one living unit goes through, per step (rows) and outage (columns)."""

    stored_kw: FloatArray
    """Power out of what is stored."""
    empty_kwh: FloatArray
    """Stored energy at which the battery stops."""
    trips: NDArray[np.bool_]
    """Whether a limit of power or rate switches the unit off."""
    terminal_kw: FloatArray
    """What its inverter draws."""


def capacities_kwh(ups: UpsSystem) -> FloatArray:
    """What the battery of each unit in service holds today."""
    health = ups.unit_state_of_health or (ups.battery.state_of_health,) * ups.units
    modes = ups.unit_modes or (UpsMode.NORMAL,) * ups.units
    working = [each for each, mode in zip(health, modes, strict=True) if mode is UpsMode.NORMAL]
    return ups.battery.nominal_kwh * np.array(working)


def failures_left(ups: UpsSystem) -> int:
    """How many units may still fail: each that is out of service has used up one."""
    out = sum(mode is not UpsMode.NORMAL for mode in ups.unit_modes)
    return max(0, ups.tolerated_failures - out)


def seconds_carried(
    ups: UpsSystem,
    blackouts: Sequence[Blackout],
    *,
    step_s: float,
    until_s: float,
    harsher: Physics = AS_PROMISED,
) -> FloatArray:
    """Run outages of one system side by side and say how long each carried its load, up to `until_s`."""
    steps = int(np.ceil(until_s / step_s - ROUNDING))
    begins_s = np.arange(steps) * step_s
    lasts_s = np.minimum(step_s, until_s - begins_s)
    dies_at_s = np.array([_dies_at_s(ups, each) for each in blackouts])
    alive = dies_at_s > begins_s[:, None, None]
    load_kw = np.array([each.load_kw[:steps] for each in blackouts]).T
    capacity_kwh = capacities_kwh(ups)
    draw = _draw(ups, load_kw / np.maximum(alive.sum(axis=2), 1), capacity_kwh, harsher)
    taken_kwh = draw.stored_kw * alive * lasts_s[:, None, None] / SECONDS_PER_HOUR
    error_kwh = np.array([each.soc_error_fraction for each in blackouts])[:, None] * capacity_kwh
    stored_kwh = np.array([_of_units(each, len(capacity_kwh)) for each in blackouts]) - error_kwh
    fades = bool(ups.battery.power_by_fraction)
    standby_h = -np.log1p(-ups.battery.standby_loss_per_h) if harsher.standby_continues else 0.0
    dark = (draw.trips & alive).any(axis=2) | ~alive.any(axis=2)
    dark_steps = dark.any(axis=1)
    carried_s, running = np.zeros(len(blackouts)), np.ones(len(blackouts), dtype=bool)
    for step in range(steps):
        taken = taken_kwh[step]
        if standby_h:
            taken = taken + standby_h * lasts_s[step] / SECONDS_PER_HOUR * stored_kwh
        left = stored_kwh - draw.empty_kwh[step]
        if fades:
            lowest = np.maximum(stored_kwh - taken, draw.empty_kwh[step])
            weak = _fades(ups, draw.terminal_kw[step], lowest / capacity_kwh) & alive[step]
            dark[step] |= weak.any(axis=1)
            dark_steps[step] |= bool(weak.any())
        if not dark_steps[step] and np.all(left >= taken):
            carried_s += running * lasts_s[step]
        else:
            part = _part_of_step(left, taken, alive[step], dark[step])
            carried_s += running * part * lasts_s[step]
            running = running & (part >= 1.0)
            if not running.any():
                break
        stored_kwh -= taken
    return carried_s


def _part_of_step(
    left_kwh: FloatArray, taken_kwh: FloatArray, alive: NDArray[np.bool_], dark: NDArray[np.bool_]
) -> FloatArray:
    """How much of one step each outage (rows) is carried: until the first of its living units (columns) is empty."""
    empties = (left_kwh < taken_kwh) & alive
    lasting = np.maximum(left_kwh, 0.0) / np.where(taken_kwh > 0, taken_kwh, 1.0)
    return np.where(dark, 0.0, np.min(lasting, axis=1, where=empties, initial=1.0))


def _dies_at_s(ups: UpsSystem, blackout: Blackout) -> FloatArray:
    dies_at_s = np.full(len(capacities_kwh(ups)), np.inf)
    dies_at_s[: len(blackout.fails_at_s)] = blackout.fails_at_s
    return dies_at_s


def _of_units(blackout: Blackout, units: int) -> FloatArray:
    """What the battery of each unit shows."""
    if isinstance(blackout.stored_kwh, tuple):
        return np.array(blackout.stored_kwh)
    return np.full(units, blackout.stored_kwh / units)


def _draw(ups: UpsSystem, unit_load_kw: FloatArray, capacity_kwh: FloatArray, harsher: Physics) -> _Draw:
    """From the load of a unit to what leaves its battery, and to what switches it off: by step, outage and unit."""
    battery = ups.battery
    capacity = capacity_kwh[:1] if np.ptp(capacity_kwh) == 0 else capacity_kwh
    terminal_kw = unit_load_kw / inverter_efficiency(ups, unit_load_kw)
    per_h = terminal_kw[:, :, None] / capacity
    usable = usable_fraction(battery, per_h) * left_by_cold(battery)
    in_full_kw = terminal_kw / (1.0 if battery.usable_fraction_includes_loss else battery.discharge_efficiency)
    cutoff_kwh = np.broadcast_to(battery.cutoff_fraction * capacity, per_h.shape)
    fastest_per_h = max(battery.usable_fraction_by_c_rate, default=np.inf)
    trips = per_h > fastest_per_h * (1 + ROUNDING)
    trips |= (unit_load_kw > ups.unit_output_limit_kw * (1 + ROUNDING))[:, :, None]
    trips |= (terminal_kw > battery.discharge_limit_kw * power_left_by_cold(battery) * (1 + ROUNDING))[:, :, None]
    empty_kwh, stored_kw = cutoff_kwh, in_full_kw[:, :, None] / usable
    if harsher.unusable_is_stranded:
        empty_kwh = cutoff_kwh + (1 - usable) * capacity
        stored_kw = np.broadcast_to(in_full_kw[:, :, None], per_h.shape)
    return _Draw(stored_kw=stored_kw, empty_kwh=empty_kwh, trips=trips, terminal_kw=terminal_kw)


def _fades(ups: UpsSystem, terminal_kw: FloatArray, fraction: FloatArray) -> NDArray[np.bool_]:
    """Whether a battery (columns) that is so empty lacks the power that its outage (rows) asks for."""
    table = sorted(ups.battery.power_by_fraction.items())
    part = np.interp(fraction, [point for point, _ in table], [value for _, value in table])
    limit_kw = ups.battery.discharge_limit_kw * power_left_by_cold(ups.battery) * part
    return np.asarray(terminal_kw[:, None] > limit_kw * (1 + ROUNDING))


def inverter_efficiency(ups: UpsSystem, unit_load_kw: FloatArray) -> FloatArray:
    """What part of the battery's power leaves the inverter: the maker's curve over the load, where there is one."""
    curve = sorted(ups.inverter_efficiency_by_load_fraction.items())
    if not curve:
        return np.full_like(unit_load_kw, ups.inverter_efficiency)
    fraction = unit_load_kw / ups.unit_output_limit_kw
    return np.interp(fraction, [point for point, _ in curve], [value for _, value in curve])


def left_by_cold(battery: Battery) -> float:
    """What part of the energy the battery's temperature leaves."""
    return _at_temperature(battery, battery.usable_fraction_by_temperature_c, battery.temperature_factor)


def power_left_by_cold(battery: Battery) -> float:
    """What part of the power the battery's temperature leaves."""
    return _at_temperature(battery, battery.power_fraction_by_temperature_c, 1.0)


def _at_temperature(battery: Battery, table: Mapping[float, float], otherwise: float) -> float:
    if battery.temperature_c is None or not table:
        return otherwise
    points = sorted(table.items())
    return float(np.interp(battery.temperature_c, [point for point, _ in points], [value for _, value in points]))


def usable_fraction(battery: Battery, per_h: FloatArray) -> FloatArray:
    """What can be drawn at these rates (1/h): by Peukert's law, or by the maker's table, straight between points."""
    law, table = battery.peukert, battery.usable_fraction_by_c_rate
    if law is not None:
        faster = np.maximum(per_h * law.rated_h, 1.0)
        return np.asarray(faster * faster**-law.exponent)
    return np.interp(per_h, list(table), list(table.values())) if table else np.ones_like(per_h)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageDemand:
    """What an outage asks of a system: for `until_s` seconds a part of the load, which changes at `changes_s`."""

    until_s: float
    changes_s: tuple[float, ...] = ()
    parts: tuple[float, ...] = (1.0,)

    @classmethod
    def by_policy(cls, ups: UpsSystem) -> "OutageDemand":
        """One outage of the policy after the other, without a recharge between."""
        steps = ups.reserve.outage.steps * ups.reserve.outages_before_recharge
        ends = np.cumsum([step.seconds for step in steps]).tolist()
        return cls(until_s=ends[-1], changes_s=tuple(ends[:-1]), parts=tuple(step.load_fraction for step in steps))

    @classmethod
    def for_seconds(cls, ups: UpsSystem, seconds: float) -> "OutageDemand":
        """The whole load for so long, as often as the policy counts outages."""
        return cls(until_s=seconds * ups.reserve.outages_before_recharge)

    def part_at(self, at_s: FloatArray) -> FloatArray:
        """The highest part of the load in each step of a second or less that begins at `at_s`."""
        parts, changes = np.array(self.parts), np.array(self.changes_s)
        begins, ends = (np.searchsorted(changes, at_s + ahead, side="right") for ahead in (ROUNDING, 1.0 - ROUNDING))
        return np.maximum(parts[begins], parts[np.minimum(ends, len(parts) - 1)])


def ceiling_kw(  # noqa: PLR0917 - an outage and what it is of
    ups: UpsSystem,
    horizon: Horizon,
    known_kw: Sequence[float],
    start_h: float,
    step_s: float,
    asked: OutageDemand | None = None,
) -> FloatArray:
    """The most the load may be in each step of an outage that starts at `start_h`: protected, or known if higher.

    `known_kw` is the load in the intervals of a horizon and after it, as far as it is known; then the protected load
    stands.
    """
    asked = asked or OutageDemand.by_policy(ups)
    begins_s = np.arange(int(np.ceil(asked.until_s / step_s - ROUNDING))) * step_s
    known = np.array([*known_kw, 0.0])
    first, last = (
        np.minimum(((start_h + (begins_s + ahead) / SECONDS_PER_HOUR) / horizon.interval_h).astype(int), len(known) - 1)
        for ahead in (1e-6, step_s - 1e-6)
    )
    return np.maximum(ups.protected_load_kw, np.maximum(known[first], known[last])) * asked.part_at(begins_s)


def stored_at(
    ups: UpsSystem,
    horizon: Horizon,
    trajectory: UpsTrajectory,
    start_h: float,
    *,
    stored_at_start_kwh: float,
    working_units: int | None = None,
) -> float:
    """Follow the setpoints for `start_h` hours from what was measured; what the whole system then holds (kWh).

    `working_units` is how many of the units work, where some have failed already and the others took over their part;
    the answer is then that of a system in which all units stand as low as those that work.
    """
    battery = ups.battery
    takeover = ups.units / (working_units or ups.units)
    stored_kwh = stored_at_start_kwh
    gone_h = 0.0
    for charge_kw, discharge_kw in zip(trajectory.charge_kw, trajectory.discharge_kw, strict=True):
        lasts_h = min(horizon.interval_h, start_h - gone_h)
        if lasts_h <= 0:
            break
        gained_kw = charge_kw * battery.charge_efficiency - discharge_kw / battery.discharge_efficiency
        stored_kwh = stored_kwh * (1 - battery.standby_loss_per_h) ** lasts_h + gained_kw * takeover * lasts_h
        gone_h += horizon.interval_h
    return stored_kwh


def worst_carried_s(  # noqa: PLR0917 - an outage and what it is of
    ups: UpsSystem,
    horizon: Horizon,
    known_kw: Sequence[float],
    stored_kwh: Sequence[float | tuple[float, ...]],
    asked: OutageDemand | None = None,
    boundaries: Sequence[int] | None = None,
) -> FloatArray:
    """Seconds carried by the worst tolerated outage from every boundary of a plan, if it holds `stored_kwh` there."""
    asked = asked or OutageDemand.by_policy(ups)
    step_s = 1.0
    blackouts = [
        Blackout(
            stored_kwh=kwh,
            load_kw=ceiling_kw(ups, horizon, known_kw, boundary * horizon.interval_h, step_s, asked),
            fails_at_s=(0.0,) * failures_left(ups),
            soc_error_fraction=ups.reserve.soc_error_fraction,
        )
        for boundary, kwh in zip(boundaries or range(len(stored_kwh)), stored_kwh, strict=True)
    ]
    return seconds_carried(ups, blackouts, step_s=step_s, until_s=asked.until_s)


def units_at(ups: UpsSystem, hours: float, system_kwh: float, surplus_kwh: FloatArray) -> FloatArray:
    """What each unit holds where the system counts as holding `system_kwh`; all share charge and discharge alike.

    `surplus_kwh` is what each held at the start beyond an equal share.
    """
    kept = (1 - ups.battery.standby_loss_per_h) ** hours
    return np.asarray(system_kwh / len(surplus_kwh) + surplus_kwh * kept)


def needed_kwh(ups: UpsSystem, load_kw: float, asked: OutageDemand | None = None) -> float:
    """What the whole system must show to carry `load_kw` through the worst tolerated outage, found by trying (kWh).

    Infinite where more than the batteries hold would not be enough.
    """
    asked = asked or OutageDemand.by_policy(ups)
    begins_s = np.arange(int(np.ceil(asked.until_s - ROUNDING)))
    load = load_kw * asked.part_at(begins_s.astype(float))
    low, high = 0.0, float(capacities_kwh(ups).sum())
    for _ in range(5):
        tried = np.linspace(low, high, 41)
        blackouts = [
            Blackout(
                stored_kwh=float(kwh),
                load_kw=load,
                fails_at_s=(0.0,) * failures_left(ups),
                soc_error_fraction=ups.reserve.soc_error_fraction,
            )
            for kwh in tried
        ]
        enough = seconds_carried(ups, blackouts, step_s=1.0, until_s=asked.until_s) >= asked.until_s * (1 - ROUNDING)
        if not enough.any():
            return np.inf
        first = int(np.argmax(enough))
        low, high = float(tried[max(first - 1, 0)]), float(tried[first])
    return high
