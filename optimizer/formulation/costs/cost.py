"""Cost: what the meter is charged, and wear, in the site's currency.

minimize   the sum over scenarios of probability[s] times

           sum_t h * price[t] * imported[t]  -  sum_t h * sell[t] * exported[t]  +  sum_e,k price[e,k] * in_block[e,k]
         + sum_p,k rate[p,k] * filled[p,k]  +  sum_m multiplier[m] * shortfall[m]  +  sum_u,t wear[u] * h * d[u,t]
         + cycle wear[s]  +  resting wear[s]                                 by depth of cycles, and by charge at rest
         - sum_u,b value[b] * E[u,b]                                   where stored energy is worth something by itself
         + dear * h * (sum_t beyond[t] + sum_u,t first[u,t])           where a limit cannot be kept in full
"""

from collections.abc import Iterable

import numpy as np
import pyomo.core as pyo

from ridethrough.optimizer.formulation.costs.cycle_wear import cycle_wear_cost
from ridethrough.optimizer.formulation.costs.resting_wear import resting_wear_cost
from ridethrough.optimizer.formulation.horizon import Parameters, number, per_system
from ridethrough.optimizer.formulation.physics.meter import grid_kw
from ridethrough.optimizer.pricing.tier_slopes import Slopes
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.throughput import price_of_haste_per_kwh
from ridethrough.tariffs.horizon.charges import HorizonCharges

_DEAR = 10.0


def add_prices(model: pyo.AbstractModel) -> None:
    """Declare every price."""
    model.energy_per_kwh = pyo.Param(model.INTERVALS, mutable=True)
    model.export_per_kwh = pyo.Param(model.INTERVALS, mutable=True)
    model.wear_cost_per_kwh = pyo.Param(model.UPS, mutable=True)
    model.stored_value_per_kwh = pyo.Param(model.BOUNDARIES, mutable=True)
    model.demand_slope_per_kw = pyo.Param(model.PEAKS, mutable=True)
    model.dear_per_kwh = pyo.Param(mutable=True)


def price_parameters(problem: DispatchProblem, slopes: Slopes) -> Parameters:
    """Every price; `slopes` are added for tiers that the model follows by their slope."""
    charges = problem.charges
    energy = charges.energy_per_kwh + slopes.per_kwh
    for term in charges.tiers:
        if term.separable:
            energy[term.intervals] += term.base_per_kwh
    sell = charges.export_per_kwh if len(charges.export_per_kwh) else np.zeros(charges.horizon.intervals)
    return {
        "energy_per_kwh": energy,
        "export_per_kwh": sell,
        "wear_cost_per_kwh": per_system(
            problem, lambda ups: ups.battery.wear_cost_per_kwh + price_of_haste_per_kwh(problem, ups)
        ),
        "stored_value_per_kwh": problem.stored_value,
        "dear_per_kwh": number(_dear_per_kwh(charges)),
        "demand_slope_per_kw": slopes.per_kw,
    }


def _dear_per_kwh(charges: HorizonCharges) -> float:
    """More than a kWh at the meter can be worth, for whatever charge: what breaking a limit counts as."""
    energy = float(np.abs(charges.energy_per_kwh).max(initial=0.0))
    steps = [step for term in charges.demand for step in term.steps]
    demand = sum(abs(step.rate_per_kw) for step in steps) / charges.horizon.interval_h
    return _DEAR * (1 + energy + demand)


def cost(model: pyo.AbstractModel, s: int) -> pyo.NumericValue:
    """The cost of one scenario without its peaks: energy and tiers, minimum charges and wear, less export earnings."""
    return (
        energy_cost(model, s, model.INTERVALS, model.EXPORTS)
        + tier_cost(model, s, model.BLOCKS)
        + sum(model.minimum_multiplier[m] * model.shortfall[s, m] for m in model.MINIMUMS)
        + sum(model.demand_slope_per_kw[p] * model.filled_kw[s, p, step] for p, step in model.STEPS)
        + wear_cost(model, s)
        + cycle_wear_cost(model, s)
        + resting_wear_cost(model, s)
        - export_earned(model, s, model.EXPORTS)
        - stored_value(model, s)
        + broken_limits_cost(model, s)
    )


def energy_cost(
    model: pyo.AbstractModel, s: int, intervals: Iterable[int], exporting: Iterable[int]
) -> pyo.NumericValue:
    """The sum of price * imported * h, where imported is the grid plus the export."""
    drawn = sum(model.energy_per_kwh[t] * model.interval_h * grid_kw(model, s, t) for t in intervals)
    return drawn + sum(model.energy_per_kwh[t] * model.interval_h * model.exported_kw[s, t] for t in exporting)


def export_earned(model: pyo.AbstractModel, s: int, exporting: Iterable[int]) -> pyo.NumericValue:
    """The sum of sell * exported * h."""
    return sum(model.export_per_kwh[t] * model.interval_h * model.exported_kw[s, t] for t in exporting)


def tier_cost(model: pyo.AbstractModel, s: int, blocks: Iterable[tuple[int, int]]) -> pyo.NumericValue:
    """The sum of price * energy in each block."""
    return sum(model.block_price_per_kwh[e, k] * model.in_block_kwh[s, e, k] for e, k in blocks)


def peak_cost(model: pyo.AbstractModel, s: int, steps: Iterable[tuple[int, int]]) -> pyo.NumericValue:
    """The sum of rate * filled step."""
    return sum(model.step_rate_per_kw[p, k] * model.filled_kw[s, p, k] for p, k in steps)


def wear_cost(model: pyo.AbstractModel, s: int) -> pyo.NumericValue:
    """The sum of wear cost * discharged energy; a warranty's limit that is used too fast adds to the cost."""
    return sum(
        model.wear_cost_per_kwh[ups] * model.interval_h * model.discharge_kw[s, ups, t]
        for ups in model.UPS
        for t in model.INTERVALS
    )


def stored_value(model: pyo.AbstractModel, s: int) -> pyo.NumericValue:
    """The value of stored energy at each boundary; at the last one it stands for the time after the horizon."""
    return sum(
        model.stored_value_per_kwh[boundary] * model.stored_kwh[s, ups, boundary]
        for ups in model.UPS
        for boundary in model.BOUNDARIES
    )


def broken_limits_cost(model: pyo.AbstractModel, s: int) -> pyo.NumericValue:
    """The sum of dear * h * what goes beyond the import limit, or steps beyond the ramp limit for a need."""
    beyond_kw = sum(model.beyond_kw[s, t] for t in model.OVERLOADED)
    steps_kw = sum(model.begins_kw[s, ups, t] for ups in model.NEEDY for t in model.INTERVALS)
    steps_kw += sum(model.ends_kw[s, ups, t] for ups in model.NEEDY for t in model.RAMPED)
    return model.dear_per_kwh * model.interval_h * (beyond_kw + steps_kw)
