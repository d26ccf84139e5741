"""A service that lives for months holds no more after each reading than before it."""

import gc
import sys
from datetime import timedelta

import pytest
from living_sites import SITE, living_service, reading
from stored_sites import Client, Clock

from ridethrough.store.database import Database

APART = timedelta(minutes=5)
READINGS = 300
"""A day and an hour of readings: a site's day ends once."""
WARM_UP = 100


def take_readings(client: Client, clock: Clock, count: int) -> None:
    """Send readings as time goes by, and ask for setpoints after some of them."""
    for number in range(count):
        now = clock.pass_by(APART)
        sent = client.post(f"{SITE}/telemetry", json=reading(now, stored_kwh=900.0 - number % 5))
        assert sent.status_code == 201, sent.text
        if number % 10 == 0:
            assert client.get(f"{SITE}/setpoints/now").status_code == 200


def held() -> int:
    """How many pieces of memory Python holds."""
    gc.collect()
    return sys.getallocatedblocks()


@pytest.mark.long
def test_no_reading_leaves_anything_in_memory(sqlite_database: Database) -> None:
    clock = Clock()
    client = living_service(sqlite_database, clock)
    take_readings(client, clock, WARM_UP)
    before = held()
    take_readings(client, clock, READINGS)
    assert held() - before < READINGS // 2  # what kept one piece of each reading would hold twice as many
