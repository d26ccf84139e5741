r"""Batteries: stored energy, and the reserve under it.

    energy      E[b+1] = E[b] * kept + (eta_c * c - d / eta_d) * h
    reserve     reserve[b] <= E[b] <= E_max
    start       E[first] = what is measured
    return      E[last] >= what it was at the start, or what charging at the maximum leaves

`E` is in kWh, `c` and `d` in kW at the battery terminals. Stored energy is linear inside an interval, so keeping the
reserve at both ends keeps it throughout.
"""

import numpy as np
import pyomo.core as pyo

from ridethrough.domain import UpsSystem
from ridethrough.optimizer.formulation.horizon import FloatArray, Parameters, per_system, per_system_and_step
from ridethrough.optimizer.problem.plan_basis import PlanBasis


def add_batteries(model: pyo.AbstractModel) -> None:
    """Declare charge, discharge and stored energy, conserve energy, and link both ends of the horizon."""
    for name in ("charge_efficiency", "discharge_efficiency", "kept_fraction"):
        model.add_component(name, pyo.Param(model.UPS, mutable=True))
    for name in ("charge_floor_kw", "charge_ceiling_kw", "discharge_floor_kw", "discharge_ceiling_kw"):
        model.add_component(name, pyo.Param(model.UPS, model.INTERVALS, mutable=True))
    for name in ("stored_floor_kwh", "stored_ceiling_kwh"):
        model.add_component(name, pyo.Param(model.UPS, model.BOUNDARIES, mutable=True))
    model.charge_kw = pyo.Var(
        model.SCENARIOS, model.UPS, model.INTERVALS, bounds=charge_fits_rectifier_and_battery, dense=False
    )
    model.discharge_kw = pyo.Var(
        model.SCENARIOS, model.UPS, model.INTERVALS, bounds=discharge_never_exceeds_load, dense=False
    )
    model.stored_kwh = pyo.Var(model.SCENARIOS, model.UPS, model.BOUNDARIES, bounds=reserve_is_kept, dense=False)
    model.energy_is_conserved = pyo.Constraint(model.SCENARIOS, model.UPS, model.INTERVALS, rule=energy_is_conserved)


def battery_parameters(basis: PlanBasis) -> Parameters:
    """Efficiencies and limits of every battery."""
    problem, bounds, h = basis.problem, basis.powers.bounds, basis.problem.horizon.interval_h
    return {
        "charge_efficiency": per_system(problem, lambda ups: ups.battery.charge_efficiency),
        "discharge_efficiency": per_system(problem, lambda ups: ups.battery.discharge_efficiency),
        "kept_fraction": per_system(problem, lambda ups: ups.battery.kept_fraction(h)),
        "charge_floor_kw": per_system_and_step(problem, lambda ups: bounds[ups.id].charge_floor_kw),
        "charge_ceiling_kw": per_system_and_step(problem, lambda ups: bounds[ups.id].charge_ceiling_kw),
        "discharge_floor_kw": per_system_and_step(problem, lambda ups: bounds[ups.id].discharge_floor_kw),
        "discharge_ceiling_kw": per_system_and_step(problem, lambda ups: bounds[ups.id].discharge_ceiling_kw),
        "stored_floor_kwh": per_system_and_step(problem, lambda ups: _stored_floor_kwh(basis, ups)),
        "stored_ceiling_kwh": per_system_and_step(problem, lambda ups: _stored_ceiling_kwh(basis, ups)),
    }


def _stored_floor_kwh(basis: PlanBasis, ups: UpsSystem) -> FloatArray:
    """The reserve at each boundary; at the first the measured energy, at the last no less if energy must return."""
    floor_kwh = np.array(basis.floors.floor_kwh[ups.id], dtype=float)
    measured_kwh = basis.problem.stored_at_start_kwh(ups)
    floor_kwh[0] = measured_kwh
    if basis.problem.returns:
        floor_kwh[-1] = max(basis.floors.return_kwh[ups.id], floor_kwh[-1])
    return floor_kwh


def _stored_ceiling_kwh(basis: PlanBasis, ups: UpsSystem) -> FloatArray:
    """The highest stored energy at each boundary; at the first the measured energy, which is not a decision."""
    ceiling_kwh = np.full(basis.problem.horizon.intervals + 1, ups.max_stored_kwh)
    ceiling_kwh[0] = basis.problem.stored_at_start_kwh(ups)
    return ceiling_kwh


def charge_fits_rectifier_and_battery(model: pyo.AbstractModel, _s: int, ups: str, t: int) -> tuple[object, object]:
    """least <= c <= min(battery limit, rectifier limit - load): load and recharge share the rectifier.

    The least is 0, but where a plan charges in this interval anyway and must not do so too weakly.
    """
    return model.charge_floor_kw[ups, t], model.charge_ceiling_kw[ups, t]


def discharge_never_exceeds_load(model: pyo.AbstractModel, _s: int, ups: str, t: int) -> tuple[object, object]:
    """max(0, load - rectifier limit) <= d <= min(battery limit, load): nothing flows back through the rectifier.

    The bound stands for `g >= 0` because a battery never charges and discharges at once (see `exclusivity`).
    """
    return model.discharge_floor_kw[ups, t], model.discharge_ceiling_kw[ups, t]


def reserve_is_kept(model: pyo.AbstractModel, _s: int, ups: str, boundary: int) -> tuple[object, object]:
    """reserve <= E <= E_max; E[first] = measured; E[last] >= what is to be there at the end."""
    return model.stored_floor_kwh[ups, boundary], model.stored_ceiling_kwh[ups, boundary]


def energy_is_conserved(model: pyo.AbstractModel, s: int, ups: str, t: int) -> object:
    """E[b+1] = E[b] * kept + (eta_c * c - d / eta_d) * h."""
    gained_kw = (
        model.charge_efficiency[ups] * model.charge_kw[s, ups, t]
        - model.discharge_kw[s, ups, t] / model.discharge_efficiency[ups]
    )
    kept_kwh = model.stored_kwh[s, ups, t] * model.kept_fraction[ups]
    return model.stored_kwh[s, ups, t + 1] == kept_kwh + gained_kw * model.interval_h
