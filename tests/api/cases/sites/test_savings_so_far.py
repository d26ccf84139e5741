"""Savings so far: the bill of the meter, and of the meter of a twin site whose batteries always rested."""

from datetime import UTC, date, datetime, timedelta

import pytest
from documents import REMOVED, site_document
from stored_sites import Client, Clock, keeping_service

from ridethrough.api.cases.sites.savings_so_far import savings_so_far
from ridethrough.store.database import Database

MONTH = datetime(2026, 7, 1, 4, tzinfo=UTC)
"""Midnight in New York."""
NOON = MONTH + timedelta(days=2, hours=12)
FLAT_KW = 5600.0
_HOUR = timedelta(hours=1)


def stored_kwh(hour: int, *, rests: bool) -> float:
    """Full until five in the afternoon, then 300 kWh are given in an hour, and bought again from one to three."""
    if rests or hour < 18:
        return 900.0
    day, clock = divmod(hour - 18, 24)
    return 600.0 + 150.0 * max(0, min(2, clock - 7)) if day >= 0 and clock < 23 else 900.0


def grid_kw(hour: int, *, rests: bool) -> float:
    gained = stored_kwh(hour + 1, rests=rests) - stored_kwh(hour, rests=rests)
    return FLAT_KW + (gained / 0.97 / 0.98 if gained > 0 else gained * 0.98 / 0.97)


def lived(database: Database, site_id: str, *, rests: bool, left_out: int | None = None) -> Client:
    """A site with a reading at every hour of this month, one of them left out."""
    clock = Clock(MONTH)
    client = keeping_service(database, clock)
    document = {
        **site_document({"prices": REMOVED, "tariff": "dominion-gs-4"}),
        "id": site_id,
    }
    document["ups"][0] |= {"rectifier_efficiency": 0.97}
    document["ups"][0]["battery"] |= {"charge_efficiency": 0.98, "discharge_efficiency": 0.98}
    assert client.put(f"/v1/sites/{site_id}", json=document).status_code == 201
    for hour in range(60):
        if hour != left_out:
            clock.now = MONTH + hour * _HOUR
            system = {"stored_kwh": stored_kwh(hour, rests=rests), "load_kw": 4300.0, "mode": "normal"}
            reading = {"measured_at": clock.now.isoformat(), "grid_kw": grid_kw(hour, rests=rests)}
            sent = client.post(f"/v1/sites/{site_id}/telemetry", json={**reading, "ups": {"pod-1": system}})
            assert sent.status_code == 201, sent.text
    clock.now = NOON
    return client


def billed(client: Client, site_id: str, first: str) -> float:
    asked = f"/v1/sites/{site_id}/bills?from={first}&to=2026-07-02&meter=telemetry"
    answer = client.request("GET", asked)
    assert answer.status_code == 200, answer.text
    return float(answer.json()["total"])


class _Here:
    async def run(self, work, *arguments, **_):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN002, ANN003, ANN202
        return work(*arguments)


def test_it_is_the_difference_to_a_twin_whose_batteries_rest(sqlite_database: Database) -> None:
    lived(sqlite_database, "rests", rests=True)
    client = lived(sqlite_database, "pod", rests=False)
    client.app.state.solvers = _Here()
    with sqlite_database.reading() as connection:
        found = savings_so_far(connection, "pod", NOON)
    assert (found.unknown_because, found.first, found.last) == ("", date(2026, 7, 1), date(2026, 7, 2))
    assert found.with_batteries == pytest.approx(billed(client, "pod", "2026-07-01"), abs=0.005)
    assert found.without_batteries == pytest.approx(billed(client, "rests", "2026-07-01"), abs=0.02)
    assert abs(found.saved) > 1.0


def test_only_days_after_the_last_missing_reading_count(sqlite_database: Database) -> None:
    client = lived(sqlite_database, "pod", rests=False, left_out=5)
    client.app.state.solvers = _Here()
    with sqlite_database.reading() as connection:
        found = savings_so_far(connection, "pod", NOON)
    assert (found.first, found.last) == (date(2026, 7, 2), date(2026, 7, 2))
    assert found.with_batteries == pytest.approx(billed(client, "pod", "2026-07-02"), abs=0.005)


def test_what_cannot_be_known_is_said(sqlite_database: Database) -> None:
    lived(sqlite_database, "pod", rests=False, left_out=30)
    client = keeping_service(sqlite_database, Clock(MONTH))
    assert client.put("/v1/sites/market", json={**site_document(), "id": "market"}).status_code == 201
    with sqlite_database.reading() as connection:
        assert "yesterday lacks readings" in savings_so_far(connection, "pod", NOON).unknown_because
        assert "no whole day" in savings_so_far(connection, "pod", MONTH + _HOUR).unknown_because
        assert "no tariff" in savings_so_far(connection, "market", NOON).unknown_because
