"""The hours in which energy is expensive enough to give or cheap enough to take, by their prices alone.

An hour is one to give in, if energy can be bought back after it for less (losses, wear and a margin counted), and no
hour that pays more comes before that. An hour is one to take in, if none before the next giving is cheaper.

Energy is given as late as its price allows: of hours that follow each other at one price, the last ones give. So the
store is full for the peaks of the hours before, and what they need is given then, for the same price.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.operation.ceilings.store import MeterStore

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_LEAST_GAIN = 1.05
"""Energy that is given must earn this multiple of the cost of buying it back."""
_AS_CHEAP = 1.02
_HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TradingHours:
    """For each hour, whether the store may give for the price, and whether it may be filled for the price.

    `later_kwh` (of the store) can still be given for the same price in the hours that follow: it need not be given now.
    """

    gives: BoolArray
    takes: BoolArray
    later_kwh: FloatArray

    @classmethod
    def none(cls, hours: int) -> "TradingHours":
        """No hour is traded in: the store is filled at once."""
        nothing = np.zeros(hours)
        return cls(gives=nothing.astype(bool), takes=np.ones(hours, dtype=bool), later_kwh=nothing)

    @property
    def any(self) -> bool:
        """Whether any hour is worth trading in."""
        return bool(self.gives.any())

    def after(self, hours: int) -> "TradingHours":
        """The hours from a later hour on."""
        return TradingHours(gives=self.gives[hours:], takes=self.takes[hours:], later_kwh=self.later_kwh[hours:])

    def first(self, hours: int) -> "TradingHours":
        """The first hours."""
        return TradingHours(gives=self.gives[:hours], takes=self.takes[:hours], later_kwh=self.later_kwh[:hours])


def trading_hours(price_per_kwh: FloatArray, store: MeterStore, lowest_kw: float) -> TradingHours:
    """Work out the hours of a stretch of prices; nothing is given beyond the load, whose lowest is `lowest_kw`."""
    price = price_per_kwh.tolist()
    hours = len(price)
    gives = np.array([_gives(price, hour, store) for hour in range(hours)], dtype=bool)
    takes = np.ones(hours, dtype=bool)
    if gives.any():
        cheapest, left = np.inf, 0
        for hour in range(hours - 1, -1, -1):
            if gives[hour] or left == 0:
                cheapest, left = np.inf, _HOURS
            cheapest, left = min(cheapest, price[hour]), left - 1
            takes[hour] = price[hour] <= cheapest * _AS_CHEAP and not gives[hour]
    full_hour_kwh = min(store.discharge_kw, max(0.0, lowest_kw)) * store.stored_per_relieved
    later_kwh = np.zeros(hours)
    for hour in range(hours - 2, -1, -1):
        if gives[hour] and gives[hour + 1] and price[hour] <= price[hour + 1] * _AS_CHEAP:
            later_kwh[hour] = later_kwh[hour + 1] + full_hour_kwh
    return TradingHours(gives=gives, takes=takes, later_kwh=later_kwh)


def _gives(price: list[float], hour: int, store: MeterStore) -> bool:
    worth = (price[hour] - store.wear_per_relieved) * store.round_trip / _LEAST_GAIN
    for later in price[hour + 1 : hour + 1 + _HOURS]:
        if later > price[hour]:
            return False
        if later < worth:
            return True
    return False
