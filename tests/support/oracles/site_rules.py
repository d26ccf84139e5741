"""What a site asks of a plan beside its outages: conditions, load swings, ramps; judged from the physics alone.

Nothing here is taken from the certificate or from what makes plans. What charge is needed then is found by trying: the
least charge of an interval after which charging at the most from there on is still in time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from outage_simulation import FloatArray, OutageDemand, capacities_kwh, inverter_efficiency, needed_kwh

from ridethrough.domain import Horizon, ReserveCondition, UpsSystem
from ridethrough.domain.plan import UpsTrajectory

BEYOND_KW = 5e-3
BEYOND_FRACTION = 5e-5
"""What counts as beyond a limit (kW), and as less than full (of capacity)."""
_ROUNDS = 40
_FINE = 200
_TRIED = 1e-4
"""What is found by trying is exact to so much of capacity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemDay:
    """One system over a planned day: its equipment, what it carries and does, and what each boundary asks for."""

    ups: UpsSystem
    horizon: Horizon
    load_kw: FloatArray
    trajectory: UpsTrajectory
    asked_kwh: FloatArray

    @property
    def capacity_kwh(self) -> float:
        """All units in service, each counted as the weakest."""
        capacities = capacities_kwh(self.ups)
        return float(len(capacities) * capacities.min())

    @property
    def units(self) -> int:
        """Units in service."""
        return len(capacities_kwh(self.ups))

    @property
    def terminal_kw(self) -> FloatArray:
        """What the inverters draw to carry the load."""
        unit_kw = self.load_kw / self.units
        return np.asarray(self.load_kw / inverter_efficiency(self.ups, unit_kw))

    @property
    def rectifier_kw(self) -> float:
        """The most that the rectifiers give to the DC bus."""
        return self.units * self.ups.unit_input_limit_kw * self.ups.rectifier_efficiency

    @property
    def charger_kw(self) -> float:
        """The most that the chargers give."""
        return self.units * self.ups.battery.charge_limit_kw

    def taper_kw(self, stored_kwh: float) -> float:
        """The most charge that may end with so much stored."""
        table = sorted(self.ups.battery.charge_taper_by_fraction.items())
        if not table:
            return self.charger_kw
        points, values = zip(*table, strict=True)
        return self.charger_kw * float(np.interp(stored_kwh / self.capacity_kwh, points, values))

    def after(self, stored_kwh: float, charge_kw: float, t: int) -> float:
        """What is stored after one interval."""
        battery, h = self.ups.battery, self.horizon.interval_h
        given_kw = max(0.0, self.terminal_kw[t] - self.rectifier_kw)
        kept = stored_kwh * (1 - battery.standby_loss_per_h) ** h
        return float(kept + (charge_kw * battery.charge_efficiency - given_kw / battery.discharge_efficiency) * h)

    def most_kw(self, stored_kwh: float, t: int, room_kw: float) -> float:
        """The most charge of an interval: charger, rectifier, room at the meter (AC), the taper, and full."""
        most = max(0.0, min(self.charger_kw, self.rectifier_kw - self.terminal_kw[t], self.drawn(room_kw)))
        full = self.ups.battery.max_fraction * self.capacity_kwh
        if self.after(stored_kwh, most, t) <= full and not self.ups.battery.charge_taper_by_fraction:
            return most
        low, high = 0.0, most
        for _ in range(_ROUNDS):
            middle = (low + high) / 2
            end = self.after(stored_kwh, middle, t)
            low, high = (middle, high) if middle <= self.taper_kw(end) and end <= full else (low, middle)
        return high if self.after(stored_kwh, high, t) <= full and high <= self.taper_kw(full) else low

    def drawn(self, room_kw: float) -> float:
        """What of the room at the meter reaches the battery."""
        return room_kw * self.ups.rectifier_efficiency


def alike(ups: UpsSystem) -> UpsSystem:
    """The system with every unit as weak as the weakest in service, as what a system stores is counted."""
    if not ups.unit_state_of_health:
        return ups
    weakest = float(capacities_kwh(ups).min()) / ups.battery.nominal_kwh
    return replace(ups, unit_state_of_health=(weakest,) * ups.units)


def as_read(ups: UpsSystem) -> UpsSystem:
    """The system with its rate table as it is to be read, in fine steps: on the safe side between rows.

    The outages themselves are simulated with straight lines, which promise more.
    """
    rows = sorted(ups.battery.usable_fraction_by_c_rate.items())
    if len(rows) < 2:
        return ups
    lowest = np.minimum.accumulate([usable for _, usable in rows])
    rates = [rate for rate, _ in rows]
    raised = bool(np.any(lowest != [usable for _, usable in rows]))
    slopes = np.diff(lowest) / np.diff(rates)
    bends = len(rows) >= 4 and not raised and bool(np.all(np.diff(slopes) <= 1e-9))
    fine = {rate: float(usable) for rate, usable in zip(rates, lowest, strict=True)}
    for (low, at_low), (high, at_high) in pairwise(zip(rates, lowest, strict=True)):
        part = np.linspace(0, 1, _FINE)[1:-1]
        between = low * (high / low) ** part
        if bends and high <= 1.5 * low * (1 + 1e-9):
            usable = at_low + (between - low) / (high - low) * (at_high - at_low)
        else:
            sag = min(0.12, np.log(at_low / at_high * high / low) / 4)
            usable = at_low ** (1 - part) * at_high**part * np.exp(-4 * part * (1 - part) * sag)
        fine |= dict(zip(between.tolist(), usable.tolist(), strict=True))
    points = dict(sorted(fine.items()))
    battery = replace(ups.battery)
    object.__setattr__(battery, "usable_fraction_by_c_rate", points)
    return replace(ups, battery=battery)


def asked_at(
    ups: UpsSystem,
    usual_kwh: Sequence[float],
    held: Sequence[Sequence[ReserveCondition]],
    carried_kw: Sequence[float],
    over_kwh: Sequence[float],
) -> FloatArray:
    """What must be stored at each boundary: for the policy, and for what the conditions there ask; at most full.

    `over_kwh` is what the count of a system's energy overstates, because units are not alike.
    """
    capacities = capacities_kwh(ups)
    full = ups.battery.max_fraction * float(len(capacities) * capacities.min())
    found: dict[tuple[float, float], float] = {}
    asked = []
    for usual, conditions, load_kw, over in zip(usual_kwh, held, carried_kw, over_kwh, strict=True):
        most = usual + over
        for each in conditions:
            seconds = each.ride_through_s
            if seconds is None:
                most = max(most, full)
                continue
            if (seconds, load_kw) not in found:
                found[seconds, load_kw] = needed_kwh(
                    as_read(alike(ups)), load_kw, OutageDemand.for_seconds(ups, seconds)
                )
            most = max(most, min(full, found[seconds, load_kw] + over))
        asked.append(most)
    return np.array(asked)


def held_at(
    horizon: Horizon, conditions: Sequence[ReserveCondition], ups_id: str
) -> tuple[list[list[ReserveCondition]], list[list[ReserveCondition]]]:
    """The conditions of each interval, and of each boundary: those of the intervals on both sides of it."""
    ours = [each for each in conditions if each.ups in (None, ups_id)]
    starts = [horizon.start + n * horizon.step for n in range(-1, horizon.intervals + 1)]
    touched = [[each for each in ours if each.start < at + horizon.step and at < each.end] for at in starts]
    touched[0] = []
    both = [[*touched[n], *touched[n + 1]] for n in range(horizon.intervals + 1)]
    return touched[1:-1], both


def needed_kw(days: Sequence[SystemDay], headroom_kw: FloatArray) -> dict[str, FloatArray]:
    """The charge of each system that cannot wait in each interval, whatever the plan does.

    Days are in the order of the site. Who is short earlier is served earlier, then who is emptier, and the next ones
    have what that leaves. It is found with all of the import in the interval, and with what those before leave
    there: who waits for others charges later, and cannot wait then.
    """
    needed = {day.ups.id: np.zeros(day.horizon.intervals) for day in days}
    lacking = sorted((day for day in days if _lacks(day)), key=lambda day: (_short_from(day), _fullness(day)))
    left_kw = headroom_kw
    for day in lacking:
        needed[day.ups.id], _ = _cannot_wait_kw(day, left_kw, headroom_kw)
        if len(lacking) > 1:
            in_turn_kw, _ = _cannot_wait_kw(day, left_kw, left_kw)
            needed[day.ups.id] = np.maximum(needed[day.ups.id], in_turn_kw)
            left_kw = left_kw - in_turn_kw / day.ups.rectifier_efficiency
    return needed


def reached_in_turn_kwh(days: Sequence[SystemDay], headroom_kw: FloatArray) -> dict[str, FloatArray]:
    """What each system stores at each boundary where all charge what cannot wait, whoever is more urgent first."""
    reached = {day.ups.id: np.full(day.horizon.intervals + 1, day.trajectory.stored_kwh[0]) for day in days}
    left_kw = headroom_kw
    for day in sorted((day for day in days if _lacks(day)), key=lambda day: (_short_from(day), _fullness(day))):
        charges, reached[day.ups.id] = _cannot_wait_kw(day, left_kw, left_kw)
        left_kw = left_kw - charges / day.ups.rectifier_efficiency
    return reached


def _cannot_wait_kw(day: SystemDay, later_kw: FloatArray, now_kw: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What one system must charge in each interval, and what that stores at each boundary.

    The import is `now_kw` in the interval and `later_kw` in those after it.
    """
    stored, charges = day.trajectory.stored_kwh[0], np.zeros(day.horizon.intervals)
    energies = [stored]
    for t in range(day.horizon.intervals):
        idle = stored if day.terminal_kw[t] <= day.rectifier_kw else day.after(stored, 0.0, t)
        if _in_time(day, idle, t + 1, later_kw):
            stored = idle
            energies.append(stored)
            continue
        low, high = 0.0, day.most_kw(stored, t, max(0.0, now_kw[t]))
        for _ in range(_ROUNDS):
            middle = (low + high) / 2
            enough = _in_time(day, day.after(stored, middle, t), t + 1, later_kw)
            low, high = (low, middle) if enough else (middle, high)
        charges[t] = high
        stored = day.after(stored, high, t)
        energies.append(stored)
    return charges, np.array(energies)


def _short_from(day: SystemDay) -> int:
    """The first boundary at which a system lacks something, or the end."""
    short = np.flatnonzero(day.asked_kwh > day.trajectory.stored_kwh[0] + 1e-6 * day.capacity_kwh)
    return min(short.tolist(), default=len(day.asked_kwh))


def _fullness(day: SystemDay) -> float:
    return day.trajectory.stored_kwh[0] / day.capacity_kwh


def _lacks(day: SystemDay) -> bool:
    short = day.asked_kwh > day.trajectory.stored_kwh[0] + 1e-6 * day.capacity_kwh
    return bool(short.any() or np.any(day.terminal_kw > day.rectifier_kw))


def _in_time(day: SystemDay, stored_kwh: float, boundary: int, room_kw: FloatArray) -> bool:
    """Whether every floor from a boundary on is met by charging at the most from there."""
    slack = 1e-9 * day.capacity_kwh
    for t in range(boundary, day.horizon.intervals):
        if stored_kwh < day.asked_kwh[t] - slack:
            return False
        stored_kwh = day.after(stored_kwh, day.most_kw(stored_kwh, t, max(0.0, room_kw[t])), t)
    return bool(stored_kwh >= day.asked_kwh[-1] - slack)


def reached_kwh(day: SystemDay, room_kw: FloatArray) -> FloatArray:
    """What charging at the most from the start reaches at each boundary, with so much room at the meter."""
    stored = [day.trajectory.stored_kwh[0]]
    for t in range(day.horizon.intervals):
        stored.append(day.after(stored[-1], day.most_kw(stored[-1], t, max(0.0, room_kw[t])), t))
    return np.array(stored)


def swing_headroom_kw(ups: UpsSystem) -> float:
    """Half of the swing, less what the capacitor gives for half a period by power and energy, at the battery."""
    if ups.swing is None:
        return 0.0
    half_kw = ups.swing.amplitude_kw / 2
    capacitor = ups.capacitor
    if capacitor is not None and capacitor.healthy:
        by_energy_kw = capacitor.energy_kwh * 3600 / (0.5 / ups.swing.frequency_hz)
        half_kw = max(0.0, half_kw - min(capacitor.power_kw, by_energy_kw))
    curve = ups.inverter_efficiency_by_load_fraction
    return half_kw / (min(curve.values()) if curve else ups.inverter_efficiency)


def beyond_kw(day: SystemDay) -> float:
    """What counts as beyond a charge that is needed."""
    return BEYOND_KW + _TRIED * day.capacity_kwh / day.horizon.interval_h


def broken_headroom(day: SystemDay, needed: FloatArray) -> str:
    """The first thing that takes power which load swings need; empty where nothing does."""
    headroom = swing_headroom_kw(day.ups)
    if headroom <= 0:
        return ""
    charge, discharge = np.array(day.trajectory.charge_kw), np.array(day.trajectory.discharge_kw)
    battery = day.ups.battery
    full = battery.max_fraction * day.capacity_kwh
    keeps_full = -np.log(1 - battery.standby_loss_per_h) * full / battery.charge_efficiency
    forced = np.maximum(0.0, day.terminal_kw - day.rectifier_kw)
    limit = day.units * battery.discharge_limit_kw
    fading = sorted(battery.power_by_fraction.items()) or [(0.0, 1.0)]
    ends = np.array(day.trajectory.stored_kwh[1:]) / day.capacity_kwh
    limit *= _cold_power(day.ups) * np.interp(ends, *zip(*fading, strict=True))
    if np.any(charge > np.maximum(max(day.charger_kw - headroom, keeps_full), needed) + beyond_kw(day)):
        return "charge into the headroom of load swings"
    if np.any(discharge > np.maximum(forced, limit - headroom) + BEYOND_KW):
        return "discharge into the headroom of load swings"
    backwards = day.terminal_kw + charge - discharge < headroom - BEYOND_KW
    trades = discharge > forced + BEYOND_KW
    return "a downward swing feeds back" if not day.ups.bidirectional and np.any(backwards & trades) else ""


def _cold_power(ups: UpsSystem) -> float:
    table = sorted(ups.battery.power_fraction_by_temperature_c.items())
    if ups.battery.temperature_c is None or not table:
        return 1.0
    points, values = zip(*table, strict=True)
    return float(np.interp(ups.battery.temperature_c, points, values))


def steps_too_fast(
    days: Sequence[SystemDay],
    limit_kw: Sequence[float],
    grid_kw: FloatArray,
    resting_kw: FloatArray,
    needed: Mapping[str, FloatArray],
    *,
    site_has_limit: bool,
) -> NDArray[np.intp]:
    """The intervals that the meter enters with a larger step than allowed, than the loads make, and than is needed."""
    keeps = 0.0 if site_has_limit else sum(_keeps_full_kw(day) for day in days)
    first = sum(_keeping_kw(day) for day in days)
    beyond = sum(np.maximum(0.0, day.terminal_kw - day.rectifier_kw) / day.ups.rectifier_efficiency for day in days)
    carried_kw = resting_kw - beyond  # batteries must give the rest
    broken = []
    for t in range(len(grid_kw)):
        before = grid_kw[t - 1] if t else carried_kw[0]
        alone = [abs(each[t] - each[max(t - 1, 0)]) for each in (resting_kw, carried_kw)]
        allowed = max(limit_kw[t], max(alone) + keeps) + BEYOND_KW
        changes = [_needed_change(day, needed[day.ups.id], t) for day in days]
        begun, ended = (sum(each) for each in zip(*changes, strict=True))
        up = allowed + begun + (first if t == 0 else 0.0)
        down = allowed + ended
        if not -down <= grid_kw[t] - before <= up:
            broken.append(t)
    return np.array(broken, dtype=np.intp)


def _needed_change(day: SystemDay, needed: FloatArray, t: int) -> tuple[float, float]:
    """By how much a system itself steps up into the charge that it needs in an interval, or down out of the last one.

    What is needed is found by trying, and exact to `beyond_kw`. What keeps a full battery full is no step,
    and may come on top of a need.
    """
    charge = [0.0, *day.trajectory.charge_kw]
    keeps_full = _keeps_full_kw(day) * day.ups.rectifier_efficiency + BEYOND_KW
    needs = [0.0, *(kw + beyond_kw(day) + keeps_full if kw > 0 else 0.0 for kw in needed.tolist())]
    beside = [0.0 if kw <= keeps_full else kw for kw in charge]
    into = min(charge[t + 1], needs[t + 1]) - beside[t]
    out_of = min(charge[t], needs[t]) - beside[t + 1]
    return max(0.0, into) / day.ups.rectifier_efficiency, max(0.0, out_of) / day.ups.rectifier_efficiency


def _keeps_full_kw(day: SystemDay) -> float:
    """What charging draws that makes up for the standby loss of full batteries."""
    battery = day.ups.battery
    lost_kw = -np.log(1 - battery.standby_loss_per_h) * battery.max_fraction * day.capacity_kwh
    return float(min(day.charger_kw, lost_kw / battery.charge_efficiency) / day.ups.rectifier_efficiency)


def _keeping_kw(day: SystemDay) -> float:
    """What charging draws that keeps what is stored at the start."""
    battery, start = day.ups.battery, day.trajectory.stored_kwh[0]
    lost = start - start * (1 - battery.standby_loss_per_h) ** day.horizon.interval_h
    return lost / battery.charge_efficiency / day.horizon.interval_h / day.ups.rectifier_efficiency
