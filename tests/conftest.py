"""How tests run: generated ones without a deadline, as machines differ, and with the same examples each time.

`pytest --hypothesis-profile=random` draws other examples in each run: this is how to look for faults, and not how to
judge a change.

What commands keep for a user they keep in a folder of the test run. Tests of the store run on SQLite and on a
PostgreSQL server that the test run starts. Campaigns run without coverage, which would make them half as long again.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from postgresql import PostgresServer, postgresql_server

from ridethrough.store.database import Database, open_database

settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("random", deadline=None)
settings.load_profile("same")


@pytest.fixture(autouse=True, scope="session")
def _state_of_this_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    with postgresql_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ridethrough.db"
    server: PostgresServer = request.getfixturevalue("postgresql")
    return server.new_database()


@pytest.fixture
def database(database_address: str) -> Iterator[Database]:
    """A database with its tables, on SQLite and on PostgreSQL."""
    opened = open_database(database_address)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    """A database with its tables, for what does not depend on which one it is."""
    opened = open_database(f"sqlite:///{tmp_path}/ridethrough.db")
    yield opened
    opened.close()
