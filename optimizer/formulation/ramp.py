r"""Ramps: how fast the meter may change from one interval to the next.

    -ramp[t] <= grid[t] - grid[t-1] <= ramp[t]            kW AC
    ramp[t] = max(ramp_limit * minutes, |resting[t] - resting[t-1]|)

`resting` is the meter with every battery at rest. Where the loads alone ramp faster than the limit, batteries do not
add to it; so doing nothing always keeps the law. Before the horizon the batteries are taken to hold: its first interval
is a start like any other. All systems share the meter, so together they start no faster than one may. A reserve that is
not there yet comes first: steps into and out of such intervals are free.

    r <= most * back ,    L / eta_inv + c - d + r / eta_rect <= most * (1 - back)             back in {0, 1}

A bidirectional unit draws or feeds back, never both. Elsewhere that only costs; here the meter could be smoothed by
burning what is drawn and fed back at once, which no unit does.
"""

from itertools import pairwise

import pyomo.core as pyo

from optimizer.problem import DispatchProblem


def add_ramp(model: pyo.ConcreteModel, problem: DispatchProblem, grid_before_kw: float) -> None:
    """Hold the change of the meter within the interconnection's ramp limit, where it has one.

    `grid_before_kw` is the meter that the first interval starts from: that of the plan that does nothing.
    """
    limit_kw_per_min = problem.site.interconnection.ramp_limit_kw_per_min
    if limit_kw_per_min is None:
        return
    limit_kw = limit_kw_per_min * problem.horizon.interval_minutes
    resting_kw = (problem.resting_kw[0], *problem.resting_kw)
    free = (False, *problem.reserve_first)
    ramps_kw = {t: max(limit_kw, abs(after - before)) for t, (before, after) in enumerate(pairwise(resting_kw))}
    model.RAMPED = pyo.Set(initialize=[t for t, either in enumerate(pairwise(free)) if not any(either)])
    model.ramp_kw = pyo.Param(model.INTERVALS, mutable=True, initialize=ramps_kw)
    model.grid_before_kw = pyo.Param(mutable=True, initialize=grid_before_kw)
    model.meter_ramps_within_limit = pyo.Constraint(model.RAMPED, rule=meter_ramps_within_limit)
    model.feeds_back = pyo.Var(model.FEEDS_BACK, model.INTERVALS, domain=pyo.Binary)
    model.feeds_back_only_when_it_does = pyo.Constraint(model.FEEDS_BACK, model.INTERVALS, rule=feeds_back_or_not)
    model.draws_only_when_not = pyo.Constraint(model.FEEDS_BACK, model.INTERVALS, rule=draws_or_not)


def meter_ramps_within_limit(model: pyo.ConcreteModel, t: int) -> object:
    """|grid[t] - grid[t-1]| <= ramp[t]."""
    before_kw = model.grid_kw[t - 1] if t else model.grid_before_kw
    return pyo.inequality(-model.ramp_kw[t], model.grid_kw[t] - before_kw, model.ramp_kw[t])


def feeds_back_or_not(model: pyo.ConcreteModel, ups: str, t: int) -> object:
    """r <= most * back."""
    return model.feed_back_kw[ups, t] <= model.feed_back_ceiling_kw[ups, t] * model.feeds_back[ups, t]


def draws_or_not(model: pyo.ConcreteModel, ups: str, t: int) -> object:
    """L / eta_inv + c - d + r / eta_rect <= most * (1 - back)."""
    fed_back_kw = model.feed_back_kw[ups, t] / model.rectifier_efficiency[ups]
    drawn_kw = model.dc_load_kw[ups, t] + model.charge_kw[ups, t] - model.discharge_kw[ups, t] + fed_back_kw
    most_kw = model.dc_load_kw[ups, t] + model.charge_ceiling_kw[ups, t]
    return drawn_kw <= most_kw * (1 - model.feeds_back[ups, t])
