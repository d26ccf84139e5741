"""When day-ahead prices are published."""

from collections.abc import Sized
from datetime import date, datetime, time, timedelta

from ridethrough.domain.horizon import zone

USUAL_FROM = timedelta(hours=24)
"""Prices that are not published yet are taken from those that are: from as many at least."""
_PUBLISHED_AT_H = 14
"""From this local hour on the day-ahead prices of the next day are known (ERCOT 13:30, PJM 13:30, EPEX 13:00)."""


def publication_on(day: date, timezone: str) -> datetime:
    """The moment of a local day at which the prices of the next day are published."""
    return datetime.combine(day, time(_PUBLISHED_AT_H), zone(timezone))


def published_until(now: datetime, timezone: str) -> datetime:
    """The end of the known prices at a moment: the end of its local day, or later in the day that of the next day."""
    local = now.astimezone(zone(timezone))
    days = 2 if local.hour >= _PUBLISHED_AT_H else 1
    end = datetime.combine(local.date() + timedelta(days=days), time(), zone(timezone))
    return end.astimezone(now.tzinfo)


def too_few_prices(price_per_kwh: Sized | None, step: timedelta) -> bool:
    """Whether energy follows a market of which less than a day of prices is known: too little to plan from.

    >>> too_few_prices([0.1] * 23, timedelta(hours=1)), too_few_prices(None, timedelta(hours=1))
    (True, False)
    """
    return price_per_kwh is not None and len(price_per_kwh) * step < USUAL_FROM
