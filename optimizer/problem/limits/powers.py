"""The power limits of batteries in each interval, from loads and equipment, and the meter with batteries at rest."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ridethrough.domain import UpsSystem
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.limits.needed import Need, needs_of, rooms_of
from ridethrough.optimizer.problem.limits.power_bounds import PowerBounds, power_bounds_of
from ridethrough.optimizer.problem.limits.ramps import step_limits_kw
from ridethrough.optimizer.problem.limits.relief import Relief, relief_of
from ridethrough.optimizer.problem.limits.reserves import Reserves


@dataclass(frozen=True, slots=True, kw_only=True)
class Powers:
    """Powers in each interval (kW).

    For each UPS system, `dc_load_kw` is the power that inverters draw from the DC bus, `need` is the charging with
    priority over load swings and the ramp limit, and `bounds` are the limits of batteries. `resting_kw` is the meter
    with every battery at rest, and `step_limit_kw` the largest step of the meter into each interval; `relief` is
    what batteries may give for the meter's limit before a storm.
    """

    dc_load_kw: Mapping[str, tuple[float, ...]]
    need: Mapping[str, Need]
    bounds: Mapping[str, PowerBounds]
    resting_kw: tuple[float, ...]
    step_limit_kw: tuple[float, ...]
    relief: Relief


def powers_of(problem: DispatchProblem, reserves: Reserves) -> Powers:
    """Work out the powers of a problem."""
    site, conditions = problem.site, (*problem.site.conditions, *problem.state.conditions)
    dc_load_kw = {ups.id: tuple(ups.dc_load_kw(load) for load in problem.load_kw[ups.id]) for ups in site.ups}
    resting_kw = np.array(problem.unprotected_load_kw, dtype=float)
    for ups in site.ups:
        resting_kw = resting_kw + np.array(dc_load_kw[ups.id]) / ups.rectifier_efficiency
    headroom_kw = site.interconnection.import_limit_kw - resting_kw
    rooms = rooms_of(site, dc_load_kw)
    need = needs_of(problem, reserves.asked_kwh, rooms, headroom_kw)
    given_kw = sum(rooms[ups.id].forced_kw / ups.rectifier_efficiency for ups in site.ups)
    relief = relief_of(reserves.conditions, resting_kw - given_kw, site.interconnection.import_limit_kw)
    may_export_kw = site.interconnection.export_limit_kw * (problem.charges.energy_per_kwh >= 0)
    return Powers(
        dc_load_kw=dc_load_kw,
        need=need,
        bounds={
            ups.id: power_bounds_of(
                ups,
                dc_load_kw[ups.id],
                may_export_kw.tolist() if ups.bidirectional else None,
                locked=_locked(problem, reserves, ups),
                relief_kw=0.0 if reserves.lock[ups.id] else relief.of(ups),
                needed_kw=need[ups.id].charge_kw,
                emptiest_fraction=min(1.0, min(reserves.usual_kwh[ups.id]) / ups.capacity_kwh),
            )
            for ups in site.ups
        },
        resting_kw=tuple(resting_kw.tolist()),
        step_limit_kw=tuple(step_limits_kw(site, problem.horizon, conditions).tolist()),
        relief=relief,
    )


def _locked(problem: DispatchProblem, reserves: Reserves, ups: UpsSystem) -> tuple[bool, ...]:
    """The intervals without trading: while a condition or its hold-off does, or all if reserve or units forbid it."""
    if reserves.lock[ups.id]:
        return (True,) * problem.horizon.intervals
    return reserves.conditions[ups.id].locked
