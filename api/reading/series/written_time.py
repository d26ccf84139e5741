"""Times in documents: ISO 8601 with a UTC offset, and nothing else (a bare number is no time)."""

from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator

from ridethrough.api.reading.series.time_series import FIRST_YEAR, LAST_YEAR, is_plausible
from ridethrough.domain import Fault, UnableToAccept


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


WrittenTime = Annotated[datetime, BeforeValidator(_moment)]
