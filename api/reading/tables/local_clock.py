"""From local clock times to instants, across both clock changes, by the order of the rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ridethrough.api.reading.tables.csv_format import Stamps
from ridethrough.api.reading.tables.table import Cell
from ridethrough.api.reading.tables.times import FIRST_MOMENT, LAST_MOMENT, Times

Moments = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True, kw_only=True)
class AmbiguousRows:
    """Rows whose instant is ambiguous: the first row and their number, their text, and what to write instead."""

    index: int
    rows: int
    why: str
    allowed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The start of each row's interval as an instant (UTC), or the reason why some are ambiguous."""

    starts: Moments
    ambiguous: tuple[AmbiguousRows, ...] = ()

    @property
    def in_order(self) -> bool:
        """Whether every instant is known, and later than the one before."""
        return not self.ambiguous and bool((np.diff(self.starts) > np.timedelta64(0, "us")).all())

    def odd_steps(self, step: np.timedelta64) -> int:
        """The number of rows that do not follow the row before by a step."""
        return int((np.diff(self.starts) != step).sum())


def usual_step(moments: Moments) -> timedelta | None:
    """The most frequent step forward (the shortest of equally frequent ones); None where time never goes forward."""
    steps = np.diff(moments).astype("timedelta64[us]").astype(np.int64)
    forward, counts = np.unique(steps[steps > 0], return_counts=True)
    return timedelta(microseconds=int(forward[counts.argmax()])) if len(forward) else None


def starts_one_step_late(times: Times, cells: Sequence[Cell], clock: tzinfo | None) -> bool:
    """Whether times run from one step after midnight to midnight: they are of the ends of intervals.

    Midnight is that of a time's own offset, and for times in UTC that of the site's clock.
    """
    plausible = (times.moments >= FIRST_MOMENT) & (times.moments < LAST_MOMENT)
    if not plausible.all() or len(times.moments) < 3:  # noqa: PLR2004
        return False
    step = np.timedelta64(usual_step(times.moments) or timedelta(days=1), "us")
    first, last = (times.moments[index] + _offset_at(times, cells, index, clock) for index in (0, -1))
    day = np.timedelta64(1, "D")
    midnight = np.datetime64(0, "us")
    return bool((first - step - midnight) % day == 0 and (last - midnight) % day == 0 and step < day)


def written_offset(cell: Cell) -> tzinfo:
    """The UTC offset that a time is written with; UTC where it has none."""
    try:
        return datetime.fromisoformat(str(cell)).tzinfo or UTC
    except ValueError:
        return UTC


def _offset_at(times: Times, cells: Sequence[Cell], index: int, clock: tzinfo | None) -> np.timedelta64:
    """What is added to an instant to give the local time of its row; nothing where times are local."""
    offset = None if times.local else written_offset(cells[index]).utcoffset(None)
    if not times.local and not offset and clock is not None:
        offset = times.moments[index].item().replace(tzinfo=UTC).astimezone(clock).utcoffset()
    return np.timedelta64(offset or timedelta(), "us")


def instants_of(wall: Moments, clock: tzinfo, *, stamps: Stamps, holes_allowed: bool) -> Resolved:
    """The interval starts of rows stamped by a local clock at their start or their end.

    A stamp at the end is the clock's time then, or the start's time plus the step: at a clock change these differ, and
    the one that gives an order without faults, in more even steps, is taken; where both do, the rows are ambiguous.
    `holes_allowed`: an hour that should stand twice may be missing once.
    """
    if stamps == "start":
        return _localized(wall, clock, holes_allowed=holes_allowed)
    step = np.timedelta64(usual_step(wall) or timedelta(), "us")
    by_start = _localized(wall - step, clock, holes_allowed=holes_allowed)
    by_end = _localized(wall, clock, holes_allowed=holes_allowed)
    by_end = Resolved(starts=by_end.starts - step, ambiguous=by_end.ambiguous)
    if not (by_start.in_order and by_end.in_order):
        return by_end if by_end.in_order else by_start
    odd_by_start, odd_by_end = by_start.odd_steps(step), by_end.odd_steps(step)
    differing = np.flatnonzero(by_start.starts != by_end.starts)
    if len(differing) and odd_by_start == odd_by_end:
        return Resolved(starts=by_start.starts, ambiguous=(_two_ways(differing),))
    return by_end if odd_by_end < odd_by_start else by_start


def _localized(wall: Moments, clock: tzinfo, *, holes_allowed: bool) -> Resolved:
    if not isinstance(clock, ZoneInfo):
        offset = clock.utcoffset(None) or timedelta()
        return Resolved(starts=wall - np.timedelta64(offset, "us"))
    import pandas as pd  # noqa: PLC0415 - a command that reads no series does not wait for it

    index = pd.DatetimeIndex(wall)
    summer = np.ones(len(wall), dtype=bool)
    there = index.tz_localize(clock, ambiguous=summer, nonexistent="NaT")
    missing = np.asarray(there.isna())
    ambiguous = np.asarray(index.tz_localize(clock, ambiguous="NaT", nonexistent="shift_forward").isna())
    refused = list(_never_shown(wall, missing, clock))
    if ambiguous.any():
        early = _utc(index.tz_localize(clock, ambiguous=summer, nonexistent="shift_forward"))
        late = _utc(index.tz_localize(clock, ambiguous=~summer, nonexistent="shift_forward"))
        for rows in _runs(np.flatnonzero(ambiguous)):
            if _side_by_side(wall[rows]):
                refused.append(_paired(rows))
                continue
            second = _second_pass(rows, wall, early, late, holes_allowed=holes_allowed)
            if second is None:
                refused.append(_shown_once(rows, wall, clock))
            else:
                summer[rows[second:]] = False
    placed = index.tz_localize(clock, ambiguous=summer, nonexistent="shift_forward")
    return Resolved(starts=_utc(placed), ambiguous=tuple(refused))


def _second_pass(
    rows: NDArray[np.int64], wall: Moments, early: Moments, late: Moments, *, holes_allowed: bool
) -> int | None:
    """Which of some rows in the doubled hour is the first of its second pass; None where that cannot be told."""
    backward = np.flatnonzero(np.diff(wall[rows]) <= np.timedelta64(0, "us"))
    if len(backward):
        return int(backward[0]) + 1
    first, last = int(rows[0]), int(rows[-1])
    step = np.timedelta64(usual_step(wall) or timedelta(), "us")
    follows = first > 0 and early[first] - early[first - 1] == step
    leads = last + 1 < len(wall) and late[last + 1] - late[last] == step
    if follows and (not leads or holes_allowed):
        return len(rows)
    return 0 if leads and (not follows or holes_allowed) else None


def _never_shown(wall: Moments, missing: NDArray[np.bool_], clock: ZoneInfo) -> Iterator[AmbiguousRows]:
    """The rows in the hour that a clock skips in spring."""
    for rows in _runs(np.flatnonzero(missing)):
        first = int(rows[0])
        yield AmbiguousRows(
            index=first,
            rows=len(rows),
            why="the local clock skips this hour",
            allowed=f"a time that {clock.key} has. {_unchanging(wall[first], clock)}",
        )


def _side_by_side(wall: Moments) -> bool:
    """Whether both passes of an hour stand sorted by clock time, each time twice."""
    return len(wall) > 2 and len(wall) % 2 == 0 and bool((wall[::2] == wall[1::2]).all())  # noqa: PLR2004


def _paired(rows: NDArray[np.int64]) -> AmbiguousRows:
    return AmbiguousRows(
        index=int(rows[0]),
        rows=len(rows),
        why="both passes of the hour that the local clock repeats stand side by side",
        allowed="in the order of time: the whole hour before the change, then the whole hour after it",
    )


def _two_ways(rows: NDArray[np.int64]) -> AmbiguousRows:
    return AmbiguousRows(
        index=int(rows[0]),
        rows=len(rows),
        why="at the clock change beside it rows are missing: it is before the change or an hour later",
        allowed="told apart: add the missing rows, or export the times with their UTC offset",
    )


def _shown_once(rows: NDArray[np.int64], wall: Moments, clock: ZoneInfo) -> AmbiguousRows:
    first = int(rows[0])
    unchanging = _unchanging(wall[first], clock)
    return AmbiguousRows(
        index=first,
        rows=len(rows),
        why="the local clock shows this hour twice, the file has it once",
        allowed=f"there twice, in the order of time. {unchanging}; if the hour is missing, write gaps: "
        "{fill: hold, at_most_minutes: 60}",
    )


def _unchanging(moment: np.datetime64, clock: ZoneInfo) -> str:
    """What to write where the file's clock does not change: the winter's offset at that time."""
    day = moment.astype("datetime64[us]").item()
    offsets = [clock.utcoffset(day + timedelta(days=days)) or timedelta() for days in (-1, 1)]
    return (
        "If all rows carry one fixed offset (a clock that does not change), write csv_format: "
        f'{{timezone: "{offset_text(min(offsets))}"}}'
    )


def offset_text(offset: timedelta) -> str:
    """An offset as a format writes it.

    >>> offset_text(-timedelta(hours=4, minutes=30))
    '-04:30'
    """
    minutes = abs(offset) // timedelta(minutes=1)
    return f"{'-' if offset < timedelta() else '+'}{minutes // 60:02d}:{minutes % 60:02d}"


def _runs(indices: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Indices that follow each other, group by group."""
    if len(indices):
        yield from np.split(indices, np.flatnonzero(np.diff(indices) > 1) + 1)


def _utc(index: Any) -> Moments:  # noqa: ANN401 - a pandas index
    moments: Moments = index.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[us]")
    return moments.copy()
