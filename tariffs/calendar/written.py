"""The written forms of months, days and clock times: `jun-sep`, `weekday, holiday`, `7-22`.

The vocabulary keeps numbers; these annotated types read and write the compact form in native YAML.
"""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, PlainSerializer

DayType = Literal["weekday", "saturday", "sunday", "holiday"]

DAY_TYPES: tuple[DayType, ...] = ("weekday", "saturday", "sunday", "holiday")
MONTHS = tuple(range(1, 13))
MINUTES_PER_DAY = 1440

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_GROUPS: dict[str, tuple[DayType, ...]] = {"weekend": ("saturday", "sunday"), "all": DAY_TYPES}
_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2}))?")


class TariffPart:
    """Base of a tariff and of all its parts: each is a mapping in native YAML, and an unknown key is a fault."""

    __slots__ = ()
    __pydantic_config__ = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


def as_tuples(value: object) -> object:
    """Turn the lists of a document into tuples; any other value is returned unchanged."""
    return tuple(as_tuples(each) for each in value) if isinstance(value, list) else value


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.lower().split(",")]


def _month(name: str) -> int:
    if name[:3] not in _MONTH_NAMES:
        raise ValueError(f"months are written like jun-sep, not {name!r}")
    return _MONTH_NAMES.index(name[:3]) + 1


def parse_months(value: object) -> object:
    """Read `jun-sep` or `nov-feb, jul` as month numbers; a value that is not text is returned unchanged.

    >>> parse_months("nov-feb, jul")
    (1, 2, 7, 11, 12)
    """
    if not isinstance(value, str):
        return value
    months: set[int] = set()
    for part in _parts(value):
        first, _, last = part.partition("-")
        start, end = _month(first.strip()), _month((last or first).strip())
        months.update((start + step - 1) % 12 + 1 for step in range((end - start) % 12 + 1))
    return tuple(sorted(months))


def _runs(values: tuple[int, ...]) -> list[list[int]]:
    runs: list[list[int]] = []
    for value in values:
        if runs and runs[-1][-1] == value - 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    return runs


def format_months(months: tuple[int, ...]) -> str:
    """Write month numbers compactly, across the end of the year if that is shorter.

    >>> format_months((1, 2, 7, 11, 12))
    'nov-feb, jul'
    """
    runs = _runs(tuple(sorted(set(months))))
    if len(runs) > 1 and runs[0][0] == 1 and runs[-1][-1] == 12:  # noqa: PLR2004 - December
        runs = [runs[-1] + runs[0], *runs[1:-1]]
    names = [(_MONTH_NAMES[run[0] - 1], _MONTH_NAMES[run[-1] - 1]) for run in runs]
    return ", ".join(first if first == last else f"{first}-{last}" for first, last in names)


def parse_days(value: object) -> object:
    """Read `weekday`, `weekend, holiday` or `all` as day types; a value that is not text is returned unchanged."""
    if not isinstance(value, str):
        return value
    named = {day for part in _parts(value) for day in _DAY_GROUPS.get(part, (part,))}
    unknown = sorted(named - set(DAY_TYPES))
    if unknown:
        raise ValueError(f"days are {', '.join(DAY_TYPES)}, weekend or all, not {', '.join(unknown)}")
    return tuple(day for day in DAY_TYPES if day in named)


def format_days(days: tuple[DayType, ...]) -> str:
    """Write day types compactly.

    >>> format_days(("saturday", "sunday", "holiday"))
    'weekend, holiday'
    """
    if set(days) == set(DAY_TYPES):
        return "all"
    words = [day for day in DAY_TYPES if day in days]
    if {"saturday", "sunday"} <= set(days):
        words = [word for word in words if word not in _DAY_GROUPS["weekend"]]
        return ", ".join(sorted([*words, "weekend"], key=("weekday", "weekend", "holiday").index))
    return ", ".join(words)


def _minute(text: str) -> int:
    match = _CLOCK.fullmatch(text.strip())
    if not match:
        raise ValueError(f"hours are written like 7-22 or 07:30-22:00, not {text!r}")
    return int(match[1]) * 60 + int(match[2] or 0)


def parse_hours(value: object) -> object:
    """Read `7-11, 17-21` or `22:30-6` as minutes of the day `((start, end), ...)`; a range past midnight becomes two.

    >>> parse_hours("7-11, 22:30-6")
    ((0, 360), (420, 660), (1350, 1440))
    """
    if not isinstance(value, str):
        return value
    stretches: list[tuple[int, int]] = []
    for part in _parts(value):
        start_text, _, end_text = part.partition("-")
        start, end = _minute(start_text), _minute(end_text)
        stretches += [(start, end)] if start < end else [(start, MINUTES_PER_DAY), (0, end)]
    return tuple(sorted(stretch for stretch in stretches if stretch[0] < stretch[1]))


def _clock(minute: int) -> str:
    hours, minutes = divmod(minute, 60)
    return f"{hours}:{minutes:02d}" if minutes else str(hours)


def format_hours(hours: tuple[tuple[int, int], ...]) -> str:
    """Write ranges of the day compactly.

    >>> format_hours(((0, 360), (420, 660)))
    '0-6, 7-11'
    """
    return ", ".join(f"{_clock(start)}-{_clock(end)}" for start, end in hours)


Months = Annotated[
    tuple[int, ...],
    BeforeValidator(as_tuples),
    BeforeValidator(parse_months),
    PlainSerializer(format_months, return_type=str),
]
Days = Annotated[
    tuple[DayType, ...],
    BeforeValidator(as_tuples),
    BeforeValidator(parse_days),
    PlainSerializer(format_days, return_type=str),
]
Hours = Annotated[
    tuple[tuple[int, int], ...],
    BeforeValidator(as_tuples),
    BeforeValidator(parse_hours),
    PlainSerializer(format_hours, return_type=str),
]


def parse_by_month(value: object) -> object:
    """Read one number as the same number for every month; a list is returned unchanged.

    >>> parse_by_month(0.5)[:2]
    (0.5, 0.5)
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (float(value),) * len(MONTHS)
    return value


def format_by_month(values: tuple[float, ...]) -> float | list[float]:
    """Write twelve equal numbers as one."""
    return values[0] if len(set(values)) == 1 else list(values)


ByMonth = Annotated[
    tuple[float, ...], BeforeValidator(as_tuples), BeforeValidator(parse_by_month), PlainSerializer(format_by_month)
]
