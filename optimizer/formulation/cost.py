"""Cost: what the meter is charged, and wear, in the site's currency.

minimize   sum_t h * price[t] * imported[t]  -  sum_t h * sell[t] * exported[t]  +  sum_e,k price[e,k] * in_block[e,k]
         + sum_d,k rate[d,k] * filled[d,k]  +  sum_m multiplier[m] * shortfall[m]  +  sum_u,t wear[u] * h * d[u,t]
"""

from collections.abc import Iterable

import numpy as np
import pyomo.core as pyo

from optimizer.formulation.horizon import per_interval, per_system
from optimizer.problem import DispatchProblem
from optimizer.tier_slopes import Slopes


def add_prices(model: pyo.ConcreteModel, problem: DispatchProblem, slopes: Slopes) -> None:
    """Declare every price; `slopes` are added for tiers that are followed by their slope."""
    charges = problem.charges
    energy = charges.energy_per_kwh + slopes.per_kwh
    for term in charges.tiers:
        if term.separable:
            energy[term.intervals] += term.base_per_kwh
    sell = charges.export_per_kwh if len(charges.export_per_kwh) else np.zeros(charges.horizon.intervals)
    model.energy_per_kwh = per_interval(model, energy.tolist())
    model.export_per_kwh = per_interval(model, sell.tolist())
    model.wear_cost_per_kwh = per_system(model, problem, lambda ups: ups.battery.wear_cost_per_kwh)
    model.demand_slope_per_kw = pyo.Param(
        pyo.RangeSet(0, len(slopes.per_kw) - 1), mutable=True, initialize=dict(enumerate(slopes.per_kw.tolist()))
    )


def add_cost(model: pyo.ConcreteModel) -> None:
    """Minimize what is charged, and wear."""
    model.energy_cost = pyo.Expression(expr=energy_cost(model, model.INTERVALS) + tier_cost(model, model.TIERED))
    model.export_earned = pyo.Expression(expr=export_earned(model, model.INTERVALS))
    model.peak_cost = pyo.Expression(expr=peak_cost(model, model.PEAKS))
    model.minimum_cost = pyo.Expression(rule=minimum_cost)
    model.slope_cost = pyo.Expression(rule=slope_cost)
    model.wear_cost = pyo.Expression(rule=wear_cost)
    charged = model.energy_cost - model.export_earned + model.peak_cost + model.minimum_cost + model.slope_cost
    model.cost = pyo.Objective(expr=charged + model.wear_cost)


def energy_cost(model: pyo.ConcreteModel, intervals: Iterable[int]) -> pyo.NumericValue:
    """The sum of price * imported * h."""
    return sum(model.energy_per_kwh[t] * model.interval_h * model.imported_kw[t] for t in intervals)


def export_earned(model: pyo.ConcreteModel, intervals: Iterable[int]) -> pyo.NumericValue:
    """The sum of sell * exported * h."""
    return sum(
        model.export_per_kwh[t] * model.interval_h * model.exported_kw[t] for t in intervals if t in model.EXPORTS
    )


def tier_cost(model: pyo.ConcreteModel, tiered: Iterable[int]) -> pyo.NumericValue:
    """The sum of price * energy in each block."""
    wanted = set(tiered)
    return sum(model.block_price_per_kwh[e, k] * model.in_block_kwh[e, k] for e, k in model.BLOCKS if e in wanted)


def peak_cost(model: pyo.ConcreteModel, peaks: Iterable[int]) -> pyo.NumericValue:
    """The sum of rate * filled step."""
    wanted = set(peaks)
    return sum(model.step_rate_per_kw[d, k] * model.filled_kw[d, k] for d, k in model.STEPS if d in wanted)


def minimum_cost(model: pyo.ConcreteModel) -> pyo.NumericValue:
    """The sum of what is missing to each minimum."""
    return sum(model.minimum_multiplier[m] * model.shortfall[m] for m in model.MINIMUMS)


def slope_cost(model: pyo.ConcreteModel) -> pyo.NumericValue:
    """What tiers followed by their slope add per kW of billed demand."""
    return sum(model.demand_slope_per_kw[d] * model.billed_kw[d] for d in model.demand_slope_per_kw)


def wear_cost(model: pyo.ConcreteModel) -> pyo.NumericValue:
    """The sum of wear cost * discharged energy."""
    return sum(
        model.wear_cost_per_kwh[ups] * model.interval_h * model.discharge_kw[ups, t]
        for ups in model.UPS
        for t in model.INTERVALS
    )
