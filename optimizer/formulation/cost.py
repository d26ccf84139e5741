"""Cost: energy, demand and wear, in the site's currency.

minimize   sum_t h * price[t] * grid[t]  +  sum_d,k rate[d,k] * filled[d,k]  +  sum_u,t wear[u] * h * d[u,t]
"""

import pyomo.core as pyo


def add_cost(model: pyo.ConcreteModel) -> None:
    """Declare the parts of the cost, and minimize their sum."""
    model.energy_cost = pyo.Expression(rule=energy_is_paid)
    model.demand_cost = pyo.Expression(rule=demand_is_paid)
    model.wear_cost = pyo.Expression(rule=wear_is_paid)
    model.cost = pyo.Objective(expr=model.energy_cost + model.demand_cost + model.wear_cost)


def energy_is_paid(model: pyo.ConcreteModel) -> object:
    """The sum of price * grid * h."""
    return sum(model.energy_per_kwh[t] * model.interval_h * model.grid_kw[t] for t in model.INTERVALS)


def demand_is_paid(model: pyo.ConcreteModel) -> object:
    """The sum of rate * filled step."""
    return sum(model.demand_rate_per_kw[key] * model.filled_kw[key] for key in model.DEMAND_STEPS)


def wear_is_paid(model: pyo.ConcreteModel) -> object:
    """The sum of wear cost * discharged energy."""
    return sum(
        model.wear_cost_per_kwh[ups] * model.interval_h * model.discharge_kw[ups, t]
        for ups in model.UPS
        for t in model.INTERVALS
    )
