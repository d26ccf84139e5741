"""A gauge that is stuck high is not traded by, across repeats and restarts of the service, until it is possible."""

from datetime import datetime, timedelta

import pytest
from living_sites import living_document, reading
from stored_sites import NOW

from ridethrough.api.cases.sites.situations import situation_at
from ridethrough.api.operating.making_plans import make_plan
from ridethrough.api.operating.time_machine import replay
from ridethrough.api.operating.watching import KeptReading, keep_reading
from ridethrough.api.reading.telemetry import read_telemetry
from ridethrough.operation.live.setpoints import Setpoints, setpoints_now
from ridethrough.store.database import Database
from ridethrough.store.sites import put_site

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
CANNOT = "its stored energy cannot rise by "


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    with sqlite_database.writing() as connection:
        put_site(connection, "pod", living_document(), now=NOW - 60 * MINUTE, by="ada")
    return sqlite_database


def send(database: Database, at: datetime, stored_kwh: float | None, *, now: datetime | None = None) -> KeptReading:
    read = read_telemetry(reading(at, stored_kwh=stored_kwh), source="telemetry")
    return keep_reading(database, "pod", read, sender="gateway", now=now or at)


def setpoints(database: Database, now: datetime) -> Setpoints:
    with database.reading() as connection:
        return setpoints_now(situation_at(connection, "pod", now))


def stuck_high(database: Database) -> datetime:
    """Batteries hold 700 kWh by the first reading, and 900 by each of twenty that follow; the time of the last."""
    send(database, NOW, 700.0)
    for index in range(1, 21):
        kept = send(database, NOW + index * 10 * SECOND, 900.0)
        assert any(CANNOT in each for each in kept.against), "the sender is told"
    return NOW + 200 * SECOND


def test_a_gauge_stuck_high_stays_doubted_until_it_could_have_been_charged(database: Database) -> None:
    at = stuck_high(database)
    found = setpoints(database, at)
    assert CANNOT in found.why
    assert (found.mode, found.ups["pod-1"].discharge_kw, found.ups["pod-1"].stored_kwh) == ("hold", 0.0, None)
    send(database, NOW + 7 * MINUTE, 900.0)
    assert CANNOT not in setpoints(database, NOW + 7 * MINUTE).why


def test_a_plan_takes_doubted_batteries_to_hold_their_reserve_and_is_made_again_exactly(database: Database) -> None:
    at = stuck_high(database)
    made = make_plan(database, "pod", at, "while in doubt")
    send(database, NOW + 50 * SECOND, 100.0, now=at + SECOND)
    assert replay(database, made).sha256 == made.sha256, "what came later was not known"
    assert CANNOT in setpoints(database, at).why


def test_a_service_that_is_started_again_remembers(database: Database) -> None:
    at = stuck_high(database)
    again = Database(database.url)
    try:
        assert CANNOT in setpoints(again, at).why
    finally:
        again.close()


def test_a_low_reading_that_was_false_is_corrected_by_one_of_the_same_time(database: Database) -> None:
    send(database, NOW - MINUTE, 900.0)
    send(database, NOW, 10.0)
    send(database, NOW + MINUTE, 900.0)
    assert CANNOT in setpoints(database, NOW + MINUTE).why
    send(database, NOW, 900.0, now=NOW + MINUTE)
    assert CANNOT not in setpoints(database, NOW + MINUTE).why
