"""The price of a kWh and a kW by month and hour, as grids for drawing.

An energy price is that of the first tier, with adjustments and the fuel adjustment of the month, before riders and
taxes. A demand price is the sum of the rates of all demand charges that count in an hour, of the first tier of each.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.tariffs.calendar.rate_schedule import SLOTS_PER_DAY
from ridethrough.tariffs.calendar.written import DAY_TYPES, MONTHS, DayType, format_days
from ridethrough.tariffs.tariff import Tariff

_DIGITS = 6
_EVERY_DAY = "every day"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceMap:
    """Prices of some day types by month and quarter hour, of shape (12, 96), and the names of their periods."""

    title: str
    days: str
    unit: str
    prices: NDArray[np.float64]
    names: tuple[tuple[str, ...], ...]

    @property
    def levels(self) -> dict[float, tuple[str, ...]]:
        """The prices in rising order, and the names of their periods."""
        found: dict[float, dict[str, None]] = {}
        for month, slot in np.ndindex(*self.prices.shape):
            found.setdefault(float(self.prices[month, slot]), {})[self.names[month][slot]] = None
        return {price: tuple(name for name in found[price] if name) for price in sorted(found)}


def energy_maps(tariff: Tariff) -> tuple[PriceMap, ...]:
    """The energy price, one map for each group of days with equal prices; none without an energy charge."""
    energy = tariff.energy
    if energy is None:
        return ()
    schedule = tariff.schedules.get(energy.schedule)
    by_name = {period.name: period for period in energy.periods}
    adder = energy.market.adder_per_kwh if energy.market is not None else 0.0
    fuel = energy.fuel_adjustment_per_kwh or (0.0,) * len(MONTHS)

    def price(month: int, day: int, slot: int) -> tuple[float, str]:
        name = energy.periods[0].name
        if schedule is not None:
            name = schedule.periods[schedule.slots[month, day, slot]]
        return by_name[name].tiers[0].price_per_kwh + fuel[month] + adder, name

    title = "Energy price" if energy.market is None else "Energy price on top of the market"
    return _maps(tariff, title, f"{tariff.currency}/kWh", price)


def demand_maps(tariff: Tariff) -> tuple[PriceMap, ...]:
    """The price of one more kW of peak, one map for each group of days with equal prices."""
    charged = []
    for charge in tariff.demand:
        schedule = tariff.schedules.get(charge.schedule)
        mask = np.ones((len(MONTHS), len(DAY_TYPES), SLOTS_PER_DAY), dtype=np.bool_)
        if schedule is not None:
            mask = schedule.mask(charge.period)
        rates = [charge.tiers(month)[0].rate_per_kw if charge.tiers(month) else 0.0 for month in MONTHS]
        if any(rates):
            charged.append((charge.name, mask, rates))

    def price(month: int, day: int, slot: int) -> tuple[float, str]:
        here = [(name, rates[month]) for name, mask, rates in charged if mask[month, day, slot] and rates[month]]
        return sum(rate for _, rate in here), " + ".join(name for name, _ in here)

    units = list(dict.fromkeys(charge.unit for charge in tariff.demand))
    unit = f"{tariff.currency}/{' or '.join(units)}"
    return _maps(tariff, "Demand price", unit, price) if charged else ()


def price_notes(tariff: Tariff) -> tuple[str, ...]:
    """Notes about what the maps of a tariff do not show."""
    notes = []
    if tariff.energy is not None and any(period.is_tiered for period in tariff.energy.periods):
        notes.append("energy has tiers: the map shows the price of the first")
    seasons = [season for charge in tariff.demand for season in charge.seasons]
    if any(len({tier.rate_per_kw for tier in season.tiers}) > 1 for season in seasons):
        notes.append("demand has tiers: the map shows the rates of the first")
    if tariff.riders:
        notes.append("before riders and taxes")
    return tuple(notes)


def _maps(
    tariff: Tariff, title: str, unit: str, price: Callable[[int, int, int], tuple[float, str]]
) -> tuple[PriceMap, ...]:
    shown: tuple[DayType, ...] = DAY_TYPES if tariff.holidays is not None else DAY_TYPES[:-1]
    groups: dict[bytes, tuple[list[DayType], NDArray[np.float64], tuple[tuple[str, ...], ...]]] = {}
    for day in shown:
        index = DAY_TYPES.index(day)
        cells = [[price(month, index, slot) for slot in range(SLOTS_PER_DAY)] for month in range(len(MONTHS))]
        prices = np.array([[round(each, _DIGITS) for each, _ in row] for row in cells])
        names = tuple(tuple(name for _, name in row) for row in cells)
        key = prices.tobytes() + repr(names).encode()
        groups.setdefault(key, ([], prices, names))[0].append(day)
    every = [_EVERY_DAY] if len(groups) == 1 else [format_days(tuple(days)) for days, _, _ in groups.values()]
    return tuple(
        PriceMap(title=title, days=days, unit=unit, prices=prices, names=names)
        for days, (_, prices, names) in zip(every, groups.values(), strict=True)
    )
