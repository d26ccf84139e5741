"""Peaks: the highest metered kW of a billing period (or of coincident hours), billed by steps.

    peak[p]   >= grid[t]                      for every interval t that charge p meters
    peak[p]   >= mean of grid over window w   where the meter averages over windows longer than an interval
    peak[p]   >= peak so far                  of the billing period
    billed[p] >= own_fraction * peak[p] + added + sum over j of fraction * peak[j]      j: others of a mean of periods
    billed[p] >= floor ,  fraction * peak[j]                                ratchets, minimum and contract demand
    billed[p]  = sum over steps k of filled[p,k] ,    0 <= filled[p,k] <= width[p,k]
    filled[p,k] <= most * opened[p,k] ,    filled[p,j] >= width[p,j] * opened[p,k]  for j < k ,    opened in {0, 1}

Steps with rising rates fill in order without binaries. A step needs a binary only if it is cheaper than a step below
it, and if it is not certain whether demand reaches it (see `peak_bounds`). If a higher billed demand could lower the
cost (a credit, or kWh/kW blocks that grow with it), see `peak_causes`.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property

import numpy as np
import pyomo.core as pyo
from numpy.typing import NDArray

from ridethrough.optimizer.formulation.costs.peak_bounds import least_billed_kw
from ridethrough.optimizer.formulation.horizon import FloatArray, Parameters, Sets, declare_groups, declare_set, number
from ridethrough.optimizer.formulation.physics.meter import grid_kw
from ridethrough.optimizer.problem.plan_basis import PlanBasis
from ridethrough.tariffs.horizon.charges import DemandTerm, RatchetLink


class Peaks:
    """Every charge on a peak."""

    def __init__(self, basis: PlanBasis) -> None:
        self._basis = basis
        self.terms = basis.problem.charges.demand

    @cached_property
    def least_billed_kw(self) -> list[float]:
        """The lowest demand that each term can bill; 0 if loads are uncertain, because nothing is then certain."""
        if self._basis.problem.scenarios.count > 1:
            return [term.floor_kw for term in self.terms]
        return least_billed_kw(self._basis, self.terms)

    def looked_at(self, term: DemandTerm) -> list[int]:
        """The intervals with a row for the peak: those that are metered.

        If a new plan is made every hour, these are all intervals, so that one model serves every hour (see
        `unmetered_kw`).
        """
        if self._basis.problem.uncertain is not None:
            return list(range(self._basis.problem.horizon.intervals))
        return term.intervals.tolist()

    @property
    def unmetered_kw(self) -> FloatArray:
        """How far each row lets the meter exceed the peak: 0 in a metered interval, otherwise unlimited."""
        rows = []
        for term in self.terms:
            if not term.windows:
                looked_at = self.looked_at(term)
                free = np.zeros(len(looked_at))
                if len(looked_at) != len(term.intervals):
                    free[:] = np.inf
                    free[term.intervals] = 0.0
                rows.append(free)
        return np.concatenate([np.zeros(0), *rows])

    @cached_property
    def falling_steps(self) -> tuple[tuple[int, int], ...]:
        """The steps that are cheaper than one below them."""
        return tuple(
            (p, k)
            for p, term in enumerate(self.terms)
            for k in range(1, len(term.steps))
            if term.steps[k].rate_per_kw < max(step.rate_per_kw for step in term.steps[:k])
        )

    @property
    def open_steps(self) -> tuple[tuple[int, int], ...]:
        """The falling steps for which it is not certain that demand fills all steps below."""
        return tuple(
            (p, k) for p, k in self.falling_steps if self.terms[p].steps[k - 1].up_to_kw > self.least_billed_kw[p]
        )

    @property
    def surely_billed_kw(self) -> list[float]:
        """The demand that each term bills with certainty, for terms with falling steps; 0 for others."""
        return self.least_billed_kw if self.falling_steps else [0.0] * len(self.terms)


def peak_sets(peaks: Peaks) -> Sets:
    """The metered intervals and windows of each charge, its steps, and the terms linked to it by a ratchet."""
    terms, cheaper = peaks.terms, peaks.open_steps
    each = list(enumerate(terms))
    return {
        "PEAKS": len(terms),
        "METERED": tuple((p, t) for p, term in each if not term.windows for t in peaks.looked_at(term)),
        "WINDOWS": tuple((p, w) for p, term in each for w in range(len(term.windows))),
        "PEAK_WINDOWS": tuple((p, w) for p, term in each if term.apart is None for w in range(len(term.windows))),
        "WINDOW_METERED": tuple(
            (p, w, t) for p, term in each for w, window in enumerate(term.windows) for t in np.unique(window).tolist()
        ),
        "STEPS": tuple((p, k) for p, term in each for k in range(len(term.steps))),
        "CHEAPER_STEPS": cheaper,
        "STEPS_BELOW": tuple((p, k, j) for p, k in cheaper for j in range(k)),
        "RATCHETS": tuple((p, n, link.index) for p, n, link in _links(terms, adds=False)),
        "ADDENDS": tuple((p, n, link.index) for p, n, link in _links(terms, adds=True)),
    }


def add_peaks(model: pyo.AbstractModel, sets: Sets) -> None:
    """Declare peaks and billed demand of every demand and coincident charge."""
    _add_sets_and_parameters(model, sets)
    model.peak_kw = pyo.Var(model.SCENARIOS, model.PEAKS, bounds=peak_is_at_least_the_peak_so_far, dense=False)
    model.filled_kw = pyo.Var(model.SCENARIOS, model.STEPS, bounds=step_has_a_width, dense=False)
    model.peak_is_metered = pyo.Constraint(model.SCENARIOS, model.METERED, rule=peak_is_metered)
    model.peak_is_metered_over_windows = pyo.Constraint(
        model.SCENARIOS, model.PEAK_WINDOWS, rule=peak_is_metered_over_windows
    )
    model.peak_is_billed = pyo.Constraint(model.SCENARIOS, model.PEAKS, rule=peak_is_billed)
    model.floor_is_billed = pyo.Constraint(model.SCENARIOS, model.PEAKS, rule=floor_is_billed)
    model.ratchet_is_billed = pyo.Constraint(model.SCENARIOS, model.RATCHETS, rule=ratchet_is_billed)
    model.opened = pyo.Var(model.SCENARIOS, model.CHEAPER_STEPS, domain=pyo.Binary, dense=False)
    model.cheaper_step_is_opened = pyo.Constraint(model.SCENARIOS, model.CHEAPER_STEPS, rule=cheaper_step_is_opened)
    model.steps_below_are_full = pyo.Constraint(model.SCENARIOS, model.STEPS_BELOW, rule=steps_below_are_full)


def _add_sets_and_parameters(model: pyo.AbstractModel, sets: Sets) -> None:
    for name, dimen in {"PEAKS": 1, "METERED": 2, "WINDOWS": 2, "PEAK_WINDOWS": 2, "STEPS": 2}.items():
        declare_set(model, sets, name, dimen)
    for name in ("CHEAPER_STEPS", "STEPS_BELOW", "RATCHETS", "ADDENDS"):
        declare_set(model, sets, name, dimen=2 if name == "CHEAPER_STEPS" else 3)
    declare_groups(model, "ADDENDS_OF", model.PEAKS, sets["ADDENDS"], dimen=2)
    declare_groups(model, "STEPS_OF", model.PEAKS, sets["STEPS"])
    declare_groups(model, "WINDOW_INTERVALS", model.WINDOWS, sets["WINDOW_METERED"])
    model.unmetered_kw = pyo.Param(model.METERED, mutable=True)
    for name in ("peak_so_far_kw", "own_fraction", "added_kw", "floor_kw"):
        model.add_component(name, pyo.Param(model.PEAKS, mutable=True))
    for name in ("step_rate_per_kw", "step_width_kw", "step_surely_filled_kw"):
        model.add_component(name, pyo.Param(model.STEPS, mutable=True))
    model.ratchet_fraction = pyo.Param(model.RATCHETS, mutable=True)
    model.added_fraction = pyo.Param(model.ADDENDS, mutable=True)
    declare_set(model, sets, "WINDOW_METERED", dimen=3)
    model.window_share = pyo.Param(model.WINDOW_METERED, mutable=True)
    model.most_billed_kw = pyo.Param(mutable=True)


def peak_parameters(basis: PlanBasis, peaks: Peaks) -> Parameters:
    """Peaks so far, floors, ratchets, and the steps that price demand."""
    terms = peaks.terms
    steps = [(p, k) for p, term in enumerate(terms) for k in range(len(term.steps))]
    ends_kw = np.array([terms[p].steps[k].up_to_kw for p, k in steps])
    starts_kw = np.array([terms[p].steps[k - 1].up_to_kw if k else 0.0 for p, k in steps])
    surely_kw = np.array([peaks.surely_billed_kw[p] for p, _ in steps]) - starts_kw
    return {
        "peak_so_far_kw": np.array([term.peak_so_far_kw for term in terms]),
        "unmetered_kw": peaks.unmetered_kw,
        "own_fraction": np.array([term.own_fraction for term in terms]),
        "added_kw": np.array([term.added_kw for term in terms]),
        "floor_kw": np.array([term.floor_kw for term in terms]),
        "step_rate_per_kw": np.array([terms[p].steps[k].rate_per_kw for p, k in steps]),
        "step_width_kw": ends_kw - starts_kw,
        "step_surely_filled_kw": np.minimum(ends_kw - starts_kw, np.maximum(0.0, surely_kw)),
        "ratchet_fraction": np.array([link.fraction for _, _, link in _links(terms, adds=False)]),
        "added_fraction": np.array([link.fraction for _, _, link in _links(terms, adds=True)]),
        "window_share": np.array([share for term in terms for window in term.windows for share in _shares(window)]),
        "most_billed_kw": number(basis.reach.most_billed_kw),
    }


def _links(terms: Iterable[DemandTerm], *, adds: bool) -> Iterator[tuple[int, int, RatchetLink]]:
    """The links of one sort: number of the term, number of the link, and the link."""
    for d, term in enumerate(terms):
        yield from ((d, n, link) for n, link in enumerate(term.links) if link.adds == adds)


def _shares(window: NDArray[np.intp]) -> list[float]:
    """The share of each interval in a window, in order."""
    counts = np.unique(window, return_counts=True)[1]
    return (counts / len(window)).tolist()


def peak_is_at_least_the_peak_so_far(model: pyo.AbstractModel, _s: int, p: int) -> tuple[object, object]:
    """peak >= peak so far."""
    return model.peak_so_far_kw[p], None


def step_has_a_width(model: pyo.AbstractModel, _s: int, p: int, step: int) -> tuple[object, object]:
    """surely filled <= filled <= width."""
    return model.step_surely_filled_kw[p, step], model.step_width_kw[p, step]


def billed_kw(model: pyo.AbstractModel, s: int, p: int) -> pyo.NumericValue:
    """billed = sum of filled steps."""
    return sum(model.filled_kw[s, p, step] for step in model.STEPS_OF[p])


def peak_is_metered(model: pyo.AbstractModel, s: int, p: int, t: int) -> object:
    """peak >= grid, in metered intervals."""
    return model.peak_kw[s, p] - grid_kw(model, s, t) >= -model.unmetered_kw[p, t]


def peak_is_metered_over_windows(model: pyo.AbstractModel, s: int, p: int, window: int) -> object:
    """peak >= mean of grid over the window."""
    return model.peak_kw[s, p] - window_mean_kw(model, s, p, window) >= 0


def window_mean_kw(model: pyo.AbstractModel, s: int, p: int, window: int) -> pyo.NumericValue:
    """The mean of grid over a window: the sum of share * grid."""
    return sum(model.window_share[p, window, t] * grid_kw(model, s, t) for t in model.WINDOW_INTERVALS[p, window])


def peak_is_billed(model: pyo.AbstractModel, s: int, p: int) -> object:
    """billed >= own_fraction * peak + added + sum of fraction * peak of the terms that add to a mean."""
    added = sum(model.added_fraction[p, n, linked] * model.peak_kw[s, linked] for n, linked in model.ADDENDS_OF[p])
    return billed_kw(model, s, p) - model.own_fraction[p] * model.peak_kw[s, p] - added >= model.added_kw[p]


def floor_is_billed(model: pyo.AbstractModel, s: int, p: int) -> object:
    """billed >= floor."""
    return billed_kw(model, s, p) >= model.floor_kw[p]


def ratchet_is_billed(model: pyo.AbstractModel, s: int, p: int, link: int, linked: int) -> object:
    """billed >= fraction * peak of the linked term."""
    return billed_kw(model, s, p) - model.ratchet_fraction[p, link, linked] * model.peak_kw[s, linked] >= 0


def cheaper_step_is_opened(model: pyo.AbstractModel, s: int, p: int, step: int) -> object:
    """filled[k] <= most * opened[k]."""
    return model.filled_kw[s, p, step] <= model.most_billed_kw * model.opened[s, p, step]


def steps_below_are_full(model: pyo.AbstractModel, s: int, p: int, step: int, below: int) -> object:
    """filled[j] >= width[j] * opened[k] for every j below k."""
    return model.filled_kw[s, p, below] >= model.step_width_kw[p, below] * model.opened[s, p, step]
