"""What is remembered of readings between requests is what the database has, whatever came in between."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from living_sites import living_document, reading
from stored_sites import NOW

from ridethrough.api.cases.sites import histories
from ridethrough.api.cases.sites.situations import history_of, latest_reading, situation_at
from ridethrough.api.operating.making_plans import keep_plan, prepare_plan
from ridethrough.api.operating.plan_question import answer_to
from ridethrough.api.operating.time_machine import question_of
from ridethrough.api.operating.watching import keep_reading
from ridethrough.api.reading.telemetry import read_telemetry
from ridethrough.operation.live.energy_history import EnergyHistory
from ridethrough.store.database import Database
from ridethrough.store.operating import telemetry
from ridethrough.store.sites import delete_site, put_site

SECOND = timedelta(seconds=1)
SEEN = st.lists(
    st.tuples(
        st.sampled_from(("kept", "kept", "kept", "lost", "deleted", "looked")),
        st.integers(-40, 6),
        st.floats(0.0, 950.0),
        st.integers(1, 1800),
    ),
    min_size=1,
    max_size=25,
)


@pytest.fixture
def site(sqlite_database: Database) -> Iterator[Database]:
    with sqlite_database.writing() as connection:
        put_site(connection, "pod", living_document(), now=NOW - timedelta(days=2), by="ada")
    return sqlite_database


def send(database: Database, at: datetime, kwh: float, now: datetime, to: str = "pod") -> None:
    keep_reading(
        database, to, read_telemetry(reading(at, stored_kwh=kwh), source="telemetry"), sender="gateway", now=now
    )


def remembered_and_read(database: Database, now: datetime) -> tuple[EnergyHistory, EnergyHistory]:
    with database.reading() as connection:
        premises = situation_at(connection, "pod", now).site
        last = latest_reading(connection, "pod", now)
        both = (history_of(connection, premises, last, now, in_the_past=each) for each in (False, True))
        return next(both), next(both)


def assert_same(one: EnergyHistory, other: EnergyHistory) -> None:
    np.testing.assert_array_equal(one.measured_us, other.measured_us)
    assert len(one.systems.get("pod-1", one.systems).rows if one.systems else ()) == len(one.measured_us)  # type: ignore[union-attr]
    if len(one.measured_us):
        np.testing.assert_array_equal(one.systems["pod-1"].rows, other.systems["pod-1"].rows)


def lose(database: Database, at: datetime, kwh: float, now: datetime) -> None:
    """Look at a site in a transaction that adds a reading and then fails."""
    with suppress(ZeroDivisionError), database.writing() as connection:
        text = f'{{"measured_at":"{at.isoformat()}","ups":{{"pod-1":{{"stored_kwh":{kwh}}}}}}}'
        telemetry.add(connection, "pod", text, measured_at=at, in_outage=False, sender="lost", now=now)
        situation_at(connection, "pod", now)
        raise ZeroDivisionError


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seen=SEEN)
def test_what_is_remembered_is_what_is_there(site: Database, seen: list[tuple[str, int, float, int]]) -> None:
    histories.KEPT = histories.KeptHistories()
    with site.reading() as connection:
        newest = telemetry.between(connection, "pod", NOW - timedelta(days=400), NOW + timedelta(days=400))
    now = max((each.received_at for each in newest), default=NOW)
    for what, minutes, kwh, seconds in seen:
        now += seconds * SECOND
        at = (now + timedelta(minutes=minutes)).replace(second=0)
        if what == "kept":
            send(site, at, kwh, now)
        elif what == "lost":
            lose(site, at, kwh, now)
        elif what == "deleted":
            with site.writing() as connection:
                delete_site(connection, "pod", now=now, by="ada")
                put_site(connection, "pod", living_document(), now=now, by="ada")
        assert_same(*remembered_and_read(site, now))


def test_only_new_readings_are_read_again(site: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for second in range(50):
        send(site, NOW + second * SECOND, 900.0 - second, NOW + second * SECOND)
    with site.reading() as connection:
        situation_at(connection, "pod", NOW + 50 * SECOND)
    rows = []
    told_after = telemetry.told_after
    monkeypatch.setattr(telemetry, "told_after", lambda *given: rows.extend(found := told_after(*given)) or found)
    monkeypatch.setattr(telemetry, "told_since", None)
    send(site, NOW + 51 * SECOND, 800.0, NOW + 51 * SECOND)
    with site.reading() as connection:
        found = situation_at(connection, "pod", NOW + 51 * SECOND)
    assert len(found.before.measured_us) == 50
    assert {row.measured_us for row in rows} == {(NOW + 51 * SECOND).timestamp() * 1e6}


def test_readings_that_no_longer_count_are_forgotten(site: Database) -> None:
    for hour in range(30):
        send(site, NOW + timedelta(hours=hour), 900.0, NOW + timedelta(hours=hour))
        assert_same(*remembered_and_read(site, NOW + timedelta(hours=hour)))
    with site.reading() as connection:
        kept = histories.KEPT.get(connection.engine, "pod")
    assert kept is not None
    assert len(kept.ids) < 10


def test_no_more_memory_is_kept_than_is_allowed(site: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("hall", "yard"):
        with site.writing() as connection:
            put_site(connection, name, living_document(id=name), now=NOW - timedelta(days=2), by="ada")
    kept = histories.KEPT = histories.KeptHistories()
    for second in range(10):
        for name in ("pod", "hall", "yard"):
            send(site, NOW + second * SECOND, 900.0, NOW + second * SECOND, to=name)
    with site.reading() as connection:
        engine = connection.engine
        arrays = [found for each in ("pod", "hall", "yard") if (found := kept.get(engine, each)) is not None]
    assert [each.size_bytes for each in arrays] == [9 * 48] * 3  # the tenth is read with the next request
    monkeypatch.setattr(histories, "MOST_BYTES", 2 * 9 * 48)
    kept.put(engine, "yard", arrays[2])
    assert [kept.get(engine, each) is None for each in ("pod", "hall", "yard")] == [True, False, False]
    monkeypatch.setattr(histories, "MOST_BYTES", 1)
    kept.put(engine, "hall", arrays[1])
    assert [kept.get(engine, each) is None for each in ("pod", "hall", "yard")] == [True, False, True]


def test_a_reading_that_is_kept_while_a_plan_is_made_was_not_known_to_it(site: Database) -> None:
    """It bears a time from before the plan, and its row came after all that the plan had read."""
    send(site, NOW - 120 * SECOND, 900.0, NOW - 120 * SECOND)
    send(site, NOW - 10 * SECOND, 890.0, NOW - 10 * SECOND)
    prepared = prepare_plan(site, "pod", NOW)
    send(site, NOW - 60 * SECOND, 100.0, NOW - SECOND)
    record = keep_plan(site, prepared, answer_to(prepared.question), "test", by="ada")
    with site.reading() as connection:
        assert_same(question_of(connection, record).before, prepared.question.before)
        all_known = history_of(
            connection, prepared.question.inputs.site, telemetry.by_id(connection, record.telemetry_id or 0), NOW
        )
    assert len(all_known.measured_us) == len(prepared.question.before.measured_us) + 1


def test_a_reading_kept_by_the_version_before_counts_as_well(site: Database) -> None:
    send(site, NOW, 100.0, NOW)
    with site.writing() as connection:
        connection.execute(telemetry.TELEMETRY.update().values(energies=None))
    send(site, NOW + SECOND, 900.0, NOW + SECOND)
    histories.KEPT = histories.KeptHistories()
    with site.reading() as connection:
        found = situation_at(connection, "pod", NOW + SECOND).before
    np.testing.assert_array_equal(found.systems["pod-1"].stored_kwh, [100.0])
