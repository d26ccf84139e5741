"""The horizon: intervals, the boundaries between them, and the UPS systems that everything is indexed by."""

from collections.abc import Callable

import pyomo.core as pyo

from domain import UpsSystem
from optimizer.problem import DispatchProblem


def add_horizon(model: pyo.ConcreteModel, problem: DispatchProblem) -> None:
    """Declare systems, intervals and boundaries."""
    intervals = problem.horizon.intervals
    model.UPS = pyo.Set(initialize=[ups.id for ups in problem.site.ups])
    model.INTERVALS = pyo.RangeSet(0, intervals - 1)
    model.BOUNDARIES = pyo.RangeSet(0, intervals)
    model.interval_h = pyo.Param(mutable=True, initialize=problem.horizon.interval_h)


def per_system(model: pyo.ConcreteModel, problem: DispatchProblem, value_of: Callable[[UpsSystem], float]) -> pyo.Param:
    """A parameter with one value a UPS system."""
    return pyo.Param(model.UPS, mutable=True, initialize={ups.id: value_of(ups) for ups in problem.site.ups})


def per_system_and_step(
    steps: pyo.Set,
    model: pyo.ConcreteModel,
    problem: DispatchProblem,
    values_of: Callable[[UpsSystem], tuple[float, ...]],
) -> pyo.Param:
    """A parameter with one value a UPS system and interval (or boundary)."""
    values = {(ups.id, t): value for ups in problem.site.ups for t, value in enumerate(values_of(ups))}
    return pyo.Param(model.UPS, steps, mutable=True, initialize=values)


def per_interval(model: pyo.ConcreteModel, values: tuple[float, ...] | list[float]) -> pyo.Param:
    """A parameter with one value an interval."""
    return pyo.Param(model.INTERVALS, mutable=True, initialize=dict(enumerate(values)))
