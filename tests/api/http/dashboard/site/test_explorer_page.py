"""The explorer without a browser: what is stored of a site over a period, and what the page says where little is."""

import re
from datetime import datetime, timedelta

import numpy as np
import pytest
from documents import REMOVED, site_document
from living_sites import SITE, living_document, living_service, reading
from stored_sites import NOW, Client, Clock

from ridethrough.api.cases.sites import explored as explored_case
from ridethrough.api.pages.explorer.library import NAME, zoom_script
from ridethrough.api.pages.frame import SECTIONS
from ridethrough.store.database import Database
from ridethrough.store.operating import telemetry
from ridethrough.store.schema import canonical

PAGE = "/sites/pod/explorer"
QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
SCRIPTS = re.compile(r"plotly", re.IGNORECASE)


@pytest.fixture
def client(sqlite_database: Database) -> Client:
    return living_service(sqlite_database, Clock())


def keep(database: Database, at: datetime, *, grid_kw: float | None, stored_kwh: float) -> None:
    document = canonical(reading(at, stored_kwh=stored_kwh) | {"grid_kw": grid_kw})
    with database.writing() as connection:
        telemetry.add(connection, "pod", document, measured_at=at, in_outage=False, sender="test", now=at)


def points(client: Client, start: datetime, end: datetime) -> dict[str, dict[str, list[float | None]]]:
    first, last = (round(1000 * each.timestamp()) for each in (start, end))
    answer = client.get(f"{PAGE}/points?from={first}&to={last}")
    assert answer.status_code == 200, answer.text
    return {each["name"]: each for each in answer.json()["series"]}


def test_the_meter_without_batteries_is_the_meter_less_what_they_took(
    client: Client, sqlite_database: Database
) -> None:
    """In the first hour 100 kWh are charged, in the second 50 are given, in the third nothing."""
    document = living_document()
    document["ups"][0] |= {"rectifier_efficiency": 0.97}
    document["ups"][0]["battery"] |= {"charge_efficiency": 0.96, "discharge_efficiency": 0.98}
    assert client.put(SITE, json=document).is_success
    start = NOW - timedelta(hours=4)
    for index, stored in enumerate((700.0, 800.0, 750.0, 750.0)):
        keep(sqlite_database, start + index * HOUR, grid_kw=6000.0, stored_kwh=stored)
    found = points(client, start, start + 4 * HOUR)
    assert found["meter with batteries"]["values"][:4] == [6000.0] * 4
    expected = [6000 - 100 / 0.96 / 0.97, 6000 + 50 * 0.98 / 0.97, 6000.0]
    assert np.allclose(np.array(found["meter without batteries"]["values"][:3], dtype=float), expected)
    assert found["stored energy, pod-1"]["values"][:4] == [700.0, 800.0, 750.0, 750.0]


def test_a_peak_stays_in_a_year_of_readings_and_a_gap_is_not_drawn_over(client: Client) -> None:
    start = NOW - timedelta(days=20)
    values = [100.0 + (index % 7) for index in range(20 * 96)]
    values[777] = 5000.0
    series = {"start": start.isoformat(), "interval_minutes": 15, "values": values}
    changed = site_document({"prices": REMOVED, "tariff": "dominion-gs-4", "unprotected_load": {"csv": "chillers.csv"}})
    assert client.put(SITE, json=changed).is_success
    assert client.post(f"{SITE}/series/chillers", json=series).is_success
    later = {"start": (NOW + timedelta(days=2)).isoformat(), "interval_minutes": 15, "values": [1.0] * 8}
    assert client.post(f"{SITE}/series/chillers", json=later).is_success
    drawn = points(client, NOW - timedelta(days=200), NOW + timedelta(days=100))["unprotected load"]
    known = [value for value in drawn["values"] if value is not None]
    assert max(known) == 5000.0
    assert len(known) < len(values)
    at = drawn["times"][drawn["values"].index(5000.0)]
    assert at == pytest.approx(1000 * (start + 777 * QUARTER).timestamp())
    assert drawn["values"].count(None) == 2
    table = client.get(f"{PAGE}?from=2026-06-20&to=2026-07-14").text.partition("<details")[2]
    assert "5,000" in table


def test_readings_that_are_too_many_are_cut_and_the_page_says_where(
    client: Client, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explored_case, "MOST_READINGS", 3)
    start = NOW - timedelta(hours=2)
    for index in range(5):
        keep(sqlite_database, start + index * QUARTER, grid_kw=None if index == 1 else 6000.0, stored_kwh=900.0)
    page = client.get(PAGE).text
    assert "Ask for fewer days." in page
    assert len([each for each in points(client, start, NOW)["stored energy, pod-1"]["values"] if each]) == 4


def test_a_site_that_was_deleted_and_made_again_shows_no_readings_of_the_one_before(
    client: Client, sqlite_database: Database
) -> None:
    keep(sqlite_database, NOW - timedelta(hours=2), grid_kw=6000.0, stored_kwh=900.0)
    assert "meter with batteries" in client.get(PAGE).text
    assert client.request("DELETE", SITE).is_success
    assert client.put(SITE, json=living_document()).is_success
    assert "meter with batteries" not in client.get(PAGE).text


def test_what_is_no_period_is_told_on_the_page_and_points_of_none_are_refused(client: Client) -> None:
    assert "is no day; write it like 2026-07-14" in client.get(f"{PAGE}?from=soon").text
    assert "the last day is not before the first" in client.get(f"{PAGE}?from=2026-07-14&to=2026-07-01").text
    for query in ("", "?from=5&to=5", "?from=9000000&to=1", "?from=0&to=99999999999", "?from=x&to=1"):
        assert client.get(f"{PAGE}/points{query}").status_code == 422


def test_the_script_is_on_this_page_alone_and_served_by_us(client: Client, sqlite_database: Database) -> None:
    keep(sqlite_database, NOW - timedelta(hours=1), grid_kw=6000.0, stored_kwh=900.0)
    script = zoom_script()
    assert script is not None
    for section in SECTIONS:
        page = client.get(f"/sites/pod/{section.path}".rstrip("/")).text
        assert bool(SCRIPTS.search(page)) == (section.path == "explorer"), section.path
    address = f"/static/{NAME}?v={script.digest}"
    assert address in client.get(PAGE).text
    served = client.get(address)
    assert served.content == script.content
    assert "immutable" in served.headers["cache-control"]


def test_without_the_library_the_page_shows_the_picture_and_says_what_to_install(
    client: Client, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(sqlite_database, NOW - timedelta(hours=1), grid_kw=6000.0, stored_kwh=900.0)
    monkeypatch.setattr("ridethrough.api.pages.explorer.library.find_spec", lambda _: None)
    zoom_script.cache_clear()
    try:
        page = client.get(PAGE).text
        assert client.get(f"/static/{NAME}").status_code == 404
    finally:
        monkeypatch.undo()
        zoom_script.cache_clear()
    assert "pip install &#39;ridethrough[explorer]&#39;" in page
    assert "<script" not in page
    assert '<svg class="panel"' in page
    assert "<table" in page


def test_after_the_stored_loads_telemetry_tells_them(client: Client, sqlite_database: Database) -> None:
    """A load that is stored until the middle of the time goes on with the mean of each interval's readings."""
    document = living_document(**{"ups.0.load": {"csv": "hall.csv"}})
    assert client.put(SITE, json=document).is_success
    start = NOW - timedelta(hours=4)
    series = {"start": start.isoformat(), "interval_minutes": 60, "values": [4000.0, 4100.0]}
    assert client.post(f"{SITE}/series/hall", json=series).is_success
    for minutes, load_kw in ((10, 1.0), (130, 4210.0), (150, 4190.0), (200, 4300.0)):
        at = start + timedelta(minutes=minutes)
        told = reading(at, ups={"load_kw": load_kw})
        with sqlite_database.writing() as connection:
            telemetry.add(connection, "pod", canonical(told), measured_at=at, in_outage=False, sender="test", now=at)
    found = points(client, start, start + 4 * HOUR)
    assert found["load of pod-1"]["values"][:4] == [4000.0, 4100.0, 4200.0, 4300.0]
    assert found["stored energy, pod-1"]["times"][-2] == 1000 * (start + timedelta(minutes=200)).timestamp()
