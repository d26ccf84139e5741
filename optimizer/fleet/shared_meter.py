r"""The shared meter of a fleet: energy prices, an import limit, and peaks, each with its own convex price.

cost = sum over t of price[t] * kwh[t]  +  sum over p of bill[p](peak[p]) ,     peak[p] >= kwh[t] / h where it meters
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """One peak: the intervals in which it could rise, its lowest possible value (kW), and its price.

    Above `lowest_kw`, which costs `lowest_cost`, `widths_kw` of demand are billed at `rates` (rising) one after the
    other; the last is as wide as any peak may be.
    """

    intervals: NDArray[np.intp]
    lowest_kw: float
    lowest_cost: float
    widths_kw: FloatArray
    rates: FloatArray

    def cost(self, peak_kw: float) -> float:
        """The bill of a peak of `peak_kw`."""
        below_kw = np.concatenate([[0.0], np.cumsum(self.widths_kw)[:-1]])
        filled_kw = np.clip(peak_kw - self.lowest_kw - below_kw, 0.0, self.widths_kw)
        return self.lowest_cost + float(filled_kw @ self.rates)

    def least_cost(self, premium: float) -> float:
        """The least of cost(peak) - premium * (peak - lowest) over all peaks."""
        return self.lowest_cost + float(np.minimum(0.0, self.rates - premium) @ self.widths_kw)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedMeter:
    """The meter over n intervals of `interval_h` hours: prices, energy with all batteries at rest, limit and peaks.

    `limited` are the intervals in which import could come to exceed `import_limit_kw`.
    """

    interval_h: float
    price_per_kwh: FloatArray
    resting_kwh: FloatArray
    import_limit_kw: float
    limited: NDArray[np.intp]
    peaks: tuple[Peak, ...]

    @property
    def resting_cost(self) -> float:
        """The cost of energy with every battery at rest."""
        return float(self.price_per_kwh @ self.resting_kwh)

    @property
    def least_cost(self) -> float:
        """The lowest cost of peaks and resting energy: the constant part."""
        return self.resting_cost + sum(each.lowest_cost for each in self.peaks)

    @property
    def dear_per_kw(self) -> float:
        """A price above the value of any kW at the meter."""
        energy = float(np.abs(self.price_per_kwh).max()) * self.interval_h * len(self.price_per_kwh)
        return 10 * (1 + energy + sum(float(each.rates.max(initial=0.0)) for each in self.peaks))

    def cost(self, added_kwh: FloatArray) -> float:
        """The cost at the meter when batteries add `added_kwh` (n)."""
        total_kwh = self.resting_kwh + added_kwh
        billed = (each.cost(float(total_kwh[each.intervals].max(initial=0.0)) / self.interval_h) for each in self.peaks)
        return float(self.price_per_kwh @ total_kwh) + sum(billed)
