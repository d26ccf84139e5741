"""When day-ahead prices are published."""

from datetime import date, datetime, time, timedelta

from ridethrough.domain.horizon import zone

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
