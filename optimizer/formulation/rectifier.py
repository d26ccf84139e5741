r"""Rectifiers: what each UPS draws at its input.

    eta_rect * g + d = L / eta_inv + c          so     g = (L / eta_inv + c - d) / eta_rect
    bidirectional:   g = (L / eta_inv + c - d + r / eta_rect) / eta_rect - r ,   d <= L / eta_inv + c + r / eta_rect

`g` is AC input (kW), `r` what a bidirectional unit feeds back (kW AC, drawn from the DC bus with the rectifier's loss).
For other units no-back-feed and the input limit are bounds on `d` and `c` (see `battery`), not rows.
"""

import pyomo.core as pyo

from optimizer.formulation.horizon import per_system, per_system_and_step
from optimizer.problem import DispatchProblem


def add_rectifiers(model: pyo.ConcreteModel, problem: DispatchProblem) -> None:
    """Declare the input of each UPS, and what a bidirectional one may feed back."""
    model.FEEDS_BACK = pyo.Set(initialize=[ups.id for ups in problem.site.ups if ups.bidirectional])
    model.rectifier_efficiency = per_system(model, problem, lambda ups: ups.rectifier_efficiency)
    model.dc_load_kw = per_system_and_step(model.INTERVALS, model, problem, problem.dc_load_kw)
    model.feed_back_ceiling_kw = per_system_and_step(
        model.INTERVALS, model, problem, lambda ups: problem.power_bounds(ups).feed_back_ceiling_kw
    )
    model.feed_back_kw = pyo.Var(model.FEEDS_BACK, model.INTERVALS, bounds=feed_back_is_permitted)
    model.input_kw = pyo.Expression(model.UPS, model.INTERVALS, rule=input_carries_load_and_battery)
    model.back_feed_is_declared = pyo.Constraint(model.FEEDS_BACK, model.INTERVALS, rule=back_feed_is_declared)


def feed_back_is_permitted(model: pyo.ConcreteModel, ups: str, t: int) -> tuple[object, object]:
    """0 <= r <= export limit, and nothing at a negative price."""
    return 0, model.feed_back_ceiling_kw[ups, t]


def input_carries_load_and_battery(model: pyo.ConcreteModel, ups: str, t: int) -> object:
    """g = (L / eta_inv + c - d) / eta_rect, less what is fed back."""
    eta = model.rectifier_efficiency[ups]
    drawn_dc_kw = model.dc_load_kw[ups, t] + model.charge_kw[ups, t] - model.discharge_kw[ups, t]
    if ups not in model.FEEDS_BACK:
        return drawn_dc_kw / eta
    fed_back_kw = model.feed_back_kw[ups, t]
    return (drawn_dc_kw + fed_back_kw / eta) / eta - fed_back_kw


def back_feed_is_declared(model: pyo.ConcreteModel, ups: str, t: int) -> object:
    """d <= L / eta_inv + c + r / eta_rect: discharge beyond the load is back-feed and carries its loss."""
    fed_back_dc_kw = model.feed_back_kw[ups, t] / model.rectifier_efficiency[ups]
    return model.discharge_kw[ups, t] - model.charge_kw[ups, t] - fed_back_dc_kw <= model.dc_load_kw[ups, t]
