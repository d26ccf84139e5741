"""A site is watched as time goes on: alarms come and go, and a plan is wanted where telemetry has left the plan."""

from datetime import datetime, timedelta

import pytest
from living_sites import living_document, reading
from stored_sites import NOW

from ridethrough.api.operating.making_plans import make_plan
from ridethrough.api.operating.watching import keep_reading, report_missed, watch_site
from ridethrough.api.reading.telemetry import read_telemetry
from ridethrough.domain import UnableToAccept
from ridethrough.store.database import Database
from ridethrough.store.operating import alarms, journal, plans
from ridethrough.store.sites import put_site

MINUTE = timedelta(minutes=1)


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    with sqlite_database.writing() as connection:
        put_site(connection, "pod", living_document(), now=NOW, by="ada")
    return sqlite_database


def send(database: Database, at: datetime, *, now: datetime | None = None, stored_kwh: float = 900.0) -> None:
    read = read_telemetry(reading(at, stored_kwh=stored_kwh), source="telemetry")
    keep_reading(database, "pod", read, sender="gateway", now=now or at)


def open_alarms(database: Database) -> list[str]:
    with database.reading() as connection:
        return [each.kind for each in alarms.listed(connection, "pod", only_open=True)]


def test_a_first_reading_wants_a_plan_and_a_plan_ends_that(database: Database) -> None:
    assert watch_site(database, "pod", NOW) == (), "nothing can be planned from nothing"
    send(database, NOW)
    assert watch_site(database, "pod", NOW) == ("no plan has been made",)
    made = make_plan(database, "pod", NOW, "telemetry: no plan has been made")
    assert (made.certified, made.made_by, made.why) == (True, "service", "telemetry: no plan has been made")
    assert watch_site(database, "pod", NOW + 6 * MINUTE) == ()


def test_a_reading_that_leaves_the_plan_wants_another_but_not_at_once(database: Database) -> None:
    send(database, NOW)
    first = make_plan(database, "pod", NOW, "first")
    send(database, NOW + 4 * MINUTE, stored_kwh=750.0)
    assert watch_site(database, "pod", NOW + 4 * MINUTE) == (), "the plan is not five minutes old"
    (reason,) = watch_site(database, "pod", NOW + 5 * MINUTE)
    assert reason.startswith("pod-1: it stores 750 kWh, and the plan expects ")
    second = make_plan(database, "pod", NOW + 5 * MINUTE, reason)
    with database.reading() as connection:
        former = plans.by_number(connection, "pod", first.id)
    assert former is not None
    assert (former.superseded_by, former.superseded_because) == (second.id, reason)
    assert watch_site(database, "pod", NOW + 11 * MINUTE) == ()


def test_a_plan_made_blind_is_made_again_from_the_first_reading(database: Database) -> None:
    assert make_plan(database, "pod", NOW, "too early").status == "hold"
    send(database, NOW + 5 * MINUTE)
    assert watch_site(database, "pod", NOW + 5 * MINUTE)[0].startswith("the plan in force was made without a reading")
    assert make_plan(database, "pod", NOW + 5 * MINUTE, "a reading came").status == "optimal"
    assert watch_site(database, "pod", NOW + 11 * MINUTE) == ()


def test_silence_raises_an_alarm_and_a_reading_ends_it(database: Database) -> None:
    send(database, NOW)
    assert open_alarms(database) == []
    watch_site(database, "pod", NOW + 16 * MINUTE)
    assert open_alarms(database) == ["telemetry"]
    send(database, NOW + 17 * MINUTE)
    assert open_alarms(database) == []


def test_a_missed_plan_is_told_until_one_is_made(database: Database) -> None:
    send(database, NOW)
    with database.writing() as connection:
        report_missed(connection, "pod", "the hour of 11:00 was missed", NOW)
        last = journal.entries(connection, "pod", limit=1)[0]
    assert (last.what, last.detail) == ("plan_missed", {"alarm": "the hour of 11:00 was missed"})
    assert open_alarms(database) == ["plan_missed"]
    make_plan(database, "pod", NOW, "late")
    assert open_alarms(database) == []


def test_a_plan_that_cannot_be_made_raises_an_alarm_and_leaves_the_one_before_it(database: Database) -> None:
    send(database, NOW)
    first = make_plan(database, "pod", NOW, "first")
    with database.writing() as connection:
        document = living_document(**{"ups.0.load": {"series": "load"}})
        put_site(connection, "pod", document, now=NOW + MINUTE, by="ada")
    with pytest.raises(UnableToAccept):
        make_plan(database, "pod", NOW + 2 * MINUTE, "on the hour")
    assert open_alarms(database) == ["plan"]
    with database.reading() as connection:
        record = plans.begun(connection, "pod", now=NOW + 3 * MINUTE)
    assert record is not None
    assert record.id == first.id
