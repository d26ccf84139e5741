"""Returns of a series of yearly amounts: present value, internal rate of return and payback."""

from collections.abc import Sequence
from enum import StrEnum
from itertools import accumulate, pairwise

import numpy as np

from ridethrough.finance.figure import Figure

LOWEST_RATE = -0.99
HIGHEST_RATE = 1000.0
"""The internal rate of return is searched between these rates."""
_SAME_RATE = 1e-6
_REAL = 1e-6
"""A root with a smaller relative imaginary part is real: rounding moves a root at which the present value touches 0."""


class Discounting(StrEnum):
    """The time within a year at which the amounts of a row count. The first row is row 0."""

    FIRST_ROW_WHOLE = "first_row_whole"
    """Row t is divided by (1 + rate) ** t: capital today, the first year of operation at its end."""

    MIDDLE_OF_YEAR = "middle_of_year"
    """Row t is divided by (1 + rate) ** (t + 1/2)."""

    END_OF_YEAR = "end_of_year"
    """Row t is divided by (1 + rate) ** (t + 1), as a spreadsheet's NPV function does."""

    def factors(self, rate: float, rows: int) -> tuple[float, ...]:
        """The present value of one unit of money in each row, at a yearly `rate` above -1."""
        return tuple((1 + rate) ** -(row + _LATER[self]) for row in range(rows))


_LATER = {Discounting.FIRST_ROW_WHOLE: 0.0, Discounting.MIDDLE_OF_YEAR: 0.5, Discounting.END_OF_YEAR: 1.0}


def internal_rate_of_return(amounts: Sequence[float]) -> Figure:
    """The rate at which the present value is 0, or the reason why there is no such rate.

    Amounts that change sign once have one such rate. Amounts that change sign more often may have several. All rates
    between `LOWEST_RATE` and `HIGHEST_RATE` are found. If exactly one of several is not negative, it is the answer: a
    cost at the end of a good project adds a rate near -100 %. Otherwise several rates are ambiguous.

    >>> round(internal_rate_of_return([-100.0, 60.0, 60.0]).value, 6)
    0.130662
    >>> internal_rate_of_return([-100.0, 230.0, -132.0]).reason
    'ambiguous: the present value is 0 at 10.00 %, 20.00 %'
    """
    if _sign_changes(amounts) == 0:
        return Figure.unknown("the amounts never change their sign, so no rate makes their present value 0")
    rates = _rates(amounts)
    if not rates:
        return Figure.unknown(f"no rate from {LOWEST_RATE:.0%} to {HIGHEST_RATE:,.0%} makes the present value 0")
    asked = [rate for rate in rates if rate >= 0] if len(rates) > 1 else rates
    if len(asked) != 1:
        named = ", ".join(f"{rate * 100:.2f} %" for rate in rates)
        return Figure.unknown(f"ambiguous: the present value is 0 at {named}")
    return Figure.known(asked[0])


def payback_years(amounts: Sequence[float], *, first_operating_row: int) -> Figure:
    """Years of operation after which the running sum of the amounts is at least 0 and stays so.

    Within a row the sum changes linearly. For the discounted payback, pass discounted amounts. The payback is 0 if the
    sum is never negative at the end of a row.

    >>> payback_years([-100.0, 40.0, 40.0, 40.0], first_operating_row=1).value
    2.5
    """
    sums = list(accumulate(amounts))
    if sums[-1] < 0:
        return Figure.unknown("never: the income does not cover the costs")
    short = [row for row, total in enumerate(sums) if total < 0]
    if not short:
        return Figure.known(0.0)
    row = short[-1]
    part = -sums[row] / (sums[row + 1] - sums[row])
    return Figure.known(max(0.0, row + 1 - first_operating_row + part))


def _sign_changes(amounts: Sequence[float]) -> int:
    signs = [amount > 0 for amount in amounts if amount != 0]
    return sum(before != after for before, after in pairwise(signs))


def _rates(amounts: Sequence[float]) -> list[float]:
    """All rates in range at which the present value is 0, in rising order; a rate that rounding has split counts once.

    The present value times (1 + rate) ** last row is a polynomial in 1 + rate, highest power first.
    """
    roots = np.roots(np.trim_zeros(np.asarray(amounts, dtype=np.float64)))
    real = roots.real[np.abs(roots.imag) <= _REAL * np.abs(roots)]
    rates = sorted(float(each) - 1 for each in real if LOWEST_RATE <= each - 1 <= HIGHEST_RATE)
    return [rate for index, rate in enumerate(rates) if index == 0 or rate - rates[index - 1] > _SAME_RATE]
