"""The search for the ceilings of least cost over all futures, step by step from the ceilings held before."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ridethrough.operation.ceilings.simulate import Candidates, Simulation

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_START_LEVELS = 7
_STEPS = (0.08, 0.04, 0.02, 0.01, 0.005)
_STEPS_AGAIN = (0.04, 0.02, 0.01, 0.005)
"""Of the highest load on record."""
_KEPT_STEPS = (0.5, 0.25, 0.125, 0.0625)
_MOST_MOVES = 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ceilings:
    """The level that the meter must stay below, one for each charge (kW), and the energy that is not traded (kWh).

    Filling the store raises no peak above the highest so far, except where it `raises` them as far as the ceilings.
    """

    kw: FloatArray
    kept_kwh: float
    raises: bool = False

    @property
    def candidates(self) -> Candidates:
        """These ceilings as the only candidate."""
        return Candidates(
            ceiling_kw=self.kw[np.newaxis], kept_kwh=np.array([self.kept_kwh]), raises=np.array([self.raises])
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Steps:
    """The step sizes of the ceilings and of the energy kept."""

    kw: float
    kept_kwh: float


def search(simulation: Simulation, held: Ceilings | None, lowest_kw: float, highest_kw: float) -> Ceilings:
    """Descend from the ceilings held so far, or from the best of equal levels, to those that cost least on average.

    `lowest_kw` and `highest_kw` are of the loads on record. No ceiling is above the highest load and the power that
    charges the store: a new peak of a cheap charge may pay, if it fills the store for an expensive one. Each descent
    begins with filling that raises no peak, so that it raises one only where this costs less, not where it is the same.
    """
    capacity = simulation.store.capacity_kwh
    tried = _Tried(simulation=simulation, highest_kw=highest_kw)
    if held is None:
        levels = np.linspace(lowest_kw, highest_kw, _START_LEVELS)
        starts = np.repeat(levels[:, np.newaxis], len(simulation.rest.charges), axis=1)
        tried.add(_candidates(starts, capacity, raises=np.zeros(_START_LEVELS, dtype=bool)))
    else:
        starts = np.repeat(held.kw[np.newaxis], 2, axis=0)
        tried.add(_candidates(starts, min(held.kept_kwh, capacity), raises=np.array([False, held.raises])))
    for index, step in enumerate(_STEPS if held is None else _STEPS_AGAIN):
        kept_step = _KEPT_STEPS[min(index, len(_KEPT_STEPS) - 1)] * capacity if simulation.trading.any else 0.0
        steps = _Steps(kw=step * highest_kw, kept_kwh=kept_step)
        for _ in range(_MOST_MOVES):
            if not tried.add(_moves(tried.best, steps, capacity)):
                break
    return tried.best


@dataclass(slots=True, kw_only=True)
class _Tried:
    """The candidates simulated so far, each once, and the cheapest of them."""

    simulation: Simulation
    highest_kw: float
    cost: float = np.inf
    _best: Ceilings | None = None
    _seen: set[bytes] = field(default_factory=set)

    @property
    def best(self) -> Ceilings:
        """The cheapest candidate so far."""
        assert self._best is not None  # noqa: S101 - the first one is the cheapest of one
        return self._best

    def add(self, candidates: Candidates) -> bool:
        """Simulate the candidates that are new; return whether one is cheaper than all before."""
        ceilings = _within(self.simulation, candidates.ceiling_kw, self.highest_kw)
        new = []
        for index, candidate in enumerate(np.column_stack([ceilings, candidates.kept_kwh, candidates.raises])):
            key = candidate.tobytes()
            if key not in self._seen:
                self._seen.add(key)
                new.append(index)
        if not new:
            return False
        tried = Candidates(ceiling_kw=ceilings[new], kept_kwh=candidates.kept_kwh[new], raises=candidates.raises[new])
        means = self.simulation.outcomes(tried).cost.mean(axis=1)
        least = int(np.argmin(means))
        if means[least] >= self.cost:
            return False
        self.cost = float(means[least])
        self._best = Ceilings(
            kw=tried.ceiling_kw[least], kept_kwh=float(tried.kept_kwh[least]), raises=bool(tried.raises[least])
        )
        return True


def _candidates(ceiling_kw: FloatArray, kept_kwh: float, raises: BoolArray) -> Candidates:
    """Candidates with ceilings of their own that keep the same energy."""
    return Candidates(ceiling_kw=ceiling_kw, kept_kwh=np.full(len(ceiling_kw), kept_kwh), raises=raises)


def _moves(best: Ceilings, steps: _Steps, capacity_kwh: float) -> Candidates:
    """All ceilings together and each alone, up and down; what is kept, more and less; filling the other way.

    To fill above the peak of a cheap charge may pay only under a higher ceiling of it: both are moved at once.
    """
    charges = len(best.kw)
    directions = np.eye(charges) if charges == 1 else np.vstack([np.ones((1, charges)), np.eye(charges)])
    if charges == 0:
        directions = np.zeros((0, 0))
    ceilings = np.vstack([best.kw + steps.kw * directions, best.kw - steps.kw * directions])
    kept = np.full(len(ceilings), best.kept_kwh)
    if steps.kept_kwh > 0:
        others = np.clip([best.kept_kwh + steps.kept_kwh, best.kept_kwh - steps.kept_kwh], 0.0, capacity_kwh)
        others = others[others != best.kept_kwh]
        ceilings = np.vstack([ceilings, np.repeat(best.kw[np.newaxis], len(others), axis=0)])
        kept = np.concatenate([kept, others])
    otherwise = best.kw[np.newaxis]
    if not best.raises and charges > 1:
        otherwise = np.vstack([otherwise, best.kw + steps.kw * np.eye(charges)])
    raises = np.repeat([best.raises, not best.raises], [len(ceilings), len(otherwise)])
    kept = np.concatenate([kept, np.full(len(otherwise), best.kept_kwh)])
    ceilings = np.vstack([ceilings, otherwise])
    return Candidates(ceiling_kw=ceilings, kept_kwh=kept, raises=raises)


def _within(simulation: Simulation, ceilings: FloatArray, highest_kw: float) -> FloatArray:
    """No ceiling below its peak so far (of a day, where the charge is daily, it may), none above any meter."""
    daily = np.array([charge.daily for charge in simulation.rest.charges], dtype=bool)
    floor_kw = np.where(daily, 0.0, simulation.peak_so_far_kw)
    return np.maximum(np.minimum(ceilings, highest_kw + simulation.store.charge_kw), floor_kw)
