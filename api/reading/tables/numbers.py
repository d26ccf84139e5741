"""Numbers as people and utilities write them, to floats."""

import math
import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from ridethrough.api.reading.tables.csv_format import SPACES
from ridethrough.api.reading.tables.table import Cell

MISSING = frozenset({"", "-", "--", "n/a", "na", "#n/a", "nan", "null", "none"})
"""What a cell without a reading holds."""


def numbers_of(
    cells: Sequence[Cell], *, decimal: str = ".", thousands: str = ""
) -> tuple[NDArray[np.float64], list[int]]:
    """Turn cells into numbers; the second value lists the indices of cells that are none (NaN in the first).

    >>> numbers_of(["1.234,5", "x"], decimal=",", thousands=".")
    (array([1234.5,    nan]), [1])
    """
    if decimal == "." and not thousands:
        plain = _plain_numbers(cells)
        if plain is not None:
            return plain, []
    pattern = _pattern(decimal, thousands)
    values = np.array([_number(cell, pattern) for cell in cells], dtype=float)
    return values, np.flatnonzero(np.isnan(values)).tolist()


def may_be_thousands(cells: Iterable[Cell], sign: str) -> bool:
    """Whether a sign may stand before a part or between groups of three digits: `1.234`, in every cell that has it."""
    texts = [cell.strip() for cell in cells if isinstance(cell, str) and not is_missing(cell)]
    groups = re.compile(rf"[-+]?(?!0+{re.escape(sign)})\d{{1,3}}(?:{re.escape(sign)}\d{{3}})*", re.ASCII)
    return any(sign in text for text in texts) and all(groups.fullmatch(text) for text in texts)


def is_missing(cell: Cell) -> bool:
    """Whether a cell stands for a reading that was not made."""
    return isinstance(cell, str) and cell.strip().lower() in MISSING


def _plain_numbers(cells: Sequence[Cell]) -> NDArray[np.float64] | None:
    """All cells at once, where each of them is a finite number in the notation of programs."""
    try:
        numbers = [float(cell) for cell in cells]  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    values = np.array(numbers, dtype=np.float64)
    if not np.isfinite(values).all() or any("_" in cell for cell in cells if isinstance(cell, str)):
        return None
    return values


def _pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    separators = SPACES if thousands in SPACES and thousands else thousands
    groups = rf"\d{{1,3}}(?:[{re.escape(separators)}]\d{{3}})+|" if separators else ""
    point = re.escape(decimal)
    return re.compile(rf"([-+\u2212]?)({groups}\d+|(?={point}\d))(?:{point}(\d*))?([eE][-+]?\d+)?", re.ASCII)


def _number(cell: Cell, pattern: re.Pattern[str]) -> float:
    if isinstance(cell, str):
        found = pattern.fullmatch(cell.strip(SPACES + "\t"))
        if found is None:
            return math.nan
        sign, whole, fraction, power = found.groups()
        digits = "".join(each for each in whole if each.isdecimal()) or "0"
        value = float(f"{'' if sign == '+' else '-' if sign else ''}{digits}.{fraction or '0'}{power or ''}")
    elif isinstance(cell, (int, float)) and not isinstance(cell, bool):
        value = float(cell)
    else:
        return math.nan
    return value if math.isfinite(value) else math.nan


def fits(cells: Iterable[Cell], *, decimal: str, thousands: str) -> bool:
    """Whether every cell that holds a reading is a number in this notation."""
    held = [cell for cell in cells if not is_missing(cell)]
    return bool(held) and not numbers_of(held, decimal=decimal, thousands=thousands)[1]
