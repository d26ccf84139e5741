"""Keys: found, valid, revoked, and never kept as they are written."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from ridethrough.store.database import Database, open_database
from ridethrough.store.keys import create_key, has_keys, list_keys, note_use, revoke_key, valid_key

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def made(database: Database, role: str = "viewer", site_id: str | None = None) -> str:
    with database.writing() as connection:
        return create_key(connection, role=role, site_id=site_id, now=NOW)[1]


def test_a_key_is_valid_until_it_is_revoked(database: Database) -> None:
    with database.reading() as connection:
        assert not has_keys(connection)
    written = made(database, "operator", "pod-1")
    with database.writing() as connection:
        key = valid_key(connection, written, now=NOW)
        assert key is not None
        assert (key.role, key.site_id, key.created_at, key.last_used_at) == ("operator", "pod-1", NOW, None)
        note_use(connection, key.key_id, now=NOW + timedelta(hours=1))
        assert revoke_key(connection, key.key_id, now=NOW + timedelta(hours=2))
        assert not revoke_key(connection, key.key_id, now=NOW + timedelta(hours=3))
    with database.reading() as connection:
        assert valid_key(connection, written, now=NOW) is None
        assert has_keys(connection)
        (listed,) = list_keys(connection)
    assert listed.last_used_at == NOW + timedelta(hours=1)
    assert listed.revoked_at == NOW + timedelta(hours=2)


def test_a_key_is_valid_until_the_instant_at_which_it_runs_out(database: Database) -> None:
    ends = NOW + timedelta(hours=1)
    with database.writing() as connection:
        _, written = create_key(connection, role="viewer", site_id=None, now=NOW, expires_at=ends)
    with database.reading() as connection:
        assert valid_key(connection, written, now=ends - timedelta(microseconds=1)) is not None
        assert valid_key(connection, written, now=ends) is None
        assert list_keys(connection)[0].expires_at == ends


def test_the_secret_of_a_key_is_nowhere_in_the_database(database: Database) -> None:
    written = made(database)
    secret = written.rpartition("_")[2] if written.count("_") == 2 else written.split("_", 2)[2]
    with database.reading() as connection:
        row = connection.execute(text("SELECT * FROM keys")).one()
        assert valid_key(connection, written, now=NOW) is not None
    assert not any(secret in str(value) for value in row)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return open_database(f"sqlite:///{tmp_path_factory.mktemp('keys')}/ridethrough.db")


@given(changed=st.data())
def test_a_key_with_any_other_letter_is_not_valid(other: Database, changed: st.DataObject) -> None:
    written = made(other)
    place = changed.draw(st.integers(0, len(written) - 1))
    letter = changed.draw(st.characters().filter(lambda each: each != written[place]))
    with other.reading() as connection:
        assert valid_key(connection, written, now=NOW) is not None
        assert valid_key(connection, written[:place] + letter + written[place + 1 :], now=NOW) is None
        assert valid_key(connection, written[:place], now=NOW) is None


def test_half_of_a_surrogate_pair_is_no_key(other: Database) -> None:
    with other.reading() as connection:
        assert valid_key(connection, "\ud800", now=NOW) is None


def test_keys_are_long_and_never_twice_the_same(other: Database) -> None:
    keys = {made(other) for _ in range(50)}
    assert len(keys) == 50
    assert all(re.fullmatch(r"rt_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", key) for key in keys)
