"""The requirements of conditions: full batteries, or a longer ride-through, at the boundaries where they hold.

A condition that comes too soon to charge the batteries is excused if the plan stores as much as charging at the safe
maximum from its start can reach: within charger, taper, rectifier, and the import left beside other systems that
charge. It stores no less than what the import leaves beside the needs of more urgent systems, whatever others charge.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ridethrough.optimizer.certificate.limits import TOLERANCE_FRACTION, moment
from ridethrough.optimizer.certificate.needed import Needed, most_reached_kwh
from ridethrough.optimizer.certificate.system import SystemReplay

FloatArray = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(slots=True, kw_only=True)
class Shortfalls:
    """Lost outages of conditions without an excuse, and excused ones, each with the reason."""

    lost: int = 0
    violations: list[str] = field(default_factory=list)
    excused: list[str] = field(default_factory=list)


def shortfalls(
    system: SystemReplay, systems: Sequence[SystemReplay], needed: Mapping[str, Needed], headroom_kw: FloatArray
) -> Shortfalls:
    """Replay the requirements of conditions on one system, and list where the plan falls short."""
    found = Shortfalls()
    if not system.held and not system.full.any():
        return found
    excused = _excused(system, systems, needed, headroom_kw)
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
    system: SystemReplay, systems: Sequence[SystemReplay], needed: Mapping[str, Needed], headroom_kw: FloatArray
) -> Mask:
    """The boundaries at which a system holds what it could reach beside the other systems that lack something.

    What others charge excuses nothing that is reached beside the needs of more urgent systems alone.
    """
    others_kw = np.zeros(len(headroom_kw))
    for each in systems:
        if each is not system and needed[each.ups.id].charge_kw.any():
            others_kw += each.charge_kw / each.ups.rectifier_efficiency
    slack_kwh = TOLERANCE_FRACTION * system.ups.capacity_kwh + system.slack_kwh
    reached_kwh = np.maximum(most_reached_kwh(system, headroom_kw - others_kw), needed[system.ups.id].reached_kwh)
    as_reached = (system.stored_kwh >= reached_kwh - slack_kwh) & (reached_kwh < system.asked_kwh)
    full = system.stored_kwh >= system.ups.max_stored_kwh - slack_kwh
    return np.asarray(as_reached | full)
