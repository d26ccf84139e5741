"""Demand charges: the highest metered kW of a billing period, priced by steps.

    billed[d] >= grid[t]                       for every interval t that charge d meters
    billed[d] >= billed_already[d]             the peak that is set, or billed anyway (ratchet, contract)
    billed[d]  = sum over steps k of filled[d,k] ,    0 <= filled[d,k] <= width[d,k]
    filled[d,k] <= import_limit * opened[d,k] ,    filled[d,k-1] >= width[d,k-1] * opened[d,k] ,    opened in {0, 1}

Steps whose rates rise fill in order by themselves; only a step that is cheaper than the one below it needs a binary.
"""

import pyomo.core as pyo


def add_demand(model: pyo.ConcreteModel) -> None:
    """Declare billed demand per charge and step, and put it above every metered interval."""
    model.filled_kw = pyo.Var(model.DEMAND_STEPS, bounds=step_has_a_width)
    model.billed_kw = pyo.Expression(model.DEMAND, rule=billed_demand_fills_steps)
    model.peak_is_billed = pyo.Constraint(model.METERED, rule=peak_is_billed)
    model.earlier_peak_is_billed = pyo.Constraint(model.DEMAND, rule=earlier_peak_is_billed)
    model.opened = pyo.Var(model.CHEAPER_STEPS, domain=pyo.Binary)
    model.cheaper_step_is_opened = pyo.Constraint(model.CHEAPER_STEPS, rule=cheaper_step_is_opened)
    model.step_below_is_full = pyo.Constraint(model.CHEAPER_STEPS, rule=step_below_is_full)


def step_has_a_width(model: pyo.ConcreteModel, d: int, step: int) -> tuple[object, object]:
    """0 <= filled <= width."""
    return 0, model.demand_step_width_kw[d, step]


def billed_demand_fills_steps(model: pyo.ConcreteModel, d: int) -> object:
    """billed = sum of filled steps."""
    return sum(model.filled_kw[d, step] for term, step in model.DEMAND_STEPS if term == d)


def peak_is_billed(model: pyo.ConcreteModel, d: int, t: int) -> object:
    """billed >= grid."""
    return model.billed_kw[d] - model.grid_kw[t] >= 0


def earlier_peak_is_billed(model: pyo.ConcreteModel, d: int) -> object:
    """billed >= what is billed already."""
    return model.billed_kw[d] >= model.billed_already_kw[d]


def cheaper_step_is_opened(model: pyo.ConcreteModel, d: int, step: int) -> object:
    """filled[k] <= import_limit * opened[k]."""
    return model.filled_kw[d, step] <= model.import_limit_kw * model.opened[d, step]


def step_below_is_full(model: pyo.ConcreteModel, d: int, step: int) -> object:
    """filled[k-1] >= width[k-1] * opened[k]."""
    return model.filled_kw[d, step - 1] >= model.demand_step_width_kw[d, step - 1] * model.opened[d, step]
