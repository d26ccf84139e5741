"""Times in documents: ISO 8601 with a UTC offset, and nothing else (a bare number is no time)."""

import re
from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator

from ridethrough.api.reading.series.time_series import FIRST_YEAR, LAST_YEAR, is_plausible
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.tariffs.documents.printable import printable

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        moment = datetime(1, 1, 1)  # noqa: DTZ001 - no plausible time
    if not is_plausible(moment):
        raise ValueError(f"an ISO 8601 time with a UTC offset, in the years {FIRST_YEAR} to {LAST_YEAR}")
    return moment


def instant(text: str, field: str) -> datetime:
    """Read a time that was given on the command line.

    Raises `UnableToAccept` where it is none.
    """
    try:
        return _moment(text)
    except ValueError as error:
        raise UnableToAccept([Fault(field=field, value=text, allowed=str(error))]) from error


def local_day(text: str | None, field: str) -> date | None:
    """Read a local day that was given on the command line; None where none was.

    Raises `UnableToAccept` where it is no day.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text if _DAY.fullmatch(text) else "")
    except ValueError as error:
        allowed = "a day of the calendar: write YYYY-MM-DD, e.g. 2026-07-15"
        raise UnableToAccept([Fault(field=field, value=printable(text), allowed=allowed)]) from error


WrittenTime = Annotated[datetime, BeforeValidator(_moment)]
