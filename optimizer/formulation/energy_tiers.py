"""Energy tiers: the energy of a billing period fills blocks of different prices, in order.

    sum over blocks k of in_block[e,k] = energy so far + sum over t of h * imported[t]
    0 <= in_block[e,k] <= width[e,k] + width_per_kw[e,k] * billed[demand of e]
    in_block[e,k] <= most * reached[e,k]                                        only where block k is cheaper than
    in_block[e,j] >= width[e,j] + ... - most * (1 - reached[e,k])    j < k      one below it; reached in {0, 1}

See `optimizer.tier_blocks` for how tiers become blocks.
"""

import math

import pyomo.core as pyo

from optimizer.problem import DispatchProblem
from optimizer.tier_blocks import TierBlock


def add_energy_tiers(model: pyo.ConcreteModel, problem: DispatchProblem, blocks: tuple[TierBlock, ...]) -> None:
    """Declare the blocks of every tiered billing period, and fill them."""
    _add_sets_and_parameters(model, problem, blocks)
    model.in_block_kwh = pyo.Var(model.BLOCKS, domain=pyo.NonNegativeReals)
    model.reached = pyo.Var(model.CHEAPER_BLOCKS, domain=pyo.Binary)
    model.energy_fills_blocks = pyo.Constraint(model.TIERED, rule=energy_fills_blocks)
    model.block_has_a_width = pyo.Constraint(model.BOUNDED_BLOCKS, rule=block_has_a_width)
    model.cheaper_block_is_reached = pyo.Constraint(model.CHEAPER_BLOCKS, rule=cheaper_block_is_reached)
    model.blocks_below_are_full = pyo.Constraint(model.BLOCKS_BELOW, rule=blocks_below_are_full)
    model.demand_keeps_blocks = pyo.Constraint(model.SCALED, rule=demand_keeps_blocks)


def _add_sets_and_parameters(model: pyo.ConcreteModel, problem: DispatchProblem, blocks: tuple[TierBlock, ...]) -> None:
    each = list(enumerate(blocks))
    widths = {(e, k): width for e, block in each for k, width in enumerate(block.widths)}
    bounded = [key for key, width in widths.items() if math.isfinite(width.constant)]
    most_kwh = problem.most_grid_kw * problem.horizon.interval_h * problem.horizon.intervals
    model.tiered_intervals = {e: block.intervals.tolist() for e, block in each}
    model.block_demand = {e: block.demand for e, block in each}
    model.demand_range_kw = {e: block.demand_range_kw for e, block in each}
    model.TIERED = pyo.RangeSet(0, len(blocks) - 1)
    model.BLOCKS = pyo.Set(dimen=2, initialize=list(widths))
    model.BOUNDED_BLOCKS = pyo.Set(dimen=2, initialize=bounded)
    model.CHEAPER_BLOCKS = pyo.Set(dimen=2, initialize=[(e, k) for e, block in each for k in block.cheaper])
    model.BLOCKS_BELOW = pyo.Set(
        dimen=3, initialize=[(e, k, j) for e, block in each for k in block.cheaper for j in range(k)]
    )
    model.SCALED = pyo.Set(initialize=[e for e, block in each if block.demand is not None])
    model.energy_so_far_kwh = pyo.Param(
        model.TIERED, mutable=True, initialize={e: block.energy_so_far_kwh for e, block in each}
    )
    model.most_energy_kwh = pyo.Param(
        model.TIERED, mutable=True, initialize={e: block.energy_so_far_kwh + most_kwh for e, block in each}
    )
    model.block_price_per_kwh = pyo.Param(
        model.BLOCKS,
        mutable=True,
        initialize={(e, k): block.prices[k] for e, block in each for k in range(len(block.prices))},
    )
    model.most_block_kwh = pyo.Param(
        model.BOUNDED_BLOCKS,
        mutable=True,
        initialize={key: max(0.0, widths[key].at(problem.most_billed_kw)) for key in bounded},
    )
    model.block_width_kwh = pyo.Param(
        model.BOUNDED_BLOCKS, mutable=True, initialize={key: widths[key].constant for key in bounded}
    )
    model.block_width_kwh_per_kw = pyo.Param(
        model.BOUNDED_BLOCKS, mutable=True, initialize={key: widths[key].per_kw for key in bounded}
    )


def _width_kwh(model: pyo.ConcreteModel, e: int, block: int) -> object:
    demand = model.block_demand[e]
    constant = model.block_width_kwh[e, block]
    return constant if demand is None else constant + model.block_width_kwh_per_kw[e, block] * model.billed_kw[demand]


def energy_fills_blocks(model: pyo.ConcreteModel, e: int) -> object:
    """sum of in_block = energy so far + sum of h * imported."""
    filled = sum(model.in_block_kwh[term, block] for term, block in model.BLOCKS if term == e)
    imported = sum(model.imported_kw[t] for t in model.tiered_intervals[e])
    return filled == model.energy_so_far_kwh[e] + model.interval_h * imported


def block_has_a_width(model: pyo.ConcreteModel, e: int, block: int) -> object:
    """in_block <= width."""
    return model.in_block_kwh[e, block] <= _width_kwh(model, e, block)


def cheaper_block_is_reached(model: pyo.ConcreteModel, e: int, block: int) -> object:
    """in_block[k] <= most * reached[k]."""
    return model.in_block_kwh[e, block] <= model.most_energy_kwh[e] * model.reached[e, block]


def blocks_below_are_full(model: pyo.ConcreteModel, e: int, block: int, below: int) -> object:
    """in_block[j] >= width[j] - most * (1 - reached[k]) for every j below k."""
    missing = model.most_block_kwh[e, below] * (1 - model.reached[e, block])
    return model.in_block_kwh[e, below] >= _width_kwh(model, e, below) - missing


def demand_keeps_blocks(model: pyo.ConcreteModel, e: int) -> object:
    """Billed demand stays where the blocks are as stated."""
    low, high = model.demand_range_kw[e]
    billed_kw = model.billed_kw[model.block_demand[e]]
    return pyo.inequality(low, billed_kw, high) if math.isfinite(high) else billed_kw >= low
