"""Column generation: the optimum of a fleet from its members' responses to prices, with a bound that proves it.

In each round prices are set at the meter, members respond (`pricing`), and a master problem mixes the responses of all
rounds (`master`). The members' cost at any prices is a lower bound (Lagrange); the mix is an upper bound. Members
respond in a few groups. Prices stay near those with the best bound so far, which prevents oscillation. A sample of the
members finds the first prices.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ridethrough.optimizer.fleet.master import Master, Mix, Premiums
from ridethrough.optimizer.fleet.members import Members
from ridethrough.optimizer.fleet.pricing import meter_of_paths, price_members
from ridethrough.optimizer.fleet.shared_meter import SharedMeter

FloatArray = NDArray[np.float64]

GROUPS = 1
"""Measured at 2,000 members: with more groups, the master takes longer than fewer rounds save."""
_SAMPLE = 100
_SAMPLE_GAP = 1e-4
_NEAR_BEST, _NEAR_BEST_IN_SAMPLE = 0.95, 0.8
_UNUSED_ROUNDS = 25
_EXCESS_KW = 1e-6
MOST_ROUNDS = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetPaths:
    """Stored energy of every member (m x (n + 1), kWh), the cost of all, and a lower bound of any cost.

    `premiums` are the prices of the bound. `excess_kw` is the violation of the import limit, summed over intervals. If
    the limit cannot be kept, it is more than rounding, and the cost is NaN.
    """

    stored_kwh: FloatArray
    cost: float
    bound: float
    rounds: int
    premiums: Premiums
    excess_kw: float


def cheapest_paths(
    members: Members, meter: SharedMeter, *, relative_gap: float, most_rounds: int = MOST_ROUNDS
) -> FleetPaths | None:
    """Find the cheapest paths of all members to a relative gap; None if a member has no path."""
    start = Premiums(
        peaks=tuple(np.full(len(each.intervals), each.rates[-1] / max(1, len(each.intervals))) for each in meter.peaks),
        limit=np.zeros(len(meter.limited)),
    )
    every = len(members.top_kwh) // _SAMPLE
    if every > 1:
        found = _Search(members.sample(every), meter).run(start, _SAMPLE_GAP, most_rounds, _NEAR_BEST_IN_SAMPLE)
        start = start if found is None else found.premiums
    return _Search(members, meter).run(start, relative_gap, most_rounds, _NEAR_BEST)


@dataclass(slots=True)
class _Search:
    members: Members
    meter: SharedMeter
    groups: int = field(init=False)
    master: Master = field(init=False)
    group_of: NDArray[np.int64] = field(init=False)
    paths: list[FloatArray] = field(default_factory=list)
    last_used: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        size = len(self.members.top_kwh)
        self.groups = min(GROUPS, size)
        self.group_of = np.arange(size, dtype=np.int64) % self.groups
        self.master = Master(self.meter, self.groups)

    def run(self, start: Premiums, relative_gap: float, most_rounds: int, near_best: float) -> FleetPaths | None:
        """Price and mix in turns until the best mix meets the best bound."""
        best, bound = start, self._ask(start, 0)
        if np.isinf(bound):
            return None
        mix = self.master.solve()
        rounds = 1
        while not self._proven(mix, bound, relative_gap) and rounds < most_rounds:
            asked = best.towards(mix.premiums, 1 - near_best)
            reached = self._ask(asked, rounds)
            if reached > bound:
                best, bound = asked, reached
            mix = self._mix(rounds)
            rounds += 1
        return self._paths(mix, bound, rounds, best)

    def _proven(self, mix: Mix, bound: float, relative_gap: float) -> bool:
        return mix.excess_kw <= _EXCESS_KW and mix.cost - bound <= relative_gap * abs(mix.cost)

    def _ask(self, premiums: Premiums, rounds: int) -> float:
        """Price all members at these premiums, add their responses to the master, and return the bound."""
        meter, h = self.meter, self.meter.interval_h
        premium_per_kw = np.zeros(len(meter.price_per_kwh))
        premium_per_kw[meter.limited] = premiums.limit
        for each, part in zip(meter.peaks, premiums.peaks, strict=True):
            premium_per_kw[each.intervals] += part
        prices = meter.price_per_kwh + premium_per_kw / h
        stored_kwh = np.empty_like(self.members.floor_kwh)
        group_kwh, wear = np.empty((self.groups, len(prices))), np.empty(self.groups)
        cost = price_members(self.members, prices, self.group_of, group_kwh, wear, stored_kwh)
        if np.isfinite(cost):
            self.master.add(group_kwh / h, group_kwh @ meter.price_per_kwh + wear)
            self.paths.append(stored_kwh)
            self.last_used.append(rounds)
        return cost + self._bound_of_meter(premiums)

    def _bound_of_meter(self, premiums: Premiums) -> float:
        """The meter's part of the bound: the resting load at all premiums, less the value of limit and peaks."""
        meter, resting_kw = self.meter, self.meter.resting_kwh / self.meter.interval_h
        bound = meter.resting_cost + float(premiums.limit @ (resting_kw[meter.limited] - meter.import_limit_kw))
        for each, part in zip(meter.peaks, premiums.peaks, strict=True):
            bound += float(part @ (resting_kw[each.intervals] - each.lowest_kw)) + each.least_cost(float(part.sum()))
        return bound

    def _mix(self, rounds: int) -> Mix:
        """Solve the master, and delete responses that no recent mix has used."""
        mix = self.master.solve()
        for index in np.flatnonzero(mix.shares.max(axis=1) > 0).tolist():
            self.last_used[index] = rounds
        unused = np.flatnonzero(np.array(self.last_used) < rounds - _UNUSED_ROUNDS)
        if len(unused) > len(self.paths) // 4:
            self.master.drop(unused)
            for index in sorted(unused.tolist(), reverse=True):
                del self.paths[index], self.last_used[index]
            mix = self.master.solve()
        return mix

    def _paths(self, mix: Mix, bound: float, rounds: int, best: Premiums) -> FleetPaths:
        """Mix the paths of every member like those of its group; the cost is that of the mix, or less."""
        shares = mix.shares / mix.shares.sum(axis=0)
        stored_kwh = np.zeros_like(self.members.floor_kwh)
        for index in np.flatnonzero(shares.max(axis=1) > 0).tolist():
            stored_kwh += shares[index][self.group_of][:, None] * self.paths[index]
        added_kwh = np.empty(len(self.meter.resting_kwh))
        wear = meter_of_paths(self.members, stored_kwh, added_kwh)
        return FleetPaths(
            stored_kwh=stored_kwh,
            cost=self.meter.cost(added_kwh) + wear if mix.excess_kw <= _EXCESS_KW else np.nan,
            bound=bound,
            rounds=rounds,
            premiums=best,
            excess_kw=mix.excess_kw,
        )
