"""Scales of values: round ticks that hold all values, and their figures."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_NEAR = 1e-9
_MOST_DIGITS = 6
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Values from `low` to `high`, with round `ticks`, written with `digits` decimals."""

    low: float
    high: float
    ticks: tuple[float, ...]
    digits: int

    def place(self, value: float, height: float) -> float:
        """The distance from the top, of `height` in all."""
        return height * (self.high - value) / (self.high - self.low)


def scale_of(values: Iterable[float], *, from_zero: bool, most_ticks: int = 4, room: float = 0.06) -> Scale:
    """A scale that holds all values; with `from_zero`, and zero. `room` is left free above and below, as a fraction.

    >>> scale_of([3.0, 41.0], from_zero=True).ticks
    (0.0, 20.0, 40.0)
    """
    known = [value for value in values if math.isfinite(value)] + ([0.0] if from_zero else [])
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if high - low <= _NEAR * max(1.0, abs(high)):
        low, high = (
            (min(low, 0.0), 1.0) if max(abs(low), abs(high)) <= _NEAR else (min(0.0, 2 * low), max(0.0, 2 * high))
        )
    step = _step((high - low) / most_ticks)
    free = room * (high - low)
    bottom = low if from_zero and low == 0 else low - free
    top = high if from_zero and high == 0 else high + free
    first = math.ceil(bottom / step - _NEAR)
    ticks = tuple(index * step for index in range(first, math.floor(top / step + _NEAR) + 1))
    digits = min(_MOST_DIGITS, max(0, -math.floor(math.log10(step) + _NEAR)))
    if round(step, digits) != round(step, digits + 1):
        digits += 1
    return Scale(low=bottom, high=top, ticks=tuple(tick + 0.0 for tick in ticks), digits=digits)


def figure(value: float, digits: int) -> str:
    """A number with separators of thousands; never minus zero.

    >>> figure(1234.5, 1), figure(-0.001, 0)
    ('1,234.5', '0')
    """
    rounded = round(value, digits) + 0.0
    text = f"{abs(rounded):,.{digits}f}"
    return f"{MINUS}{text}" if rounded < 0 else text


def digits_for(values: Iterable[float]) -> int:
    """As many decimals as values of their size need: none above 100, more below."""
    most = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    return 0 if most >= 100 else 1 if most >= 10 else 2 if most >= 1 else 4  # noqa: PLR2004 - sizes


def _step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in _STEPS if factor * power >= least * (1 - _NEAR))
