"""What a curve of trade against life leaves open: too few days behind it, and points that contradict each other."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Protocol

ENOUGH_DAYS = 7
"""With fewer days, a week's end or one hot day decides what is recommended."""
_ERROR = 0.01


class Priced(Protocol):
    """A point of the curve; its price is None where nothing is traded."""

    @property
    def life_price_per_kwh(self) -> float | None:
        """The price of a life."""

    @property
    def saved_per_year(self) -> float:
        """What trading saves."""

    @property
    def life_years(self) -> float:
        """How long batteries last."""


def curve_doubts(points: Sequence[Priced], days: int) -> Iterator[str]:
    """Name too few days, and the first two points (by rising price) where a dearer life saves more or is shorter.

    Differences up to 1 % of the highest saving, and of a life, are the solver's.
    """
    if days < ENOUGH_DAYS:
        yield (
            f"only {days} {'day stands' if days == 1 else 'days stand'} for a year: other days can recommend another "
            f"price of a life, so ask for {ENOUGH_DAYS} days or more before you follow it"
        )
    most = max((abs(point.saved_per_year) for point in points), default=0.0)
    for cheap, dear in pairwise(points):
        if dear.saved_per_year > cheap.saved_per_year + _ERROR * most:
            saved = f"{dear.saved_per_year:,.0f} a year, more than the {cheap.saved_per_year:,.0f} at {_price(cheap)}"
            yield f"the curve jumps: {_price(dear)} saves {saved}, though it trades for less; ask for other days"
            return
        if dear.life_years < (1 - _ERROR) * cheap.life_years:
            lasts = f"{dear.life_years:,.1f} years, less than the {cheap.life_years:,.1f} at {_price(cheap)}"
            yield f"the curve jumps: at {_price(dear)} batteries last {lasts}; ask for other days"
            return


def _price(point: Priced) -> str:
    price = point.life_price_per_kwh
    return "no trading" if price is None else f"a life at {price:,.0f} per kWh"
