"""What really happens to a planned day when the utility fails: the third implementation, from the physics alone.

It reads the frozen values of `domain`, and neither the reserve formula nor the certificate. Equipment follows the
setpoints of a plan up to an instant, which may lie inside an interval. There the utility fails. Every unit has its own
battery; those that live carry equal shares of a load that may change every step; a unit may be dead before the outage,
or die on the way.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Battery, Horizon, UpsSystem
from ridethrough.domain.plan import UpsTrajectory

FloatArray = NDArray[np.float64]

SECONDS_PER_HOUR = 3600.0
ROUNDING = 1e-9
"""A limit met exactly is met: what floats may be off by, relative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blackout:
    """One outage of one system.

    `stored_kwh` is what the meters of the batteries show for the whole system, `load_kw` its load (kW AC) in each step,
    `fails_at_s` one instant for each unit that dies (0: dead before the outage). The true state of charge of each
    battery is lower than shown by `soc_error_fraction`.
    """

    stored_kwh: float
    load_kw: FloatArray
    fails_at_s: tuple[float, ...] = ()
    soc_error_fraction: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Harsher:
    """Physics beyond what the reserve promises to carry, to measure what that would take.

    `standby_continues`: batteries lose their standby loss during the outage too, as is promised.
    `unusable_is_stranded`: what the maker's table and the cold make unusable lies at the bottom of the battery,
    whatever it was charged to, instead of being lost in proportion to what is drawn.
    """

    standby_continues: bool = True
    unusable_is_stranded: bool = False


AS_PROMISED = Harsher()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draw:
    """What one living unit goes through, per step (rows) and outage (columns)."""

    stored_kw: FloatArray
    """Power out of what is stored."""
    empty_kwh: FloatArray
    """Stored energy at which the battery stops."""
    trips: NDArray[np.bool_]
    """Whether a limit of power or rate switches the unit off."""


def seconds_carried(
    ups: UpsSystem, blackouts: Sequence[Blackout], *, step_s: float, until_s: float, harsher: Harsher = AS_PROMISED
) -> FloatArray:
    """Run outages of one system side by side and say how long each carried its load, up to `until_s`."""
    steps = int(np.ceil(until_s / step_s - ROUNDING))
    begins_s = np.arange(steps) * step_s
    lasts_s = np.minimum(step_s, until_s - begins_s)
    dies_at_s = np.array([_dies_at_s(ups, each) for each in blackouts])
    alive = dies_at_s > begins_s[:, None, None]
    load_kw = np.array([each.load_kw[:steps] for each in blackouts]).T
    draw = _draw(ups, load_kw / np.maximum(alive.sum(axis=2), 1), harsher)
    taken_kwh = draw.stored_kw[:, :, None] * alive * lasts_s[:, None, None] / SECONDS_PER_HOUR
    shown_kwh = np.array([each.stored_kwh / ups.units - _error_kwh(ups, each) for each in blackouts])
    stored_kwh = np.repeat(shown_kwh[:, None], ups.units, axis=1)
    standby_h = -np.log1p(-ups.battery.standby_loss_per_h) if harsher.standby_continues else 0.0
    dark = draw.trips | ~alive.any(axis=2)
    dark_steps = dark.any(axis=1)
    carried_s, running = np.zeros(len(blackouts)), np.ones(len(blackouts), dtype=bool)
    for step in range(steps):
        taken = taken_kwh[step]
        if standby_h:
            taken = taken + standby_h * lasts_s[step] / SECONDS_PER_HOUR * stored_kwh
        left = stored_kwh - draw.empty_kwh[step]
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
    dies_at_s = np.full(ups.units, np.inf)
    dies_at_s[: len(blackout.fails_at_s)] = blackout.fails_at_s
    return dies_at_s


def _error_kwh(ups: UpsSystem, blackout: Blackout) -> float:
    return blackout.soc_error_fraction * ups.battery.nominal_kwh * ups.battery.state_of_health


def _draw(ups: UpsSystem, unit_load_kw: FloatArray, harsher: Harsher) -> _Draw:
    """From the load of a unit to what leaves its battery, and to what switches it off."""
    battery = ups.battery
    terminal_kw = unit_load_kw / ups.inverter_efficiency
    capacity_kwh = battery.nominal_kwh * battery.state_of_health
    per_h = terminal_kw / capacity_kwh
    usable = usable_fraction(battery, per_h) * battery.temperature_factor
    in_full_kw = terminal_kw / (1.0 if battery.usable_fraction_includes_loss else battery.discharge_efficiency)
    cutoff_kwh = np.full((*per_h.shape, 1), battery.cutoff_fraction * capacity_kwh)
    fastest_per_h = max(battery.usable_fraction_by_c_rate, default=np.inf)
    trips = (
        (unit_load_kw > ups.unit_output_limit_kw * (1 + ROUNDING))
        | (terminal_kw > battery.discharge_limit_kw * (1 + ROUNDING))
        | (per_h > fastest_per_h * (1 + ROUNDING))
    )
    if harsher.unusable_is_stranded:
        return _Draw(stored_kw=in_full_kw, empty_kwh=cutoff_kwh + (1 - usable[:, :, None]) * capacity_kwh, trips=trips)
    return _Draw(stored_kw=in_full_kw / usable, empty_kwh=cutoff_kwh, trips=trips)


def usable_fraction(battery: Battery, per_h: FloatArray) -> FloatArray:
    """The maker's table at these discharge rates (1/h): linear between its points, flat before the first."""
    table = battery.usable_fraction_by_c_rate
    return np.interp(per_h, list(table), list(table.values())) if table else np.ones_like(per_h)


def ceiling_kw(
    ups: UpsSystem, horizon: Horizon, trajectory: UpsTrajectory, start_h: float, step_s: float
) -> FloatArray:
    """The most the load may be in each step of an outage that starts at `start_h`: protected, or planned if higher."""
    steps = int(np.ceil(ups.reserve.ride_through_s / step_s - ROUNDING))
    middle_h = start_h + (np.arange(steps) + 0.5) * step_s / SECONDS_PER_HOUR
    interval = np.minimum((middle_h / horizon.interval_h).astype(int), len(trajectory.load_kw) - 1)
    return np.maximum(ups.protected_load_kw, np.array(trajectory.load_kw)[interval])


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


def worst_carried_s(
    ups: UpsSystem, horizon: Horizon, trajectory: UpsTrajectory, stored_kwh: Sequence[float]
) -> FloatArray:
    """Seconds carried by the worst tolerated outage from every boundary of a plan, if it holds `stored_kwh` there."""
    step_s = 1.0
    blackouts = [
        Blackout(
            stored_kwh=kwh,
            load_kw=ceiling_kw(ups, horizon, trajectory, boundary * horizon.interval_h, step_s),
            fails_at_s=(0.0,) * ups.tolerated_failures,
            soc_error_fraction=ups.reserve.soc_error_fraction,
        )
        for boundary, kwh in enumerate(stored_kwh)
    ]
    return seconds_carried(ups, blackouts, step_s=step_s, until_s=ups.reserve.ride_through_s)


def needed_kwh(ups: UpsSystem, load_kw: float) -> float:
    """What the whole system must show to carry `load_kw` through the worst tolerated outage, found by trying (kWh).

    Infinite where more than the batteries hold would not be enough.
    """
    until_s = ups.reserve.ride_through_s
    load = np.full(int(np.ceil(until_s)), load_kw)
    low, high = 0.0, ups.units * ups.battery.nominal_kwh
    for _ in range(5):
        tried = np.linspace(low, high, 41)
        blackouts = [
            Blackout(
                stored_kwh=float(kwh),
                load_kw=load,
                fails_at_s=(0.0,) * ups.tolerated_failures,
                soc_error_fraction=ups.reserve.soc_error_fraction,
            )
            for kwh in tried
        ]
        enough = seconds_carried(ups, blackouts, step_s=1.0, until_s=until_s) >= until_s * (1 - ROUNDING)
        if not enough.any():
            return np.inf
        first = int(np.argmax(enough))
        low, high = float(tried[max(first - 1, 0)]), float(tried[first])
    return high
