"""A site that only sends telemetry gets plans, and what was not measured stays unknown."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from living_sites import living_document, living_service, reading
from stored_sites import NOW, Clock

from ridethrough.api.cases.sites.measured_loads import held_means, measured_key, record_measured_loads
from ridethrough.api.cases.sites.situations import site_of
from ridethrough.api.cases.sites.stored_inputs import stored_site
from ridethrough.api.operating.making_plans import make_plan
from ridethrough.api.operating.time_machine import replay
from ridethrough.api.reading.telemetry import read_telemetry, telemetry_document
from ridethrough.domain import UnableToAccept
from ridethrough.store.database import Database
from ridethrough.store.operating import plans, telemetry
from ridethrough.store.operating.plans import PlanRecord
from ridethrough.store.schema import canonical
from ridethrough.store.series import append_series, read_series
from ridethrough.store.series_days import Stretch
from ridethrough.store.sites import put_site

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """A site whose load is a series that nobody has sent."""
    with sqlite_database.writing() as connection:
        document = living_document(**{"ups.0.load": {"series": "load"}, "unprotected_load": {"constant_kw": 900}})
        put_site(connection, "pod", document, now=NOW - timedelta(days=60), by="ada")
    return sqlite_database


def measure(
    database: Database,
    start: datetime,
    end: datetime,
    *,
    every: timedelta = 10 * MINUTE,
    **changes: Any,  # noqa: ANN401
) -> None:
    """Readings from a time until another one, each received when it was measured."""
    load_kw = changes.pop("load_kw", 4300.0)
    at = start
    with database.writing() as connection:
        while at < end:
            told = read_telemetry(reading(at, ups={"load_kw": load_kw}, **changes), source="telemetry")
            text = canonical(telemetry_document(told))
            telemetry.add(connection, "pod", text, measured_at=at, in_outage=False, sender="gateway", now=at)
            at += every


def load_history(database: Database, start: datetime, hours: int, kw: float = 4200.0) -> None:
    with database.writing() as connection:
        stretch = Stretch(start=start, step=HOUR, values=np.full(hours, kw))
        append_series(connection, "pod", "load", stretch, now=start)


def measured(database: Database, now: datetime) -> dict[datetime, float]:
    with database.writing() as connection:
        site = stored_site(connection, "pod")
        record_measured_loads(connection, "pod", site_of(site, {}), site.document, now)
        found = read_series(connection, "pod", measured_key("pod-1"))
    starts = [each.astype("datetime64[us]").item().replace(tzinfo=NOW.tzinfo) for each in found.starts]
    return dict(zip(starts, found.values.tolist(), strict=True))


def planned(database: Database, now: datetime) -> tuple[PlanRecord, str]:
    record = make_plan(database, "pod", now, "test")
    with database.reading() as connection:
        document = plans.document_of(connection, record.id)
    return record, document["inputs"]["forecast"]["loads"]["pod-1"]


def test_a_site_that_only_sends_telemetry_is_planned_from_what_was_measured(database: Database) -> None:
    measure(database, NOW - 30 * HOUR, NOW)
    record, source = planned(database, NOW)
    assert (record.certified, record.status) == (True, "optimal")
    assert source == "series load; from 2026-07-13T06:00Z on it is what telemetry measured"
    measure(database, NOW, NOW + HOUR)
    planned(database, NOW + HOUR)
    assert replay(database, record).sha256 == record.sha256, "what was measured later was not known"


def test_it_is_planned_from_the_fourth_hour_that_was_measured_on(database: Database) -> None:
    measure(database, NOW - 2 * HOUR, NOW)
    with pytest.raises(UnableToAccept, match="at least 3 whole hours"):
        make_plan(database, "pod", NOW, "test")
    measure(database, NOW, NOW + HOUR)
    assert planned(database, NOW + HOUR)[0].certified


def test_a_load_that_was_sent_goes_on_with_what_was_measured(database: Database) -> None:
    load_history(database, NOW - 120 * HOUR, 110)
    measure(database, NOW - 20 * HOUR, NOW)
    record, source = planned(database, NOW)
    assert record.certified
    assert source == "series load; from 2026-07-14T02:00Z on it is what telemetry measured"


def test_a_gap_is_not_filled_and_the_longer_past_is_planned_from_until_it_is_old(database: Database) -> None:
    load_history(database, NOW - 120 * HOUR, 48)
    measure(database, NOW - 40 * HOUR, NOW)
    _, source = planned(database, NOW)
    assert source == "series load; what was measured after 2026-07-11T11:00Z is left out: a gap lies between"
    later = NOW + timedelta(days=6)
    measure(database, NOW, later)
    _, source = planned(database, later)
    assert "what was before 2026-07-12T20:00Z is left out: a gap lies between" in source


def test_a_gap_that_the_site_lets_be_filled_is_filled_and_said(database: Database) -> None:
    with database.writing() as connection:
        document = living_document(
            **{"ups.0.load": {"series": "load", "gaps": {"fill": "hold", "at_most_minutes": 180}}}
        )
        put_site(connection, "pod", document, now=NOW - timedelta(days=59), by="ada")
    measure(database, NOW - 40 * HOUR, NOW - 10 * HOUR)
    measure(database, NOW - 8 * HOUR, NOW)
    record, source = planned(database, NOW)
    assert record.certified
    assert "left out" not in source
    assert "2" in source.rpartition(";")[2], source


def test_an_interval_is_known_if_each_of_its_seconds_is(database: Database) -> None:
    measure(database, NOW - 3 * HOUR, NOW - 2 * HOUR, every=14 * MINUTE)
    measure(database, NOW - 2 * HOUR, NOW - HOUR, every=16 * MINUTE)
    measure(database, NOW - HOUR, NOW)
    found = measured(database, NOW)
    assert found == {NOW - 3 * HOUR: 4300.0, NOW - HOUR: 4300.0}


@pytest.mark.parametrize("load_kw", [-1.0, 1e6, None])
def test_a_load_that_cannot_be_leaves_a_hole(database: Database, load_kw: float | None) -> None:
    measure(database, NOW - 2 * HOUR, NOW)
    measure(database, NOW - 90 * MINUTE, NOW - 85 * MINUTE, load_kw=load_kw)
    assert list(measured(database, NOW)) == [NOW - HOUR]


def test_what_was_measured_is_shown_and_not_sent(sqlite_database: Database) -> None:
    client = living_service(sqlite_database, Clock())
    path = "/v1/sites/pod/series/telemetry"
    refused = client.post(path, json={"start": NOW.isoformat(), "interval_minutes": 60, "values": [1.0]})
    assert refused.status_code == 422
    assert "what telemetry measured" in refused.text
    document = living_document(**{"ups.0.load": {"series": "load"}})
    assert client.put("/v1/sites/pod", json=document).status_code == 200
    measure(sqlite_database, NOW - 30 * HOUR, NOW)
    make_plan(sqlite_database, "pod", NOW, "test")
    listed = client.get("/v1/sites/pod/series").json()
    assert [each["series"] for each in listed["series"]] == ["telemetry#pod-1"]
    assert listed["missing"] == []


@given(
    samples=st.dictionaries(st.integers(0, 600), st.none() | st.floats(0, 100), min_size=1, max_size=12),
    held_s=st.integers(1, 200),
)
def test_means_are_those_of_each_second(samples: dict[int, float | None], held_s: int) -> None:
    times = sorted(samples)
    by_second: list[float | None] = []
    for second in range(600):
        before = [at for at in times if at <= second]
        by_second.append(samples[before[-1]] if before and second < before[-1] + held_s else None)
    expected = []
    for first in range(0, 600, 60):
        part = by_second[first : first + 60]
        expected.append(np.nan if None in part else sum(each or 0.0 for each in part) / 60)
    values = np.array([np.nan if (value := samples[at]) is None else value for at in times])
    found = held_means(np.array(times, dtype=np.float64), values, np.arange(11) * 60.0, float(held_s))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
