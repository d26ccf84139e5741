"""Backup and restore: all rows of one moment in one file, the same from and to both databases.

The file is gzip of lines of JSON: what it is, then for each table its columns and its rows, and last how many rows
there were and the sha256 of all lines before. It is made while others read and write, and restored into an empty
database, all of it or nothing. So it also moves a service from SQLite to PostgreSQL or back.
"""

import base64
import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, Table, func, insert, literal_column, select

from ridethrough.store.database import Database, database_url
from ridethrough.store.migrations.migrating import UnableToMigrate, migrate, revision_of
from ridethrough.store.schema import METADATA, load_tables

FORM = 1
"""The form of the file."""
_AT_ONCE = 500
_BINARY = "base64"


class UnableToRestore(RuntimeError):
    """A backup cannot be restored: it is damaged or of a later version, or the database is not empty."""


def back_up(database: Database, file: Path, *, now: datetime) -> int:
    """Write all rows, as of one moment, to a file; it appears when it is whole. Gives the number of rows.

    Raises `UnableToStore` where the database does not answer, and `OSError` where the file cannot be written.
    """
    part = file.with_name(f".{file.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as packed, database.reading() as connection:
                rows = _write(connection, packed, now)
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return rows


def restore(file: Path, url: str) -> int:
    """Write a backup's rows into an empty database, and bring it up to date. Gives the number of rows.

    Raises `UnableToRestore` for a file that is damaged, and for a database that has rows; `UnableToStore` where the
    database does not answer; `OSError` where the file cannot be read.
    """
    revision, rows = _checked(file)
    database = Database(database_url(url))
    try:
        with database.writing() as connection:
            if revision_of(connection) is None:
                migrate(connection, revision)
            _require_empty(connection)
            if revision_of(connection) != revision:
                raise UnableToRestore("the tables are of another version than the backup: restore into a new database")
            _insert(connection, file)
            migrate(connection)
    except UnableToMigrate as error:
        raise UnableToRestore(str(error)) from error
    finally:
        database.close()
    return rows


def _write(connection: Connection, packed: gzip.GzipFile, now: datetime) -> int:
    digest, count = hashlib.sha256(), 0
    for line in _lines(connection, now):
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        digest.update(text)
        packed.write(text)
        count += isinstance(line, list)
    packed.write(json.dumps({"rows": count, "sha256": digest.hexdigest()}).encode() + b"\n")
    return count


def _lines(connection: Connection, now: datetime) -> Iterator[dict[str, Any] | list[Any]]:
    load_tables()
    yield {"ridethrough_backup": FORM, "revision": revision_of(connection), "made_at": now.isoformat()}
    for table in METADATA.sorted_tables:
        yield {"table": table.name, "columns": [column.name for column in table.columns]}
        rows = connection.execution_options(yield_per=_AT_ONCE).execute(select(table).order_by(*table.primary_key))
        for row in rows:
            yield [_written(value) for value in row]


def _written(value: Any) -> Any:  # noqa: ANN401 - a value of a column
    return {_BINARY: base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _read(value: Any) -> Any:  # noqa: ANN401
    return base64.b64decode(value[_BINARY]) if isinstance(value, dict) else value


def _checked(file: Path) -> tuple[str, int]:
    """The revision and the number of rows of a file that is whole."""
    digest, rows, last, before = hashlib.sha256(), 0, b"", b""
    head: Any = None
    try:
        with gzip.open(file) as packed:
            for line in packed:
                digest.update(before)
                rows += before.startswith(b"[")
                head = head or json.loads(line)
                before, last = line, line
        end = json.loads(last or b"null")
    except (gzip.BadGzipFile, zlib.error, EOFError, ValueError) as error:
        raise UnableToRestore(f"{file.name} is not a whole backup: {error}") from error
    if not isinstance(head, dict) or head.get("ridethrough_backup") != FORM:
        raise UnableToRestore(f"{file.name} is not a backup of this version of Ridethrough")
    if end != {"rows": rows, "sha256": digest.hexdigest()}:
        raise UnableToRestore(f"{file.name} is damaged or cut off: its check sum does not agree")
    return str(head["revision"]), rows


def _require_empty(connection: Connection) -> None:
    for table in _tables(connection).values():
        if connection.execute(select(literal_column("1")).select_from(table).limit(1)).first() is not None:
            raise UnableToRestore(f"the database is not empty (it has rows of {table.name}): name a new one")


def _tables(connection: Connection) -> dict[str, Table]:
    """The tables that are in the database, of those that are ours."""
    there = MetaData()
    there.reflect(connection)
    return {table.name: table for table in there.sorted_tables if table.name in METADATA.tables}


def _insert(connection: Connection, file: Path) -> None:
    tables = _tables(connection)
    with gzip.open(file) as packed:
        lines = (json.loads(line) for line in packed)
        table: Table | None = None
        columns: list[str] = []
        while batch := list(islice(lines, _AT_ONCE)):
            rows: list[dict[str, Any]] = []
            for line in batch:
                if isinstance(line, list):
                    rows.append(dict(zip(columns, map(_read, line), strict=True)))
                elif "table" in line:
                    _insert_rows(connection, table, rows)
                    table, columns, rows = tables[line["table"]], line["columns"], []
            _insert_rows(connection, table, rows)
    for each in tables.values():
        _go_on_counting(connection, each)


def _insert_rows(connection: Connection, table: Table | None, rows: list[dict[str, Any]]) -> None:
    if table is not None and rows:
        connection.execute(insert(table), rows)


def _go_on_counting(connection: Connection, table: Table) -> None:
    """Let PostgreSQL number new rows after those that were restored; SQLite does."""
    key = list(table.primary_key)
    if connection.dialect.name != "postgresql" or len(key) != 1:
        return
    column = key[0]
    counter = connection.execute(select(func.pg_get_serial_sequence(table.name, column.name))).scalar()
    last = connection.execute(select(func.max(column))).scalar()
    if counter is not None and last is not None:
        connection.execute(select(func.setval(counter, last)))
