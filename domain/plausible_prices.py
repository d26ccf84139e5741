"""Plausible market prices: within the range of their currency, and not constant for too long.

Implausible prices are not traded on, because a dead, frozen or wrong feed looks like an opportunity.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from ridethrough.domain.validation import Checks

RANGE_PER_KWH: Mapping[str, tuple[float, float]] = {
    "AUD": (-2.0, 25.0),
    "BRL": (-5.0, 50.0),
    "CAD": (-2.0, 10.0),
    "CHF": (-1.0, 10.0),
    "CNY": (-5.0, 25.0),
    "CZK": (-25.0, 250.0),
    "DKK": (-10.0, 100.0),
    "EUR": (-1.0, 10.0),
    "GBP": (-1.0, 10.0),
    "HUF": (-400.0, 4_000.0),
    "INR": (-10.0, 100.0),
    "JPY": (-100.0, 1_000.0),
    "KRW": (-1_000.0, 10_000.0),
    "MXN": (-20.0, 200.0),
    "NOK": (-10.0, 100.0),
    "NZD": (-2.0, 25.0),
    "PLN": (-5.0, 50.0),
    "SEK": (-10.0, 100.0),
    "SGD": (-1.0, 10.0),
    "TWD": (-25.0, 250.0),
    "USD": (-1.0, 10.0),
    "ZAR": (-20.0, 200.0),
}
"""The lowest and highest price of a kWh that is believed, by currency: what markets of it let pass, with room to spare.

Their caps and floors: 5 USD, and 9 until 2021 (ERCOT); 20.3 AUD (NEM); 5 and -0.5 EUR (European day-ahead); 6 GBP
(balancing); 200 JPY (imbalance); 10 INR (day-ahead).
"""
LONGEST_UNCHANGED_H = 24.0
ZERO_SHARE = 0.5
"""A price of exactly zero often comes from a dead feed: it may stay only for this share of the time."""
_PER_MWH = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceDoubt:
    """Implausible prices from index `first` until before index `end`, and the reason."""

    first: int
    end: int
    reason: str
    is_outside: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PlausiblePrices:
    """The range of plausible prices (per kWh), and how long a price may stay the same.

    >>> believed = PlausiblePrices.of_currency("USD")
    >>> [doubt.reason for doubt in believed.doubts([0.03, 1e6, 0.04], 1.0, "USD")]
    ['1,000,000 USD per kWh is outside -1 to 10']
    """

    lowest_per_kwh: float | None = None
    highest_per_kwh: float | None = None
    unchanged_at_most_h: float = LONGEST_UNCHANGED_H

    def __post_init__(self) -> None:
        checks = Checks()
        low, high = self.lowest_per_kwh, self.highest_per_kwh
        ordered = low is None or high is None or low < high
        checks.require(ordered, "highest_per_kwh", high, f"above lowest_per_kwh {low}")
        checks.positive("unchanged_at_most_h", self.unchanged_at_most_h)
        checks.raise_faults()

    @classmethod
    def of_currency(
        cls,
        currency: str,
        *,
        lowest: float | None = None,
        highest: float | None = None,
        unchanged_h: float | None = None,
    ) -> "PlausiblePrices":
        """The range of a currency, or the range that a site gives; no range for an unknown currency."""
        low, high = RANGE_PER_KWH.get(currency, (None, None))
        return cls(
            lowest_per_kwh=low if lowest is None else lowest,
            highest_per_kwh=high if highest is None else highest,
            unchanged_at_most_h=LONGEST_UNCHANGED_H if unchanged_h is None else unchanged_h,
        )

    def doubts(self, price_per_kwh: Sequence[float], step_h: float, currency: str) -> tuple[PriceDoubt, ...]:
        """The implausible prices in a series with one price every `step_h` hours."""
        return (*self._outside(price_per_kwh, currency), *self._unchanged(price_per_kwh, step_h, currency))

    def _outside(self, prices: Sequence[float], currency: str) -> Iterator[PriceDoubt]:
        low = -float("inf") if self.lowest_per_kwh is None else self.lowest_per_kwh
        high = float("inf") if self.highest_per_kwh is None else self.highest_per_kwh
        if prices and low <= median(prices) / _PER_MWH <= high < median(prices):
            reason = (
                f"half of the prices are above {median(prices):,.6g} {currency} per kWh: "
                "they look like prices per MWh (column price_per_mwh)"
            )
            yield PriceDoubt(first=0, end=len(prices), reason=reason)
            return
        outside = [not low <= price <= high for price in prices]
        for is_outside, group in groupby(range(len(prices)), key=outside.__getitem__):
            if is_outside:
                run = list(group)
                worst = max((prices[index] for index in run), key=abs)
                reason = f"{worst:,.12g} {currency} per kWh is outside {low:g} to {high:g}"
                yield PriceDoubt(first=run[0], end=run[-1] + 1, reason=reason)

    def _unchanged(self, prices: Sequence[float], step_h: float, currency: str) -> Iterator[PriceDoubt]:
        first = 0
        for price, group in groupby(prices):
            end = first + len(list(group))
            hours = (end - first) * step_h
            if hours > self.unchanged_at_most_h * (ZERO_SHARE if price == 0 else 1):
                reason = f"{price:,.6g} {currency} per kWh stands still for {hours:,.4g} h"
                yield PriceDoubt(first=first, end=end, reason=reason, is_outside=False)
            first = end
