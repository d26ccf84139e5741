"""Fewer points for as many pixels: of each pixel the lowest and the highest value stay, so no peak is lost."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ridethrough.api.cases.sites.explored import ExploredSeries

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """The mean, the lowest and the highest value in each cell of time; NaN where none is known."""

    mean: FloatArray
    low: FloatArray
    high: FloatArray


def kept_points(starts_us: IntArray, values: FloatArray, *, first_us: int, last_us: int, pixels: int) -> IntArray:
    """Which points are kept of a period that is `pixels` wide: all where there are few, else at most two for a pixel.

    >>> kept_points(np.arange(6), np.array([1.0, 9.0, 2.0, 3.0, 0.0, 1.0]), first_us=0, last_us=6, pixels=1)
    array([1, 4])
    """
    places = (starts_us - first_us) * pixels // (last_us - first_us)
    cuts = [0, *(np.flatnonzero(np.diff(places)) + 1).tolist(), len(starts_us)]
    if len(starts_us) <= 2 * (len(cuts) - 1):
        return np.arange(len(starts_us))
    kept = {
        int(first + each)
        for first, last in pairwise(cuts)
        for each in (values[first:last].argmin(), values[first:last].argmax())
    }
    return np.array(sorted(kept), dtype=np.int64)


def cells_of(series: ExploredSeries, edges_us: IntArray) -> Cells:
    """What a series is in each cell between two edges: by the values that begin in it, else by the one that holds."""
    places = np.searchsorted(series.starts_us, edges_us)
    mean, low, high = (np.full(len(edges_us) - 1, np.nan) for _ in range(3))
    for cell, (first, last) in enumerate(pairwise(places.tolist())):
        if first < last:
            inside = series.values[first:last]
            mean[cell], low[cell], high[cell] = inside.mean(), inside.min(), inside.max()
        elif first > 0 and edges_us[cell] < _known_until_us(series, first - 1):
            mean[cell] = low[cell] = high[cell] = series.values[first - 1]
    return Cells(mean=mean, low=low, high=high)


def _known_until_us(series: ExploredSeries, index: int) -> int:
    """Until when a value is known: that of an interval to its end, one between readings to the next of them."""
    if series.steps:
        return int(series.starts_us[index]) + series.holds_us
    after = int(series.starts_us[min(index + 1, len(series.starts_us) - 1)])
    return after if after - series.starts_us[index] <= series.holds_us else int(series.starts_us[index])
