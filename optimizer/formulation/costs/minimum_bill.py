"""Minimum charges: the lowest cost of a billing period.

shortfall[m] >= amount[m] - sum over kinds of before_tax[m,kind] * cost of that kind in the period ,    shortfall >= 0
"""

import numpy as np
import pyomo.core as pyo

from ridethrough.optimizer.formulation.costs.cost import energy_cost, export_earned, peak_cost, tier_cost
from ridethrough.optimizer.formulation.horizon import Parameters, Sets, declare_groups, declare_set
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.tariffs.charges.kind import COUNTED_BY_MINIMUMS, PEAK_KINDS

_OF_KIND = {kind: f"MINIMUM_{kind.upper()}" for kind in PEAK_KINDS}


def minimum_sets(problem: DispatchProblem) -> Sets:
    """The intervals, blocks and demand steps of each billing period that count towards its minimum."""
    charges = problem.charges
    each = [(m, term.billing_period) for m, term in enumerate(charges.minimum)]
    imports = tuple((m, t) for m, term in enumerate(charges.minimum) for t in term.intervals.tolist())
    blocks = [term for term in charges.tiers if term.separable]
    return {
        "MINIMUMS": len(each),
        "MINIMUM_IMPORTS": imports,
        "MINIMUM_EXPORTS": imports if problem.site.interconnection.export_limit_kw > 0 else (),
        "MINIMUM_BLOCKS": tuple(
            (m, e, k)
            for m, label in each
            for e, term in enumerate(blocks)
            if term.billing_period == label
            for k in range(len(term.premium_steps))
        ),
        **{
            name: tuple(
                (m, p, k)
                for m, label in each
                for p, term in enumerate(charges.demand)
                if term.billing_period == label and term.kind == kind
                for k in range(len(term.steps))
            )
            for kind, name in _OF_KIND.items()
        },
    }


def add_minimum_bills(model: pyo.AbstractModel, sets: Sets) -> None:
    """Declare the shortfall of each billing period below its minimum."""
    declare_set(model, sets, "MINIMUMS")
    for name in ("MINIMUM_IMPORTS", "MINIMUM_EXPORTS"):
        declare_groups(model, f"{name}_OF", model.MINIMUMS, sets[name])
    for name in ("MINIMUM_BLOCKS", *_OF_KIND.values()):
        declare_groups(model, f"{name}_OF", model.MINIMUMS, sets[name], dimen=2)
    model.minimum_amount = pyo.Param(model.MINIMUMS, mutable=True)
    model.minimum_multiplier = pyo.Param(model.MINIMUMS, mutable=True)
    for kind in COUNTED_BY_MINIMUMS:
        model.add_component(f"{kind}_before_tax", pyo.Param(model.MINIMUMS, mutable=True))
    model.shortfall = pyo.Var(model.SCENARIOS, model.MINIMUMS, domain=pyo.NonNegativeReals, dense=False)
    model.minimum_is_paid = pyo.Constraint(model.SCENARIOS, model.MINIMUMS, rule=minimum_is_paid)


def minimum_parameters(problem: DispatchProblem) -> Parameters:
    """The minimum of each billing period, and how much of each kind of cost counts towards it."""
    terms = problem.charges.minimum
    return {
        "minimum_amount": np.array([term.amount - term.fixed_amount for term in terms]),
        "minimum_multiplier": np.array([term.multiplier for term in terms]),
        **{f"{kind}_before_tax": np.array([term.before_tax[kind] for term in terms]) for kind in COUNTED_BY_MINIMUMS},
    }


def minimum_is_paid(model: pyo.AbstractModel, s: int, m: int) -> object:
    """shortfall >= amount - charges that count."""
    energy = energy_cost(model, s, model.MINIMUM_IMPORTS_OF[m], model.MINIMUM_EXPORTS_OF[m])
    charged = model.energy_before_tax[m] * (energy + tier_cost(model, s, model.MINIMUM_BLOCKS_OF[m]))
    charged -= model.export_before_tax[m] * export_earned(model, s, model.MINIMUM_EXPORTS_OF[m])
    for kind, name in _OF_KIND.items():
        before_tax = getattr(model, f"{kind}_before_tax")[m]
        charged += before_tax * peak_cost(model, s, getattr(model, f"{name}_OF")[m])
    return model.shortfall[s, m] + charged >= model.minimum_amount[m]
