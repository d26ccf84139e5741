"""From times in files to instants or to times of a local clock."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ridethrough.api.reading.tables.table import Cell

EXCEL, UNIX, UNIX_MS = "excel", "unix", "unix_ms"
"""Formats of times that are numbers: days since 1900, and seconds or milliseconds since 1970 (UTC)."""

ISO = "ISO8601"
DATES = ("%d.%m.%Y", "%d.%m.%y", "%Y-%m-%d", "%Y/%m/%d", "%d/%m/%Y", "%m/%d/%Y", "%m/%d/%y", "%d-%m-%Y", "%Y%m%d")
CLOCKS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
FORMATS = (
    *(f"{day} {clock}" for day in DATES for clock in CLOCKS),
    *("%Y%m%d%H%M", "%Y%m%d%H%M%S", "%d.%m.%Y, %H:%M", "%d-%b-%Y %H:%M", "%d %b %Y %H:%M", "%b %d, %Y %I:%M %p"),
    *("%Y\u5e74%m\u6708%d\u65e5 %H:%M", "%Y\u5e74%m\u6708%d\u65e5 %H\u6642%M\u5206", "%Y\u5e74%m\u6708%d\u65e5%H:%M"),
)
"""Formats that are tried where a file's own is not given."""

FIRST_MOMENT, LAST_MOMENT = np.datetime64("1970-01-01", "us"), np.datetime64("2201-01-01", "us")
"""The times that are plausible: from the first, before the last."""

MIDNIGHT_AT_END = re.compile(r"(?<![\d:])24:00(:00)?(?![\d:])")
_SPAN = re.compile(r"(?<=\d)\s+[-\u2013]\s+\d.*$")
_OFFSET = re.compile(r"(?:[Zz]|[+-]\d\d(?::?\d\d)?)\s*$")
_ISO_TIME = re.compile(r"(?:\d{4}-\d\d-\d\d[T ]|\d{8}T)\d\d?(?::?\d\d.*)?")
_SHORTEST_WITH_OFFSET = len("2026-07-01T00+01:00") - 1
_COMPACT = {"%Y%m%d%H%M": 12, "%Y%m%d%H%M%S": 14}
_SECONDS_OF_SERIAL = 86_400
_FIRST_SERIAL_DAY = np.datetime64("1899-12-30", "us")
_TOLERANCE_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Times in the order of their rows: instants (UTC), or what a local clock showed (`local`).

    `moments` holds NaT at the indices in `bad`; `written_24` says that a row writes midnight as 24:00.
    """

    moments: NDArray[np.datetime64]
    local: bool
    bad: tuple[int, ...]
    written_24: bool = False


def parse_times(cells: Sequence[Cell | date | time], time_format: str | None) -> Times:
    """Read times by a format (one of `strptime`'s or a named one), or without one as ISO 8601."""
    numeric = time_format in (EXCEL, UNIX, UNIX_MS)
    if numeric or (cells and all(isinstance(cell, (int, float)) for cell in cells)):
        return _of_numbers(cells, time_format or EXCEL)
    if any(isinstance(cell, datetime) for cell in cells):
        return _of_datetimes(cells)
    texts = _starts_of_spans([cell.strip() if isinstance(cell, str) else str(cell) for cell in cells])
    next_day = [index for index, text in enumerate(texts) if "24:00" in text and MIDNIGHT_AT_END.search(text)]
    for index in next_day:
        texts[index] = MIDNIGHT_AT_END.sub(lambda found: f"00:00{found[1] or ''}", texts[index])
    read = _by_format(texts, time_format) if time_format else _iso(texts)
    if not next_day:
        return read
    moments = read.moments.copy()
    moments[next_day] += np.timedelta64(1, "D")
    return Times(moments=moments, local=read.local, bad=read.bad, written_24=True)


def formats_that_fit(cells: Sequence[Cell | date | time]) -> list[str]:
    """The formats that read every one of the cells; ISO 8601 first, and alone where it does."""
    if not cells:
        return []
    if not all(isinstance(cell, str) for cell in cells):
        plausible = parse_times(cells, None)
        ages = plausible.moments.astype("datetime64[Y]").astype(int) + 1970
        named = ISO if any(isinstance(cell, datetime) for cell in cells) else EXCEL
        return [named] if not plausible.bad and all(1990 <= age <= 2100 for age in ages) else []  # noqa: PLR2004
    texts = _starts_of_spans([str(cell).strip() for cell in cells])
    if all(_ISO_TIME.fullmatch(text) for text in texts) and not parse_times(texts, None).bad:
        return [ISO]
    length = len(texts[0])
    tried = (each for each in FORMATS if _COMPACT.get(each, length) == length)
    return [each for each in tried if all_fit(texts, each)]


def _starts_of_spans(texts: list[str]) -> list[str]:
    """The first time of cells that hold two, such as `01.05.2026 00:00 - 01.05.2026 00:15`."""
    if not texts or not _SPAN.search(texts[0]):
        return texts
    return [_SPAN.sub("", text) for text in texts]


def all_fit(texts: Sequence[str], time_format: str) -> bool:
    """Whether a format reads every text; the first decides most cases quickly."""
    first = MIDNIGHT_AT_END.sub("00:00", texts[0])
    try:
        datetime.strptime(first, time_format)  # noqa: DTZ007 - only asked whether it can be read
    except ValueError:
        return False
    return not parse_times(texts, time_format).bad


def _iso(texts: Sequence[str]) -> Times:
    """ISO 8601: with UTC offsets all through, or a local clock all through; the fewer of both are faulty."""
    pandas = _pandas()
    with_offset = np.array([_has_offset(text) for text in texts], dtype=bool)
    local = not with_offset.any()
    known = pandas.to_datetime(list(texts), format=ISO, utc=True, errors="coerce")
    moments = _utc_naive(known)
    if not local:
        moments[~with_offset] = np.datetime64("NaT")
    return Times(moments=moments, local=local, bad=_bad(moments))


def _has_offset(text: str) -> bool:
    if text[-1:] == "Z" or (len(text) > _SHORTEST_WITH_OFFSET and text[-6] in "+-"):
        return True
    return _OFFSET.search(text, 10) is not None


def _by_format(texts: Sequence[str], time_format: str) -> Times:
    pandas = _pandas()
    offset = "%z" in time_format
    try:
        known = pandas.to_datetime(list(texts), format=time_format, utc=True, errors="coerce")
    except ValueError:
        known = pandas.to_datetime([None] * len(texts), utc=True)
    moments = _utc_naive(known)
    return Times(moments=moments, local=not offset, bad=_bad(moments))


def _of_numbers(cells: Sequence[Any], time_format: str) -> Times:
    """Serial days of a spreadsheet (a local clock), or seconds since 1970 (UTC)."""
    numbers = np.array([_float(cell) for cell in cells], dtype=float)
    numbers[np.abs(numbers) > 1e14] = np.nan  # noqa: PLR2004 - beyond what a time can be
    known = np.where(np.isnan(numbers), 0.0, numbers)
    if time_format == EXCEL:
        known = np.clip(known, -1e6, 4e6) * _SECONDS_OF_SERIAL
        minutes = np.round(known / 60) * 60
        near = np.abs(known - minutes) < _TOLERANCE_S
        seconds = minutes if near.all() else np.round(known)
        moments = _FIRST_SERIAL_DAY + (seconds * 1e6).astype("timedelta64[us]")
    else:
        scale = 1e6 if time_format == UNIX else 1e3
        moments = np.datetime64("1970-01-01", "us") + (np.clip(known, -1e13, 1e13) * scale).astype("timedelta64[us]")
    moments[np.isnan(numbers)] = np.datetime64("NaT")
    return Times(moments=moments, local=time_format == EXCEL, bad=_bad(moments))


def _of_datetimes(cells: Sequence[Any]) -> Times:
    """Dates of a spreadsheet; they have no offset, and are rounded to the second that was meant."""
    plain = [cell.replace(tzinfo=None) if isinstance(cell, datetime) else None for cell in cells]
    moments = np.array(plain, dtype="datetime64[us]")
    second = np.timedelta64(1, "s")
    whole = ((moments + second / 2).astype("datetime64[s]")).astype("datetime64[us]")
    return Times(moments=whole, local=True, bad=_bad(whole))


def _float(cell: object) -> float:
    try:
        return float(cell)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")


def _utc_naive(known: Any) -> NDArray[np.datetime64]:  # noqa: ANN401 - a pandas index
    moments: NDArray[np.datetime64] = known.tz_localize(None).to_numpy().astype("datetime64[us]")
    return moments.copy()


def _bad(moments: NDArray[np.datetime64]) -> tuple[int, ...]:
    return tuple(np.flatnonzero(np.isnat(moments)).tolist())


def _pandas() -> Any:  # noqa: ANN401 - a module
    import pandas  # noqa: ICN001, PLC0415 - a command that reads no series does not wait for it

    return pandas
