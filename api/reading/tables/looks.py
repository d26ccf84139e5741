"""What columns of cells look like: times of some format, or numbers of some notation."""

from collections import Counter
from collections.abc import Sequence
from datetime import time

import numpy as np

from ridethrough.api.reading.tables.numbers import fits, is_missing, numbers_of
from ridethrough.api.reading.tables.table import Cell
from ridethrough.api.reading.tables.times import (
    CLOCKS,
    DATES,
    EXCEL,
    ISO,
    UNIX,
    UNIX_MS,
    all_fit,
    formats_that_fit,
    parse_times,
)

NOTATIONS = ((".", ""), (",", ""), (".", ","), (",", "."), (",", " "), (".", " "), (".", "'"), (",", "'"))
"""Decimal and thousands signs, in the order in which they are tried."""

_MOST_ODD = 0.2
_SERIALS = {EXCEL: (20_000.0, 80_000.0), UNIX: (1e8, 5e9), UNIX_MS: (1e11, 5e12)}
_FEWEST_NUMBERS = 4


def fitting_formats(cells: Sequence[Cell], *, odd_allowed: bool = True) -> list[str]:
    """The formats that read all cells of a column, or else (`odd_allowed`) most of them: a few may be broken."""
    formats_of_all = formats_that_fit(cells)
    if formats_of_all or not cells or not odd_allowed:
        return _telling(cells, formats_of_all)
    probes = [cells[index] for index in (0, len(cells) // 2, len(cells) - 1)]
    formats = dict.fromkeys(each for probe in probes for each in formats_that_fit([probe]))
    most = len(cells) * _MOST_ODD
    return _telling(cells, [each for each in formats if len(parse_times(cells, strptime_of(each)).bad) <= most])


def value_notation(cells: Sequence[Cell], *, odd_allowed: bool = True) -> tuple[str, str] | None:
    """The decimal and thousands signs that read the readings of a column, or most of them; None for other things."""
    held = [cell for cell in cells if not is_missing(cell)]
    if not held:
        return None
    for notation in NOTATIONS:
        if fits(held, decimal=notation[0], thousands=notation[1]):
            return notation
    if not odd_allowed:
        return None
    odd = {each: _odd_share(held, each) for each in NOTATIONS}
    best = min(odd, key=lambda each: odd[each])
    return best if odd[best] <= _MOST_ODD else None


def mostly_numbers(cells: Sequence[Cell], notation: tuple[str, str]) -> bool:
    """Whether most readings of a column are numbers in a notation."""
    held = [cell for cell in cells if not is_missing(cell)]
    return bool(held) and _odd_share(held, notation) <= _MOST_ODD


def days_in(cells: Sequence[Cell]) -> bool:
    """Whether a column holds dates without a clock time."""
    return bool(cells) and _are(cells, DATES)


def time_columns(cells: Sequence[Sequence[Cell]], *, odd_allowed: bool = True) -> tuple[tuple[int, ...], list[str]]:
    """The column with the time and its formats, or the two columns of a date and a clock time."""
    for number, each in enumerate(cells):
        formats = fitting_formats(each, odd_allowed=odd_allowed)
        if formats:
            return (number,), formats
    for number, days in enumerate(cells):
        if not _are(days, DATES):
            continue
        for other, clocks in enumerate(cells):
            if other != number and _are(clocks, CLOCKS):
                both = joined_times([days, clocks])
                return (number, other), fitting_formats(both)
    for number, each in enumerate(cells):
        named = _counted_time(each)
        if named is not None:
            return (number,), [named]
    return (), []


def joined_times(columns: Sequence[Sequence[object]]) -> list[Cell]:
    """One time a row, from one column, or from a date's and a clock time's."""
    if len(columns) == 1:
        return list(columns[0])  # type: ignore[arg-type]
    return [" ".join(_as_text(part) for part in parts) for parts in zip(*columns, strict=True)]


def strptime_of(time_format: str) -> str | None:
    """The format to write; ISO 8601 is known by its looks."""
    return None if time_format == ISO else time_format


def _odd_share(cells: Sequence[Cell], notation: tuple[str, str]) -> float:
    return len(numbers_of(cells, decimal=notation[0], thousands=notation[1])[1]) / len(cells)


def _counted_time(cells: Sequence[Cell]) -> str | None:
    """The name of a count of days or seconds: numbers of its size that go up by one step nearly all through."""
    for decimal in (".", ","):
        numbers, bad = numbers_of(cells, decimal=decimal)
        if bad or len(numbers) < _FEWEST_NUMBERS:
            continue
        steps = np.diff(numbers)
        even = np.abs(steps - np.median(steps)) < np.median(steps) / 10
        if np.median(steps) > 0 and even.mean() > 1 - _MOST_ODD:
            for name, (least, most) in _SERIALS.items():
                if least <= numbers.min() and numbers.max() <= most:
                    return name
    return None


def _telling(cells: Sequence[Cell], formats: list[str]) -> list[str]:
    """Of formats that fit all, those that let time go on by one step: a day is no month."""
    if len(formats) < 2:  # noqa: PLR2004
        return formats
    steps = {each: Counter(_steps(cells, each)) for each in formats}
    best = min(len(each) for each in steps.values())
    return [each for each in formats if len(steps[each]) == best]


def _steps(cells: Sequence[Cell], time_format: str) -> list[int]:
    moments = parse_times(cells, strptime_of(time_format)).moments.astype("int64")
    return (moments[1:] - moments[:-1]).tolist()  # type: ignore[no-any-return]


def _are(cells: Sequence[Cell], formats: Sequence[str]) -> bool:
    texts = [_as_text(cell) for cell in cells]
    return any(all_fit(texts, each) for each in formats)


def _as_text(cell: object) -> str:
    if isinstance(cell, time):
        return cell.isoformat("seconds")
    text = str(cell).strip()
    return text.removesuffix(" 00:00:00")
