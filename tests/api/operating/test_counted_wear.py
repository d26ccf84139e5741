"""The service counts discharge and open cycles from readings as they come, and its plans go on from them."""

from datetime import timedelta
from typing import Any

import pytest
from living_sites import living_document, reading
from stored_sites import NOW

from ridethrough.api.operating.making_plans import make_plan
from ridethrough.api.operating.time_machine import replay
from ridethrough.api.operating.watching import keep_reading
from ridethrough.api.reading.telemetry import read_telemetry
from ridethrough.store.database import Database
from ridethrough.store.operating import plans, telemetry
from ridethrough.store.sites import put_site

MINUTE = timedelta(minutes=1)
WEAR = {"throughput_limit_kwh_per_year": 4000.0, "installed": "2026-07-14"}


def keep(database: Database, minute: float, **ups: Any) -> None:  # noqa: ANN401
    at = NOW + minute * MINUTE
    keep_reading(database, "pod", read_telemetry(reading(at, ups=ups), source="telemetry"), sender="gateway", now=at)


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    with sqlite_database.writing() as connection:
        put_site(connection, "pod", living_document(**{"ups.0.battery.wear": WEAR}), now=NOW, by="ada")
    return sqlite_database


def planned(database: Database, minute: float) -> tuple[dict[str, Any], plans.PlanRecord]:
    record = make_plan(database, "pod", NOW + minute * MINUTE, "asked")
    with database.reading() as connection:
        return plans.document_of(connection, record.id), record


def test_a_plan_knows_what_was_discharged_and_is_made_again_the_same(database: Database) -> None:
    for minute in range(6):
        keep(database, minute, stored_kwh=900.0 - 5 * minute, discharge_kw=300.0, charge_kw=0.0)
    document, record = planned(database, 5)
    (told,) = [each for each in document["warnings"] if "allows this year" in each]
    since_midnight_kwh = 20_000 * 8 / 8760
    assert told.startswith(f"pod-1: {25 + since_midnight_kwh:,.1f} kWh of the 20,000.0 kWh")
    assumed = "; ".join(document["certificate"]["assumes"])
    assert "is not given (throughput_kwh)" not in assumed
    assert f"{since_midnight_kwh:,.1f} kWh of its warranty are counted for the time before its first" in assumed
    keep(database, 9, stored_kwh=850.0)
    keep(database, 120, stored_kwh=850.0)
    assert replay(database, record).sha256 == record.sha256
    document, _ = planned(database, 120)
    assert "are counted for times without readings" in "; ".join(document["certificate"]["assumes"])


def test_a_reading_is_counted_once_and_a_correction_takes_its_place(database: Database) -> None:
    def counted() -> Any:  # noqa: ANN401
        with database.reading() as connection:
            last = telemetry.latest(connection, "pod", now=NOW + 60 * MINUTE)
        assert last is not None
        return last.counted

    keep(database, 0, stored_kwh=900.0)
    keep(database, 1, stored_kwh=400.0)
    false = counted()
    keep(database, 1, stored_kwh=895.0)
    right = counted()
    assert '"discharged_kwh":490' in false
    assert '"discharged_kwh":4.9' in right
    keep(database, 1, stored_kwh=895.0)
    assert counted() == right


def test_what_is_read_again_before_a_warranty_is_spent_ends_the_trading(database: Database) -> None:
    with database.writing() as connection:
        spent = {**WEAR, "throughput_limit_kwh_per_year": 1.0}
        put_site(connection, "pod", living_document(**{"ups.0.battery.wear": spent}), now=NOW, by="ada")
    keep(database, 0, stored_kwh=900.0)
    keep(database, 1, stored_kwh=890.0)
    document, _ = planned(database, 1)
    assert sum(ups["discharge_kw"] for each in document["intervals"] for ups in each["ups"]) == 0
