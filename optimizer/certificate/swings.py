"""The part of the certificate for load swings and ramps.

Written separately from `domain.equipment.swing` and `formulation.physics.ramp`. Charging that is necessary to reach a
floor in time (`needed`) has priority over both: only its kW, only of that system, and only in that interval. A ramp
is free of the steps that this charge makes itself when it begins and ends.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, UpsSystem
from ridethrough.optimizer.certificate.limits import TOLERANCE_KW, first_of, limit_at_kw
from ridethrough.optimizer.certificate.storms import returning_limits_kw
from ridethrough.optimizer.certificate.system import SystemReplay

FloatArray = NDArray[np.float64]
Mask = NDArray[np.bool_]

_SECONDS_PER_HOUR = 3600


def swing_violations(system: SystemReplay, needed_kw: FloatArray) -> list[str]:
    """List where a plan uses power that batteries need for load swings, each fault with its first moment."""
    ups, charge, discharge = system.ups, system.charge_kw, system.discharge_kw
    left_kw = _left_for_the_battery_kw(ups)
    if left_kw <= 0:
        return []
    must_kw = system.forced_kw
    most_charge_kw = np.maximum(max(ups.charge_limit_kw - left_kw, _standing_by_kw(ups)), needed_kw)
    fraction = system.claimed_kwh[1:] / ups.capacity_kwh
    power_kw = limit_at_kw(ups.discharge_limit_kw, ups.battery.power_by_fraction, fraction=fraction)
    most_discharge_kw = np.maximum(must_kw, np.minimum(ups.discharge_limit_kw, power_kw) - left_kw)
    lowest_load_kw = np.maximum(must_kw, system.load_dc_kw + charge - left_kw)
    broken = {
        f"charge leaves less than {left_kw:.1f} kW for load swings": _above(charge, most_charge_kw),
        f"discharge leaves less than {left_kw:.1f} kW for load swings": _above(discharge, most_discharge_kw),
        "a downward load swing would feed back into the grid": (
            _above(discharge, lowest_load_kw) & (discharge > TOLERANCE_KW) & (not ups.bidirectional)
        ),
    }
    return [f"{ups.id}: {each}" for each in first_of(system.horizon, broken)]


def ramp_violations(
    horizon: Horizon, systems: Sequence[SystemReplay], grid_kw: FloatArray, needed_kw: Mapping[str, FloatArray]
) -> list[str]:
    """List where the meter changes faster than it may (the site's limit; a return), and faster than its loads alone.

    Before the plan the batteries are taken to rest, or to keep their energy. What the rectifiers cannot carry is no
    choice of the batteries: the loads alone also step as the rectifiers carry them, before the plan and in it. In a
    return at a site without a limit, the charge that makes up for standing by may come on top of that.
    """
    per_min = systems[0].evidence.site.interconnection.ramp_limit_kw_per_min
    always_kw = np.inf if per_min is None else per_min * horizon.interval_minutes
    returning_kw = returning_limits_kw(systems)
    if not np.isfinite(np.minimum(returning_kw, always_kw)).any():
        return []
    inputs_kw = sum((each.input_kw for each in systems), np.zeros(len(grid_kw)))
    resting_kw = grid_kw - inputs_kw + sum((each.resting_kw for each in systems), np.zeros(len(grid_kw)))
    carried_kw = resting_kw - sum(each.forced_kw / each.ups.rectifier_efficiency for each in systems)
    steps_kw = [np.abs(np.diff(alone_kw, prepend=alone_kw[0])) for alone_kw in (resting_kw, carried_kw)]
    begins_kw, ends_kw = _needed_steps_kw(systems, needed_kw)
    step_kw = np.diff(grid_kw, prepend=carried_kw[0])
    begins_kw[0] += sum(_keeping_kw(each) / each.ups.rectifier_efficiency for each in systems)
    keeps_kw = sum(_standing_by_kw(each.ups) / each.ups.rectifier_efficiency for each in systems)
    alone_kw = np.maximum(*steps_kw) + (keeps_kw if per_min is None else 0.0)

    def beyond(limit_kw: FloatArray | float) -> Mask:
        allowed_kw = np.maximum(limit_kw, alone_kw)
        return _above(step_kw, allowed_kw + begins_kw) | _above(-step_kw, allowed_kw + ends_kw)

    least_kw = float(returning_kw.min())
    broken = {
        f"meter: ramps faster than {per_min or 0:g} kW/min, and than its loads alone,": beyond(always_kw),
        f"meter: a step beyond {least_kw:,.1f} kW in the return from a storm or an alert": beyond(returning_kw),
    }
    return first_of(horizon, broken)


def _needed_steps_kw(
    systems: Sequence[SystemReplay], needed_kw: Mapping[str, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """The steps up and down at the meter that systems make themselves when their needed charge begins or ends.

    A needed charge that goes on steadily makes no step, and so it frees none of another system. A battery that only
    makes up for its standby loss counts as at rest before and after, and what makes up for it comes on top of a need.
    """
    begins_kw, ends_kw = (np.zeros(systems[0].horizon.intervals) for _ in range(2))
    for each in systems:
        need_kw, keeps_kw = needed_kw[each.ups.id], _standing_by_kw(each.ups)
        counted_kw = np.minimum(each.charge_kw, np.where(need_kw > 0, need_kw + keeps_kw, 0.0))
        rests = each.charge_kw <= keeps_kw + TOLERANCE_KW
        beside_kw = np.where(rests, 0.0, each.charge_kw)
        begins_kw += np.maximum(0.0, counted_kw - _one_before(beside_kw)) / each.ups.rectifier_efficiency
        ends_kw += np.maximum(0.0, _one_before(counted_kw) - beside_kw) / each.ups.rectifier_efficiency
    return begins_kw, ends_kw


def _one_before(power_kw: FloatArray) -> FloatArray:
    return np.concatenate([[0.0], power_kw[:-1]])


def _left_for_the_battery_kw(ups: UpsSystem) -> float:
    """Half the swing, less the part that the capacitor absorbs for a whole half period, at the battery's terminals."""
    if ups.swing is None:
        return 0.0
    half_kw, half_period_s = ups.swing.amplitude_kw / 2, 1 / ups.swing.frequency_hz / 2
    taken_kw = 0.0
    if ups.capacitor is not None and ups.capacitor.healthy:
        lasting_kw = ups.capacitor.energy_kwh * _SECONDS_PER_HOUR / half_period_s
        taken_kw = min(half_kw, ups.capacitor.power_kw, lasting_kw)
    worst_efficiency = min([*ups.inverter_efficiency_by_load_fraction.values()] or [ups.inverter_efficiency])
    return (half_kw - taken_kw) / worst_efficiency


def _standing_by_kw(ups: UpsSystem) -> float:
    """The charge that replaces the standby loss of full batteries."""
    lost_kw = -float(np.log1p(-ups.battery.standby_loss_per_h)) * ups.max_stored_kwh
    return min(ups.charge_limit_kw, lost_kw / ups.battery.charge_efficiency)


def _keeping_kw(system: SystemReplay) -> float:
    """The charge that keeps what is stored at the start."""
    lost_kwh = (1 - system.kept) * float(system.stored_kwh[0])
    return min(system.ups.charge_limit_kw, lost_kwh / system.ups.battery.charge_efficiency / system.horizon.interval_h)


def _above(power_kw: FloatArray, limit_kw: FloatArray | float) -> Mask:
    return power_kw > limit_kw + TOLERANCE_KW
