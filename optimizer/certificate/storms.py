"""The time about a storm or a grid alert: nothing discharged in the hold-off before it, no large step after it.

Written separately from `optimizer.problem.limits.relief` and `.ramps`: from the times of conditions, in seconds from
the start of the plan. In a hold-off systems give only what rectifiers cannot carry and, together, what the loads draw
above the import limit. After the end of a condition the meter takes steps of at most

    power of all batteries * (length of the interval / time that they take to their whole power)        kW AC

for as long as they take.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, ReserveCondition
from ridethrough.optimizer.certificate.evidence import Evidence
from ridethrough.optimizer.certificate.limits import TOLERANCE_KW, moment
from ridethrough.optimizer.certificate.system import SystemReplay

FloatArray = NDArray[np.float64]
Mask = NDArray[np.bool_]


def hold_off_violations(systems: Sequence[SystemReplay], carried_kw: FloatArray) -> list[str]:
    """Name the first interval in which each system trades by discharge so soon before a condition.

    `carried_kw` is the meter where batteries give only what the rectifiers cannot carry.
    """
    held_off = [_held_off(each) for each in systems]
    if not any(held_off):
        return []
    together_kw = np.zeros(len(carried_kw))
    for system, ahead in zip(systems, held_off, strict=True):
        waits = np.any([mask for mask, _ in ahead], axis=0) if ahead else False
        together_kw += np.where(waits, _traded_kw(system) / system.ups.rectifier_efficiency, 0.0)
    above_kw = np.maximum(0.0, carried_kw - systems[0].evidence.site.interconnection.import_limit_kw)
    beyond = together_kw > above_kw + TOLERANCE_KW * len(systems)
    return [
        reason
        for system, ahead in zip(systems, held_off, strict=True)
        for reason in _named(system, ahead, beyond & (_traded_kw(system) > TOLERANCE_KW))
    ]


def _named(system: SystemReplay, ahead: list[tuple[Mask, ReserveCondition]], broken: Mask) -> list[str]:
    found = [(int(np.argmax(mask & broken)), each) for mask, each in ahead if (mask & broken).any()]
    if not found:
        return []
    first, condition = min(found, key=lambda each: each[0])
    minutes = condition.hold_off.total_seconds() / 60
    what = f"discharges in the {minutes:g} minutes held off before {condition.kind.value}"
    return [f"{system.ups.id}: {what} at {moment(system.horizon, first)}"]


def _held_off(system: SystemReplay) -> list[tuple[Mask, ReserveCondition]]:
    """The conditions ahead of a system, each with the intervals that its hold-off touches."""
    begins, ends = _seconds(system.horizon)
    found = []
    for each in system.evidence.conditions:
        if each.ups is None or each.ups == system.ups.id:
            starts_s = _after_start_s(system.evidence, system.horizon, each)[0]
            waits = (ends > starts_s - each.hold_off.total_seconds()) & (begins < starts_s)
            found += [(waits, each)] if waits.any() else []
    return found


def _traded_kw(system: SystemReplay) -> FloatArray:
    """What a system discharges beyond what its rectifiers cannot carry."""
    return np.maximum(0.0, system.discharge_kw - system.forced_kw)


def returning_limits_kw(systems: Sequence[SystemReplay]) -> FloatArray:
    """The largest step of the meter into each interval of a return from a condition; infinite in all others."""
    evidence, horizon = systems[0].evidence, systems[0].horizon
    begins, _ = _seconds(horizon)
    limit_kw = np.full(horizon.intervals, np.inf)
    has_limit = evidence.site.interconnection.ramp_limit_kw_per_min is not None
    power_kw = sum(ups.discharge_limit_kw for ups in evidence.site.ups)
    for each in evidence.conditions:
        takes_s = each.ramp(site_has_limit=has_limit).total_seconds()
        ends_s = _after_start_s(evidence, horizon, each)[1]
        if takes_s > 0:
            returns = (begins >= ends_s) & (begins < ends_s + takes_s)
            step_kw = power_kw * horizon.interval_h * 3600 / takes_s
            limit_kw = np.where(returns, np.minimum(limit_kw, step_kw), limit_kw)
    return limit_kw


def _seconds(horizon: Horizon) -> tuple[FloatArray, FloatArray]:
    """The begin and the end of each interval, in seconds from the start of the plan."""
    begins = np.arange(horizon.intervals, dtype=np.float64) * horizon.step.total_seconds()
    return begins, begins + horizon.step.total_seconds()


def _after_start_s(evidence: Evidence, horizon: Horizon, condition: ReserveCondition) -> tuple[float, float]:
    """The start and the end of a condition, in seconds from the start of the plan."""
    when = condition.interval(evidence.site.timezone)
    return (when.start - horizon.start).total_seconds(), (when.end - horizon.start).total_seconds()
