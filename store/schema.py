"""What all tables share: one metadata, times as whole microseconds, documents as canonical JSON."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

from sqlalchemy import BigInteger, Connection, Integer, MetaData, Table
from sqlalchemy.dialects import postgresql, sqlite

METADATA = MetaData()
"""Every table of the store. A module of a noun declares its own on it, and a migration makes them."""
IDENTITY = BigInteger().with_variant(Integer, "sqlite")
"""The type of a column whose numbers the database gives; SQLite gives them to whole numbers of its own type only."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def load_tables() -> None:
    """Import every module of the store, so that all their tables are known."""
    for module in walk_packages([str(Path(__file__).parent)], f"{__package__}."):
        if ".migrations" not in module.name:
            import_module(module.name)


def microseconds(moment: datetime) -> int:
    """The time as it is stored: whole microseconds since 1970 in UTC, exact and in order on every database.

    >>> microseconds(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000000
    """
    return (moment - _EPOCH) // _MICROSECOND


def moment(at: int) -> datetime:
    """The time, in UTC, that `microseconds` wrote."""
    return _EPOCH + at * _MICROSECOND


def canonical(document: Mapping[str, Any]) -> str:
    """The one text of a JSON document: equal documents have equal texts, and floats come back to the last digit.

    >>> canonical({"b": 1, "a": 0.1})
    '{"a":0.1,"b":1}'
    """
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def sha256_of(text: str) -> str:
    """The fingerprint of a document's canonical text."""
    return hashlib.sha256(text.encode()).hexdigest()


def insert_once(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless one with its key is there, and say whether it was inserted."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    once = insert(table).values(**row).on_conflict_do_nothing()
    return connection.execute(once, execution_options={"preserve_rowcount": True}).rowcount == 1
