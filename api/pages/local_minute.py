"""A minute as a person writes it on a site's clock, which a clock change may show twice or never."""

from dataclasses import dataclass
from datetime import UTC, datetime

from ridethrough.domain.horizon import zone


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalMinute:
    """A moment, and the second one that the clock shows the same for, where there is one."""

    at: datetime
    again: datetime | None = None


def local_minute(written: str, timezone: str) -> LocalMinute:
    """Read a time with or without a UTC offset.

    Raises `ValueError` where it is no time, or one that the clock never shows.
    """
    try:
        moment = datetime.fromisoformat(written.replace(" ", "+"))
    except ValueError as error:
        raise ValueError(f"{written!r} is no time: write it like 2026-07-14T14:30") from error
    if moment.tzinfo is not None:
        return LocalMinute(at=moment)
    first, second = (moment.replace(tzinfo=zone(timezone), fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return LocalMinute(at=first)
    if _shown(first) != moment:
        raise ValueError(f"the clock in {timezone} never shows {written}: it was put forward then")
    return LocalMinute(at=first.astimezone(UTC), again=second.astimezone(UTC))


def _shown(moment: datetime) -> datetime:
    """What the clock shows at a moment."""
    return moment.astimezone(UTC).astimezone(moment.tzinfo).replace(tzinfo=None, fold=0)
