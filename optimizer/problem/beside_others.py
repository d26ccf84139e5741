"""The floors of systems that are short at once, raised to what each can reach beside what the others really charge.

The first floors serve the most urgent system first (`floors`). A plan may charge that one at other times, and so leave
import that the next ones could have used. They must use it: a system that is short stores as much as it can.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import UpsSystem
from ridethrough.domain.plan import UpsTrajectory
from ridethrough.optimizer.problem.baseline import baseline_of
from ridethrough.optimizer.problem.floors import raise_floors
from ridethrough.optimizer.problem.limits.needed import SAME_ENERGY, Room, charged_in_time, rooms_of, urgency
from ridethrough.optimizer.problem.plan_basis import PlanBasis

FloatArray = NDArray[np.float64]


def raised_beside_others(basis: PlanBasis, trajectories: Sequence[UpsTrajectory]) -> PlanBasis | None:
    """The basis with higher floors; None if every short system of these trajectories stores what it can reach.

    One system after the other, the most urgent first, charges what the others leave to it. So all the higher floors can
    be reached together, but for the ramp limit and load swings.
    """
    problem, last = basis.problem, basis.problem.planned
    charges = {each.ups_id: np.array(each.charge_kw[:last]) for each in trajectories}
    stored = {each.ups_id: np.array(each.stored_kwh[: last + 1]) for each in trajectories}
    reached: dict[str, Sequence[float]] = {}
    short = [ups for ups in problem.site.ups if _is_short(basis, ups)]
    for ups in sorted(short, key=lambda each: urgency(each, _asked_kwh(basis, each), stored[each.id][0])):
        charge_kw, energy_kwh = _beside(basis, ups, charges)
        missed_kwh = np.minimum(energy_kwh, _asked_kwh(basis, ups)) - stored[ups.id]
        if missed_kwh.max() > SAME_ENERGY * ups.capacity_kwh:
            reached[ups.id], charges[ups.id] = energy_kwh.tolist(), charge_kw
    if not reached:
        return None
    floors = raise_floors(problem, basis.reserves, basis.powers, basis.floors, reached)
    return replace(basis, floors=floors, baseline=baseline_of(problem, basis.powers, floors))


def _asked_kwh(basis: PlanBasis, ups: UpsSystem) -> FloatArray:
    return np.array(basis.reserves.asked_kwh[ups.id][: basis.problem.planned + 1])


def _is_short(basis: PlanBasis, ups: UpsSystem) -> bool:
    """Whether any floor of the plan is below what is asked for."""
    floor_kwh = np.array(basis.floors.floor_kwh[ups.id][: basis.problem.planned + 1])
    return bool(np.any(floor_kwh < _asked_kwh(basis, ups) - SAME_ENERGY * ups.capacity_kwh))


def _beside(basis: PlanBasis, ups: UpsSystem, charges: Mapping[str, FloatArray]) -> tuple[FloatArray, FloatArray]:
    """The charge of one system beside the others that need theirs, and the energy at each boundary."""
    problem, last = basis.problem, basis.problem.planned
    headroom_kw = problem.site.interconnection.import_limit_kw - np.array(basis.powers.resting_kw[:last])
    for other in problem.site.ups:
        if other.id != ups.id and basis.powers.need[other.id]:
            headroom_kw = headroom_kw - charges[other.id] / other.rectifier_efficiency
    room = rooms_of(problem.site, basis.powers.dc_load_kw)[ups.id]
    room = Room(rectifier_kw=room.rectifier_kw[:last], forced_kw=room.forced_kw[:last])
    start_kwh = problem.stored_at_start_kwh(ups)
    found = charged_in_time(ups, room, headroom_kw, _asked_kwh(basis, ups), start_kwh, problem.horizon.interval_h)
    return np.array(found[0]), np.array([start_kwh, *found[1]])
