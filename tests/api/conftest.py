"""What tests of stored sites have: a clock that they move, and the service with a site that lives.

Services made in the process of the tests share their routes. A route keeps nothing of a service, and making all of them
takes longer than most tests.
"""

from collections.abc import Iterator
from functools import cache

import pytest
from living_sites import living_service
from stored_sites import Client, Clock

from ridethrough.api.http import server
from ridethrough.store.database import Database


@pytest.fixture(autouse=True, scope="session")
def _routes_made_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for maker in ("_routes", "dashboard"):
            patch.setattr(server, maker, cache(getattr(server, maker)))
        yield


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(sqlite_database: Database, clock: Clock) -> Client:
    """A service whose solvers are not started."""
    return living_service(sqlite_database, clock)
