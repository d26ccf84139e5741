"""Whether a certified plan keeps what its site asks for beside outages; and what a file makes of a plan.

A condition that cannot be met in time is excused where the plan holds what charging at the most from its start reaches.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from certificates import stated
from outage_simulation import FloatArray, OutageDemand, capacities_kwh, needed_kwh, units_at
from site_rules import (
    BEYOND_FRACTION,
    BEYOND_KW,
    SystemDay,
    alike,
    as_read,
    asked_at,
    broken_headroom,
    held_at,
    needed_kw,
    reached_in_turn_kwh,
    reached_kwh,
    steps_too_fast,
)
from storm_rules import step_limits_kw, traded_before

from ridethrough.domain import Horizon, ReserveCondition, UpsMode, UpsSystem
from ridethrough.domain.certificate import Certificate
from ridethrough.domain.plan import DispatchPlan, UpsTrajectory
from ridethrough.optimizer import DispatchProblem
from ridethrough.optimizer.certificate.certify import certify
from ridethrough.optimizer.dispatch import evidence_in

DIGITS = 6
"""Decimals that a plan file keeps."""
_BELOW = 2e-4
"""How far below what is asked a plan may be, as a part of capacity: the simulation finds by trying."""


def certified_again(problem: DispatchProblem, plan: DispatchPlan) -> Certificate:
    """The certificate of what a file keeps of a plan, with all it states."""
    certificate = plan.certificate
    figures = {
        "outages_replayed": certificate.outages_replayed,
        "failures": certificate.failures,
        "worst_ride_through_s": round(certificate.worst_ride_through_s, DIGITS),
        "required_s": certificate.worst_required_s,
        "expires_at": certificate.expires_at,
        "site_sha256": certificate.site_sha256,
        "state_sha256": certificate.state_sha256,
        "plan_sha256": certificate.plan_sha256,
    }
    written = stated(
        plan,
        ups=tuple(_rounded(each) for each in plan.ups),
        grid_kw=_digits(plan.grid_kw),
        ride_through_s={ups_id: _digits(seconds) for ups_id, seconds in certificate.ride_through_s.items()},
        certificate=figures,
    )
    return certify(evidence_in(problem, plan.horizon.intervals), written)


def _rounded(trajectory: UpsTrajectory) -> UpsTrajectory:
    names = ("load_kw", "charge_kw", "discharge_kw", "stored_kwh", "reserve_kwh")
    return replace(trajectory, **{name: _digits(getattr(trajectory, name)) for name in names})


def _digits(values: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(round(value, DIGITS) + 0.0 for value in values)


def broken_rules(problem: DispatchProblem, plan: DispatchPlan) -> Iterator[str]:
    """Every rule of the site that a plan breaks."""
    conditions = (*problem.site.conditions, *problem.state.conditions)
    limit_kw = step_limits_kw(problem.site, plan.horizon, conditions)
    ramped = bool(np.isfinite(limit_kw).any())
    swings = any(ups.swing is not None for ups in problem.site.ups)
    if not (conditions or ramped or swings):
        return
    days = [_day_of(problem, plan, each, conditions) for each in plan.ups]
    resting_kw = np.array(problem.unprotected_load_kw[: plan.horizon.intervals])
    grid_kw = resting_kw.copy()
    for day in days:
        drawn = day.terminal_kw + np.array(day.trajectory.charge_kw) - np.array(day.trajectory.discharge_kw)
        efficiency = day.ups.rectifier_efficiency
        grid_kw += np.where(drawn > 0, drawn / efficiency, drawn * efficiency)
        resting_kw = resting_kw + day.terminal_kw / efficiency
    room_kw = problem.site.interconnection.import_limit_kw - resting_kw
    in_turn = reached_in_turn_kwh(days, room_kw) if conditions else {}
    for day in days:
        charge_kw = np.array(day.trajectory.charge_kw) - np.array(day.trajectory.discharge_kw)
        others_kw = grid_kw - charge_kw / day.ups.rectifier_efficiency
        beside_kw = np.minimum(problem.site.interconnection.import_limit_kw - others_kw, room_kw)
        reached = np.maximum(reached_kwh(day, beside_kw), in_turn.get(day.ups.id, 0.0))
        yield from _broken_conditions(day, conditions, reached)
    early = traded_before(days, problem.site, conditions, resting_kw)
    yield from (f"discharge in interval {t}, held off before a condition" for t in early)
    if ramped or swings:
        needed = needed_kw(days, room_kw)
        for day in days:
            broken = broken_headroom(day, needed[day.ups.id])
            if broken:
                yield f"{day.ups.id}: {broken}"
        has_limit = problem.site.interconnection.ramp_limit_kw_per_min is not None
        steps = steps_too_fast(days, limit_kw, grid_kw, resting_kw, needed, site_has_limit=has_limit)
        yield from (f"ramp in interval {t}" for t in steps.tolist())


def _day_of(
    problem: DispatchProblem, plan: DispatchPlan, trajectory: UpsTrajectory, conditions: tuple[ReserveCondition, ...]
) -> SystemDay:
    ups = problem.site.ups_system(trajectory.ups_id)
    n = plan.horizon.intervals
    _, held = held_at(plan.horizon, conditions, ups.id)
    known = (*problem.load_kw[ups.id], *problem.load_after_kw.get(ups.id, ()))
    spans = [
        max(
            OutageDemand.by_policy(ups).until_s,
            *(OutageDemand.for_seconds(ups, c.ride_through_s or 0.0).until_s for c in here),
            0.0,
        )
        for here in held
    ]
    step_s = plan.horizon.step.total_seconds()
    carried = [
        max(ups.protected_load_kw, *known[max(b - 1, 0) : b + max(1, int(np.ceil(span / step_s - 1e-9)))], 0.0)
        for b, span in enumerate(spans)
    ]
    of_load = {kw: needed_kwh(as_read(alike(ups)), kw) for kw in set(carried)}
    usual = [of_load[kw] for kw in carried]
    return SystemDay(
        ups=ups,
        horizon=plan.horizon,
        load_kw=np.array(problem.load_kw[ups.id][:n]),
        trajectory=trajectory,
        asked_kwh=asked_at(ups, usual, held, carried, _overstated_kwh(problem, ups, plan.horizon)),
    )


def _overstated_kwh(problem: DispatchProblem, ups: UpsSystem, horizon: Horizon) -> list[float]:
    """What counting all units like one of them overstates at each boundary: batteries lose what they hold, unlike."""
    given = problem.state.unit_stored_kwh.get(ups.id)
    if given is None:
        return [0.0] * (horizon.intervals + 1)
    modes = ups.unit_modes or (UpsMode.NORMAL,) * ups.units
    measured = np.array([kwh for kwh, mode in zip(given, modes, strict=True) if mode is UpsMode.NORMAL])
    capacities = capacities_kwh(ups)
    stops_kwh = (ups.battery.cutoff_fraction + ups.reserve.soc_error_fraction) * capacities
    counted_kwh = problem.stored_at_start_kwh(ups)
    over = []
    for boundary in range(horizon.intervals + 1):
        hours = boundary * horizon.interval_h
        system_kwh = counted_kwh * (1 - ups.battery.standby_loss_per_h) ** hours
        units_kwh = units_at(ups, hours, system_kwh, measured - counted_kwh / len(measured))
        over_kwh = system_kwh / len(measured) - float(stops_kwh.min()) - float(np.min(units_kwh - stops_kwh))
        over.append(max(0.0, len(measured) * over_kwh))
    return over


def _broken_conditions(day: SystemDay, conditions: tuple[ReserveCondition, ...], reached: FloatArray) -> Iterator[str]:
    """Discharge while a condition holds, and less stored than it asks for where more could have been (`reached`).

    What could have been is judged by the room at the meter with the other batteries at rest, or by what they leave
    where they charge: one system's trade by discharge owes another system nothing. And no less than what the system
    stores where all charge in turn, whoever is more urgent first.
    """
    inside, at = held_at(day.horizon, conditions, day.ups.id)
    forced = np.maximum(0.0, day.terminal_kw - day.rectifier_kw)
    for t in np.flatnonzero(np.array(day.trajectory.discharge_kw) > forced + BEYOND_KW).tolist():
        if inside[t]:
            yield f"{day.ups.id}: discharges in interval {t} while {inside[t][0].kind.value} holds"
    below = (_BELOW + BEYOND_FRACTION) * day.capacity_kwh
    for b, here in enumerate(at):
        if here and day.trajectory.stored_kwh[b] < min(day.asked_kwh[b], reached[b]) - below:
            yield (
                f"{day.ups.id}: {here[0].kind.value} asks for {day.asked_kwh[b]:.4f} kWh at boundary {b}, "
                f"{day.trajectory.stored_kwh[b]:.4f} are stored and {reached[b]:.4f} could be"
            )
