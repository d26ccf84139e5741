"""How long the store takes: a year of quarter-hours written, read and read as known before, on SQLite and PostgreSQL.

PYTHONPATH=$(make -s support) python -m benchmarks.store

Prints a table, with the least of several runs: wall time in milliseconds.
"""

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from postgresql import postgresql_server

from ridethrough.store.database import Database, open_database
from ridethrough.store.series import append_series, read_series
from ridethrough.store.series_days import Stretch
from ridethrough.store.sites import put_site

START, NOW = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)
VALUES = (4300 + np.random.default_rng(1).normal(0, 30, 365 * 96) + 400 * np.sin(np.arange(365 * 96) / 15)).round(1)
TIMES = 15


def main() -> None:
    print("| | SQLite | PostgreSQL |")
    print("|---|---:|---:|")
    with databases() as (lite, server):
        rows = [measured(database) for database in (lite, server)]
        for name in rows[0]:
            print(f"| {name} | {rows[0][name]:.1f} | {rows[1][name]:.1f} |")
        print(f"\n{size_kb(lite):.0f} kB a year on SQLite, of {VALUES.nbytes / 1000:.0f} kB of float64")


@contextmanager
def databases() -> Iterator[tuple[Database, Database]]:
    with tempfile.TemporaryDirectory() as folder, postgresql_server() as server:
        opened = [open_database(url) for url in (f"sqlite:///{folder}/bench.db", server.new_database())]
        yield opened[0], opened[1]
        for database in opened:
            database.close()


def measured(database: Database) -> dict[str, float]:
    """Milliseconds of each kind of work."""
    year = Stretch(start=START, step=QUARTER, values=VALUES)
    names = iter(range(10_000))
    with database.writing() as connection:
        known_at = append_series(connection, "s", "load", year, now=NOW).recorded_at
        for index in range(365):  # a forecast that is revised every day
            values = Stretch(start=START + index * DAY, step=QUARTER, values=np.full(96, float(index + 1)))
            append_series(connection, "s", "load", values, now=NOW + index * DAY)
    return {
        "write a year": timed(lambda: write(database, f"new {next(names)}", year)),
        "write a day into a year": timed(
            lambda: write(
                database, "load", Stretch(start=START + 99 * DAY, step=QUARTER, values=VALUES[:96] + next(names))
            )
        ),
        "read a year": timed(lambda: read(database, None, None)),
        "read a year as known before each day was revised": timed(lambda: read(database, None, known_at)),
        "read a week": timed(lambda: read(database, START + 100 * DAY, None, START + 107 * DAY)),
        "write a site's document": timed(lambda: put(database, next(names))),
    }


def write(database: Database, name: str, stretch: Stretch) -> None:
    with database.writing() as connection:
        append_series(connection, "s", name, stretch, now=NOW)


def read(database: Database, start: datetime | None, known_at: datetime | None, end: datetime | None = None) -> None:
    with database.reading() as connection:
        read_series(connection, "s", "load", start, end, known_at=known_at)


def put(database: Database, number: int) -> None:
    with database.writing() as connection:
        put_site(connection, "s", {"number": number}, now=NOW, by="bench")


def timed(work: Callable[[], None]) -> float:
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - began))
    return min(times)


def size_kb(database: Database) -> float:
    """What the blocks of one year take."""
    connection = sqlite3.connect(Path(str(database.url.database)))
    (found,) = connection.execute("SELECT sum(length(content)) FROM series_blocks WHERE name = 'new 0'").fetchone()
    connection.close()
    return float(found) / 1000


if __name__ == "__main__":
    main()
