"""The prices of a tariff by month and hour as heat maps."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from ridethrough.api.answers.tariff.tariff_map import PriceMap, demand_maps, energy_maps
from ridethrough.charts import HeatMap
from ridethrough.charts.scale import figure
from ridethrough.tariffs.tariff import Tariff

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SLOTS_PER_HOUR = 4
_HOURS = 24


def tariff_heat_maps(tariff: Tariff) -> tuple[HeatMap, ...]:
    """One map for each price and each group of days with equal prices; maps of one price share their colours."""
    energy, demand = energy_maps(tariff), demand_maps(tariff)
    return (*_drawn(energy, "energy"), *_drawn(demand, "demand"))


def _drawn(maps: Sequence[PriceMap], family: str) -> tuple[HeatMap, ...]:
    if not maps:
        return ()
    low, high = min(float(each.prices.min()) for each in maps), max(float(each.prices.max()) for each in maps)
    return tuple(_heat_map(each, family, low, high) for each in maps)


def _heat_map(drawn: PriceMap, family: str, low: float, high: float) -> HeatMap:
    """Hours with their price as text, or quarter hours if a price changes within an hour."""
    by_hour = drawn.prices.reshape(len(_MONTHS), -1, _SLOTS_PER_HOUR)
    whole = bool((by_hour == by_hour[:, :, :1]).all())
    step = _SLOTS_PER_HOUR if whole else 1
    prices = drawn.prices[:, ::step].tolist()
    digits = 4 if high < 1 else 2
    return HeatMap(
        title=f"{drawn.title}, {drawn.days}",
        unit=drawn.unit,
        rows=_MONTHS,
        columns=tuple((hour / _HOURS, f"{hour:02d}") for hour in range(0, _HOURS, 2)),
        values=tuple(tuple(row) for row in prices),
        texts=tuple(tuple(figure(price, digits) if whole else "" for price in row) for row in prices),
        names=tuple(
            tuple(_names(month, names[::step], row, step, drawn.unit))
            for month, names, row in zip(_MONTHS, drawn.names, prices, strict=True)
        ),
        low=low,
        high=high,
        family=family,
    )


def _names(month: str, names: Sequence[str], prices: Sequence[float], step: int, unit: str) -> Iterator[str]:
    """For each cell, the whole time around it with the same price for the same reason."""
    for (name, price), group in groupby(range(len(prices)), key=lambda index: (names[index], prices[index])):
        run = list(group)
        times = f"{_clock(run[0] * step)} to {_clock((run[-1] + 1) * step)}"
        yield from [f"{month} {times}\n{name or 'no charge'}: {price:.6g} {unit}"] * len(run)


def _clock(slot: int) -> str:
    return f"{slot // _SLOTS_PER_HOUR:02d}:{60 // _SLOTS_PER_HOUR * (slot % _SLOTS_PER_HOUR):02d}"
