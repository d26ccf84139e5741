"""What tests of stored sites have: a clock that they move, and the service with a site that lives."""

import pytest
from living_sites import living_service
from stored_sites import Client, Clock

from ridethrough.store.database import Database


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(sqlite_database: Database, clock: Clock) -> Client:
    """A service whose solvers are not started."""
    return living_service(sqlite_database, clock)
