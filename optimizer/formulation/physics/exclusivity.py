"""Exclusivity: a battery does not charge and discharge at once.

    c <= charge_ceiling * u ,    d <= discharge_ceiling * (1 - u) ,    u in {0, 1}

Doing both only burns energy in the battery's losses, which pays only if a price is far enough below zero. The model is
first solved without these binaries. They are added for the intervals in which the answer does both.
"""

from collections.abc import Collection

import pyomo.core as pyo

from ridethrough.optimizer.formulation.horizon import Sets, declare_set


def exclusivity_sets(where: Collection[tuple[str, int]]) -> Sets:
    """One binary for each (UPS system, interval) of `where`."""
    return {"EXCLUSIVE": tuple(sorted(where))}


def forbid_charging_while_discharging(model: pyo.AbstractModel, sets: Sets) -> None:
    """Let a battery either charge or discharge, in the given intervals."""
    declare_set(model, sets, "EXCLUSIVE", dimen=2)
    model.charging = pyo.Var(model.SCENARIOS, model.EXCLUSIVE, domain=pyo.Binary, dense=False)
    model.charges_only_when_charging = pyo.Constraint(model.SCENARIOS, model.EXCLUSIVE, rule=charges_only_when_charging)
    model.discharges_only_when_not_charging = pyo.Constraint(
        model.SCENARIOS, model.EXCLUSIVE, rule=discharges_only_when_not_charging
    )


def charges_only_when_charging(model: pyo.AbstractModel, s: int, ups: str, t: int) -> object:
    """c <= charge_ceiling * u."""
    return model.charge_kw[s, ups, t] <= model.charge_ceiling_kw[ups, t] * model.charging[s, ups, t]


def discharges_only_when_not_charging(model: pyo.AbstractModel, s: int, ups: str, t: int) -> object:
    """d <= discharge_ceiling * (1 - u)."""
    return model.discharge_kw[s, ups, t] <= model.discharge_ceiling_kw[ups, t] * (1 - model.charging[s, ups, t])
