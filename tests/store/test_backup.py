import gzip
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from postgresql import PostgresServer
from sqlalchemy import select

from ridethrough.store.backup import UnableToRestore, back_up, restore
from ridethrough.store.database import Database, open_database
from ridethrough.store.operating.journal import JOURNAL
from ridethrough.store.schema import METADATA
from ridethrough.store.series import append_series, read_series
from ridethrough.store.series_days import Stretch
from ridethrough.store.sites import delete_site, put_site, site_versions

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
def kept(database: Database) -> Database:
    """A database with text beyond ASCII, floats, blocks and rows that the database numbers."""
    stretch = Stretch(start=NOW, step=timedelta(hours=1), values=np.arange(2000) / 7)
    with database.writing() as connection:
        put_site(connection, "pod", {"name": "Köln\n\U0001f50b", "price": 0.1 + 0.2}, now=NOW, by="test")
        delete_site(connection, "pod", now=NOW, by="test")
        put_site(connection, "pod", {"name": "again"}, now=NOW, by="test")
        append_series(connection, "pod", "load", stretch, now=NOW)
        for _ in range(3):
            _note(connection)
    return database


def _note(connection) -> int:  # type: ignore[no-untyped-def]  # noqa: ANN001
    row = {column.name: _filler(column) for column in JOURNAL.columns if column.name != "id"}
    return connection.execute(JOURNAL.insert().values(**row)).inserted_primary_key[0]  # type: ignore[no-any-return]


def _filler(column) -> object:  # type: ignore[no-untyped-def]  # noqa: ANN001
    return 1 if column.type.python_type is int else "{}"


def _rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.reading() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in METADATA.sorted_tables
        }


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_a_backup_restores_every_row_into_either_database(
    kept: Database, target: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    file, url = tmp_path / "backup", f"sqlite:///{tmp_path}/other.db"
    if target == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgresql")
        url = server.new_database()
    count = back_up(kept, file, now=NOW)
    assert restore(file, url) == count == sum(map(len, _rows(kept).values())) > 80
    other = open_database(url)
    assert _rows(other) == _rows(kept)
    with other.reading() as connection:
        assert [each.deleted for each in site_versions(connection, "pod")] == [False, True, False]
        assert read_series(connection, "pod", "load").values.tolist() == (np.arange(2000) / 7).tolist()
    with other.writing() as connection:
        assert _note(connection) == 4, "numbers go on after those that were restored"
    other.close()
    assert file.stat().st_mode & 0o777 == 0o600, "it holds what keys are checked by"


def test_a_backup_is_of_one_moment_while_others_write(kept: Database, tmp_path: Path) -> None:
    """Every write counts both sites up together: a backup never holds one without the other."""
    stop = threading.Event()

    def write() -> None:
        count = 0
        while not stop.is_set():
            count += 1
            with kept.writing() as connection:
                for site_id in ("a", "b"):
                    put_site(connection, site_id, {"count": count}, now=NOW, by="test")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(4):
            back_up(kept, tmp_path / str(number), now=NOW)
    finally:
        stop.set()
        writer.join()
    for number in range(4):
        url = f"sqlite:///{tmp_path}/{number}.db"
        restore(tmp_path / str(number), url)
        other = open_database(url)
        with other.reading() as connection:
            assert len(site_versions(connection, "a")) == len(site_versions(connection, "b"))
        other.close()


def test_a_database_that_is_not_empty_is_left_as_it_is(kept: Database, database_address: str, tmp_path: Path) -> None:
    before = _rows(kept)
    back_up(kept, tmp_path / "backup", now=NOW)
    with pytest.raises(UnableToRestore, match="not empty"):
        restore(tmp_path / "backup", database_address)
    assert _rows(kept) == before


@pytest.fixture
def packed(sqlite_database: Database, tmp_path: Path) -> Path:
    with sqlite_database.writing() as connection:
        put_site(connection, "pod", {"name": "Ashburn"}, now=NOW, by="test")
    back_up(sqlite_database, tmp_path / "backup", now=NOW)
    return tmp_path / "backup"


def test_a_damaged_backup_is_refused_before_anything_is_written(packed: Path, tmp_path: Path) -> None:
    content, text = packed.read_bytes(), gzip.decompress(packed.read_bytes())
    lines = text.splitlines(keepends=True)
    damaged = {
        "cut": content[:-20],
        "flipped": content[:60] + bytes([content[60] ^ 255]) + content[61:],
        "other text": b"no backup",
        "no line": gzip.compress(b""),
        "another name": gzip.compress(text.replace(b"Ashburn", b"Ashbury")),
        "a row less": gzip.compress(b"".join(line for line in lines if b"Ashburn" not in line)),
        "without its end": gzip.compress(b"".join(lines[:-1])),
        "another form": gzip.compress(text.replace(b'"ridethrough_backup":1', b'"ridethrough_backup":2')),
    }
    for name, bytes_of in damaged.items():
        (tmp_path / name).write_bytes(bytes_of)
        with pytest.raises(UnableToRestore):
            restore(tmp_path / name, f"sqlite:///{tmp_path}/restored.db")
        assert not (tmp_path / "restored.db").exists()


def test_a_backup_that_fails_leaves_the_one_before(packed: Path, sqlite_database: Database) -> None:
    before = packed.read_bytes()
    packed.chmod(0o400)
    packed.parent.joinpath(".backup.part").mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        back_up(sqlite_database, packed, now=NOW)
    assert packed.read_bytes() == before


def test_a_backup_of_a_later_version_is_refused(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "backup"
    with monkeypatch.context() as later:
        later.setattr("ridethrough.store.backup.revision_of", lambda _: "9999")
        back_up(sqlite_database, file, now=NOW)
    with pytest.raises(UnableToRestore, match="later version of Ridethrough"):
        restore(file, f"sqlite:///{tmp_path}/other.db")
