"""Databases of versions before, with what they held, become databases of this one."""

import base64
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, select, text

from ridethrough.store.backup import restore
from ridethrough.store.database import Database, database_url, open_database
from ridethrough.store.keys import key_with_those_it_made, list_keys
from ridethrough.store.migrations.migrating import migrate, revision_of
from ridethrough.store.operating import journal, plans, telemetry
from ridethrough.store.schema import moment

READINGS: list[dict[str, Any]] = [
    {"pod-1": {"stored_kwh": 900.1, "load_kw": 4300.0, "discharge_kw": 300.5, "charge_kw": 0.25}},
    {"pod-1": {"unit_stored_kwh": [180.0, None, 179.9], "charge_kw": 12.0}, "pod ü": {"stored_kwh": None}},
    {},
]


def old_database(address: str) -> Database:
    """A database as change 0005 left it, with a plan and more readings than are filled at once."""
    database = Database(database_url(address))
    with database.writing() as connection:
        migrate(connection, "0005")
        for number in range(4_100):
            _reading(connection, number, READINGS[number % 3])
        _plan(connection)
    return database


def _plan(connection: Connection) -> None:
    """Keep a plan as a process of change 0005 does."""
    connection.execute(
        text(
            "INSERT INTO plans (site_id, made_at, made_by, why, starts_at, ends_at, expires_at, status, "
            "status_because, certified, site_version, known_at, telemetry_id, telemetry_before_id, software, "
            "document, orders, sha256) VALUES ('pod', 5, 'ada', 'test', 5, 9, 9, 'optimal', '', "
            ":yes, 1, 5, 3, 2, '0', :empty, :empty, 'x')"
        ),
        {"yes": True, "empty": b""},
    )


def _reading(connection: Connection, number: int, ups: dict[str, Any]) -> None:
    connection.execute(
        text(
            "INSERT INTO telemetry (site_id, measured_at, received_at, received_from, in_outage, sha256, document) "
            "VALUES ('pod', :at, :at, 'gateway', :no, :digest, :document)"
        ),
        {"at": number, "no": False, "digest": str(number), "document": json.dumps({"grid_kw": 1.0, "ups": ups})},
    )


def test_a_filled_database_of_change_0005_keeps_all_and_tells_its_energies(database_address: str) -> None:
    old_database(database_address).close()
    database = open_database(database_address)
    with database.reading() as connection:
        assert revision_of(connection) == "0009"
        told = telemetry.told_since(connection, "pod", moment(0))
        kept = connection.execute(text("SELECT count(*) FROM telemetry WHERE energies IS NOT NULL")).scalar()
        (plan,) = plans.listed(connection, "pod")
    database.close()
    assert kept == len(told) == 4_100
    assert {tuple(each.ups) for each in told} == {("pod-1",), ("pod ü", "pod-1"), ()}
    assert told[0].ups == {"pod-1": [300.25, 900.1, []]}
    assert told[1].ups == {"pod-1": [0.0, None, [180.0, None, 179.9]], "pod ü": [0.0, None, []]}
    assert (plan.telemetry_id, plan.telemetry_known_id) == (3, None)


def test_a_process_of_the_version_before_goes_on_beside_this_one(database: Database) -> None:
    with database.writing() as connection:
        _plan(connection)
        _reading(connection, 0, READINGS[0])
    with database.reading() as connection:
        (plan,) = plans.listed(connection, "pod")
        (told,) = telemetry.told_since(connection, "pod", moment(0))
    assert (plan.status, plan.telemetry_known_id) == ("optimal", None)
    assert told.ups == {"pod-1": (300.25, 900.1, [])}


def test_a_database_whose_column_was_taken_away_gets_it_back(database_address: str) -> None:
    old = Database(database_url(database_address))
    with old.writing() as connection:
        migrate(connection, "0006")
        connection.execute(text("ALTER TABLE plans DROP COLUMN telemetry_before_id"))
    old.close()
    database = open_database(database_address)
    with database.writing() as connection:
        _plan(connection)
    database.close()


def test_keys_of_a_version_before_learn_from_the_journal_who_made_them(database_address: str) -> None:
    old = Database(database_url(database_address))
    with old.writing() as connection:
        migrate(connection, "0008")
        for key_id in ("a" * 12, "b" * 12, "c" * 12):
            row = {"key_id": key_id, "sha256": "x", "role": "admin", "at": 5}
            statement = "INSERT INTO keys (key_id, sha256, role, created_at) VALUES (:key_id, :sha256, :role, :at)"
            connection.execute(text(statement), row)
        made = {"id": "b" * 12, "role": "admin", "expires_at": None}
        journal.write(connection, "pod", who=f"key:{'a' * 12}", what="key_created", now=moment(5), detail=made)
        journal.write(connection, "pod", who="command line", what="key_created", now=moment(5))
        journal.write(connection, "pod", who="x" * 200, what="key_created", now=moment(5), detail={"id": "d" * 12})
    old.close()
    database = open_database(database_address)
    with database.reading() as connection:
        first, second, third = list_keys(connection)
        assert [each.made_by for each in (first, second, third)] == [None, f"key:{'a' * 12}", None]
        assert key_with_those_it_made(connection, first) == (first, second)
    database.close()


def test_a_backup_of_a_version_before_is_restored_with_all_that_it_held(tmp_path: Path) -> None:
    """Written by hand from a database of change 0005, as its version did: readings, a plan and the journal of keys."""
    old = old_database(f"sqlite:///{tmp_path}/old.db")
    with old.writing() as connection:
        row = {"key_id": "b" * 12, "sha256": "x", "role": "admin", "at": 5}
        statement = "INSERT INTO keys (key_id, sha256, role, created_at) VALUES (:key_id, :sha256, :role, :at)"
        connection.execute(text(statement), row)
        made = {"id": "b" * 12, "role": "admin", "expires_at": None}
        journal.write(connection, "pod", who="command line", what="key_created", now=moment(5), detail=made)
    with old.reading() as connection:
        pack(connection, tmp_path / "backup", "0005")
    old.close()
    restore(tmp_path / "backup", f"sqlite:///{tmp_path}/new.db")
    database = open_database(f"sqlite:///{tmp_path}/new.db")
    with database.reading() as connection:
        told = telemetry.told_since(connection, "pod", moment(0))
        (plan,) = plans.listed(connection, "pod")
        (key,) = list_keys(connection)
    database.close()
    assert len(told) == 4_100
    assert told[0].ups == {"pod-1": [300.25, 900.1, []]}
    assert (plan.status, plan.telemetry_id) == ("optimal", 3)
    assert (key.made_by, key.expires_at) == ("command line", None)


def pack(connection: Connection, file: Path, revision: str) -> None:
    """A backup in the form of the file, of the tables that a database really has."""
    there = MetaData()
    there.reflect(connection)
    lines: list[Any] = [{"ridethrough_backup": 1, "revision": revision, "made_at": "2026-01-01T00:00:00+00:00"}]
    for table in there.sorted_tables:
        if table.name != "alembic_version":
            lines.append({"table": table.name, "columns": [column.name for column in table.columns]})
            lines += [list(row) for row in connection.execute(select(table))]
    written = [
        json.dumps(line, default=lambda each: {"base64": base64.b64encode(each).decode()}).encode() + b"\n"
        for line in lines
    ]
    rows, digest = sum(each.startswith(b"[") for each in written), hashlib.sha256(b"".join(written)).hexdigest()
    with gzip.open(file, "wb") as packed:
        packed.write(b"".join(written) + json.dumps({"rows": rows, "sha256": digest}).encode() + b"\n")
