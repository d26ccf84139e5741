"""The meter: everything behind it adds up, within the limits of the interconnection.

    -export_limit <= grid = unprotected_load + sum(g) <= import_limit             kW AC
    imported = grid + exported ,    imported, exported >= 0
    exported <= export_limit * exporting ,    imported <= most * (1 - exporting)  where selling beats buying

Where nothing may be exported, import is the grid itself.
"""

import pyomo.core as pyo

from optimizer.formulation.horizon import per_interval
from optimizer.problem import DispatchProblem


def add_meter(model: pyo.ConcreteModel, problem: DispatchProblem) -> None:
    """Declare import and export at the meter, and hold them within the interconnection's limits."""
    limits = problem.site.interconnection
    charges = problem.charges
    may_export = limits.export_limit_kw > 0
    tempting = charges.export_per_kwh > charges.energy_per_kwh if len(charges.export_per_kwh) else ()
    model.import_limit_kw = pyo.Param(mutable=True, initialize=limits.import_limit_kw)
    model.export_limit_kw = pyo.Param(mutable=True, initialize=limits.export_limit_kw)
    model.most_grid_kw = pyo.Param(mutable=True, initialize=problem.most_grid_kw)
    model.unprotected_load_kw = per_interval(model, problem.unprotected_load_kw)
    model.EXPORTS = pyo.Set(initialize=model.INTERVALS if may_export else [])
    model.TEMPTING = pyo.Set(initialize=[t for t, each in enumerate(tempting) if each and may_export])
    model.grid_kw = pyo.Expression(model.INTERVALS, rule=meter_adds_up)
    model.exported_kw = pyo.Var(model.EXPORTS, bounds=export_is_permitted)
    model.imported_kw = pyo.Expression(model.INTERVALS, rule=import_is_what_is_not_exported)
    model.meter_stays_within_limits = pyo.Constraint(model.INTERVALS, rule=meter_stays_within_limits)
    model.import_is_not_negative = pyo.Constraint(model.EXPORTS, rule=import_is_not_negative)
    model.exporting = pyo.Var(model.TEMPTING, domain=pyo.Binary)
    model.exports_only_when_exporting = pyo.Constraint(model.TEMPTING, rule=exports_only_when_exporting)
    model.imports_only_when_not_exporting = pyo.Constraint(model.TEMPTING, rule=imports_only_when_not_exporting)


def meter_adds_up(model: pyo.ConcreteModel, t: int) -> object:
    """grid = unprotected_load + sum of UPS inputs."""
    return model.unprotected_load_kw[t] + sum(model.input_kw[ups, t] for ups in model.UPS)


def meter_stays_within_limits(model: pyo.ConcreteModel, t: int) -> object:
    """-export_limit <= grid <= import_limit."""
    return pyo.inequality(-model.export_limit_kw, model.grid_kw[t], model.import_limit_kw)


def export_is_permitted(model: pyo.ConcreteModel, _t: int) -> tuple[object, object]:
    """0 <= exported <= export_limit."""
    return 0, model.export_limit_kw


def import_is_what_is_not_exported(model: pyo.ConcreteModel, t: int) -> object:
    """imported = grid + exported."""
    return model.grid_kw[t] + model.exported_kw[t] if t in model.EXPORTS else model.grid_kw[t]


def import_is_not_negative(model: pyo.ConcreteModel, t: int) -> object:
    """imported >= 0."""
    return model.imported_kw[t] >= 0


def exports_only_when_exporting(model: pyo.ConcreteModel, t: int) -> object:
    """exported <= export_limit * exporting."""
    return model.exported_kw[t] <= model.export_limit_kw * model.exporting[t]


def imports_only_when_not_exporting(model: pyo.ConcreteModel, t: int) -> object:
    """imported <= most * (1 - exporting)."""
    return model.imported_kw[t] <= model.most_grid_kw * (1 - model.exporting[t])
