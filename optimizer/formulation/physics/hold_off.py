r"""Before a storm or an alert, batteries together give no more than what brings the meter back to its import limit.

    sum over systems held off of (d - forced) / eta_rect <= relief[t]             kW AC, where several are held off

`forced` is what batteries give because the rectifiers cannot carry the load, and `relief` what the loads draw above the
import limit (`problem.limits.relief`). One system alone has this as a bound of its power.
"""

import numpy as np
import pyomo.core as pyo

from ridethrough.optimizer.formulation.horizon import Parameters, Sets, declare_groups, declare_set
from ridethrough.optimizer.problem.plan_basis import PlanBasis


def hold_off_sets(basis: PlanBasis) -> Sets:
    """The intervals in which several systems are held off and may relieve the meter, and those systems."""
    relief = basis.powers.relief
    members = [
        (t, tuple(ups_id for ups_id, held in relief.held_off.items() if held[t]))
        for t, relief_kw in enumerate(relief.kw)
        if relief_kw > 0
    ]
    shared = [(t, systems) for t, systems in members if len(systems) > 1]
    return {
        "RELIEVED": tuple(t for t, _ in shared),
        "HELD_OFF": tuple((t, ups_id) for t, systems in shared for ups_id in systems),
    }


def add_hold_off(model: pyo.AbstractModel, sets: Sets) -> None:
    """Keep batteries from trading with each other before a storm."""
    declare_set(model, sets, "RELIEVED")
    declare_groups(model, "HELD_OFF_IN", model.RELIEVED, sets["HELD_OFF"])
    model.relief_kw = pyo.Param(model.RELIEVED, mutable=True)
    model.only_relief_is_given = pyo.Constraint(model.SCENARIOS, model.RELIEVED, rule=only_relief_is_given)


def hold_off_parameters(basis: PlanBasis) -> Parameters:
    """The relief in each of these intervals."""
    relief_kw = np.array(basis.powers.relief.kw)
    return {"relief_kw": relief_kw[list(hold_off_sets(basis)["RELIEVED"])]}


def only_relief_is_given(model: pyo.AbstractModel, s: int, t: int) -> object:
    """Sum of (d - forced) / eta_rect <= relief."""
    given_kw = sum(
        (model.discharge_kw[s, ups, t] - model.discharge_floor_kw[ups, t]) / model.rectifier_efficiency[ups]
        for ups in model.HELD_OFF_IN[t]
    )
    return given_kw <= model.relief_kw[t]
