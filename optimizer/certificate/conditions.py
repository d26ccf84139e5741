"""What conditions ask of a plan: full batteries, or a longer ride-through, at the boundaries where they hold.

What comes sooner than the batteries can be charged is excused where the plan charges at the safe maximum from its start
until then: it stores what charging could reach, or no interval before charges less than charger, taper, rectifier and
meter allow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ridethrough.optimizer.certificate.limits import TOLERANCE_FRACTION, moment
from ridethrough.optimizer.certificate.needed import Needed
from ridethrough.optimizer.certificate.system import SystemReplay

FloatArray = NDArray[np.float64]
Mask = NDArray[np.bool_]

_CLOSE_PART = 1e-4
_CLOSE_KW = 0.05
"""How far a charge may be from the safe maximum and still be at it: of the charger's limit, and in kW."""


@dataclass(slots=True, kw_only=True)
class Shortfalls:
    """Outages of conditions that are lost without an excuse, and why; what is excused, and why."""

    lost: int = 0
    violations: list[str] = field(default_factory=list)
    excused: list[str] = field(default_factory=list)


def shortfalls(
    system: SystemReplay, systems: Sequence[SystemReplay], needed: Mapping[str, Needed], meter_kw: FloatArray
) -> Shortfalls:
    """Replay what conditions ask of one system, and say where the plan falls short of it."""
    found = Shortfalls()
    if not system.held and not system.full.any():
        return found
    excused = _excused(system, systems, needed, meter_kw)
    full_kwh, slack_kwh = system.ups.max_stored_kwh, TOLERANCE_FRACTION * system.ups.capacity_kwh
    empty = system.full & (system.stored_kwh < full_kwh - slack_kwh - system.slack_kwh)
    kinds = sorted({each.kind.value for here in system.conditions.boundaries for each in here if each.full_charge})
    _say(found, system, f"{', '.join(kinds)} asks for full batteries", empty, excused)
    for held in system.held:
        short = np.zeros(len(empty), dtype=bool)
        short[held.boundaries] = held.replay.lost.any(axis=1)
        _say(found, system, f"{held.condition.kind.value} asks for {held.required_s:g} s", short, excused)
        found.lost += int(held.replay.lost[~excused[held.boundaries]].sum())
    return found


def _say(found: Shortfalls, system: SystemReplay, what: str, short: Mask, excused: Mask) -> None:
    """Name the first boundary that falls short without an excuse, and the first that has one."""
    for where, reasons in ((short & ~excused, found.violations), (short & excused, found.excused)):
        if not where.any():
            continue
        first = int(np.argmax(where))
        reason = (
            f"{system.ups.id}: {what} at {moment(system.horizon, first)}, "
            f"where {system.stored_kwh[first]:.1f} kWh are stored"
        )
        reasons.append(reason if reasons is found.violations else f"{reason}: as much as charging can reach")


def _excused(
    system: SystemReplay, systems: Sequence[SystemReplay], needed: Mapping[str, Needed], meter_kw: FloatArray
) -> Mask:
    """The boundaries before which a system charges all it can."""
    own = needed[system.ups.id]
    slack_kwh = TOLERANCE_FRACTION * system.ups.capacity_kwh + system.slack_kwh
    as_reached = (system.stored_kwh >= own.reached_kwh - slack_kwh) & (own.reached_kwh < system.asked_kwh)
    ups, battery = system.ups, system.ups.battery
    rectifier_kw = ups.input_limit_kw * ups.rectifier_efficiency - system.load_dc_kw
    kept_kwh = system.kept * system.stored_kwh[:-1]
    taper_kw = np.array([ups.charge_below_taper_kw(kwh, system.horizon.interval_h) for kwh in kept_kwh.tolist()])
    room_kwh = ups.max_stored_kwh - kept_kwh
    to_full_kw = np.maximum(0.0, room_kwh) / battery.charge_efficiency / system.horizon.interval_h
    most_kw = np.minimum(np.minimum(taper_kw, to_full_kw), np.minimum(ups.charge_limit_kw, rectifier_kw))
    close_kw = _CLOSE_KW + _CLOSE_PART * ups.charge_limit_kw
    at_its_most = system.charge_kw >= np.maximum(0.0, most_kw) - close_kw
    limit_kw = system.evidence.site.interconnection.import_limit_kw
    others_need = np.all([each.charge_kw <= needed[each.ups.id].charge_kw + close_kw for each in systems], axis=0)
    at_its_most |= (meter_kw >= limit_kw - close_kw) & others_need
    at_its_most &= system.discharge_kw <= system.forced_kw + close_kw
    full = system.stored_kwh >= ups.max_stored_kwh - slack_kwh
    return as_reached | full | np.concatenate([[True], np.logical_and.accumulate(at_its_most)])
