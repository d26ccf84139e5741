"""Minimum charges: a billing period costs at least so much.

shortfall[m] >= amount[m] - sum over kinds of before_tax[m,kind] * cost of that kind in the period ,    shortfall >= 0
"""

import pyomo.core as pyo

from optimizer.formulation.cost import energy_cost, export_earned, peak_cost, tier_cost
from optimizer.problem import DispatchProblem


def add_minimum_bills(model: pyo.ConcreteModel, problem: DispatchProblem) -> None:
    """Declare what is missing to the minimum of each billing period."""
    terms = problem.charges.minimum
    charges = problem.charges
    demand_of = [term.billing_period for term in charges.demand]
    coincident_of = [term.billing_period for term in charges.coincident]
    tiers_of = [term.billing_period for term in charges.tiers if term.separable]
    first_coincident = len(demand_of)
    model.minimum_parts = {
        m: {
            "intervals": term.intervals.tolist(),
            "before_tax": dict(term.before_tax),
            "demand": [d for d, label in enumerate(demand_of) if label == term.billing_period],
            "coincident": [first_coincident + d for d, each in enumerate(coincident_of) if each == term.billing_period],
            "tiers": [e for e, label in enumerate(tiers_of) if label == term.billing_period],
        }
        for m, term in enumerate(terms)
    }
    model.MINIMUMS = pyo.RangeSet(0, len(terms) - 1)
    model.minimum_amount = pyo.Param(
        model.MINIMUMS, mutable=True, initialize={m: term.amount - term.fixed_amount for m, term in enumerate(terms)}
    )
    model.minimum_multiplier = pyo.Param(
        model.MINIMUMS, mutable=True, initialize={m: term.multiplier for m, term in enumerate(terms)}
    )
    model.shortfall = pyo.Var(model.MINIMUMS, domain=pyo.NonNegativeReals)
    model.minimum_is_paid = pyo.Constraint(model.MINIMUMS, rule=minimum_is_paid)


def minimum_is_paid(model: pyo.ConcreteModel, m: int) -> object:
    """shortfall >= amount - what is charged."""
    parts = model.minimum_parts[m]
    tax = parts["before_tax"]
    charged = (
        tax["energy"] * (energy_cost(model, parts["intervals"]) + tier_cost(model, parts["tiers"]))
        - tax["export"] * export_earned(model, parts["intervals"])
        + tax["demand"] * peak_cost(model, parts["demand"])
        + tax["coincident"] * peak_cost(model, parts["coincident"])
    )
    return model.shortfall[m] + charged >= model.minimum_amount[m]
