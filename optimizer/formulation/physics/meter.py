"""The meter: the sum of everything behind it, within the limits of the interconnection.

    -export_limit <= grid = unprotected_load + sum(g) <= import_limit             kW AC, where batteries could break it
    grid - beyond <= import_limit ,    0 <= beyond <= excess                      where the loads alone are above it
    imported = grid + exported ,    imported, exported >= 0
    exported <= export_limit * exporting ,    imported <= most * (1 - exporting)  where selling beats buying

If nothing may be exported, import equals the grid. What the loads draw beyond the import limit is dear, so that
batteries take off as much as they can; the limit is never broken for charging.
"""

import numpy as np
import pyomo.core as pyo

from ridethrough.optimizer.formulation.horizon import Parameters, Sets, declare_set, number
from ridethrough.optimizer.formulation.physics.rectifier import feeding_back_kw, input_kw
from ridethrough.optimizer.problem.plan_basis import PlanBasis


def meter_sets(basis: PlanBasis) -> Sets:
    """The intervals that may export, those in which selling beats buying, and those whose limits could be reached."""
    charges, intervals = basis.problem.charges, basis.problem.horizon.intervals
    excess = (basis.reach.excess_kw > 0).tolist()
    may_export = basis.problem.site.interconnection.export_limit_kw > 0
    resale = charges.export_per_kwh > charges.energy_per_kwh if len(charges.export_per_kwh) else np.zeros(0, bool)
    return {
        "EXPORTS": intervals if may_export else 0,
        "RESALE": tuple(np.flatnonzero(resale).tolist()) if may_export else (),
        "LIMITED": _limited(excess) if basis.reach.could_break_limits else 0,
        "OVERLOADED": tuple(t for t in range(intervals) if excess[t]),
    }


def _limited(excess: list[bool]) -> int | tuple[int, ...]:
    """The intervals whose limits can be kept: all of them as a number, or those without excess."""
    return tuple(t for t, beyond in enumerate(excess) if not beyond) if any(excess) else len(excess)


def add_meter(model: pyo.AbstractModel, sets: Sets) -> None:
    """Declare export at the meter, and keep it within the interconnection's limits."""
    declare_set(model, sets, "EXPORTS")
    declare_set(model, sets, "RESALE")
    declare_set(model, sets, "LIMITED")
    declare_set(model, sets, "OVERLOADED")
    model.import_limit_kw = pyo.Param(mutable=True)
    model.export_limit_kw = pyo.Param(mutable=True)
    model.most_grid_kw = pyo.Param(mutable=True)
    model.unprotected_load_kw = pyo.Param(model.SCENARIOS, model.INTERVALS, mutable=True)
    model.excess_kw = pyo.Param(model.OVERLOADED, mutable=True)
    model.beyond_kw = pyo.Var(model.SCENARIOS, model.OVERLOADED, bounds=loads_alone_are_beyond, dense=False)
    model.meter_stays_near_limits = pyo.Constraint(model.SCENARIOS, model.OVERLOADED, rule=meter_stays_near_limits)
    model.exported_kw = pyo.Var(model.SCENARIOS, model.EXPORTS, bounds=export_is_permitted, dense=False)
    model.meter_stays_within_limits = pyo.Constraint(model.SCENARIOS, model.LIMITED, rule=meter_stays_within_limits)
    model.import_is_not_negative = pyo.Constraint(model.SCENARIOS, model.EXPORTS, rule=import_is_not_negative)
    model.exporting = pyo.Var(model.SCENARIOS, model.RESALE, domain=pyo.Binary, dense=False)
    model.exports_only_when_exporting = pyo.Constraint(model.SCENARIOS, model.RESALE, rule=exports_only_when_exporting)
    model.imports_only_when_not_exporting = pyo.Constraint(
        model.SCENARIOS, model.RESALE, rule=imports_only_when_not_exporting
    )


def meter_parameters(basis: PlanBasis) -> Parameters:
    """The interconnection's limits, and everything else behind the meter."""
    limits = basis.problem.site.interconnection
    return {
        "import_limit_kw": number(limits.import_limit_kw),
        "export_limit_kw": number(limits.export_limit_kw),
        "most_grid_kw": number(basis.reach.most_grid_kw),
        "excess_kw": basis.reach.excess_kw[basis.reach.excess_kw > 0],
        "unprotected_load_kw": basis.problem.scenarios.unprotected_load_kw.ravel(),
    }


def grid_kw(model: pyo.AbstractModel, s: int, t: int) -> pyo.NumericValue:
    """grid = unprotected_load + sum of UPS inputs."""
    drawn_kw = sum(input_kw(model, s, ups, t) for ups in model.UPS)
    return (
        model.unprotected_load_kw[s, t] + drawn_kw - sum(feeding_back_kw(model, s, ups, t) for ups in model.FEEDS_BACK)
    )


def meter_stays_within_limits(model: pyo.AbstractModel, s: int, t: int) -> object:
    """-export_limit <= grid <= import_limit."""
    return pyo.inequality(-model.export_limit_kw, grid_kw(model, s, t), model.import_limit_kw)


def loads_alone_are_beyond(model: pyo.AbstractModel, _s: int, t: int) -> tuple[object, object]:
    """0 <= beyond <= what the loads alone draw above the limit."""
    return 0, model.excess_kw[t]


def meter_stays_near_limits(model: pyo.AbstractModel, s: int, t: int) -> object:
    """-export_limit <= grid - beyond <= import_limit."""
    return pyo.inequality(-model.export_limit_kw, grid_kw(model, s, t) - model.beyond_kw[s, t], model.import_limit_kw)


def export_is_permitted(model: pyo.AbstractModel, _s: int, _t: int) -> tuple[object, object]:
    """0 <= exported <= export_limit."""
    return 0, model.export_limit_kw


def import_is_not_negative(model: pyo.AbstractModel, s: int, t: int) -> object:
    """imported = grid + exported >= 0."""
    return grid_kw(model, s, t) + model.exported_kw[s, t] >= 0


def exports_only_when_exporting(model: pyo.AbstractModel, s: int, t: int) -> object:
    """exported <= export_limit * exporting."""
    return model.exported_kw[s, t] <= model.export_limit_kw * model.exporting[s, t]


def imports_only_when_not_exporting(model: pyo.AbstractModel, s: int, t: int) -> object:
    """imported <= most * (1 - exporting)."""
    return grid_kw(model, s, t) + model.exported_kw[s, t] <= model.most_grid_kw * (1 - model.exporting[s, t])
