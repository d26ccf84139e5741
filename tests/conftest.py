"""How tests run: generated ones without a deadline, as machines differ, and with the same examples each time.

`pytest --hypothesis-profile=random` draws other examples in each run: this is how to look for faults, and not how to
judge a change.

What commands keep for a user they keep in a folder of the test run. Tests of the store run on SQLite and on a
PostgreSQL server that the test run starts.

Coverage is that of tests with known cases: those that draw their examples, and long ones, run without it, because it
doubles their time. Long tests of drivers count, as nothing else speaks with a device. Each worker begins with its share
of the long tests, so that none is left waiting for one at the end.
"""

import shutil
from collections.abc import Iterator
from itertools import groupby, islice
from pathlib import Path

import pytest
from hypothesis import settings
from postgresql import PostgresServer, postgresql_server

from ridethrough.store.database import Database, open_database

settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("random", deadline=None)
settings.load_profile("same")
_DEVICES = tuple(Path(__file__).parent / "bms" / folder for folder in ("drivers", "publishing"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        speaks_with_devices = any(item.path.is_relative_to(folder) for folder in _DEVICES)
        if _is_drawn(item) or (_is_long(item) and not speaks_with_devices):
            item.add_marker(pytest.mark.no_cover)
    items[:] = _long_ones_first(items, workers=getattr(config, "workerinput", {}).get("workercount", 1))


def _long_ones_first(items: list[pytest.Item], *, workers: int) -> list[pytest.Item]:
    """The tests in an order in which each worker's share, as xdist deals them, begins with long ones."""
    quick = iter([item for item in items if not _is_long(item)])
    files = [list(of_file) for _, of_file in groupby(filter(_is_long, items), key=lambda item: item.path)]
    ordered: list[pytest.Item] = []
    left = len(items)
    for worker in range(workers):
        share = left // (workers - worker)
        left -= share
        long_ones = [item for of_file in files[worker::workers] for item in of_file]
        ordered += [*long_ones, *islice(quick, max(0, share - len(long_ones)))]
    return [*ordered, *quick]


def _is_long(item: pytest.Item) -> bool:
    return item.get_closest_marker("long") is not None


def _is_drawn(item: pytest.Item) -> bool:
    return getattr(getattr(item, "obj", None), "is_hypothesis_test", False)


@pytest.fixture(autouse=True, scope="session")
def _state_of_this_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    with postgresql_server() as server:
        yield server


@pytest.fixture(scope="session")
def made_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables, made by the migrations once: tests work on copies of it."""
    path = tmp_path_factory.mktemp("made") / "ridethrough.db"
    open_database(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def made_database(postgresql: PostgresServer) -> str:
    """The name of a database with all tables on the server: tests work on copies of it."""
    address = postgresql.new_database()
    open_database(address).close()
    return address.rpartition("/")[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database, on SQLite and on PostgreSQL: an empty one, unless the test asks for `database` too."""
    has_tables = "database" in request.fixturenames
    if request.param == "sqlite":
        path = tmp_path / "ridethrough.db"
        if has_tables:
            shutil.copyfile(request.getfixturevalue("made_file"), path)
        return f"sqlite:///{path}"
    server: PostgresServer = request.getfixturevalue("postgresql")
    return server.new_database(request.getfixturevalue("made_database") if has_tables else "template1")


@pytest.fixture
def database(database_address: str) -> Iterator[Database]:
    """A database with its tables, on SQLite and on PostgreSQL."""
    opened = open_database(database_address)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_database(made_file: Path, tmp_path: Path) -> Iterator[Database]:
    """A database with its tables, for what does not depend on which one it is."""
    shutil.copyfile(made_file, tmp_path / "ridethrough.db")
    opened = open_database(f"sqlite:///{tmp_path}/ridethrough.db")
    yield opened
    opened.close()
