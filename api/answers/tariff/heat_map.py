"""Prices by month and hour in a terminal: a mark for every half hour, denser for higher prices, and a legend."""

from collections.abc import Iterator, Sequence

import numpy as np
from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ridethrough.api.answers.tariff.tariff_map import PriceMap
from ridethrough.api.answers.terminal import indented

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SHADES = "·░▒▓█"
_DIGITS = "123456789"
_SLOTS_PER_MARK = 2
_HOURS = "".join(f"{hour:<6}" for hour in range(0, 24, 3))
_COLOURS = ("#4575b4", "#74add1", "#abd9e9", "#e0f3f8", "#fee090", "#fdae61", "#f46d43", "#d73027", "#a50026")
_DARK = (_COLOURS[0], *_COLOURS[-3:])
_INK, _LIGHT_INK = "#1f2933", "#ffffff"


def heat_maps(maps: Sequence[PriceMap]) -> RenderableType:
    """Maps of one price for different days, side by side if there is room, with one legend."""
    levels: dict[float, tuple[str, ...]] = {}
    for each in maps:
        for price, names in each.levels.items():
            levels[price] = tuple(dict.fromkeys((*levels.get(price, ()), *names)))
    scale = _scale(sorted(levels))
    drawn = [_map(each, scale) for each in maps]
    title = Text.assemble((f"{maps[0].title}", "bold"), (f"  {maps[0].unit}, by month and hour", "dim"))
    parts: list[RenderableType] = [title, Columns(drawn, padding=(0, 4)), _legend(levels, scale)]
    if any((each.prices[:, ::_SLOTS_PER_MARK] != each.prices[:, 1::_SLOTS_PER_MARK]).any() for each in maps):
        parts.append(Text("where a price changes within a half hour, the mark shows its first quarter", style="dim"))
    return indented(Group(*parts))


def _scale(prices: Sequence[float]) -> dict[float, tuple[str, str]]:
    """The mark and the colour of every price; too many prices are shown in nine steps."""
    marks = _SHADES if len(prices) <= len(_SHADES) else _DIGITS
    low, width = prices[0], prices[-1] - prices[0] or 1.0
    places = [(price - low) / width for price in prices]
    if len(prices) <= len(marks):
        places = np.linspace(0, 1, len(prices)).tolist()
        marks = marks if marks == _SHADES else marks[: len(prices)]
    return {
        price: (marks[round(place * (len(marks) - 1))], _COLOURS[round(place * (len(_COLOURS) - 1))])
        for price, place in zip(prices, places, strict=True)
    }


def _map(drawn: PriceMap, scale: dict[float, tuple[str, str]]) -> RenderableType:
    lines = [Text(f"{drawn.days}"), Text(f"     {_HOURS}".rstrip(), style="dim")]
    for month, row in zip(_MONTHS, drawn.prices[:, ::_SLOTS_PER_MARK], strict=True):
        marks = (scale[float(price)] for price in row)
        lines.append(Text.assemble((f"{month}  ", "dim"), *((mark, _style(mark, colour)) for mark, colour in marks)))
    return Group(*lines, Text())


def _style(mark: str, colour: str) -> str:
    """A shade is a field of its colour, and a digit is printed on such a field; without colours both are plain."""
    if mark in _SHADES:
        return f"{colour} on {colour}"
    return f"{_LIGHT_INK if colour in _DARK else _INK} on {colour}"


def _legend(levels: dict[float, tuple[str, ...]], scale: dict[float, tuple[str, str]]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    for mark, colour, prices in _steps(scale):
        names = list(dict.fromkeys(name for price in prices for name in levels[price]))
        shown = f"{prices[0]:.6g}" if len(prices) == 1 else f"{prices[0]:.6g} .. {prices[-1]:.6g}"
        table.add_row(
            Text(mark * 2, style=_style(mark, colour)), shown, Text(", ".join(names) or "no charge", style="dim")
        )
    return table


def _steps(scale: dict[float, tuple[str, str]]) -> Iterator[tuple[str, str, list[float]]]:
    """The marks from expensive to cheap, with the prices that each of them represents."""
    by_mark: dict[tuple[str, str], list[float]] = {}
    for price, look in scale.items():
        by_mark.setdefault(look, []).append(price)
    for (mark, colour), prices in reversed(by_mark.items()):
        yield mark, colour, prices
