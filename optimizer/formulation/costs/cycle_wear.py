"""Cycle wear: what is discharged comes from segments of depth, and deeper segments cost more.

    sum_j drawn[j,t] = d[t]                                          what is discharged is drawn from segments
    sum_j filled[j,b] = E[b] - base                                  what is stored above the deepest one fills them
    filled[j,t+1] - filled[j,t] + drawn[j,t] * h / eta_d + lost[j,t] >= 0      they empty only by drawing
    sum_j lost[j,t] <= (1 - kept) * E[t]                             and by standing by, at no cost
    0 <= filled[j,b] <= width ,     filled[j,first] = as carried from the plan before

The cost is `sum_j cost[j] * h * drawn[j,t]`. Costs rise with depth, so the shallowest filled segment is drawn first
without any binary. Segments that no plan can reach are left out. Source: Xu et al., IEEE Trans. Power Syst. 33 (2018).
"""

import math

import numpy as np
import pyomo.core as pyo

from ridethrough.domain import UpsSystem
from ridethrough.domain.wear.segments import filled_at
from ridethrough.optimizer.formulation.horizon import FloatArray, Parameters, Sets, declare_groups, declare_set
from ridethrough.optimizer.problem.plan_basis import PlanBasis

_ROUNDING = 1e-9


def cycle_wear_sets(basis: PlanBasis) -> Sets:
    """The systems whose cycles cost by depth, their segments, and those that standing by empties."""
    reached = {ups.id: _reached(basis, ups) for ups in basis.problem.site.ups if ups.battery.segment_costs}
    segments = tuple((ups_id, j) for ups_id, count in reached.items() for j in range(count))
    leaks = {ups.id for ups in basis.problem.site.ups if ups.battery.standby_loss_per_h > 0}
    return {
        "SEGMENTED": tuple(reached),
        "SEGMENTS": segments,
        "TIGHT_SEGMENTS": tuple(key for key in segments if key[0] not in leaks),
        "LEAKY_SEGMENTS": tuple(key for key in segments if key[0] in leaks),
        "LEAKY": tuple(ups_id for ups_id in reached if ups_id in leaks),
    }


def add_cycle_wear(model: pyo.AbstractModel, sets: Sets) -> None:
    """Draw what is discharged from segments of depth."""
    for name, dimen in {"SEGMENTED": 1, "LEAKY": 1, "SEGMENTS": 2, "TIGHT_SEGMENTS": 2, "LEAKY_SEGMENTS": 2}.items():
        declare_set(model, sets, name, dimen)
    declare_groups(model, "SEGMENTS_OF", model.SEGMENTED, sets["SEGMENTS"])
    model.segment_base_kwh = pyo.Param(model.SEGMENTED, mutable=True)
    model.segment_cost_per_kwh = pyo.Param(model.SEGMENTS, mutable=True)
    for name in ("segment_floor_kwh", "segment_ceiling_kwh"):
        model.add_component(name, pyo.Param(model.SEGMENTS, model.BOUNDARIES, mutable=True))
    model.filled_kwh = pyo.Var(
        model.SCENARIOS, model.SEGMENTS, model.BOUNDARIES, bounds=segment_holds_its_width, dense=False
    )
    model.drawn_kw = pyo.Var(model.SCENARIOS, model.SEGMENTS, model.INTERVALS, domain=pyo.NonNegativeReals, dense=False)
    model.lost_kwh = pyo.Var(
        model.SCENARIOS, model.LEAKY_SEGMENTS, model.INTERVALS, domain=pyo.NonNegativeReals, dense=False
    )
    over = (model.SCENARIOS, model.SEGMENTED)
    model.discharge_is_drawn = pyo.Constraint(*over, model.INTERVALS, rule=discharge_is_drawn)
    model.stored_energy_fills_segments = pyo.Constraint(*over, model.BOUNDARIES, rule=stored_energy_fills_segments)
    model.segment_empties_by_drawing = pyo.Constraint(
        model.SCENARIOS, model.TIGHT_SEGMENTS, model.INTERVALS, rule=segment_empties_by_drawing
    )
    model.segment_empties_by_standing_by = pyo.Constraint(
        model.SCENARIOS, model.LEAKY_SEGMENTS, model.INTERVALS, rule=segment_empties_by_standing_by
    )
    model.standing_by_loses = pyo.Constraint(model.SCENARIOS, model.LEAKY, model.INTERVALS, rule=standing_by_loses)


def cycle_wear_parameters(basis: PlanBasis) -> Parameters:
    """The cost of each segment, its width, and how full it is at the start."""
    worn = [ups for ups in basis.problem.site.ups if ups.battery.segment_costs]
    boundaries = basis.problem.horizon.intervals + 1
    cost: list[float] = []
    base, low, high = [], [], []
    for ups in worn:
        count, width = _reached(basis, ups), ups.segment_kwh
        base.append(ups.max_stored_kwh - count * width)
        cost += ups.battery.segment_costs[:count]
        for start in _filled_at_start_kwh(basis, ups, count):
            low.append(np.r_[start, np.zeros(boundaries - 1)])
            high.append(np.r_[start, np.full(boundaries - 1, width)])
    return {
        "segment_base_kwh": np.array(base),
        "segment_cost_per_kwh": np.array(cost),
        "segment_floor_kwh": np.concatenate([np.zeros(0), *low]),
        "segment_ceiling_kwh": np.concatenate([np.zeros(0), *high]),
    }


def _reached(basis: PlanBasis, ups: UpsSystem) -> int:
    """The number of segments between full and the least that may be stored."""
    least_kwh = min(basis.problem.stored_at_start_kwh(ups), *basis.floors.floor_kwh[ups.id])
    depth = (ups.max_stored_kwh - max(0.0, least_kwh)) / ups.segment_kwh
    return max(1, math.ceil(depth - _ROUNDING))


def _filled_at_start_kwh(basis: PlanBasis, ups: UpsSystem, count: int) -> FloatArray:
    shares = filled_at(
        basis.problem.stored_at_start_kwh(ups),
        full_kwh=ups.max_stored_kwh,
        width_kwh=ups.segment_kwh,
        segments=count,
        carried=basis.problem.state.segments_filled.get(ups.id, ()),
    )
    return np.array(shares) * ups.segment_kwh


def segment_holds_its_width(
    model: pyo.AbstractModel, _s: int, ups: str, j: int, boundary: int
) -> tuple[object, object]:
    """0 <= filled <= width; at the first boundary as carried."""
    return model.segment_floor_kwh[ups, j, boundary], model.segment_ceiling_kwh[ups, j, boundary]


def discharge_is_drawn(model: pyo.AbstractModel, s: int, ups: str, t: int) -> object:
    """sum of drawn = d."""
    return sum(model.drawn_kw[s, ups, j, t] for j in model.SEGMENTS_OF[ups]) == model.discharge_kw[s, ups, t]


def stored_energy_fills_segments(model: pyo.AbstractModel, s: int, ups: str, boundary: int) -> object:
    """sum of filled = E - base."""
    filled = sum(model.filled_kwh[s, ups, j, boundary] for j in model.SEGMENTS_OF[ups])
    return filled - model.stored_kwh[s, ups, boundary] == -model.segment_base_kwh[ups]


def segment_empties_by_drawing(model: pyo.AbstractModel, s: int, ups: str, j: int, t: int) -> object:
    """filled[t+1] - filled[t] + drawn * h / eta_d >= 0."""
    return _charged_kwh(model, s, ups, j, t) >= 0


def segment_empties_by_standing_by(model: pyo.AbstractModel, s: int, ups: str, j: int, t: int) -> object:
    """filled[t+1] - filled[t] + drawn * h / eta_d + lost >= 0."""
    return _charged_kwh(model, s, ups, j, t) + model.lost_kwh[s, ups, j, t] >= 0


def _charged_kwh(model: pyo.AbstractModel, s: int, ups: str, j: int, t: int) -> pyo.NumericValue:
    drawn_kwh = model.drawn_kw[s, ups, j, t] * model.interval_h / model.discharge_efficiency[ups]
    return model.filled_kwh[s, ups, j, t + 1] - model.filled_kwh[s, ups, j, t] + drawn_kwh


def standing_by_loses(model: pyo.AbstractModel, s: int, ups: str, t: int) -> object:
    """sum of lost <= (1 - kept) * E."""
    lost_kwh = sum(model.lost_kwh[s, ups, j, t] for j in model.SEGMENTS_OF[ups])
    return lost_kwh - (1 - model.kept_fraction[ups]) * model.stored_kwh[s, ups, t] <= 0


def cycle_wear_cost(model: pyo.AbstractModel, s: int) -> pyo.NumericValue:
    """The sum of cost * drawn * h."""
    return sum(
        model.segment_cost_per_kwh[ups, j] * model.interval_h * model.drawn_kw[s, ups, j, t]
        for ups, j in model.SEGMENTS
        for t in model.INTERVALS
    )
