"""The dispatch model in Pyomo: its table of contents."""

import pyomo.core as pyo

from optimizer.formulation.battery import add_batteries
from optimizer.formulation.cost import add_cost, add_prices
from optimizer.formulation.energy_tiers import add_energy_tiers
from optimizer.formulation.horizon import add_horizon
from optimizer.formulation.meter import add_meter
from optimizer.formulation.minimum_bill import add_minimum_bills
from optimizer.formulation.peaks import add_peaks
from optimizer.formulation.ramp import add_ramp
from optimizer.formulation.rectifier import add_rectifiers
from optimizer.formulation.taper import add_taper
from optimizer.meter import grid_kw
from optimizer.pricing import Metered, meter_of
from optimizer.problem import DispatchProblem
from optimizer.recovery import hold
from optimizer.tier_blocks import tier_blocks
from optimizer.tier_slopes import shared_tier_slopes


def build_model(problem: DispatchProblem, around: Metered | None = None) -> pyo.ConcreteModel:
    """State the dispatch problem as a linear model; exclusivity is added later, where it is needed.

    `around` is the meter at which tiers are read that are no blocks of their own, see `optimizer.tier_blocks`; without
    it the meter of the plan that does nothing.
    """
    resting = meter_of(problem.charges, grid_kw(problem, hold(problem)), problem.horizon.intervals)
    blocks = tier_blocks(problem.charges, resting)
    model = pyo.ConcreteModel(name=problem.site.id)
    add_horizon(model, problem)
    add_batteries(model, problem)
    add_taper(model, problem)
    add_rectifiers(model, problem)
    add_meter(model, problem)
    add_ramp(model, problem, grid_before_kw=float(resting.grid_kw[0]))
    add_peaks(model, problem, blocks)
    add_energy_tiers(model, problem, blocks)
    add_prices(model, problem, shared_tier_slopes(around or resting))
    add_minimum_bills(model, problem)
    add_cost(model)
    return model
