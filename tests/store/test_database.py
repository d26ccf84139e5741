import signal
import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from postgresql import PostgresServer
from sqlalchemy import Connection, text

import ridethrough.store.database
from ridethrough.store.database import Database, UnableToStore, database_url, open_database
from ridethrough.store.schema import METADATA, load_tables
from ridethrough.store.sites import put_site, read_stored_site

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
THREADS, TIMES = 4, 50


def _count_up(connection: Connection) -> None:
    """Read a counter, and write one more."""
    site = read_stored_site(connection, "counter")
    count = site.document["count"] + 1 if site else 1
    put_site(connection, "counter", {"count": count}, now=NOW, by="test")


def _count(database: Database) -> int:
    with database.reading() as connection:
        site = read_stored_site(connection, "counter")
    return site.document["count"] if site else 0


def test_no_update_of_four_threads_is_lost(database: Database) -> None:
    def work() -> None:
        for _ in range(TIMES):
            with database.writing() as connection:
                _count_up(connection)

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _count(database) == THREADS * TIMES


def test_no_update_of_two_processes_is_lost(database: Database, database_address: str) -> None:
    """Two databases opened on one address queue at the address, as two processes do."""
    other = open_database(database_address)

    def work(mine: Database) -> None:
        for _ in range(TIMES):
            with mine.writing() as connection:
                _count_up(connection)

    threads = [threading.Thread(target=work, args=(mine,)) for mine in (database, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert _count(database) == 2 * TIMES


def test_what_a_failed_block_wrote_is_not_kept(database: Database) -> None:
    def fail_half_way() -> None:
        with database.writing() as connection:
            _count_up(connection)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert _count(database) == 0
    with database.writing() as connection:
        _count_up(connection)
    assert _count(database) == 1


def test_readers_see_one_moment_while_others_write(database: Database) -> None:
    with database.writing() as connection:
        _count_up(connection)
    with database.reading() as reader:
        before = read_stored_site(reader, "counter")
        with database.writing() as connection:
            _count_up(connection)
        assert read_stored_site(reader, "counter") == before
    assert _count(database) == 2


def test_a_write_while_reading_is_refused_and_not_lost_in_silence(database: Database) -> None:
    with pytest.raises(UnableToStore, match="database failed"), database.reading() as connection:
        _count_up(connection)
    assert _count(database) == 0


def test_migrations_make_the_tables_that_the_modules_declare(database: Database) -> None:
    with database.reading() as connection:
        load_tables()
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_opening_again_keeps_what_is_there(database: Database, database_address: str) -> None:
    with database.writing() as connection:
        _count_up(connection)
    again = open_database(database_address)
    assert _count(again) == 1
    again.close()


def test_processes_that_open_a_new_database_at_once_make_it_once(database_address: str) -> None:
    opened: list[Database] = []
    threads = [threading.Thread(target=lambda: opened.append(open_database(database_address))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [_count(each) for each in opened] == [0] * 4
    for each in opened:
        each.close()


@pytest.mark.long
def test_a_new_file_that_others_use_is_waited_for(tmp_path: Path) -> None:
    """SQLite refuses to switch to WAL while another reads or writes."""
    address = f"sqlite:///{tmp_path}/new.db"
    other = sqlite3.connect(tmp_path / "new.db", isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE used_by_another (x)")
    other.execute("BEGIN")
    other.execute("SELECT * FROM used_by_another")
    refused = sqlite3.connect(tmp_path / "new.db", timeout=0.1)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        refused.execute("PRAGMA journal_mode = WAL")
    refused.close()
    done = threading.Timer(0.3, other.execute, ["COMMIT"])
    done.start()
    database = open_database(address)
    done.join()
    with database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    database.close()
    other.close()


def test_a_new_file_that_another_never_leaves_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ridethrough.store.database, "PATIENCE_S", 0.2)
    other = sqlite3.connect(tmp_path / "new.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(UnableToStore, match="locked"):
        open_database(f"sqlite:///{tmp_path}/new.db")
    other.close()


def test_a_database_of_a_later_version_is_refused(database: Database, database_address: str) -> None:
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UnableToStore, match="later version"):
        open_database(database_address)


@pytest.mark.parametrize("address", ["", "ridethrough.db", "mysql://root@localhost/x", "sqlite://", "://"])
def test_an_address_that_is_no_database_says_what_to_write(address: str) -> None:
    with pytest.raises(UnableToStore, match=r"write sqlite:////PATH/ridethrough.db or postgresql://"):
        database_url(address)


def test_an_error_of_the_database_shows_no_password() -> None:
    with pytest.raises(UnableToStore) as refused:
        open_database("postgresql://user:secret@127.0.0.1:1/none")
    assert "secret" not in str(refused.value)
    with pytest.raises(UnableToStore) as refused:
        database_url("mysql://user:secret@127.0.0.1/none")
    assert "secret" not in str(refused.value)


def test_every_table_has_a_key() -> None:
    assert all(len(table.primary_key.columns) for table in METADATA.sorted_tables)


def test_a_restart_of_postgresql_fails_what_is_under_way_and_nothing_after(postgresql: PostgresServer) -> None:
    database = open_database(postgresql.new_database())
    with database.writing() as connection:
        _count_up(connection)
    postgresql.stop(signal.SIGQUIT)
    try:
        with pytest.raises(UnableToStore), database.reading():
            pass
        with pytest.raises(UnableToStore), database.writing():
            pass
    finally:
        postgresql.start()
    with database.writing() as connection:
        _count_up(connection)
    assert _count(database) == 2
    database.close()


def test_a_connection_that_is_lost_in_a_transaction_keeps_nothing_of_it(postgresql: PostgresServer) -> None:
    database = open_database(postgresql.new_database())

    def write_while_it_restarts() -> None:
        with database.writing() as connection:
            _count_up(connection)
            postgresql.stop(signal.SIGQUIT)
            postgresql.start()

    with pytest.raises(UnableToStore):
        write_while_it_restarts()
    assert _count(database) == 0
    database.close()


def test_a_writer_that_never_ends_is_not_waited_for_without_end(
    database: Database, database_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ridethrough.store.database, "PATIENCE_S", 0.3)
    other = open_database(database_address)
    with database.writing() as connection:
        _count_up(connection)
        with pytest.raises(UnableToStore), other.writing():
            pass
    other.close()
    assert _count(database) == 1
