"""Detection of a common mistake: a local clock written with the same UTC offset before and after a clock change."""

from datetime import timedelta, tzinfo
from zoneinfo import ZoneInfo

import numpy as np

from ridethrough.api.reading.tables.csv_format import clock_of
from ridethrough.api.reading.tables.local_clock import offset_text, usual_step, written_offset
from ridethrough.api.reading.tables.readings import Cells, Instants
from ridethrough.domain import Fault


def fixed_offset_faults(
    cells: Cells, instants: Instants, *, timezone: str, wording: str, time_name: str
) -> list[Fault]:
    """The rows where a clock change of a zone is in the times, while every row has one and the same offset."""
    clock = clock_of(timezone)
    if not isinstance(clock, ZoneInfo):
        return []
    if not len(instants.starts) or (np.diff(instants.starts, n=2) == np.timedelta64(0, "us")).all():
        return []
    fixed = written_offset(cells.times[0])
    offset = fixed.utcoffset(None)
    if offset is None or any(written_offset(cell).utcoffset(None) != offset for cell in cells.times):
        return []
    step = usual_step(instants.starts) or timedelta()
    steps = np.diff(instants.starts).astype("timedelta64[us]").astype(np.int64)
    faults = []
    for index in np.flatnonzero(steps != step // timedelta(microseconds=1)).tolist():
        jump = timedelta(microseconds=int(steps[index])) - step
        if jump and jump == _change_between(instants, index, fixed, clock):
            field = f"row {cells.numbers[index + 1]}, {time_name}"
            faults.append(_named(field, str(cells.times[index + 1]), offset_text(offset), timezone, wording))
    return faults


def _change_between(instants: Instants, index: int, fixed: tzinfo, clock: ZoneInfo) -> timedelta:
    """The clock change of the zone near the wall times of two rows."""
    before, after = (
        instants.starts[each].item() + (fixed.utcoffset(None) or timedelta()) for each in (index, index + 1)
    )
    day = timedelta(days=1)
    early, late = min(before, after) - day, max(before, after) + day
    return (clock.utcoffset(late) or timedelta()) - (clock.utcoffset(early) or timedelta())


def _named(field: str, text: str, offset: str, timezone: str, wording: str) -> Fault:
    time, seconds = text[: -len(offset)], "%S"
    parts = time.count(":")
    separator = "T" if "T" in time else " "
    clock = "%H:%M" if parts == 1 else f"%H:%M:{seconds}"
    written = wording.format(f'{{time_format: "%Y-%m-%d{separator}{clock}{offset}", timezone: {timezone}}}')
    value = f"{text} (a clock change of {timezone}, but every row has the fixed offset {offset})"
    allowed = f"written with the offset of its own season, or read as the local clock: {written}"
    return Fault(field=field, value=value, allowed=allowed)
