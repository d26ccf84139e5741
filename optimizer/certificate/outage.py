"""Outages replayed second by second: how long surviving units of one UPS system carry a load.

Written separately from the reserve formula. Surviving units share the load equally, and each draws its share from its
own battery. The load drops when a battery is empty or lacks power.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Battery, UpsSystem
from ridethrough.domain.ride_through.duty import BackupDuty
from ridethrough.optimizer.certificate.rate_tables import usable_by_table

FloatArray = NDArray[np.float64]

SECONDS_PER_HOUR = 3600.0
_TOLERANCE_KW = 1e-3
_TOLERANCE_S = 1e-6
_FINE_STEP_S = 1.0
_COARSE_STEP_S = 30.0
_MOST_FINE_STEPS = 20_000
_LONGEST_REPLAY_S = 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """The results of outages from each boundary (rows) with each number of failed units (columns).

    `lost` says where the load is dropped too early. `needed_kwh` is what a whole system must store at each boundary for
    the worst of them, power aside.
    """

    seconds: FloatArray
    lost: NDArray[np.bool_]
    needed_kwh: FloatArray


def ride_through_s(ups: UpsSystem, stored_kwh: FloatArray, load_kw: FloatArray) -> FloatArray:
    """Replay every tolerated failure from each boundary; return seconds by boundary (rows) and failed units (columns).

    `stored_kwh` and `load_kw` hold one value for each boundary. Units share charge and load equally and count like the
    weakest one, so only the number of failed units matters. If a policy requires several duties, the one with the
    smallest margin counts; its margin is added to the policy's own seconds.
    """
    return replay_policy(ups, stored_kwh, load_kw).seconds


def replay_policy(
    ups: UpsSystem, stored_kwh: FloatArray, load_kw: FloatArray, slack_kwh: FloatArray | float = 0.0
) -> Replay:
    """Replay every duty of the policy, see `ride_through_s`; `slack_kwh` is what rounding may take of stored energy."""
    replays = [replay_duty(ups, duty, stored_kwh, load_kw, slack_kwh) for duty in ups.reserve.duties]
    if len(replays) == 1:
        return replays[0]
    margins = [each.seconds - duty.duration_s for each, duty in zip(replays, ups.reserve.duties, strict=True)]
    return Replay(
        seconds=np.maximum(np.minimum.reduce(margins) + ups.reserve.duty.duration_s, 0.0),
        lost=np.logical_or.reduce([each.lost for each in replays]),
        needed_kwh=np.maximum.reduce([each.needed_kwh for each in replays]),
    )


def replay_duty(
    ups: UpsSystem, duty: BackupDuty, stored_kwh: FloatArray, load_kw: FloatArray, slack_kwh: FloatArray | float = 0.0
) -> Replay:
    """Replay one duty: its share of the load is carried, and all of it once the duty is over."""
    shape = (len(stored_kwh), ups.failures_left + 1)
    seconds, lost, needed_kwh = np.zeros(shape), np.zeros(shape, dtype=bool), np.zeros(len(stored_kwh))
    slack = np.broadcast_to(slack_kwh, stored_kwh.shape)
    for load in np.unique(load_kw):
        here = load_kw == load
        part = _replay_load(ups, duty, stored_kwh[here], float(load), slack[here])
        seconds[here], lost[here], needed_kwh[here] = part.seconds, part.lost, part.needed_kwh
    return Replay(seconds=seconds, lost=lost, needed_kwh=needed_kwh)


def _replay_load(
    ups: UpsSystem, duty: BackupDuty, stored_kwh: FloatArray, load_kw: float, slack_kwh: FloatArray
) -> Replay:
    """Replay outages of one load: all draw the same power, so one curve of energy over time serves every boundary.

    An outage ends when the curve exceeds a unit's energy above its cutoff, or when a unit lacks power.
    """
    units = ups.units_in_service
    unavailable_kwh = _unavailable_kwh(ups, ups.weakest_capacity_kwh)
    left_kwh = np.maximum(stored_kwh / units - unavailable_kwh, 0.0)
    full_kwh = ups.weakest_capacity_kwh - unavailable_kwh
    most_kwh = full_kwh if len(left_kwh) == 0 else float(max(left_kwh.max(), full_kwh))
    columns, lost, needed_kwh = [], [], 0.0
    for failed in range(ups.failures_left + 1):
        curve = _curve(_SystemKey(ups), duty, load_kw / (units - failed), most_kwh)
        taken_kwh = curve.taken_by_the_duty_kwh
        columns.append(np.minimum(_where_passed_s(left_kwh, curve.drawn_kwh, curve.ends_s), curve.powered_s))
        short = stored_kwh / units + slack_kwh / units < unavailable_kwh + taken_kwh
        lost.append(short | (curve.powered_s < duty.duration_s - _TOLERANCE_S))
        needed_kwh = max(needed_kwh, (unavailable_kwh + taken_kwh) * units)
    return Replay(
        seconds=np.column_stack(columns),
        lost=np.column_stack(lost),
        needed_kwh=np.full(len(stored_kwh), needed_kwh),
    )


class _SystemKey:
    """A UPS system as a cache key: equal only to the same object."""

    __slots__ = ("ups",)

    def __init__(self, ups: UpsSystem) -> None:
        self.ups = ups

    def __hash__(self) -> int:
        return id(self.ups)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _SystemKey) and other.ups is self.ups


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _DrainCurve:
    """The energy that a unit has drawn (kWh) at the end of each step (s) and by the end of the duty.

    It has the power until `powered_s`; the energy is counted on after that.
    """

    ends_s: FloatArray
    drawn_kwh: FloatArray
    taken_by_the_duty_kwh: float
    powered_s: float


@lru_cache(maxsize=256)
def _curve(same: _SystemKey, duty: BackupDuty, share_kw: float, most_kwh: float) -> _DrainCurve:
    """Draw the share of one unit until `most_kwh` are used; cached, because plans of one site need the same curves."""
    ups, capacity = same.ups, np.array([same.ups.weakest_capacity_kwh])
    full_drain_kw = float(_drain_kw(ups, share_kw, capacity)[0])
    ends_s = _step_ends_s(duty, most_kwh / full_drain_kw * SECONDS_PER_HOUR if full_drain_kw > 0 else np.inf)
    fractions, step_of = np.unique(_load_fractions(duty, ends_s[:-1]), return_inverse=True)
    drains_kw = np.array([_drain_kw(ups, share_kw * fraction, capacity)[0] for fraction in fractions])[step_of]
    unable = np.array([not _holds(ups, share_kw * fraction, capacity)[0] for fraction in fractions])[step_of]
    drawn_kwh = np.concatenate([[0.0], np.cumsum(np.diff(ends_s) * (drains_kw / SECONDS_PER_HOUR))])
    return _DrainCurve(
        ends_s=ends_s,
        drawn_kwh=drawn_kwh,
        taken_by_the_duty_kwh=float(np.interp(duty.duration_s, ends_s, drawn_kwh)),
        powered_s=float(ends_s[np.argmax(unable)]) if unable.any() else np.inf,
    )


def _where_passed_s(left_kwh: FloatArray, drawn_kwh: FloatArray, ends_s: FloatArray) -> FloatArray:
    """The time at which the energy drawn exceeds what was left; times without load do not end an outage."""
    after = np.searchsorted(drawn_kwh, left_kwh, side="right")
    after = np.clip(after, 1, len(drawn_kwh) - 1)
    step_kwh = drawn_kwh[after] - drawn_kwh[after - 1]
    part = np.where(step_kwh > 0, (left_kwh - drawn_kwh[after - 1]) / np.where(step_kwh > 0, step_kwh, 1.0), 1.0)
    return ends_s[after - 1] + np.clip(part, 0.0, 1.0) * (ends_s[after] - ends_s[after - 1])


def _step_ends_s(duty: BackupDuty, full_load_s: float) -> FloatArray:
    """The ends of the replay's steps: one second each until twice the duty, longer steps after that."""
    fine_s = np.ceil(2 * duty.duration_s)
    step_s = max(_FINE_STEP_S, np.ceil(fine_s / _MOST_FINE_STEPS))
    last_s = min(duty.duration_s + full_load_s, _LONGEST_REPLAY_S) if np.isfinite(full_load_s) else fine_s
    coarse = np.arange(fine_s, max(fine_s, last_s) + 2 * _COARSE_STEP_S, _COARSE_STEP_S)
    changes = np.cumsum([step.seconds for step in duty.steps])
    return np.unique(np.concatenate([np.arange(0.0, fine_s, step_s), changes, coarse]))


def _load_fractions(duty: BackupDuty, at_s: FloatArray) -> FloatArray:
    """The fraction of the load to carry at each moment; the full load after the duty."""
    step_ends_s = np.cumsum([step.seconds for step in duty.steps])
    fractions = np.array([*(step.load_fraction for step in duty.steps), 1.0])
    return fractions[np.searchsorted(step_ends_s, at_s + _TOLERANCE_S, side="right")]


def _drain_kw(ups: UpsSystem, share_kw: float, capacities_kwh: FloatArray) -> FloatArray:
    """The stored power that units lose while each carries `share_kw` (AC)."""
    battery = ups.battery
    dc_kw = inverter_input_kw(ups, np.full(capacities_kwh.shape, share_kw))
    usable = _usable_fraction(battery, dc_kw / capacities_kwh)
    usable = usable * _left_at(battery, battery.usable_fraction_by_temperature_c, otherwise=battery.temperature_factor)
    if not battery.usable_fraction_includes_loss:
        usable = usable * battery.discharge_efficiency
    more_kwh = np.max(ups.unit_capacities_kwh) - ups.weakest_capacity_kwh  # larger units keep more below their cutoff
    leaking_kwh = capacities_kwh + _unavailable_kwh(ups, float(more_kwh))
    return np.asarray(dc_kw / usable - np.log1p(-battery.standby_loss_per_h) * leaking_kwh)


def _holds(ups: UpsSystem, share_kw: float, capacities_kwh: FloatArray) -> NDArray[np.bool_]:
    """Whether each unit has the power to carry `share_kw` (AC) until it is empty, at a rate that its maker covers."""
    battery = ups.battery
    share = np.full(capacities_kwh.shape, share_kw)
    dc_kw = inverter_input_kw(ups, share)
    power_left = _left_at(battery, battery.power_fraction_by_temperature_c, otherwise=1.0)
    return np.asarray(
        (share <= ups.unit_output_limit_kw + _TOLERANCE_KW)
        & (dc_kw <= battery.discharge_limit_kw * power_left * _power_left_when_empty(ups) + _TOLERANCE_KW)
        & (dc_kw / capacities_kwh <= battery.max_c_rate)
    )


def _unavailable_kwh(ups: UpsSystem, capacity_kwh: float) -> float:
    return (ups.battery.cutoff_fraction + ups.reserve.soc_error_fraction) * capacity_kwh


def inverter_input_kw(ups: UpsSystem, unit_load_kw: FloatArray) -> FloatArray:
    """The DC power of one unit's inverter under a load (AC)."""
    curve = ups.inverter_efficiency_by_load_fraction
    if not curve:
        return unit_load_kw / ups.inverter_efficiency
    points = sorted(curve)
    efficiency = np.interp(unit_load_kw / ups.unit_output_limit_kw, points, [curve[point] for point in points])
    return unit_load_kw / efficiency


def _usable_fraction(battery: Battery, rate: FloatArray) -> FloatArray:
    """The fraction of stored energy that can be drawn at a rate (1/h)."""
    if battery.peukert is not None:
        law = battery.peukert
        return np.power(np.maximum(rate * law.rated_h, 1.0), 1 - law.exponent)
    table = battery.usable_fraction_by_c_rate
    return usable_by_table(table, rate) if table else np.ones_like(rate)


def _left_at(battery: Battery, table: Mapping[float, float], *, otherwise: float) -> float:
    """The value of a maker's table at the battery's temperature."""
    if battery.temperature_c is None or not table:
        return otherwise
    degrees = sorted(table)
    return float(np.interp(battery.temperature_c, degrees, [table[each] for each in degrees]))


def _power_left_when_empty(ups: UpsSystem) -> float:
    """The fraction of the discharge limit that is left when the battery is nearly empty."""
    table = ups.battery.power_by_fraction
    if not table:
        return 1.0
    points = sorted(table)
    return float(np.interp(ups.battery.cutoff_fraction, points, [table[point] for point in points]))
