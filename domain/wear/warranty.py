"""The yearly limit of a warranty: its calendar year, and how far discharge is ahead of it."""

from datetime import datetime

from ridethrough.domain.horizon import zone

_MONTHS = 12


def year_of(moment: datetime, timezone: str) -> tuple[datetime, datetime]:
    """The start and the end of the local calendar year of a moment."""
    local = zone(timezone)
    year = moment.astimezone(local).year
    return datetime(year, 1, 1, tzinfo=local), datetime(year + 1, 1, 1, tzinfo=local)


def haste(used_kwh: float, limit_kwh: float | None, moment: datetime, timezone: str) -> float:
    """From 0, where no more is used than the part of the year that is gone, to 1, where a month's part more is.

    >>> from datetime import UTC
    >>> round(haste(550.0, 1000.0, datetime(2026, 7, 2, 12, tzinfo=UTC), "UTC"), 3)
    0.6
    """
    if not limit_kwh:
        return 0.0
    begins, ends = year_of(moment, timezone)
    ahead = used_kwh / limit_kwh - (moment - begins) / (ends - begins)
    return min(1.0, max(0.0, ahead * _MONTHS))
