r"""Rectifiers: the power that each UPS draws at its input.

    eta_rect * g + d = L / eta_inv + c          so     g = (L / eta_inv + c - d) / eta_rect
    bidirectional:   g = (L / eta_inv + c - d + r / eta_rect) / eta_rect - r ,   d <= L / eta_inv + c + r / eta_rect

`g` is AC input (kW), `r` what a bidirectional unit feeds back (kW AC, drawn from the DC bus with the rectifier's loss).
For other units no-back-feed and the input limit are bounds on `d` and `c` (see `battery`), not rows.
"""

import pyomo.core as pyo

from ridethrough.optimizer.formulation.horizon import Parameters, Sets, declare_set, per_system, per_system_and_step
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.plan_basis import PlanBasis


def rectifier_sets(problem: DispatchProblem) -> Sets:
    """The systems that may feed back."""
    return {"FEEDS_BACK": tuple(ups.id for ups in problem.site.ups if ups.bidirectional)}


def add_rectifiers(model: pyo.AbstractModel, sets: Sets) -> None:
    """Declare the power that a bidirectional UPS may feed back."""
    declare_set(model, sets, "FEEDS_BACK")
    model.rectifier_efficiency = pyo.Param(model.UPS, mutable=True)
    model.dc_load_kw = pyo.Param(model.UPS, model.INTERVALS, mutable=True)
    model.feed_back_ceiling_kw = pyo.Param(model.UPS, model.INTERVALS, mutable=True)
    model.feed_back_kw = pyo.Var(
        model.SCENARIOS, model.FEEDS_BACK, model.INTERVALS, bounds=feed_back_is_permitted, dense=False
    )
    model.back_feed_is_declared = pyo.Constraint(
        model.SCENARIOS, model.FEEDS_BACK, model.INTERVALS, rule=back_feed_is_declared
    )


def rectifier_parameters(basis: PlanBasis) -> Parameters:
    """Efficiencies, loads at the DC bus, and the limits of feeding back."""
    return {
        "rectifier_efficiency": per_system(basis.problem, lambda ups: ups.rectifier_efficiency),
        "dc_load_kw": per_system_and_step(basis.problem, lambda ups: basis.powers.dc_load_kw[ups.id]),
        "feed_back_ceiling_kw": per_system_and_step(
            basis.problem, lambda ups: basis.powers.bounds[ups.id].feed_back_ceiling_kw
        ),
    }


def input_kw(model: pyo.AbstractModel, s: int, ups: str, t: int) -> pyo.NumericValue:
    """g = (L / eta_inv + c - d) / eta_rect."""
    drawn_dc_kw = model.dc_load_kw[ups, t] + model.charge_kw[s, ups, t] - model.discharge_kw[s, ups, t]
    return drawn_dc_kw / model.rectifier_efficiency[ups]


def feeding_back_kw(model: pyo.AbstractModel, s: int, ups: str, t: int) -> pyo.NumericValue:
    """The change of the input by feeding back: r - r / eta_rect / eta_rect, negative because of the losses."""
    eta = model.rectifier_efficiency[ups]
    return model.feed_back_kw[s, ups, t] - model.feed_back_kw[s, ups, t] / eta / eta


def feed_back_is_permitted(model: pyo.AbstractModel, _s: int, ups: str, t: int) -> tuple[object, object]:
    """0 <= r <= export limit, and r = 0 at a negative price."""
    return 0, model.feed_back_ceiling_kw[ups, t]


def back_feed_is_declared(model: pyo.AbstractModel, s: int, ups: str, t: int) -> object:
    """d <= L / eta_inv + c + r / eta_rect: discharge beyond the load is back-feed and carries its loss."""
    fed_back_dc_kw = model.feed_back_kw[s, ups, t] / model.rectifier_efficiency[ups]
    return model.discharge_kw[s, ups, t] - model.charge_kw[s, ups, t] - fed_back_dc_kw <= model.dc_load_kw[ups, t]
