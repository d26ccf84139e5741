"""Uncertainty: first decisions are equal in every scenario, and bad scenarios may have more weight.

    c[s,u,t] - d[s,u,t] = c[0,u,t] - d[0,u,t]                 for every scenario s and interval t that share decisions
    excess[s] >= demand cost[s] - value_at_risk ,    excess >= 0                        only where risk has a weight

Risk is value_at_risk + sum_s probability[s] * excess[s] / tail: the mean of demand costs over the worst scenarios,
which have the probability `tail` together (Rockafellar and Uryasev, 2000).
"""

import pyomo.core as pyo

from ridethrough.optimizer.formulation.costs.cost import peak_cost
from ridethrough.optimizer.formulation.horizon import Parameters, Sets, declare_set, number
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem


def uncertainty_sets(problem: DispatchProblem) -> Sets:
    """The intervals that share decisions, the scenarios that follow the first, and whether risk counts."""
    scenarios = problem.scenarios
    return {
        "SHARED": scenarios.shared_intervals if scenarios.count > 1 else 0,
        "FOLLOWING": tuple(range(1, scenarios.count)),
        "RISK": 1 if scenarios.risk_weight > 0 and scenarios.count > 1 else 0,
    }


def add_uncertainty(model: pyo.AbstractModel, sets: Sets) -> None:
    """Share the first decisions, and measure the demand cost of the worst scenarios."""
    for name in ("SHARED", "FOLLOWING", "RISK"):
        declare_set(model, sets, name)
    model.risk_weight = pyo.Param(mutable=True)
    model.tail_probability = pyo.Param(mutable=True)
    model.value_at_risk = pyo.Var(model.RISK, dense=False)
    model.excess = pyo.Var(model.RISK, model.SCENARIOS, domain=pyo.NonNegativeReals, dense=False)
    model.first_decisions_are_shared = pyo.Constraint(
        model.FOLLOWING, model.UPS, model.SHARED, rule=first_decisions_are_shared
    )
    model.excess_is_above_value_at_risk = pyo.Constraint(
        model.RISK, model.SCENARIOS, rule=excess_is_above_value_at_risk
    )


def uncertainty_parameters(problem: DispatchProblem) -> Parameters:
    """The weight of risk, and the probability of the worst scenarios."""
    scenarios = problem.scenarios
    weight = scenarios.risk_weight if scenarios.count > 1 else 0.0
    return {"risk_weight": number(weight), "tail_probability": number(scenarios.tail_probability)}


def first_decisions_are_shared(model: pyo.AbstractModel, s: int, ups: str, t: int) -> object:
    """c[s] - d[s] = c[0] - d[0]."""
    first_kw = model.charge_kw[0, ups, t] - model.discharge_kw[0, ups, t]
    return model.charge_kw[s, ups, t] - model.discharge_kw[s, ups, t] == first_kw


def excess_is_above_value_at_risk(model: pyo.AbstractModel, risk: int, s: int) -> object:
    """excess >= demand cost - value_at_risk."""
    return model.excess[risk, s] + model.value_at_risk[risk] >= peak_cost(model, s, model.STEPS)


def risk_cost(model: pyo.AbstractModel, risk: int) -> pyo.NumericValue:
    """value_at_risk + expected excess / tail."""
    expected = sum(model.probability[s] * model.excess[risk, s] for s in model.SCENARIOS)
    return model.value_at_risk[risk] + expected / model.tail_probability
