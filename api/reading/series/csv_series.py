"""Reading CSV series: a `start` column with UTC offsets, and one value column that names its unit."""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from ridethrough.domain import Fault, UnableToAccept

LOAD_COLUMNS: Mapping[str, float] = {"load_kw": 1.0}
PRICE_COLUMNS: Mapping[str, float] = {"price_per_kwh": 1.0, "price_per_mwh": 0.001}
"""Value columns by name, and the factor that turns each into our unit (kW; currency per kWh)."""

_MOST_FAULTS = 20
FIRST_YEAR, LAST_YEAR = 1970, 2200
_FIRST_DATA_ROW = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSeries:
    """Evenly spaced values from `start`, one each `step`, without gaps; `source` names where they came from."""

    source: str
    start: datetime
    step: timedelta
    values: tuple[float, ...]

    @property
    def end(self) -> datetime:
        """The instant after the last value."""
        return self.start + len(self.values) * self.step


def read_csv_series(path: Path, columns: Mapping[str, float], *, source: str) -> TimeSeries:
    """Read one series, refusing a file with anything wrong in it.

    Raises `UnableToAccept` with every fault found (the first of many), each with its row as an editor counts it.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restkey="")
            column = _value_column(reader.fieldnames or (), columns, source)
            rows = [(row.get("start"), row.get(column), "" in row) for row in reader]
    except OSError as error:
        raise UnableToAccept([Fault(field="", source=source, value=str(path), allowed="a readable file")]) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnableToAccept([Fault(field="", source=source, value=str(error), allowed="a UTF-8 CSV file")]) from error
    starts, values, faults = _parse_rows(rows, column)
    if not faults:
        faults = _step_faults(starts)
    if faults:
        raise UnableToAccept([fault.in_source(source) for fault in first_of(faults)])
    factor = columns[column]
    return TimeSeries(
        source=source, start=starts[0], step=starts[1] - starts[0], values=tuple(value * factor for value in values)
    )


def _value_column(names: Sequence[str], columns: Mapping[str, float], source: str) -> str:
    """Find the one value column, or say what is wrong with the header."""
    allowed = " or ".join(columns)
    found = [name for name in names if name in columns]
    faults = []
    if "start" not in names:
        faults.append(Fault(field="header", value=",".join(names), allowed="a header with a `start` column"))
    if len(found) != 1:
        faults.append(
            Fault(field="header", value=",".join(names), allowed=f"a header with one value column: {allowed}")
        )
    if faults:
        raise UnableToAccept([fault.in_source(source) for fault in faults])
    return found[0]


def _parse_rows(
    rows: list[tuple[str | None, str | None, bool]], column: str
) -> tuple[list[datetime], list[float], list[Fault]]:
    starts: list[datetime] = []
    values: list[float] = []
    faults: list[Fault] = []
    for number, (start_text, value_text, too_many) in enumerate(rows, start=_FIRST_DATA_ROW):
        start = _parse_start(start_text)
        value = _parse_number(value_text)
        if start is None:
            allowed = "an ISO 8601 time with a UTC offset, such as 2026-07-01T00:00-04:00"
            faults.append(Fault(field=f"row {number}, start", value=start_text, allowed=allowed))
        if value is None:
            faults.append(Fault(field=f"row {number}, {column}", value=value_text, allowed="a finite number"))
        if too_many:
            faults.append(Fault(field=f"row {number}", value="more cells", allowed="as long as the header"))
        if start is not None and value is not None:
            starts.append(start)
            values.append(value)
    if not faults and len(starts) < 2:  # noqa: PLR2004 - two rows make a step
        faults.append(Fault(field="rows", value=len(starts), allowed="at least 2 rows, so that the step is known"))
    return starts, values, faults


def _parse_start(text: str | None) -> datetime | None:
    try:
        start = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return start if is_plausible(start) else None


def is_plausible(moment: datetime) -> bool:
    """Whether a time has a UTC offset and is of our age, far from where dates end."""
    return moment.tzinfo is not None and FIRST_YEAR <= moment.year <= LAST_YEAR


def _parse_number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _step_faults(starts: list[datetime]) -> list[Fault]:
    """Find gaps, duplicates and rows out of order; the smallest forward step is taken as the series' own."""
    steps = [after - before for before, after in pairwise(starts)]
    forward = [step for step in steps if step > timedelta()]
    if not forward:
        return [Fault(field="row 3, start", value=str(starts[1]), allowed=f"after {starts[0].isoformat()}")]
    expected = min(forward)
    faults = []
    for number, (before, step) in enumerate(zip(starts, steps, strict=False), start=_FIRST_DATA_ROW + 1):
        if step == expected:
            continue
        kind = "a duplicate" if step == timedelta() else "out of order" if step < timedelta() else "after a gap"
        value = f"{(before + step).isoformat()} ({kind})"
        faults.append(Fault(field=f"row {number}, start", value=value, allowed=(before + expected).isoformat()))
    return faults


def first_of(faults: list[Fault], of: str = "rows") -> list[Fault]:
    """The first of many faults, and how many there are."""
    if len(faults) <= _MOST_FAULTS:
        return faults
    rest = Fault(
        field=of, value=f"{len(faults)} faults", allowed=f"free of faults; the first {_MOST_FAULTS} are listed"
    )
    return [*faults[:_MOST_FAULTS], rest]
