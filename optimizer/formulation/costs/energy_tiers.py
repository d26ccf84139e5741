"""Energy tiers: the energy of a billing period fills blocks of different prices, in order.

    sum over blocks k of in_block[e,k] = energy so far + sum over t of h * imported[t]
    0 <= in_block[e,k] <= width[e,k] + width_per_kw[e,k] * billed[demand of e]
    in_block[e,k] <= most * reached[e,k]                                        only where block k is cheaper than
    in_block[e,j] >= width[e,j] + ... - most * (1 - reached[e,k])    j < k      one below it; reached in {0, 1}

See `optimizer.pricing.tier_blocks` for how tiers become blocks.
"""

import math
from collections.abc import Mapping

import numpy as np
import pyomo.core as pyo

from ridethrough.optimizer.formulation.costs.peaks import billed_kw
from ridethrough.optimizer.formulation.horizon import Parameters, Sets, declare_groups, declare_set
from ridethrough.optimizer.formulation.physics.meter import grid_kw
from ridethrough.optimizer.pricing.tier_blocks import Affine, TierBlock
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.plan_basis import PlanBasis


def tier_sets(problem: DispatchProblem, blocks: tuple[TierBlock, ...]) -> Sets:
    """The blocks of every tiered billing period; if a block scales with a demand, its index ends with the demand's."""
    each = list(enumerate(blocks))
    bounded = [(e, k) for e, k in _widths(blocks) if math.isfinite(_widths(blocks)[e, k].constant)]
    below = [(e, k, j) for e, block in each for k in block.cheaper for j in range(k)]
    demand = {e: block.demand for e, block in each}
    may_export = problem.site.interconnection.export_limit_kw > 0
    tiered = tuple((e, t) for e, block in each for t in block.intervals.tolist())
    return {
        "TIERED": len(blocks),
        "TIERED_IMPORTS": tiered,
        "TIERED_EXPORTS": tiered if may_export else (),
        "BLOCKS": tuple(_widths(blocks)),
        "BOUNDED_BLOCKS": tuple(bounded),
        "FIXED_BLOCKS": tuple(key for key in bounded if demand[key[0]] is None),
        "SCALED_BLOCKS": tuple((*key, demand[key[0]]) for key in bounded if demand[key[0]] is not None),
        "CHEAPER_BLOCKS": tuple((e, k) for e, block in each for k in block.cheaper),
        "FIXED_BLOCKS_BELOW": tuple(key for key in below if demand[key[0]] is None),
        "SCALED_BLOCKS_BELOW": tuple((*key, demand[key[0]]) for key in below if demand[key[0]] is not None),
        "SCALED": tuple((e, block.demand) for e, block in each if block.demand is not None),
    }


def _widths(blocks: tuple[TierBlock, ...]) -> Mapping[tuple[int, int], Affine]:
    return {(e, k): width for e, block in enumerate(blocks) for k, width in enumerate(block.widths)}


def add_energy_tiers(model: pyo.AbstractModel, sets: Sets) -> None:
    """Declare the blocks of every tiered billing period, and fill them."""
    _add_sets_and_parameters(model, sets)
    model.in_block_kwh = pyo.Var(model.SCENARIOS, model.BLOCKS, domain=pyo.NonNegativeReals, dense=False)
    model.reached = pyo.Var(model.SCENARIOS, model.CHEAPER_BLOCKS, domain=pyo.Binary, dense=False)
    model.energy_fills_blocks = pyo.Constraint(model.SCENARIOS, model.TIERED, rule=energy_fills_blocks)
    model.block_has_a_width = pyo.Constraint(model.SCENARIOS, model.FIXED_BLOCKS, rule=block_has_a_width)
    model.block_scales_with_demand = pyo.Constraint(model.SCENARIOS, model.SCALED_BLOCKS, rule=block_scales_with_demand)
    model.cheaper_block_is_reached = pyo.Constraint(
        model.SCENARIOS, model.CHEAPER_BLOCKS, rule=cheaper_block_is_reached
    )
    model.blocks_below_are_full = pyo.Constraint(model.SCENARIOS, model.FIXED_BLOCKS_BELOW, rule=blocks_below_are_full)
    model.scaled_blocks_below_are_full = pyo.Constraint(
        model.SCENARIOS, model.SCALED_BLOCKS_BELOW, rule=scaled_blocks_below_are_full
    )
    model.demand_keeps_blocks = pyo.Constraint(model.SCENARIOS, model.SCALED, rule=demand_keeps_blocks)


def _add_sets_and_parameters(model: pyo.AbstractModel, sets: Sets) -> None:
    dimensions = {"TIERED": 1, "BLOCKS": 2, "BOUNDED_BLOCKS": 2, "FIXED_BLOCKS": 2, "SCALED_BLOCKS": 3}
    dimensions |= {"CHEAPER_BLOCKS": 2, "FIXED_BLOCKS_BELOW": 3, "SCALED_BLOCKS_BELOW": 4, "SCALED": 2}
    for name, dimen in dimensions.items():
        declare_set(model, sets, name, dimen)
    declare_groups(model, "BLOCKS_OF", model.TIERED, sets["BLOCKS"])
    declare_groups(model, "IMPORTS_OF", model.TIERED, sets["TIERED_IMPORTS"])
    declare_groups(model, "EXPORTS_OF", model.TIERED, sets["TIERED_EXPORTS"])
    model.energy_so_far_kwh = pyo.Param(model.TIERED, mutable=True)
    model.most_energy_kwh = pyo.Param(model.TIERED, mutable=True)
    model.block_price_per_kwh = pyo.Param(model.BLOCKS, mutable=True)
    for name in ("most_block_kwh", "block_width_kwh", "block_width_kwh_per_kw"):
        model.add_component(name, pyo.Param(model.BOUNDED_BLOCKS, mutable=True))
    model.demand_low_kw = pyo.Param(model.SCALED, mutable=True)
    model.demand_high_kw = pyo.Param(model.SCALED, mutable=True)


def tier_parameters(basis: PlanBasis, blocks: tuple[TierBlock, ...]) -> Parameters:
    """Prices and widths of every block, and the energy that already fills them."""
    most_kwh = basis.reach.most_grid_kw * basis.problem.horizon.interval_h * basis.problem.horizon.intervals
    bounded = [width for width in _widths(blocks).values() if math.isfinite(width.constant)]
    so_far_kwh = np.array([block.energy_so_far_kwh for block in blocks])
    ranges_kw = [block.demand_range_kw for block in blocks if block.demand is not None]
    return {
        "energy_so_far_kwh": so_far_kwh,
        "most_energy_kwh": so_far_kwh + most_kwh,
        "block_price_per_kwh": np.array([price for block in blocks for price in block.prices]),
        "most_block_kwh": np.array([max(0.0, width.at(basis.reach.most_billed_kw)) for width in bounded]),
        "block_width_kwh": np.array([width.constant for width in bounded]),
        "block_width_kwh_per_kw": np.array([width.per_kw for width in bounded]),
        "demand_low_kw": np.array([low for low, _ in ranges_kw]),
        "demand_high_kw": np.array([high for _, high in ranges_kw]),
    }


def energy_fills_blocks(model: pyo.AbstractModel, s: int, e: int) -> object:
    """sum of in_block = energy so far + sum of h * imported."""
    filled = sum(model.in_block_kwh[s, e, block] for block in model.BLOCKS_OF[e])
    drawn = sum(grid_kw(model, s, t) for t in model.IMPORTS_OF[e])
    exported = sum(model.exported_kw[s, t] for t in model.EXPORTS_OF[e])
    return filled == model.energy_so_far_kwh[e] + model.interval_h * (drawn + exported)


def block_has_a_width(model: pyo.AbstractModel, s: int, e: int, block: int) -> object:
    """in_block <= width."""
    return model.in_block_kwh[s, e, block] <= model.block_width_kwh[e, block]


def block_scales_with_demand(model: pyo.AbstractModel, s: int, e: int, block: int, p: int) -> object:
    """in_block <= width + width_per_kw * billed."""
    return model.in_block_kwh[s, e, block] <= _scaled_width_kwh(model, s, e, block, p)


def _scaled_width_kwh(model: pyo.AbstractModel, s: int, e: int, block: int, p: int) -> pyo.NumericValue:
    return model.block_width_kwh[e, block] + model.block_width_kwh_per_kw[e, block] * billed_kw(model, s, p)


def cheaper_block_is_reached(model: pyo.AbstractModel, s: int, e: int, block: int) -> object:
    """in_block[k] <= most * reached[k]."""
    return model.in_block_kwh[s, e, block] <= model.most_energy_kwh[e] * model.reached[s, e, block]


def blocks_below_are_full(model: pyo.AbstractModel, s: int, e: int, block: int, below: int) -> object:
    """in_block[j] >= width[j] - most * (1 - reached[k]) for every j below k."""
    missing = model.most_block_kwh[e, below] * (1 - model.reached[s, e, block])
    return model.in_block_kwh[s, e, below] >= model.block_width_kwh[e, below] - missing


def scaled_blocks_below_are_full(  # noqa: PLR0917 - Pyomo passes the index by position
    model: pyo.AbstractModel, s: int, e: int, block: int, below: int, p: int
) -> object:
    """in_block[j] >= width[j] + width_per_kw[j] * billed - most * (1 - reached[k]) for every j below k."""
    missing = model.most_block_kwh[e, below] * (1 - model.reached[s, e, block])
    return model.in_block_kwh[s, e, below] >= _scaled_width_kwh(model, s, e, below, p) - missing


def demand_keeps_blocks(model: pyo.AbstractModel, s: int, e: int, p: int) -> object:
    """Billed demand stays in the range for which the blocks are valid."""
    return pyo.inequality(model.demand_low_kw[e, p], billed_kw(model, s, p), model.demand_high_kw[e, p])
