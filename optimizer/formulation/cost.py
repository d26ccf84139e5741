"""Cost: what the meter is charged, and wear, in the site's currency.

minimize   sum_t h * price[t] * imported[t]  -  sum_t h * sell[t] * exported[t]  +  sum_e,k price[e,k] * in_block[e,k]
         + sum_d,k rate[d,k] * filled[d,k]  +  sum_m multiplier[m] * shortfall[m]  +  sum_u,t wear[u] * h * d[u,t]
"""

from collections.abc import Iterable

import numpy as np
import pyomo.core as pyo

from optimizer.formulation.horizon import Parameters, per_system
from optimizer.formulation.meter import grid_kw
from optimizer.problem import DispatchProblem
from optimizer.tier_slopes import Slopes


def add_prices(model: pyo.AbstractModel) -> None:
    """Declare every price."""
    model.energy_per_kwh = pyo.Param(model.INTERVALS, mutable=True)
    model.export_per_kwh = pyo.Param(model.INTERVALS, mutable=True)
    model.wear_cost_per_kwh = pyo.Param(model.UPS, mutable=True)
    model.demand_slope_per_kw = pyo.Param(model.PEAKS, mutable=True)


def price_parameters(problem: DispatchProblem, slopes: Slopes) -> Parameters:
    """Every price; `slopes` are added for tiers that are followed by their slope."""
    charges = problem.charges
    energy = charges.energy_per_kwh + slopes.per_kwh
    for term in charges.tiers:
        if term.separable:
            energy[term.intervals] += term.base_per_kwh
    sell = charges.export_per_kwh if len(charges.export_per_kwh) else np.zeros(charges.horizon.intervals)
    return {
        "energy_per_kwh": energy,
        "export_per_kwh": sell,
        "wear_cost_per_kwh": per_system(problem, lambda ups: ups.battery.wear_cost_per_kwh),
        "demand_slope_per_kw": np.concatenate([slopes.per_kw, np.zeros(len(charges.coincident))]),
    }


def add_cost(model: pyo.AbstractModel) -> None:
    """Minimize what is charged, and wear."""
    model.cost = pyo.Objective(rule=cost)


def cost(model: pyo.AbstractModel) -> pyo.NumericValue:
    """Energy and tiers, less what is exported, plus peaks, minimum charges and wear."""
    return (
        energy_cost(model, model.INTERVALS, model.EXPORTS)
        + tier_cost(model, model.BLOCKS)
        + peak_cost(model, model.STEPS)
        + sum(model.minimum_multiplier[m] * model.shortfall[m] for m in model.MINIMUMS)
        + sum(model.demand_slope_per_kw[d] * model.filled_kw[d, step] for d, step in model.STEPS)
        + wear_cost(model)
        - export_earned(model, model.EXPORTS)
    )


def energy_cost(model: pyo.AbstractModel, intervals: Iterable[int], exporting: Iterable[int]) -> pyo.NumericValue:
    """The sum of price * imported * h: of the grid, and of what is exported on top of it."""
    drawn = sum(model.energy_per_kwh[t] * model.interval_h * grid_kw(model, t) for t in intervals)
    return drawn + sum(model.energy_per_kwh[t] * model.interval_h * model.exported_kw[t] for t in exporting)


def export_earned(model: pyo.AbstractModel, exporting: Iterable[int]) -> pyo.NumericValue:
    """The sum of sell * exported * h."""
    return sum(model.export_per_kwh[t] * model.interval_h * model.exported_kw[t] for t in exporting)


def tier_cost(model: pyo.AbstractModel, blocks: Iterable[tuple[int, int]]) -> pyo.NumericValue:
    """The sum of price * energy in each block."""
    return sum(model.block_price_per_kwh[e, k] * model.in_block_kwh[e, k] for e, k in blocks)


def peak_cost(model: pyo.AbstractModel, steps: Iterable[tuple[int, int]]) -> pyo.NumericValue:
    """The sum of rate * filled step."""
    return sum(model.step_rate_per_kw[d, k] * model.filled_kw[d, k] for d, k in steps)


def wear_cost(model: pyo.AbstractModel) -> pyo.NumericValue:
    """The sum of wear cost * discharged energy."""
    return sum(
        model.wear_cost_per_kwh[ups] * model.interval_h * model.discharge_kw[ups, t]
        for ups in model.UPS
        for t in model.INTERVALS
    )
