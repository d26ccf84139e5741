r"""Batteries: stored energy, and the reserve under it.

    energy      E[b+1] = E[b] * kept + (eta_c * c - d / eta_d) * h
    reserve     reserve[b] <= E[b] <= E_max
    start       E[first] = what is measured
    return      E[last] >= E[first]

`E` is in kWh, `c` and `d` in kW at the battery terminals. Stored energy is linear inside an interval, so keeping the
reserve at both ends keeps it throughout.
"""

import pyomo.core as pyo

from domain import UpsSystem
from optimizer.formulation.horizon import per_system, per_system_and_step
from optimizer.problem import DispatchProblem


def add_batteries(model: pyo.ConcreteModel, problem: DispatchProblem) -> None:
    """Declare charge, discharge and stored energy, conserve it, and tie both ends of the horizon."""
    _add_parameters(model, problem)
    model.charge_kw = pyo.Var(model.UPS, model.INTERVALS, bounds=charge_fits_rectifier_and_battery)
    model.discharge_kw = pyo.Var(model.UPS, model.INTERVALS, bounds=discharge_never_exceeds_load)
    model.stored_kwh = pyo.Var(model.UPS, model.BOUNDARIES, bounds=reserve_is_kept)
    model.energy_is_conserved = pyo.Constraint(model.UPS, model.INTERVALS, rule=energy_is_conserved)
    model.stored_energy_starts_as_measured = pyo.Constraint(model.UPS, rule=stored_energy_starts_as_measured)
    model.stored_energy_returns = pyo.Constraint(model.UPS, rule=stored_energy_returns)


def _add_parameters(model: pyo.ConcreteModel, problem: DispatchProblem) -> None:
    h = problem.horizon.interval_h
    model.charge_efficiency = per_system(model, problem, lambda ups: ups.battery.charge_efficiency)
    model.discharge_efficiency = per_system(model, problem, lambda ups: ups.battery.discharge_efficiency)
    model.kept_fraction = per_system(model, problem, lambda ups: (1 - ups.battery.standby_loss_per_h) ** h)
    model.max_stored_kwh = per_system(model, problem, lambda ups: ups.max_stored_kwh)
    model.stored_at_start_kwh = per_system(model, problem, problem.stored_at_start_kwh)
    model.stored_at_end_min_kwh = per_system(
        model, problem, lambda ups: max(problem.stored_at_start_kwh(ups), problem.reserve_kwh(ups)[-1])
    )
    model.reserve_kwh = per_system_and_step(model.BOUNDARIES, model, problem, lambda ups: _floor_kwh(problem, ups))
    bounds = {ups.id: problem.power_bounds(ups) for ups in problem.site.ups}
    for name in ("charge_ceiling_kw", "discharge_floor_kw", "discharge_ceiling_kw"):
        values = {(ups_id, t): kw for ups_id, each in bounds.items() for t, kw in enumerate(getattr(each, name))}
        model.add_component(name, pyo.Param(model.UPS, model.INTERVALS, mutable=True, initialize=values))


def _floor_kwh(problem: DispatchProblem, ups: UpsSystem) -> tuple[float, ...]:
    """The reserve at each boundary; at the first no more than what is measured, as a rounding below it is no fault."""
    first, *rest = problem.reserve_kwh(ups)
    return min(first, problem.stored_at_start_kwh(ups)), *rest


def charge_fits_rectifier_and_battery(model: pyo.ConcreteModel, ups: str, t: int) -> tuple[object, object]:
    """0 <= c <= min(battery limit, rectifier limit - load): load and recharge share the rectifier."""
    return 0, model.charge_ceiling_kw[ups, t]


def discharge_never_exceeds_load(model: pyo.ConcreteModel, ups: str, t: int) -> tuple[object, object]:
    """max(0, load - rectifier limit) <= d <= min(battery limit, load): nothing flows back through the rectifier.

    The bound stands for `g >= 0` because a battery never charges and discharges at once (see `exclusivity`).
    """
    return model.discharge_floor_kw[ups, t], model.discharge_ceiling_kw[ups, t]


def reserve_is_kept(model: pyo.ConcreteModel, ups: str, boundary: int) -> tuple[object, object]:
    """reserve <= E <= E_max."""
    return model.reserve_kwh[ups, boundary], model.max_stored_kwh[ups]


def energy_is_conserved(model: pyo.ConcreteModel, ups: str, t: int) -> object:
    """E[b+1] = E[b] * kept + (eta_c * c - d / eta_d) * h."""
    gained_kw = (
        model.charge_efficiency[ups] * model.charge_kw[ups, t]
        - model.discharge_kw[ups, t] / model.discharge_efficiency[ups]
    )
    kept_kwh = model.stored_kwh[ups, t] * model.kept_fraction[ups]
    return model.stored_kwh[ups, t + 1] == kept_kwh + gained_kw * model.interval_h


def stored_energy_starts_as_measured(model: pyo.ConcreteModel, ups: str) -> object:
    """E[first] = measured."""
    return model.stored_kwh[ups, 0] == model.stored_at_start_kwh[ups]


def stored_energy_returns(model: pyo.ConcreteModel, ups: str) -> object:
    """E[last] >= E[first], and at least the reserve."""
    return model.stored_kwh[ups, len(model.INTERVALS)] >= model.stored_at_end_min_kwh[ups]
