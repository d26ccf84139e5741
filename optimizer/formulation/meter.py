"""The meter: everything behind it adds up, within the limits of the interconnection.

-export_limit <= grid = unprotected_load + sum(g) <= import_limit          kW AC
"""

import pyomo.core as pyo


def add_meter(model: pyo.ConcreteModel) -> None:
    """Declare import at the meter, and hold it within the interconnection's limits."""
    model.grid_kw = pyo.Expression(model.INTERVALS, rule=meter_adds_up)
    model.meter_stays_within_limits = pyo.Constraint(model.INTERVALS, rule=meter_stays_within_limits)


def meter_adds_up(model: pyo.ConcreteModel, t: int) -> object:
    """grid = unprotected_load + sum of UPS inputs."""
    return model.unprotected_load_kw[t] + sum(model.input_kw[ups, t] for ups in model.UPS)


def meter_stays_within_limits(model: pyo.ConcreteModel, t: int) -> object:
    """-export_limit <= grid <= import_limit."""
    return pyo.inequality(-model.export_limit_kw, model.grid_kw[t], model.import_limit_kw)
