"""The objective: the expected cost of scenarios, with a share of demand cost counted by its risk.

minimize   sum_s probability[s] * (cost[s] + (1 - risk_weight) * demand cost[s])  +  risk_weight * risk
"""

import pyomo.core as pyo

from ridethrough.optimizer.formulation.costs.cost import cost, peak_cost
from ridethrough.optimizer.formulation.costs.uncertainty import risk_cost


def add_objective(model: pyo.AbstractModel) -> None:
    """Minimize expected cost, and risk."""
    model.cost = pyo.Objective(rule=expected_cost)


def expected_cost(model: pyo.AbstractModel) -> pyo.NumericValue:
    """The sum of probability * cost, and the risk of demand."""
    likely = 1 - model.risk_weight
    certain = sum(model.probability[s] * cost(model, s) for s in model.SCENARIOS)
    demand = sum(model.probability[s] * likely * peak_cost(model, s, model.STEPS) for s in model.SCENARIOS)
    return certain + demand + sum(model.risk_weight * risk_cost(model, risk) for risk in model.RISK)
