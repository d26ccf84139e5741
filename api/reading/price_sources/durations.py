"""Durations as ISO 8601 writes them."""

import re
from datetime import timedelta

_FORM = re.compile(r"P(?:(\d{1,4})D)?(?:T(?=\d)(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?", re.ASCII)


def duration(written: str) -> timedelta | None:
    """Read a duration of days, hours, minutes and seconds; None for any other text.

    >>> duration("PT15M"), duration("P1D"), duration("P1M"), duration("PT")
    (datetime.timedelta(seconds=900), datetime.timedelta(days=1), None, None)
    """
    found = _FORM.fullmatch(written)
    if found is None or not any(found.groups()):
        return None
    days, hours, minutes, seconds = (int(each or 0) for each in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
