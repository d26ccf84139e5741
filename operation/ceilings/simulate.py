"""The policy, simulated: hold the meter under its ceilings, fill the store below them, and trade what need not be kept.

In each hour the ceiling that binds is the lowest, over the charges metered then, of the ceiling and the peak so far,
whichever of the two is higher. The store is filled under that level too, or under the lowest peak so far, so that
filling raises no peak. With `b` the ceiling that binds and `r` the level to fill under, the metered intervals of an
hour are taken as spread evenly about their mean `m`, as far as the highest one, `m + w`. Of their energy

    above b    (m + w - b)^2 / (4 w)           below r    (r - m + w)^2 / (4 w)           where b and r lie inside

and m - b or r - m where they lie outside. What is above is given by the store, as far as energy and power go; a store
that cannot give it all leaves a peak in proportion. In hours that give, energy above what is kept, and above what can
be given later for the same price, is given too. It is filled again in hours that take, and at once as far as it is
kept.

The same arithmetic, in the same order, stands twice: here, compiled, future by future; and over arrays, hour by hour,
where numba is not installed (`simulate_over_arrays`).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ridethrough.operation.ceilings.futures import Futures
from ridethrough.operation.ceilings.period import RestOfPeriod
from ridethrough.operation.ceilings.simulate_over_arrays import FLAT_KW, FULL_KWH, over_arrays
from ridethrough.operation.ceilings.store import MeterStore
from ridethrough.operation.ceilings.trading import TradingHours
from ridethrough.optimizer.dynamic_program import compiled as compiling

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidates:
    """Policies to simulate: ceilings (candidates x charges); and one each: the energy that is not traded, and `raises`.

    A candidate that `raises` fills the store up to its ceilings, any other only under the peaks so far. To the ceilings
    of a day's charge all of them fill: every day has a peak.
    """

    ceiling_kw: FloatArray
    kept_kwh: FloatArray
    raises: BoolArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcomes:
    """The results of candidates: cost (candidates x futures), and peaks (candidates x futures x charges)."""

    cost: FloatArray
    peak_kw: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Simulation:
    """A store in front of the futures of a billing period's rest; `peak_so_far_kw` has one value a charge."""

    futures: Futures
    rest: RestOfPeriod
    trading: TradingHours
    store: MeterStore
    peak_so_far_kw: FloatArray

    def outcomes(self, candidates: Candidates) -> Outcomes:
        """Simulate candidates on every future."""
        metered, daily_rate = self._metered()
        work = _compiled if compiling.numba is not None else over_arrays
        store = self.store
        cost, peak_kw = work(
            np.ascontiguousarray(self.futures.mean_kw),
            np.ascontiguousarray(self.futures.highest_kw - self.futures.mean_kw),
            self.futures.mean_kw @ self.rest.price_per_kwh,
            self.rest.price_per_kwh,
            self.rest.day_begins,
            self.trading.gives,
            self.trading.takes,
            self.trading.later_kwh,
            metered,
            daily_rate,
            self.peak_so_far_kw,
            candidates.ceiling_kw,
            self.fill_kw(candidates),
            candidates.kept_kwh,
            np.array(
                [
                    store.stored_kwh,
                    store.capacity_kwh,
                    store.charge_kw,
                    store.discharge_kw,
                    store.stored_per_drawn,
                    store.stored_per_relieved,
                    store.wear_per_relieved,
                    store.import_limit_kw,
                    max(0.0, float(self.rest.price_per_kwh.min())),
                ]
            ),
        )
        for index, charge in enumerate(self.rest.charges):
            if not charge.daily:
                cost += charge.cost(peak_kw[:, :, index]) - charge.cost(self.peak_so_far_kw[index : index + 1])
        return Outcomes(cost=cost, peak_kw=peak_kw)

    def fill_kw(self, candidates: Candidates) -> FloatArray:
        """The level of each candidate and charge that the store is filled under, where no peak so far is higher."""
        daily = np.array([charge.daily for charge in self.rest.charges], dtype=bool)
        return np.where(daily | candidates.raises[:, np.newaxis], candidates.ceiling_kw, 0.0)

    def first(self, hours: int) -> "Simulation":
        """The same over the first hours only."""
        rest = self.rest
        return replace(
            self,
            futures=Futures(mean_kw=self.futures.mean_kw[:, :hours], highest_kw=self.futures.highest_kw[:, :hours]),
            rest=replace(
                rest,
                price_per_kwh=rest.price_per_kwh[:hours],
                day_begins=rest.day_begins[:hours],
                charges=tuple(replace(charge, metered=charge.metered[:hours]) for charge in rest.charges),
            ),
            trading=self.trading.first(hours),
        )

    def _metered(self) -> tuple[BoolArray, FloatArray]:
        charges = self.rest.charges
        metered = np.array([charge.metered for charge in charges], dtype=bool).reshape(len(charges), self.rest.hours)
        return metered, np.array([charge.rate_per_kw if charge.daily else 0.0 for charge in charges])


@compiling.compiled
def _compiled(  # noqa: C901, PLR0912, PLR0915, PLR0917 - one loop, compiled
    mean_kw: FloatArray,
    spread_kw: FloatArray,
    resting_cost: FloatArray,
    price: FloatArray,
    day_begins: BoolArray,
    gives: BoolArray,
    takes: BoolArray,
    later_kwh: FloatArray,
    metered: BoolArray,
    daily_rate: FloatArray,
    peak_so_far_kw: FloatArray,
    ceiling_kw: FloatArray,
    fill_kw: FloatArray,
    kept_kwh: FloatArray,
    figures: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    stored0, capacity, charge_most, discharge_most, up, down, wear, limit, last_price = figures
    candidates, (futures, hours), charges = len(kept_kwh), mean_kw.shape, len(daily_rate)
    cost = np.zeros((candidates, futures))
    peaks = np.empty((candidates, futures, charges))
    group_of, groups = _groups(metered)
    binding_kw, filling_kw, lowest_peak_kw = np.empty(len(groups)), np.empty(len(groups)), np.empty(len(groups))
    any_daily = daily_rate.max() > 0.0 if charges else False
    for k in range(candidates):
        kept = min(capacity, kept_kwh[k])
        for f in range(futures):
            stored = stored0
            paid = resting_cost[f]
            peak = peaks[k, f]
            peak[:] = peak_so_far_kw
            _bind(groups, ceiling_kw[k], fill_kw[k], peak, limit, binding_kw, filling_kw, lowest_peak_kw)
            for h in range(hours):
                if any_daily and day_begins[h] and h > 0:
                    for c in range(charges):
                        if daily_rate[c] > 0.0:
                            paid += daily_rate[c] * peak[c]
                            peak[c] = 0.0
                    _bind(groups, ceiling_kw[k], fill_kw[k], peak, limit, binding_kw, filling_kw, lowest_peak_kw)
                g = group_of[h]
                b, r = binding_kw[g], filling_kw[g]
                m = mean_kw[f, h]
                w = spread_kw[f, h]
                high = m + w
                target = capacity if takes[h] else kept
                top = high
                if b < high or target > stored + FULL_KWH or gives[h]:
                    above, below = 0.0, 0.0
                    if b < high:
                        above = m - b if w < FLAT_KW or b <= m - w else (high - b) * (high - b) / (4.0 * w)
                    if r >= high:
                        below = r - m
                    elif w >= FLAT_KW and r > m - w:
                        below = (r - m + w) * (r - m + w) / (4.0 * w)
                    given = min(above, discharge_most, stored / down)
                    if above > 0.0:
                        top = max(high - (high - b) * (given / above), high - discharge_most)
                    if gives[h]:
                        spare = min(discharge_most, max(0.0, stored - kept - later_kwh[h]) / down, max(0.0, m))
                        if spare > given:
                            given = spare
                            top = min(top, max(b, high - given)) if above > 0.0 else high - given
                    stored = stored - given * down
                    taken = 0.0
                    if below > 0.0 and target > stored + FULL_KWH and given <= above:
                        taken = min(below, charge_most, (target - stored) / up)
                        stored = stored + taken * up
                        if above <= 0.0:
                            top = max(high, min(r, high + taken))
                    paid += price[h] * (taken - given) + wear * given
                if top > lowest_peak_kw[g]:
                    for c in range(charges):
                        if metered[c, h]:
                            peak[c] = max(peak[c], top)
                    _bind(groups, ceiling_kw[k], fill_kw[k], peak, limit, binding_kw, filling_kw, lowest_peak_kw)
            for c in range(charges):
                paid += daily_rate[c] * peak[c]
            cost[k, f] = paid + (capacity - stored) / up * last_price
    return cost, peaks


@compiling.compiled
def _groups(metered: BoolArray) -> tuple[NDArray[np.int64], BoolArray]:
    """Number the sets of charges that meter an hour together: the set of each hour, and the charges of each set."""
    charges, hours = metered.shape
    group_of, groups, known = np.zeros(hours, np.int64), np.zeros((hours, charges), np.bool_), 0
    for h in range(hours):
        g = 0
        while g < known and (groups[g] != metered[:, h]).any():
            g += 1
        if g == known:
            groups[g] = metered[:, h]
            known += 1
        group_of[h] = g
    return group_of, groups[:known]


@compiling.compiled
def _bind(  # noqa: PLR0917 - compiled
    groups: BoolArray,
    ceiling_kw: FloatArray,
    fill_kw: FloatArray,
    peak_kw: FloatArray,
    limit: float,
    binding_kw: FloatArray,
    filling_kw: FloatArray,
    lowest_peak_kw: FloatArray,
) -> None:
    """Set for each set of charges the ceiling that binds, the level to fill under, and the lowest peak."""
    for g in range(len(groups)):
        binding_kw[g], filling_kw[g], lowest_peak_kw[g] = limit, limit, np.inf
        for c in range(len(peak_kw)):
            if groups[g, c]:
                binding_kw[g] = min(binding_kw[g], max(ceiling_kw[c], peak_kw[c]))
                filling_kw[g] = min(filling_kw[g], max(fill_kw[c], peak_kw[c]))
                lowest_peak_kw[g] = min(lowest_peak_kw[g], peak_kw[c])
