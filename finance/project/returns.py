"""What a row of yearly amounts is worth: present value, internal rate of return and payback."""

from collections.abc import Sequence
from enum import StrEnum
from itertools import accumulate, pairwise

from ridethrough.finance.figure import Figure

LOWEST_RATE = -0.99
HIGHEST_RATE = 1000.0
"""Beyond these nobody asks for an internal rate of return, and powers of it overflow."""


class Discounting(StrEnum):
    """At what time the amounts of a row count. The first row is row 0."""

    FIRST_ROW_WHOLE = "first_row_whole"
    """Row t is divided by (1 + rate) ** t: capital today, the first year of operation at its end."""

    MIDDLE_OF_YEAR = "middle_of_year"
    """Row t is divided by (1 + rate) ** (t + 1/2)."""

    END_OF_YEAR = "end_of_year"
    """Row t is divided by (1 + rate) ** (t + 1), as a spreadsheet's NPV function does."""

    def factors(self, rate: float, rows: int) -> tuple[float, ...]:
        """What one unit of money in each row is worth today, at `rate` a year (above -1)."""
        return tuple((1 + rate) ** -(row + _LATER[self]) for row in range(rows))


_LATER = {Discounting.FIRST_ROW_WHOLE: 0.0, Discounting.MIDDLE_OF_YEAR: 0.5, Discounting.END_OF_YEAR: 1.0}


def internal_rate_of_return(amounts: Sequence[float]) -> Figure:
    """The rate at which the present value is 0, or why there is not one.

    Amounts that change sign once have one such rate. Those that change it more often may have several; all between
    `LOWEST_RATE` and `HIGHEST_RATE` are found. Where one alone is not negative it is the answer (a cost at the end of
    a good project adds a rate near -100 %); else several are no answer.

    >>> round(internal_rate_of_return([-100.0, 60.0, 60.0]).value, 6)
    0.130662
    >>> internal_rate_of_return([-100.0, 230.0, -132.0]).reason
    'ambiguous: the present value is 0 at 10.00 %, 20.00 %'
    """
    if _sign_changes(amounts) == 0:
        return Figure.unknown("the amounts never change their sign, so no rate makes their present value 0")
    rates = _apart(sorted(1 / factor - 1 for factor in _roots(list(amounts))))
    if not rates:
        return Figure.unknown(f"no rate from {LOWEST_RATE:.0%} to {HIGHEST_RATE:,.0%} makes the present value 0")
    asked = [rate for rate in rates if rate >= 0] if len(rates) > 1 else rates
    if len(asked) != 1:
        named = ", ".join(f"{rate * 100:.2f} %" for rate in rates)
        return Figure.unknown(f"ambiguous: the present value is 0 at {named}")
    return Figure.known(asked[0])


def payback_years(amounts: Sequence[float], *, first_operating_row: int) -> Figure:
    """Years of operation after which the sum of the amounts is at least 0 and stays so.

    Within a row the sum is a straight line. Discounted payback is that of discounted amounts. It is 0 where the sum is
    never negative at the end of a row.

    >>> payback_years([-100.0, 40.0, 40.0, 40.0], first_operating_row=1).value
    2.5
    """
    sums = list(accumulate(amounts))
    if sums[-1] < 0:
        return Figure.unknown("never: what comes in does not make up for what goes out")
    short = [row for row, total in enumerate(sums) if total < 0]
    if not short:
        return Figure.known(0.0)
    row = short[-1]
    part = -sums[row] / (sums[row + 1] - sums[row])
    return Figure.known(max(0.0, row + 1 - first_operating_row + part))


def _apart(rates: list[float]) -> list[float]:
    """The rates, but one only of those that rounding has split where the present value touches 0."""
    return [rate for index, rate in enumerate(rates) if index == 0 or rate - rates[index - 1] > _SAME_RATE]


_SAME_RATE = 1e-6


def _sign_changes(amounts: Sequence[float]) -> int:
    signs = [amount > 0 for amount in amounts if amount != 0]
    return sum(before != after for before, after in pairwise(signs))


def _roots(coefficients: list[float]) -> list[float]:
    """Where the polynomial (lowest power first) changes sign between the factors of the highest and the lowest rate.

    Between neighbouring extremes a polynomial is monotone, and the extremes are the roots of its derivative.
    """
    if _sign_changes(coefficients) == 0:  # Descartes: no positive root
        return []
    slopes = [power * coefficient for power, coefficient in enumerate(coefficients)][1:]
    bounds = [1 / (1 + HIGHEST_RATE), *_roots(slopes), 1 / (1 + LOWEST_RATE)]
    crossings = []
    for low, high in pairwise(bounds):
        if (_polynomial(coefficients, low) > 0) != (_polynomial(coefficients, high) > 0):
            crossings.append(_bisect(coefficients, low, high))
    return crossings


def _polynomial(coefficients: list[float], factor: float) -> float:
    value = 0.0
    for coefficient in reversed(coefficients):
        value = value * factor + coefficient
    return value


def _bisect(coefficients: list[float], low: float, high: float) -> float:
    """The factor at which the sign changes, to the last digit of a float."""
    rises = _polynomial(coefficients, high) > 0
    while low < (middle := (low + high) / 2) < high:
        if (_polynomial(coefficients, middle) > 0) == rises:
            high = middle
        else:
            low = middle
    return high
