"""Series: readings of a site by name, in one compressed block a day. What was recorded once stays for ever.

A block holds the values of one UTC day, one a step from `phase` after midnight on, NaN where nothing is known. Readings
that touch a day write a new block of it, with the older values where they say nothing, and note on the older block when
it was superseded. So a read as known at a moment takes the blocks that were recorded by then and not superseded.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    String,
    Table,
    bindparam,
    insert,
    select,
    update,
)

from ridethrough.store.schema import METADATA, microseconds, moment
from ridethrough.store.series_days import (
    DAY_US,
    Block,
    Stretch,
    UnableToAppend,
    blocks_of,
    merged,
    news,
    packed,
    same,
    unpacked,
)
from ridethrough.store.sites import LONGEST_ID, record_at

LONGEST_NAME = 100
_NEVER = 2**63 - 1

SERIES_BLOCKS = Table(
    "series_blocks",
    METADATA,
    Column("site_id", String(LONGEST_ID), primary_key=True),
    Column("name", String(LONGEST_NAME), primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("recorded_at", BigInteger, primary_key=True, autoincrement=False),
    Column("superseded_at", BigInteger, nullable=False),
    Column("step_us", BigInteger, nullable=False),
    Column("phase_us", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
"""`day` counts from 1970-01-01 UTC; `content` is float64, little-endian, compressed by zlib."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReadings:
    """Readings that are there: `starts` (UTC, rising) and `values`, without NaN, and the time from each to its end."""

    starts: NDArray[np.datetime64]
    values: NDArray[np.float64]
    steps_us: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of readings: how many values are `new`, how many `replaced` others, how many stayed `unchanged`."""

    recorded_at: datetime
    new: int
    replaced: int
    unchanged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesExtent:
    """From when to when a series has readings, and the steps that it has."""

    name: str
    start: datetime
    end: datetime
    step: timedelta
    readings: int


def append_series(
    connection: Connection, site_id: str, name: str, stretch: Stretch, *, now: datetime, may_change_step: bool = False
) -> Taken:
    """Record readings: they go before those that are there for the same time; days without any news stay as they are.

    With `may_change_step` (prices) values of the longer step hold in each of the shorter within a day. Raises
    `UnableToAppend` where steps do not go together.
    """
    given = blocks_of(stretch)
    if not given:
        return Taken(recorded_at=record_at(connection, site_id, now), new=0, replaced=0, unchanged=0)
    if not may_change_step:
        _require_step(connection, site_id, name, given[0])
    there = {block.day: block for block in _known(connection, site_id, name, (given[0].day, given[-1].day))}
    at = record_at(connection, site_id, now)
    rows, counts = [], np.zeros(3, dtype=np.int64)
    for block in given:
        old = there.get(block.day)
        whole = merged(old, block, may_change_step=may_change_step)
        counts += news(old, block)
        if old is None or not same(old, whole):
            rows.append(_row(site_id, name, whole, microseconds(at)))
    if rows:
        _supersede(connection, site_id, name, at, [row["day"] for row in rows if row["day"] in there])
        connection.execute(insert(SERIES_BLOCKS), rows)
    new, replaced, unchanged = (int(count) for count in counts)
    return Taken(recorded_at=at, new=new, replaced=replaced, unchanged=unchanged)


def read_series(
    connection: Connection,
    site_id: str,
    name: str,
    start: datetime | None = None,
    end: datetime | None = None,
    *,
    known_at: datetime | None = None,
) -> StoredReadings:
    """Read the readings whose start lies in `[start, end)`, all without them, as they were known at a moment."""
    first = None if start is None else microseconds(start)
    last = None if end is None else microseconds(end)
    days = (None if first is None else first // DAY_US, None if last is None else (last - 1) // DAY_US)
    blocks = _known(connection, site_id, name, days, known_at)
    if not blocks:
        nothing = np.empty(0, dtype=np.int64)
        return StoredReadings(starts=nothing.astype("datetime64[us]"), values=np.empty(0), steps_us=nothing)
    starts = np.concatenate([block.starts_us for block in blocks])
    values = np.concatenate([block.values for block in blocks])
    steps = np.concatenate([np.full(len(block.values), block.step_us) for block in blocks])
    kept = ~np.isnan(values)
    if first is not None:
        kept &= starts >= first
    if last is not None:
        kept &= starts < last
    return StoredReadings(starts=starts[kept].astype("datetime64[us]"), values=values[kept], steps_us=steps[kept])


def clear_series(connection: Connection, site_id: str, name: str, *, now: datetime) -> int:
    """Record that a series has no readings any more, and say how many days had some; older moments keep theirs."""
    days = [block.day for block in _known(connection, site_id, name)]
    if days:
        _supersede(connection, site_id, name, record_at(connection, site_id, now), days)
    return len(days)


def series_names(connection: Connection, site_id: str) -> list[str]:
    """The names under which a site has readings, or had."""
    names = select(SERIES_BLOCKS.c.name).where(SERIES_BLOCKS.c.site_id == site_id).distinct()
    return sorted(connection.execute(names).scalars())


def series_extent(connection: Connection, site_id: str, name: str) -> SeriesExtent | None:
    """From when to when a series has readings; None where it has none."""
    found = read_series(connection, site_id, name)
    if not len(found.starts):
        return None
    first, last = (int(found.starts[index].astype(np.int64)) for index in (0, -1))
    step = int(found.steps_us[-1])
    return SeriesExtent(
        name=name,
        start=moment(first),
        end=moment(last + step),
        step=timedelta(microseconds=step),
        readings=len(found.starts),
    )


def _known(
    connection: Connection,
    site_id: str,
    name: str,
    days: tuple[int | None, int | None] = (None, None),
    known_at: datetime | None = None,
) -> list[Block]:
    """The blocks of `days` (first and last), as known at a moment, in the order of days."""
    table, (first, last) = SERIES_BLOCKS.c, days
    wanted = [table.site_id == site_id, table.name == name]
    if first is not None:
        wanted.append(table.day >= first)
    if last is not None:
        wanted.append(table.day <= last)
    if known_at is None:
        wanted.append(table.superseded_at == _NEVER)
    else:
        at = microseconds(known_at)
        wanted += [table.recorded_at <= at, table.superseded_at > at]
    found = select(table.day, table.step_us, table.phase_us, table.content).where(*wanted).order_by(table.day)
    return [
        Block(day=day, step_us=step_us, phase_us=phase_us, values=unpacked(content))
        for day, step_us, phase_us, content in connection.execute(found)
    ]


def _supersede(connection: Connection, site_id: str, name: str, at: datetime, days: list[int]) -> None:
    """Note that the blocks of some days are no longer the newest."""
    if not days:
        return
    table = SERIES_BLOCKS.c
    newest = [table.site_id == site_id, table.name == name, table.superseded_at == _NEVER]
    noted = update(SERIES_BLOCKS).where(*newest, table.day == bindparam("of_day"))
    connection.execute(noted.values(superseded_at=microseconds(at)), [{"of_day": day} for day in days])


def _require_step(connection: Connection, site_id: str, name: str, given: Block) -> None:
    """Check that readings have the step of those that are there."""
    table = SERIES_BLOCKS.c
    newest = [table.site_id == site_id, table.name == name, table.superseded_at == _NEVER]
    wanted = select(table.day, table.step_us, table.phase_us).where(*newest).order_by(table.day.desc()).limit(1)
    row = connection.execute(wanted).one_or_none()
    if row is None:
        return
    if (row.step_us, row.phase_us) != (given.step_us, given.phase_us):
        raise UnableToAppend(row.step_us, given.step_us, moment(row.day * DAY_US))


def _row(site_id: str, name: str, block: Block, recorded_at: int) -> dict[str, Any]:
    return {
        "site_id": site_id,
        "name": name,
        "day": block.day,
        "recorded_at": recorded_at,
        "superseded_at": _NEVER,
        "step_us": block.step_us,
        "phase_us": block.phase_us,
        "content": packed(block),
    }
