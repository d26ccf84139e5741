"""How a cost is written off for tax: the part of its basis deducted in each year.

Source of the tables: IRS Publication 946, "How To Depreciate Property", appendix A, table A-1 (3-, 5-, 7-, 10-, 15-
and 20-year property, half-year convention). Works of the United States government are in the public domain.
"""

import math
from dataclasses import dataclass
from itertools import zip_longest

from ridethrough.domain.validation import Checks, Fault, UnableToAccept

_SUM_TOLERANCE = 1e-9
_MACRS_PERCENT = {
    3: (33.33, 44.45, 14.81, 7.41),
    5: (20.00, 32.00, 19.20, 11.52, 11.52, 5.76),
    7: (14.29, 24.49, 17.49, 12.49, 8.93, 8.92, 8.93, 4.46),
    10: (10.00, 18.00, 14.40, 11.52, 9.22, 7.37, 6.55, 6.55, 6.56, 6.55, 3.28),
    15: (5.00, 9.50, 8.55, 7.70, 6.93, 6.23, 5.90, 5.90, 5.91, 5.90, 5.91, 5.90, 5.91, 5.90, 5.91, 2.95),
    20: (
        *(3.750, 7.219, 6.677, 6.177, 5.713, 5.285, 4.888, 4.522, 4.462, 4.461, 4.462),
        *(4.461, 4.462, 4.461, 4.462, 4.461, 4.462, 4.461, 4.462, 4.461, 2.231),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Depreciation:
    """The fraction of the basis deducted in each year; the fractions sum to 1.

    The first year is the one in which the property is placed in service.
    """

    name: str
    source: str
    fraction_by_year: tuple[float, ...]

    def __post_init__(self) -> None:
        checks = Checks()
        for index, fraction in enumerate(self.fraction_by_year):
            checks.fraction(f"fraction_by_year.{index}", fraction)
        whole = math.fsum(self.fraction_by_year)
        checks.require(abs(whole - 1) <= _SUM_TOLERANCE, "fraction_by_year", whole, "fractions that sum to 1")
        checks.raise_faults()

    def with_bonus(self, fraction: float) -> "Depreciation":
        """Deduct `fraction` of the basis at once (26 U.S.C. 168(k)), and the rest by this table.

        >>> five_years = macrs(5).with_bonus(0.6)
        >>> [round(part, 4) for part in five_years.fraction_by_year]
        [0.68, 0.128, 0.0768, 0.0461, 0.0461, 0.023]
        """
        checks = Checks()
        checks.fraction("bonus_fraction", fraction)
        checks.raise_faults()
        rest = [(1 - fraction) * part for part in self.fraction_by_year]
        parts = zip_longest([fraction], rest, fillvalue=0.0)
        return Depreciation(
            name=f"{self.name}, bonus {fraction:.0%}",
            source=f"{self.source}; 26 U.S.C. 168(k)",
            fraction_by_year=tuple(math.fsum(both) for both in parts),
        )


def macrs(years: int) -> Depreciation:
    """The MACRS table of 3-, 5-, 7-, 10-, 15- or 20-year property; UnableToAccept for other years.

    >>> macrs(3).fraction_by_year
    (0.3333, 0.4445, 0.1481, 0.0741)
    """
    if years not in _MACRS_PERCENT:
        allowed = f"one of {', '.join(str(each) for each in _MACRS_PERCENT)}"
        raise UnableToAccept([Fault(field="macrs_years", value=years, allowed=allowed)])
    return Depreciation(
        name=f"MACRS {years}",
        source="IRS Publication 946, table A-1, half-year convention",
        fraction_by_year=tuple(percent / 100 for percent in _MACRS_PERCENT[years]),
    )


def straight_line(years: int, *, half_year: bool = False) -> Depreciation:
    """Equal parts over `years`; with `half_year`, half a part in the first year and half in an extra last year.

    >>> straight_line(2, half_year=True).fraction_by_year
    (0.25, 0.5, 0.25)
    """
    checks = Checks()
    checks.require(years >= 1, "straight_line_years", years, "a whole number of at least 1")
    checks.raise_faults()
    part = 1 / years
    parts = (part / 2, *[part] * (years - 1), part / 2) if half_year else (part,) * years
    return Depreciation(name=f"straight line {years}", source="equal parts of the basis", fraction_by_year=parts)


EXPENSED = Depreciation(name="expensed", source="deducted in the year it is paid", fraction_by_year=(1.0,))
