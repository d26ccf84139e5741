"""The database: one writer at a time, readers that see one moment, and nothing acknowledged that can be lost.

| | SQLite | PostgreSQL |
|---|---|---|
| `reading()` | `BEGIN`: the snapshot of the first read | `REPEATABLE READ READ ONLY`: the same |
| `writing()` | `BEGIN IMMEDIATE` | `READ COMMITTED` after an advisory lock that all writers take |
| acknowledged | `synchronous=FULL`: on the disk before `COMMIT` returns | the server's default, the same |

Because writers come one after the other on both databases, what a transaction reads and then writes cannot be
overtaken, and `docs/decisions/0031-one-writer-at-a-time.md` says what that costs.
"""

import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

PATIENCE_S = 30.0
"""How long a writer waits for the one before it."""
_BETWEEN_TRIES_S = (0.002, 0.02)
"""How long to wait, drawn anew each time, before a new file is asked again to switch to WAL."""
_POOLED = 10
_MORE_AT_PEAKS = 30
"""Connections that a burst of requests may open beside those kept: the service has 40 threads."""
_CACHE_KIB = 256
"""What each connection keeps of the file in memory; the system keeps the file itself, for all of them."""
_HAS_ADDED = "has_added"
_WRITERS_KEY = 0x52696465
"""The key of the advisory lock of all writers ("Ride")."""


class UnableToStore(RuntimeError):
    """The database cannot be opened, does not answer, or refuses; what was being written is not kept."""


class Database:
    """A database with its tables. Connections belong to the thread that uses them; the object itself to all."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self._engine = _sqlite_engine(url) if self.is_sqlite else _postgresql_engine(url)
        self._writer = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that reads: all its reads see the database as of one moment, and writes are refused.

        Raises `UnableToStore` where the database does not answer.
        """
        with _translated(), self._engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("PRAGMA query_only = 1")
                connection.exec_driver_sql("BEGIN")
            else:
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            connection.info[_HAS_ADDED] = False
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection that alone writes until the block ends: then all it wrote is kept, or after an error nothing.

        Raises `UnableToStore` where the database does not answer, or another writer takes longer than `PATIENCE_S`.
        """
        with _translated(), self._alone_in_this_process(), self._engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("PRAGMA query_only = 0")
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS_KEY})")
            connection.info[_HAS_ADDED] = False
            yield connection
            connection.commit()

    @contextmanager
    def _alone_in_this_process(self) -> Iterator[None]:
        """Let writers of one process queue here: waiting for SQLite's own lock is by naps of up to 100 ms."""
        if not self._writer.acquire(timeout=PATIENCE_S):
            raise UnableToStore(f"another writer has held the database for {PATIENCE_S:g} s")
        try:
            yield
        finally:
            self._writer.release()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def adds(connection: Connection) -> None:
    """Note that a transaction has added something that others do not see, and that may never be kept."""
    connection.info[_HAS_ADDED] = True


def sees_what_is_kept(connection: Connection) -> bool:
    """Whether all that a connection sees is kept: it may be remembered after its transaction, whatever that ends in."""
    return not connection.info.get(_HAS_ADDED, True)


def database_url(written: str) -> URL:
    """The URL of a database, as people write it: `sqlite:////path/file.db`, `postgresql://user@host/name`.

    Raises `UnableToStore` for any other.
    """
    allowed = "write sqlite:////PATH/ridethrough.db or postgresql://USER:PASSWORD@HOST/NAME"
    try:
        url = make_url(written)
    except (ArgumentError, ValueError) as error:
        raise UnableToStore(f"the database is not a URL: {allowed}") from error
    backend = url.get_backend_name()
    if backend not in {"sqlite", "postgresql"} or (backend == "sqlite" and not url.database):
        raise UnableToStore(f"the database {url.render_as_string()} is not one we know: {allowed}")
    return url.set(drivername="sqlite" if backend == "sqlite" else "postgresql+psycopg")


def open_database(url: str) -> Database:
    """Open a database, made or brought up to date by its migrations where needed (one process does, others wait).

    Raises `UnableToStore` where it cannot be opened, or is from a later version of Ridethrough.
    """
    from ridethrough.store.migrations.migrating import UnableToMigrate, migrate  # noqa: PLC0415 - alembic loads all tables' modules

    database = Database(database_url(url))
    try:
        with database.writing() as connection:
            migrate(connection)
    except UnableToMigrate as error:
        database.close()
        raise UnableToStore(str(error)) from error
    except UnableToStore:
        database.close()
        raise
    return database


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise UnableToStore(f"the database failed: {str(error.orig).strip()}") from error
    except SQLAlchemyError as error:
        raise UnableToStore(f"the database failed: {error}") from error


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(
        url, pool_size=_POOLED, max_overflow=_MORE_AT_PEAKS, connect_args={"timeout": PATIENCE_S}, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself: a late begin loses updates
        _write_ahead(connection)
        for pragma in ("synchronous = FULL", "foreign_keys = ON", f"cache_size = -{_CACHE_KIB}"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _write_ahead(connection: DBAPIConnection) -> None:
    """Switch a new file to WAL, for good. SQLite refuses at once while others use the file, so we try again."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(random.uniform(*_BETWEEN_TRIES_S))  # noqa: S311 - no secret: two that wait do not meet again
        else:
            return


def _postgresql_engine(url: URL) -> Engine:
    try:
        engine = create_engine(
            url,
            pool_size=_POOLED,
            max_overflow=_MORE_AT_PEAKS,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"connect_timeout": 10, "options": f"-c lock_timeout={int(PATIENCE_S * 1000)}"},
        )
    except ImportError as error:
        raise UnableToStore("PostgreSQL needs its driver: pip install 'ridethrough[postgresql]'") from error
    return engine
