"""A reading of an outage that comes late holds a stored site until it is planned with that knowledge."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from living_sites import living_document, reading
from stored_sites import NOW

from ridethrough.api.cases.sites.situations import situation_at
from ridethrough.api.operating.making_plans import make_plan
from ridethrough.api.operating.watching import keep_reading, watch_site
from ridethrough.api.reading.telemetry import read_telemetry
from ridethrough.operation.live.setpoints import Setpoints, setpoints_now
from ridethrough.store.database import Database
from ridethrough.store.sites import put_site

MINUTE = timedelta(minutes=1)


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    with sqlite_database.writing() as connection:
        put_site(connection, "pod", living_document(), now=NOW - 60 * MINUTE, by="ada")
    return sqlite_database


def send(database: Database, at: datetime, *, now: datetime | None = None, **changes: Any) -> None:  # noqa: ANN401
    read = read_telemetry(reading(at, **changes), source="telemetry")
    keep_reading(database, "pod", read, sender="gateway", now=now or at)


def setpoints(database: Database, now: datetime, *, in_the_past: bool = False) -> Setpoints:
    with database.reading() as connection:
        return setpoints_now(situation_at(connection, "pod", now, in_the_past=in_the_past))


def test_an_outage_heard_of_after_the_plan_holds_the_site_until_it_is_planned_again(database: Database) -> None:
    send(database, NOW)
    make_plan(database, "pod", NOW, "on the hour")
    assert setpoints(database, NOW + MINUTE).mode == "plan"
    send(database, NOW - 3 * MINUTE, now=NOW + 2 * MINUTE, ups={"mode": "stored_energy"})
    send(database, NOW + 3 * MINUTE)
    found = setpoints(database, NOW + 3 * MINUTE)
    assert found.mode == "hold"
    assert "which this plan was made without knowing" in found.why
    assert setpoints(database, NOW + MINUTE, in_the_past=True).mode == "plan", "it was not known then"
    send(database, NOW + 6 * MINUTE)
    (reason,) = watch_site(database, "pod", NOW + 6 * MINUTE)
    assert reason.startswith("an outage ended after ")
    make_plan(database, "pod", NOW + 6 * MINUTE, reason)
    assert setpoints(database, NOW + 6 * MINUTE).mode == "plan"
    assert watch_site(database, "pod", NOW + 12 * MINUTE) == ()
