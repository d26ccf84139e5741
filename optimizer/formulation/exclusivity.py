"""Exclusivity: a battery does not charge and discharge at once.

    c <= charge_ceiling * u ,    d <= discharge_ceiling * (1 - u) ,    u in {0, 1}

Doing both only burns energy in the battery's losses, which pays only where a price is far enough below zero. The model
is solved without these binaries first; they are added for the intervals where the answer shows that they are needed.
"""

from collections.abc import Collection

import pyomo.core as pyo


def forbid_charging_while_discharging(model: pyo.ConcreteModel, where: Collection[tuple[str, int]]) -> None:
    """Add one binary for each (UPS system, interval) of `where`, in place of those of an earlier call."""
    for name in ("charges_only_when_charging", "discharges_only_when_not_charging", "charging", "EXCLUSIVE"):
        model.del_component(name)
    model.EXCLUSIVE = pyo.Set(dimen=2, initialize=sorted(where))
    model.charging = pyo.Var(model.EXCLUSIVE, domain=pyo.Binary)
    model.charges_only_when_charging = pyo.Constraint(model.EXCLUSIVE, rule=charges_only_when_charging)
    model.discharges_only_when_not_charging = pyo.Constraint(model.EXCLUSIVE, rule=discharges_only_when_not_charging)


def charges_only_when_charging(model: pyo.ConcreteModel, ups: str, t: int) -> object:
    """c <= charge_ceiling * u."""
    return model.charge_kw[ups, t] <= model.charge_ceiling_kw[ups, t] * model.charging[ups, t]


def discharges_only_when_not_charging(model: pyo.ConcreteModel, ups: str, t: int) -> object:
    """d <= discharge_ceiling * (1 - u)."""
    return model.discharge_kw[ups, t] <= model.discharge_ceiling_kw[ups, t] * (1 - model.charging[ups, t])
