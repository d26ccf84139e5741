"""A peak that is the mean of the n highest on distinct days.

    n * peak[p] >= n * level[p] + sum over days g of above[p,g]
    above[p,g] + level[p] >= mean of grid over window w          for every window w of day g
    above[p,g] + level[p] >= the peak so far of day g ,          above >= 0 ,  level >= 0

At the lowest cost `level` is the n-th highest peak: the sum of the n highest is the least value of the right-hand side.
"""

from collections.abc import Iterator

import numpy as np
import pyomo.core as pyo

from ridethrough.optimizer.formulation.costs.peaks import Peaks, window_mean_kw
from ridethrough.optimizer.formulation.horizon import Parameters, Sets, declare_groups, declare_set
from ridethrough.tariffs.horizon.charges import PeaksApart


def mean_peak_sets(peaks: Peaks) -> Sets:
    """The charges on such a mean, the days of each, and the windows of each day."""
    each = list(_apart(peaks))
    return {
        "MEAN_PEAKS": tuple(p for p, _ in each),
        "MEAN_DAYS": tuple((p, g) for p, apart in each for g in range(len(apart.so_far_kw))),
        "MEAN_WINDOWS": tuple((p, w, g) for p, apart in each for w, g in enumerate(apart.day.tolist())),
    }


def add_mean_peaks(model: pyo.AbstractModel, sets: Sets) -> None:
    """Declare the level and the days above it, and let the peak be their mean."""
    declare_set(model, sets, "MEAN_PEAKS")
    declare_set(model, sets, "MEAN_DAYS", dimen=2)
    declare_set(model, sets, "MEAN_WINDOWS", dimen=3)
    declare_groups(model, "DAYS_OF", model.MEAN_PEAKS, sets["MEAN_DAYS"])
    model.averaged_days = pyo.Param(model.MEAN_PEAKS, mutable=True)
    model.day_so_far_kw = pyo.Param(model.MEAN_DAYS, mutable=True)
    model.level_kw = pyo.Var(model.SCENARIOS, model.MEAN_PEAKS, domain=pyo.NonNegativeReals, dense=False)
    model.above_kw = pyo.Var(model.SCENARIOS, model.MEAN_DAYS, domain=pyo.NonNegativeReals, dense=False)
    model.peak_is_a_mean = pyo.Constraint(model.SCENARIOS, model.MEAN_PEAKS, rule=peak_is_a_mean)
    model.day_has_its_peak = pyo.Constraint(model.SCENARIOS, model.MEAN_WINDOWS, rule=day_has_its_peak)
    model.day_keeps_its_peak = pyo.Constraint(model.SCENARIOS, model.MEAN_DAYS, rule=day_keeps_its_peak)


def mean_peak_parameters(peaks: Peaks) -> Parameters:
    """How many days are averaged, and the peak so far of each day."""
    each = list(_apart(peaks))
    return {
        "averaged_days": np.array([float(apart.number) for _, apart in each]),
        "day_so_far_kw": np.concatenate([np.zeros(0), *(apart.so_far_kw for _, apart in each)]),
    }


def _apart(peaks: Peaks) -> Iterator[tuple[int, PeaksApart]]:
    return ((p, term.apart) for p, term in enumerate(peaks.terms) if term.apart is not None)


def peak_is_a_mean(model: pyo.AbstractModel, s: int, p: int) -> object:
    """n * peak >= n * level + sum of above."""
    above = sum(model.above_kw[s, p, day] for day in model.DAYS_OF[p])
    return model.averaged_days[p] * (model.peak_kw[s, p] - model.level_kw[s, p]) - above >= 0


def day_has_its_peak(model: pyo.AbstractModel, s: int, p: int, window: int, day: int) -> object:
    """above + level >= mean of grid over the window."""
    return model.above_kw[s, p, day] + model.level_kw[s, p] - window_mean_kw(model, s, p, window) >= 0


def day_keeps_its_peak(model: pyo.AbstractModel, s: int, p: int, day: int) -> object:
    """above + level >= the day's peak so far."""
    return model.above_kw[s, p, day] + model.level_kw[s, p] >= model.day_so_far_kw[p, day]
