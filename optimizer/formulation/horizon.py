"""The index sets of all laws: scenarios, UPS systems, intervals, and boundaries between intervals."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyomo.core as pyo
from numpy.typing import NDArray

from ridethrough.domain import UpsSystem
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem

FloatArray = NDArray[np.float64]
Sets = Mapping[str, Any]
"""The members of each set by its name: a tuple of members, or a number `n` for the integers from 0 to `n - 1`."""
Parameters = dict[str, FloatArray]
"""The values of each parameter by its name, in the order of its index set."""


def horizon_sets(problem: DispatchProblem) -> Sets:
    """Scenarios, systems by their ids, and intervals."""
    return {
        "SCENARIOS": len(problem.scenarios.probability),
        "UPS": tuple(ups.id for ups in problem.site.ups),
        "INTERVALS": problem.horizon.intervals,
    }


def add_horizon(model: pyo.AbstractModel, sets: Sets) -> None:
    """Declare scenarios, systems, intervals and boundaries."""
    intervals = sets["INTERVALS"]
    for name in ("SCENARIOS", "UPS", "INTERVALS"):
        declare_set(model, sets, name)
    model.BOUNDARIES = pyo.RangeSet(0, intervals)
    model.interval_h = pyo.Param(mutable=True)
    model.probability = pyo.Param(model.SCENARIOS, mutable=True)


def horizon_parameters(problem: DispatchProblem) -> Parameters:
    """The length of an interval, and how likely each scenario is."""
    return {"interval_h": number(problem.horizon.interval_h), "probability": problem.scenarios.probability}


def declare_set(model: pyo.AbstractModel, sets: Sets, name: str, dimen: int = 1) -> None:
    """Declare one set of the structure; `dimen` is the number of its dimensions."""
    members = sets[name]
    if isinstance(members, int):
        model.add_component(name, pyo.RangeSet(0, members - 1))
    else:
        model.add_component(name, pyo.Set(dimen=dimen, initialize=list(members)))


def grouped(members: Iterable[tuple[object, ...]], by: int = 1) -> dict[object, list[object]]:
    """Group members by their first `by` parts, for an indexed set. A single part is not wrapped in a tuple."""
    groups: dict[object, list[object]] = defaultdict(list)
    for member in members:
        key, rest = member[:by], member[by:]
        groups[key if by > 1 else key[0]].append(rest if len(rest) > 1 else rest[0])
    return groups


def declare_groups(
    model: pyo.AbstractModel, name: str, index: pyo.Set, members: Iterable[tuple[object, ...]], dimen: int = 1
) -> None:
    """Declare a set for each member of `index`: the rest of all `members` that begin with it."""
    groups = grouped(members, by=index.dimen)
    model.add_component(name, pyo.Set(index, dimen=dimen, initialize=lambda _, *key: groups[_single(key)]))


def _single(key: tuple[object, ...]) -> object:
    return key[0] if len(key) == 1 else key


def number(value: float) -> FloatArray:
    """The value of a parameter without an index."""
    return np.array([value])


def per_system(problem: DispatchProblem, value_of: Callable[[UpsSystem], float]) -> FloatArray:
    """One value a UPS system."""
    return np.array([value_of(ups) for ups in problem.site.ups])


def per_system_and_step(
    problem: DispatchProblem, values_of: Callable[[UpsSystem], Sequence[float] | FloatArray]
) -> FloatArray:
    """One value a UPS system and interval (or boundary)."""
    return np.concatenate([np.asarray(values_of(ups), dtype=float) for ups in problem.site.ups])
