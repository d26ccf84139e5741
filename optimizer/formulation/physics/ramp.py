r"""Ramps: how fast the meter may change from one interval to the next.

    -ramp[t] - ends[t] <= grid[t] - grid[t-1] <= ramp[t] + begins[t]            kW AC
    begins[t] = sum over systems of up[u,t] - back[u,t]
    eta_rect * up[u,t] <= needed[u,t] - needed[u,t-1] ,  c[u,t]
    eta_rect * (up[u,t] - back[u,t]) <= min(c[u,t], needed[u,t] + keeps[u]) - c[u,t-1]
    ends[t]     the same of the fall of needed and c: the sum of down[u,t] - on[u,t]
    ramp[t] = max(limit[t], |resting[t] - resting[t-1]|, |carried[t] - carried[t-1]|)

`limit` is the site's, and that of the return from a storm or an alert (`problem.limits.ramps`); an interval without
either has no such law. `resting` is the meter with every battery at rest, and `carried` the meter where batteries give
what the rectifiers cannot carry, and nothing else. Where the loads alone ramp faster than the limit, batteries do not
add to it, but for the charge that makes up for standing by, where the site has no limit of its own; so doing nothing
always keeps the law. Before the horizon the batteries are taken to hold: its first interval
is a start like any other. All systems share the meter, so together they start no faster than one may. The charge that a
system needs then to reach its reserve in time comes first (`problem.needed`): by what it rises, the meter may rise, and
by what it falls, the meter may fall. It is never more than the step that the needed charge makes itself: a system that
goes on charging when its need ends makes a smaller step, and frees no more than that (`on`), and one that charged
before its need begins likewise (`back`). `keeps` makes up for standing by. While a need goes on steadily it frees no
other trade. The freed step is dear, so that a plan charges early and gently where it can.

    r <= most * back ,    L / eta_inv + c - d + r / eta_rect <= most * (1 - back)             back in {0, 1}

A bidirectional unit draws or feeds back, never both. Without a ramp limit, doing both only costs. With it, the model
could smooth the meter by drawing and feeding back at once, which no real unit does.
"""

from math import isfinite

import numpy as np
import pyomo.core as pyo

from ridethrough.optimizer.formulation.horizon import Parameters, Sets, declare_set, number
from ridethrough.optimizer.formulation.physics.meter import grid_kw
from ridethrough.optimizer.problem.plan_basis import PlanBasis


def ramp_sets(basis: PlanBasis) -> Sets:
    """The intervals whose step is limited (the first separately), and systems that must not draw and feed back."""
    limited = [t for t, limit_kw in enumerate(basis.powers.step_limit_kw) if isfinite(limit_kw)]
    if not limited:
        return {"RAMPED": (), "RAMPED_FIRST": (), "NEEDY": (), "SMOOTHS": ()}
    return {
        "RAMPED": tuple(t for t in limited if t > 0),
        "RAMPED_FIRST": tuple(t for t in limited if t == 0),
        "NEEDY": tuple(ups.id for ups in basis.problem.site.ups if basis.powers.need[ups.id]),
        "SMOOTHS": tuple(ups.id for ups in basis.problem.site.ups if ups.bidirectional),
    }


def add_ramp(model: pyo.AbstractModel, sets: Sets) -> None:
    """Keep changes of the meter within the limit of each step, where there is one."""
    for name in ("RAMPED", "RAMPED_FIRST", "NEEDY", "SMOOTHS"):
        declare_set(model, sets, name)
    model.ramp_kw = pyo.Param(model.INTERVALS, mutable=True)
    model.grid_before_kw = pyo.Param(mutable=True)
    model.need_rises_kw = pyo.Param(model.NEEDY, model.INTERVALS, mutable=True)
    model.need_falls_kw = pyo.Param(model.NEEDY, model.INTERVALS, mutable=True)
    model.begins_kw = pyo.Var(
        model.SCENARIOS, model.NEEDY, model.INTERVALS, bounds=no_more_than_the_need_rises, dense=False
    )
    model.ends_kw = pyo.Var(model.SCENARIOS, model.NEEDY, model.RAMPED, bounds=no_more_than_the_need_falls, dense=False)
    model.what_begins_is_charged = pyo.Constraint(
        model.SCENARIOS, model.NEEDY, model.INTERVALS, rule=what_begins_is_charged
    )
    model.what_ends_was_charged = pyo.Constraint(model.SCENARIOS, model.NEEDY, model.RAMPED, rule=what_ends_was_charged)
    model.meter_starts_within_limit = pyo.Constraint(
        model.SCENARIOS, model.RAMPED_FIRST, rule=meter_starts_within_limit
    )
    model.meter_rises_within_limit = pyo.Constraint(model.SCENARIOS, model.RAMPED, rule=meter_rises_within_limit)
    model.meter_falls_within_limit = pyo.Constraint(model.SCENARIOS, model.RAMPED, rule=meter_falls_within_limit)
    for name in ("begins_apart_kw", "ends_apart_kw", "begins_most_kw", "ends_most_kw"):
        model.add_component(name, pyo.Param(model.NEEDY, model.INTERVALS, mutable=True))
    model.charger_kw = pyo.Param(model.NEEDY, mutable=True)
    model.falls_back_kw = pyo.Var(
        model.SCENARIOS, model.NEEDY, model.RAMPED, bounds=only_where_the_need_rises, dense=False
    )
    model.goes_on_kw = pyo.Var(
        model.SCENARIOS, model.NEEDY, model.RAMPED, bounds=only_where_the_need_falls, dense=False
    )
    for rule in (what_begins_is_a_step, what_begins_is_needed, what_ends_is_a_step, what_ends_was_needed):
        model.add_component(rule.__name__, pyo.Constraint(model.SCENARIOS, model.NEEDY, model.RAMPED, rule=rule))
    model.feeds_back = pyo.Var(model.SCENARIOS, model.SMOOTHS, model.INTERVALS, domain=pyo.Binary, dense=False)
    model.feeds_back_only_when_it_does = pyo.Constraint(
        model.SCENARIOS, model.SMOOTHS, model.INTERVALS, rule=feeds_back_or_not
    )
    model.draws_only_when_not = pyo.Constraint(model.SCENARIOS, model.SMOOTHS, model.INTERVALS, rule=draws_or_not)


def ramp_parameters(basis: PlanBasis, grid_before_kw: float) -> Parameters:
    """The limit of each step; `grid_before_kw` is the meter before the first interval."""
    limit_kw = np.array(basis.powers.step_limit_kw)
    limited = np.isfinite(limit_kw)
    site = basis.problem.site
    keeps_kw = sum(ups.standby_charge_kw / ups.rectifier_efficiency for ups in site.ups)
    keeps_kw = keeps_kw if site.interconnection.ramp_limit_kw_per_min is None else 0.0
    resting_kw = np.array(basis.powers.resting_kw)
    given_kw = sum(
        np.array(basis.powers.bounds[ups.id].discharge_floor_kw) / ups.rectifier_efficiency
        for ups in basis.problem.site.ups
    )
    alone_kw = [np.abs(np.diff(each, prepend=each[0])) for each in (resting_kw, resting_kw - given_kw)]
    return {
        "ramp_kw": np.maximum(np.where(limited, limit_kw, 0.0), np.maximum(*alone_kw) + keeps_kw),
        "grid_before_kw": number(grid_before_kw),
        **_need_parameters(basis, steps_limited=bool(limited.any())),
    }


def _need_parameters(basis: PlanBasis, *, steps_limited: bool) -> Parameters:
    """Rises and falls of every need; where a need does not rise or fall, its law asks for nothing."""
    needy = [ups for ups in basis.problem.site.ups if basis.powers.need[ups.id]] if steps_limited else []
    intervals = basis.problem.horizon.intervals
    needed_kw = np.array([basis.powers.need[ups.id].charge_kw for ups in needy], dtype=float).reshape(-1, intervals)
    before_kw = np.concatenate([np.zeros((len(needy), 1)), needed_kw[:, :-1]], axis=1)
    charger_kw, keeps_kw = (
        np.array([getattr(ups, name) for ups in needy], dtype=float).reshape(-1, 1)
        for name in ("charge_limit_kw", "standby_charge_kw")
    )
    rises, falls = needed_kw > before_kw, needed_kw < before_kw
    return {
        "need_rises_kw": np.maximum(0.0, needed_kw - before_kw).ravel(),
        "need_falls_kw": np.maximum(0.0, before_kw - needed_kw).ravel(),
        "charger_kw": charger_kw.ravel(),
        "begins_apart_kw": np.where(rises, 0.0, charger_kw).ravel(),
        "ends_apart_kw": np.where(falls, 0.0, charger_kw).ravel(),
        "begins_most_kw": np.where(rises, needed_kw + keeps_kw, charger_kw).ravel(),
        "ends_most_kw": np.where(falls, before_kw + keeps_kw, charger_kw).ravel(),
    }


def meter_starts_within_limit(model: pyo.AbstractModel, s: int, t: int) -> object:
    """-ramp[first] <= grid[first] - begins[first] - grid before <= ramp[first]."""
    step_kw = grid_kw(model, s, t) - model.grid_before_kw - sum(model.begins_kw[s, ups, t] for ups in model.NEEDY)
    return pyo.inequality(-model.ramp_kw[t], step_kw, model.ramp_kw[t])


def meter_rises_within_limit(model: pyo.AbstractModel, s: int, t: int) -> object:
    """grid[t] - grid[t-1] - begins[t] <= ramp[t]."""
    begins_kw = sum(model.begins_kw[s, ups, t] - model.falls_back_kw[s, ups, t] for ups in model.NEEDY)
    return grid_kw(model, s, t) - grid_kw(model, s, t - 1) - begins_kw <= model.ramp_kw[t]


def meter_falls_within_limit(model: pyo.AbstractModel, s: int, t: int) -> object:
    """grid[t-1] - grid[t] - ends[t] <= ramp[t]."""
    ends_kw = sum(model.ends_kw[s, ups, t] - model.goes_on_kw[s, ups, t] for ups in model.NEEDY)
    return grid_kw(model, s, t - 1) - grid_kw(model, s, t) - ends_kw <= model.ramp_kw[t]


def no_more_than_the_need_rises(model: pyo.AbstractModel, _s: int, ups: str, t: int) -> tuple[object, object]:
    """0 <= begins <= rise of the need / eta_rect."""
    return 0, model.need_rises_kw[ups, t] / model.rectifier_efficiency[ups]


def no_more_than_the_need_falls(model: pyo.AbstractModel, _s: int, ups: str, t: int) -> tuple[object, object]:
    """0 <= ends <= fall of the need / eta_rect."""
    return 0, model.need_falls_kw[ups, t] / model.rectifier_efficiency[ups]


def what_begins_is_charged(model: pyo.AbstractModel, s: int, ups: str, t: int) -> object:
    """begins <= c / eta_rect."""
    return model.begins_kw[s, ups, t] - model.charge_kw[s, ups, t] / model.rectifier_efficiency[ups] <= 0


def what_ends_was_charged(model: pyo.AbstractModel, s: int, ups: str, t: int) -> object:
    """ends <= c before / eta_rect."""
    return model.ends_kw[s, ups, t] - model.charge_kw[s, ups, t - 1] / model.rectifier_efficiency[ups] <= 0


def only_where_the_need_rises(model: pyo.AbstractModel, _s: int, ups: str, t: int) -> tuple[object, object]:
    """0 <= back <= the charger's limit / eta_rect, and 0 where the need does not rise."""
    return 0, (model.charger_kw[ups] - model.begins_apart_kw[ups, t]) / model.rectifier_efficiency[ups]


def only_where_the_need_falls(model: pyo.AbstractModel, _s: int, ups: str, t: int) -> tuple[object, object]:
    """0 <= on <= the charger's limit / eta_rect, and 0 where the need does not fall."""
    return 0, (model.charger_kw[ups] - model.ends_apart_kw[ups, t]) / model.rectifier_efficiency[ups]


def what_begins_is_a_step(model: pyo.AbstractModel, s: int, ups: str, t: int) -> object:
    """begins - back <= (c - c before) / eta_rect, where the need rises."""
    step_kw = model.charge_kw[s, ups, t] - model.charge_kw[s, ups, t - 1] + model.begins_apart_kw[ups, t]
    free_kw = model.begins_kw[s, ups, t] - model.falls_back_kw[s, ups, t]
    return free_kw - step_kw / model.rectifier_efficiency[ups] <= 0


def what_begins_is_needed(model: pyo.AbstractModel, s: int, ups: str, t: int) -> object:
    """begins - back <= (needed + keeps - c before) / eta_rect, where the need rises."""
    most_kw = model.begins_most_kw[ups, t] - model.charge_kw[s, ups, t - 1]
    free_kw = model.begins_kw[s, ups, t] - model.falls_back_kw[s, ups, t]
    return free_kw - most_kw / model.rectifier_efficiency[ups] <= 0


def what_ends_is_a_step(model: pyo.AbstractModel, s: int, ups: str, t: int) -> object:
    """ends - on <= (c before - c) / eta_rect, where the need falls."""
    step_kw = model.charge_kw[s, ups, t - 1] - model.charge_kw[s, ups, t] + model.ends_apart_kw[ups, t]
    free_kw = model.ends_kw[s, ups, t] - model.goes_on_kw[s, ups, t]
    return free_kw - step_kw / model.rectifier_efficiency[ups] <= 0


def what_ends_was_needed(model: pyo.AbstractModel, s: int, ups: str, t: int) -> object:
    """ends - on <= (needed before + keeps - c) / eta_rect, where the need falls."""
    most_kw = model.ends_most_kw[ups, t] - model.charge_kw[s, ups, t]
    free_kw = model.ends_kw[s, ups, t] - model.goes_on_kw[s, ups, t]
    return free_kw - most_kw / model.rectifier_efficiency[ups] <= 0


def feeds_back_or_not(model: pyo.AbstractModel, s: int, ups: str, t: int) -> object:
    """r <= most * back."""
    return model.feed_back_kw[s, ups, t] <= model.feed_back_ceiling_kw[ups, t] * model.feeds_back[s, ups, t]


def draws_or_not(model: pyo.AbstractModel, s: int, ups: str, t: int) -> object:
    """L / eta_inv + c - d + r / eta_rect <= most * (1 - back)."""
    fed_back_kw = model.feed_back_kw[s, ups, t] / model.rectifier_efficiency[ups]
    drawn_kw = model.dc_load_kw[ups, t] + model.charge_kw[s, ups, t] - model.discharge_kw[s, ups, t] + fed_back_kw
    most_kw = model.dc_load_kw[ups, t] + model.charge_ceiling_kw[ups, t]
    return drawn_kw <= most_kw * (1 - model.feeds_back[s, ups, t])
