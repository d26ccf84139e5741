"""From readings to a series of constant step: gaps are filled by the site's rule or refused with their row."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from ridethrough.api.reading.series.gap_filling import Grid, fill
from ridethrough.api.reading.tables.csv_format import Gaps
from ridethrough.domain import Fault

_SHORTEST_STRETCH = 3
_HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """Readings in the order of their rows: interval starts (UTC), values (NaN: none was made), and row numbers.

    `clock_at` gives the clock that the row at an index is shown in, `time_name` the column of the times.
    """

    starts: NDArray[np.datetime64]
    values: NDArray[np.float64]
    numbers: NDArray[np.int64]
    clock_at: Callable[[int], tzinfo]
    time_name: str

    def shown(self, index: int, later: timedelta = timedelta()) -> str:
        """The start of a reading, or a time later than it, as a message shows it."""
        return (self.moment(index) + later).astimezone(self.clock_at(index)).isoformat()

    def moment(self, index: int) -> datetime:
        """The start of a reading."""
        known: datetime = self.starts[index].item().replace(tzinfo=UTC)
        return known


@dataclass(frozen=True, slots=True, kw_only=True)
class EvenSeries:
    """An even series, and what was done to make it one."""

    step: timedelta
    values: NDArray[np.float64]
    notes: tuple[str, ...] = ()
    filled: int = 0
    longest_gap: timedelta = timedelta()


def made_even(
    readings: Readings,
    gaps: Gaps | None,
    faults: list[Fault],
    *,
    step_may_change: bool,
    clock: tzinfo,
    holes_stay: bool = False,
) -> EvenSeries | None:
    """Check that readings follow each other by one step; fill missing ones if the site says how.

    With `holes_stay` those that would be filled stay NaN.

    With `step_may_change` (prices) a longer step may become a shorter one, or the other way round: values of the longer
    step hold in each of the shorter. `clock` is the local clock of "the day before". None where `faults` were noted.
    """
    steps = np.diff(readings.starts).astype("timedelta64[us]").astype(np.int64)
    if not (steps > 0).any():
        value = readings.moment(1).astimezone(readings.clock_at(1))
        backwards = "; the newest row stands first: sort the rows by time" if (steps < 0).all() else ""
        allowed = f"after {readings.shown(0)}{backwards}"
        field = f"row {readings.numbers[1]}, {readings.time_name}"
        faults.append(Fault(field=field, value=str(value), allowed=allowed))
        return None
    stretches = list(_stretches(steps))
    if len(stretches) > 1 and not step_may_change:
        faults.append(_changed_step(readings, stretches))
        return None
    shortest = min(step for _, _, step in stretches)
    grids: list[Grid] = []
    for stretch in stretches:
        there = _checked(readings, steps, stretch, gaps=gaps, faults=faults)
        if there is not None:
            grids.append(there)
    if faults:
        return None
    even = _joined(readings, [step for _, _, step in stretches], shortest, grids)
    return even if holes_stay else _filled(even, readings, gaps, faults, clock)


def _changed_step(readings: Readings, stretches: list[tuple[int, int, int]]) -> Fault:
    (_, _, was), (row, _, now) = stretches[:2]
    before, after = (f"{timedelta(microseconds=each) / timedelta(minutes=1):g}" for each in (was, now))
    field = f"row {readings.numbers[row]}, {readings.time_name}"
    value = f"{readings.shown(row)} (the step changes from {before} to {after} minutes)"
    return Fault(field=field, value=value, allowed="the same step in the whole file: split the file there")


def _usual(steps: NDArray[np.int64]) -> int:
    forward, counts = np.unique(steps[steps > 0], return_counts=True)
    return int(forward[counts.argmax()])


def _stretches(steps: NDArray[np.int64]) -> Iterator[tuple[int, int, int]]:
    """Stretches of rows with one step each: first row, the row after the last, step (in microseconds).

    A step makes a stretch where it divides the hour and stands at least three times in a row; the odd ones between
    (gaps) belong to the stretch before them.
    """
    edges = np.flatnonzero(np.diff(steps)) + 1
    starts = [0, *edges.tolist()]
    ends = [*edges.tolist(), len(steps)]
    long = [
        (first, int(steps[first]))
        for first, last in zip(starts, ends, strict=True)
        if last - first >= _SHORTEST_STRETCH and steps[first] > 0 and _HOUR_US % int(steps[first]) == 0
    ]
    changes = [each for index, each in enumerate(long) if index == 0 or each[1] != long[index - 1][1]]
    if len(changes) < 2:  # noqa: PLR2004 - one step all through
        yield 0, len(steps), _usual(steps)
        return
    shortest = min(step for _, step in changes)
    if any(step % shortest for _, step in changes):
        yield 0, len(steps), _usual(steps)
        return
    bounds = [0, *(first for first, _ in changes[1:]), len(steps)]
    for (_, step), first, last in zip(changes, bounds, bounds[1:], strict=False):
        yield first, last, step


def _checked(
    readings: Readings,
    steps: NDArray[np.int64],
    stretch: tuple[int, int, int],
    *,
    gaps: Gaps | None,
    faults: list[Fault],
) -> Grid | None:
    """The grid of one stretch, with the index of the reading in each place (-1: none); or faults."""
    first, last, step = stretch
    odd = np.flatnonzero(steps[first:last] != step) + first
    kept = np.ones(last - first + 1, dtype=bool)
    for index in odd.tolist():
        wrong = _wrong_step(readings, index, int(steps[index]), step, gaps)
        if wrong is not None:
            faults.append(wrong)
        elif steps[index] == 0:
            kept[index + 1 - first] = False
    if faults:
        return None
    rows = np.arange(first, last + 1)[kept]
    offsets = (readings.starts[rows] - readings.starts[first]).astype("timedelta64[us]").astype(np.int64) // step
    return Grid.of(rows, offsets)


def _wrong_step(readings: Readings, index: int, stepped: int, step: int, gaps: Gaps | None) -> Fault | None:
    """What is wrong between the row at an index and the one after it, unless the site's rule for gaps covers it."""
    after, usual = index + 1, timedelta(microseconds=step)
    same = stepped == 0 and readings.values[after] == readings.values[index]
    if gaps is not None and same:
        return None
    whole = stepped > 0 and stepped % step == 0
    missing = timedelta(microseconds=stepped - step)
    if gaps is not None and whole and missing <= gaps.at_most:
        return None
    kind = "a duplicate" if stepped == 0 else "out of order" if stepped < 0 else "after a gap"
    if 0 < stepped < step:
        kind = f"{timedelta(microseconds=stepped) / timedelta(minutes=1):g} minutes after the row before"
    allowed = readings.shown(index, usual)
    if whole:
        limit = f"{missing / timedelta(minutes=1):g}"
        longer = f"the gap of {limit} minutes is longer than at_most_minutes: {gaps.at_most_minutes:g}" if gaps else ""
        allowed += f"; {longer or f'to fill it, write gaps: {{fill: hold, at_most_minutes: {limit}}}'}"
    field = f"row {readings.numbers[after]}, {readings.time_name}"
    return Fault(field=field, value=f"{readings.shown(after)} ({kind})", allowed=allowed)


def _joined(
    readings: Readings,
    steps: list[int],
    shortest: int,
    stretches: list[Grid],
) -> EvenSeries:
    """One grid of the shortest step from those of all stretches."""
    notes = []
    places: list[NDArray[np.int64]] = []
    for number, (stretch, step) in enumerate(zip(stretches, steps, strict=True)):
        final = number == len(stretches) - 1
        here = stretch.places if final else stretch.places[:-1]
        places.append(np.repeat(here, step // shortest))
        if number:
            was, now = (timedelta(microseconds=each) / timedelta(minutes=1) for each in (steps[number - 1], step))
            notes.append(f"the step changes from {was:g} to {now:g} minutes at {readings.shown(int(stretch.rows[0]))}")
    grid = np.concatenate(places)
    values = np.where(grid >= 0, readings.values[np.maximum(grid, 0)], np.nan)
    dropped = len(readings.values) - sum(len(each.rows) for each in stretches) + len(stretches) - 1
    if dropped:
        notes.append(f"rows that repeat a reading, read once: {dropped}")
    return EvenSeries(step=timedelta(microseconds=shortest), values=values, notes=tuple(notes))


def _filled(
    even: EvenSeries, readings: Readings, gaps: Gaps | None, faults: list[Fault], clock: tzinfo
) -> EvenSeries | None:
    """Fill the places without a reading by the site's rule, and count them; None where a gap is too long for it."""
    missing = np.isnan(even.values)
    if not missing.any() or gaps is None:
        return even
    values, longest, refused = fill(even.values, gaps, start=readings.moment(0), step=even.step, clock=clock)
    for place, minutes, why in refused:
        shown = (readings.moment(0) + place * even.step).astimezone(readings.clock_at(0)).isoformat()
        faults.append(Fault(field=f"gap from {shown}", value=f"{minutes:g} minutes", allowed=why))
    if refused:
        return None
    count = int(missing.sum())
    note = (
        f"{count} of {len(values)} values filled (gaps: {gaps.fill}); "
        f"the longest gap is {longest / timedelta(minutes=1):g} minutes"
    )
    return EvenSeries(step=even.step, values=values, notes=(*even.notes, note), filled=count, longest_gap=longest)
