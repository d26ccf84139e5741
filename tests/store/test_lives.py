"""Readings, plans, holds, alarms, keys and messages, on both databases."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ridethrough.store import idempotency, webhooks
from ridethrough.store.database import Database
from ridethrough.store.operating import alarms, holds, journal, plans, telemetry
from ridethrough.store.operating.alarms import Raised
from ridethrough.store.operating.plans import NewPlan, PlanRecord

NOW = datetime(2026, 7, 15, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def add_reading(database: Database, measured_at: datetime, *, text: str = "{}", **more: Any) -> telemetry.StoredReading:  # noqa: ANN401
    received_at = more.pop("received_at", measured_at)
    with database.writing() as connection:
        kept, _ = telemetry.add(
            connection,
            "site",
            text,
            measured_at=measured_at,
            in_outage=more.pop("in_outage", False),
            sender="gateway",
            now=received_at,
        )
    return kept


def latest(database: Database, now: datetime) -> int | None:
    with database.reading() as connection:
        last = telemetry.latest(connection, "site", now=now)
    return None if last is None else last.id


def test_a_reading_that_is_sent_twice_is_kept_once(database: Database) -> None:
    first, again = (add_reading(database, NOW, text='{"a":1}') for _ in range(2))
    other = add_reading(database, NOW, text='{"a":2}')
    assert first == again
    assert other.id != first.id, "a correction is kept beside it"
    assert latest(database, NOW) == other.id


def test_the_latest_reading_is_the_newest_by_its_own_time(database: Database) -> None:
    """A gateway that was cut off sends what it missed: that is older, and changes nothing."""
    add_reading(database, NOW - MINUTE)
    newest = add_reading(database, NOW)
    add_reading(database, NOW - 5 * MINUTE, received_at=NOW)
    assert latest(database, NOW) == newest.id


def test_a_last_reading_of_the_future_is_the_latest_so_that_it_is_seen(database: Database) -> None:
    add_reading(database, NOW)
    future = add_reading(database, NOW + 60 * MINUTE, received_at=NOW)
    assert latest(database, NOW) == future.id
    after = add_reading(database, NOW + MINUTE)
    assert latest(database, NOW + MINUTE) == after.id, "a good one ends that"


def test_a_reading_of_the_future_is_not_believed_when_its_time_comes(database: Database) -> None:
    """Its sender's clock was an hour ahead: by then it tells what was an hour ago."""
    good = add_reading(database, NOW - MINUTE)
    add_reading(database, NOW + 60 * MINUTE, received_at=NOW)
    assert latest(database, NOW + 60 * MINUTE) == good.id, "the last that can be believed, though it is old"
    after = add_reading(database, NOW + 60 * MINUTE + timedelta(seconds=1))
    assert latest(database, NOW + 61 * MINUTE) == after.id


def test_what_was_received_later_was_not_known(database: Database) -> None:
    add_reading(database, NOW, received_at=NOW + 10 * MINUTE)
    assert latest(database, NOW + 9 * MINUTE) is None


def test_the_last_outage_is_found(database: Database) -> None:
    add_reading(database, NOW - 9 * MINUTE, in_outage=True)
    add_reading(database, NOW)
    with database.reading() as connection:
        assert telemetry.last_outage_at(connection, "site", now=NOW) == NOW - 9 * MINUTE
        assert telemetry.last_outage_at(connection, "other", now=NOW) is None


def test_readings_are_read_in_order_of_their_time(database: Database) -> None:
    times = [NOW + 2 * MINUTE, NOW, NOW + MINUTE]
    for each in times:
        add_reading(database, each, received_at=NOW + 3 * MINUTE)
    with database.reading() as connection:
        found = telemetry.between(connection, "site", NOW, NOW + 2 * MINUTE)
    assert [each.measured_at for each in found] == [NOW, NOW + MINUTE]


def add_plan(database: Database, made_at: datetime, *, site_id: str = "site", **changes: Any) -> PlanRecord:  # noqa: ANN401
    figures: dict[str, Any] = {
        "site_id": site_id,
        "made_at": made_at,
        "made_by": "ada",
        "why": "on the hour",
        "starts_at": made_at,
        "ends_at": made_at + timedelta(hours=36),
        "expires_at": made_at + timedelta(hours=36),
        "status": "optimal",
        "status_because": "",
        "certified": True,
        "site_version": 1,
        "known_at": made_at,
        "telemetry_id": None,
        "telemetry_known_id": None,
        "software": "0",
        "document": {"kw": 0.1 + 0.2},
        "orders": {"kw": [1e-17, 1 / 3]},
        "sha256": "ab" * 32,
    }
    with database.writing() as connection:
        return plans.add(connection, NewPlan(**{**figures, **changes}))


def begun(database: Database, now: datetime) -> str | None:
    with database.reading() as connection:
        record = plans.begun(connection, "site", now=now)
    return None if record is None else record.plan_id


def test_a_plan_comes_back_to_the_digit(database: Database) -> None:
    made = add_plan(database, NOW)
    with database.reading() as connection:
        assert plans.by_number(connection, "site", made.id) == made
        assert plans.by_number(connection, "other", made.id) is None
        assert plans.document_of(connection, made.id) == {"kw": 0.1 + 0.2}
        assert plans.orders_of(connection, made.id) == {"kw": [1e-17, 1 / 3]}


def test_a_certified_plan_supersedes_and_says_why(database: Database) -> None:
    first = add_plan(database, NOW)
    other_site = add_plan(database, NOW, site_id="other")
    second = add_plan(database, NOW + MINUTE, why="telemetry left the plan")
    with database.reading() as connection:
        was = plans.by_number(connection, "site", first.id)
        other = plans.by_number(connection, "other", other_site.id)
    assert was is not None
    assert (was.superseded_by, was.superseded_at) == (second.id, NOW + MINUTE)
    assert was.superseded_because == "telemetry left the plan"
    assert other is not None
    assert other.superseded_by is None
    assert begun(database, NOW) == first.plan_id, "what was in force stays known"
    assert begun(database, NOW + MINUTE) == second.plan_id


def test_a_plan_that_is_not_certified_never_comes_in_force(database: Database) -> None:
    first = add_plan(database, NOW)
    add_plan(database, NOW + MINUTE, certified=False)
    assert begun(database, NOW + 2 * MINUTE) == first.plan_id


def test_a_plan_that_begins_later_leaves_the_one_before_it_in_force(database: Database) -> None:
    first = add_plan(database, NOW)
    later = add_plan(database, NOW + MINUTE, starts_at=NOW + 15 * MINUTE)
    assert begun(database, NOW + 14 * MINUTE) == first.plan_id
    assert begun(database, NOW + 15 * MINUTE) == later.plan_id


def test_a_plan_made_from_older_knowledge_does_not_overtake(database: Database) -> None:
    """Two plans are made at once, and the one that was begun first is done last."""
    newer = add_plan(database, NOW + MINUTE)
    older = add_plan(database, NOW)
    assert older.superseded_by == newer.id
    assert begun(database, NOW + 2 * MINUTE) == newer.plan_id


def test_a_plan_is_cancelled_once(database: Database) -> None:
    made = add_plan(database, NOW)
    with database.writing() as connection:
        first = plans.cancel(connection, "site", made.id, by="ada", why="works", now=NOW)
        assert first is not None
        assert first.cancelled_because == "works"
        assert plans.cancel(connection, "site", made.id, by="bob", why="", now=NOW) is None
        assert plans.cancel(connection, "other", made.id, by="bob", why="", now=NOW) is None


def test_plans_are_listed_by_pages_of_the_newest_first(database: Database) -> None:
    made = [add_plan(database, NOW + index * MINUTE).id for index in range(5)]
    with database.reading() as connection:
        first = [each.id for each in plans.listed(connection, "site", limit=2)]
        assert first == made[:-3:-1]
        assert [each.id for each in plans.listed(connection, "site", before=first[-1])] == made[2::-1]
        newest = plans.newest(connection, "site", now=NOW + 2 * MINUTE)
    assert newest is not None
    assert newest.id == made[2]


@pytest.mark.parametrize("name", ["plan-", "plan-x", "7", "plan--1", "plan-٣", "plan-1234567890123456789", ""])
def test_what_is_no_name_of_a_plan_is_none(name: str) -> None:
    assert plans.number_of(name) is None


def test_a_hold_lasts_until_it_is_released(database: Database) -> None:
    with database.writing() as connection:
        holds.hold(connection, "site", by="ada", why="works", now=NOW)
        holds.hold(connection, "site", by="bob", why="more works", now=NOW + MINUTE)
        assert holds.release(connection, "site", by="ada", now=NOW + 2 * MINUTE) == 2
        assert holds.release(connection, "site", by="ada", now=NOW + 3 * MINUTE) == 0
        at = [holds.in_force(connection, "site", at=NOW + index * MINUTE) for index in (-1, 0, 1, 2)]
    assert [None if each is None else each.why for each in at] == [None, "works", "more works", None]


def test_an_alarm_is_raised_once_seen_again_and_cleared(database: Database) -> None:
    full = [Raised(kind="system", subject="pod-1", message="in bypass")]
    with database.writing() as connection:
        (new,) = alarms.settle(connection, "site", ["system"], full, now=NOW)
        assert alarms.settle(connection, "site", ["system"], full, now=NOW + MINUTE) == ()
        assert alarms.settle(connection, "site", ["telemetry"], [], now=NOW + MINUTE) == ()
        (seen,) = alarms.listed(connection, "site", only_open=True)
        assert (seen.raised_at, seen.seen_at, seen.cleared_at) == (NOW, NOW + MINUTE, None)
        alarms.settle(connection, "site", ["system"], [], now=NOW + 2 * MINUTE)
        assert alarms.listed(connection, "site", only_open=True) == ()
        (again,) = alarms.settle(connection, "site", ["system"], full, now=NOW + 3 * MINUTE)
        assert again.id != new.id
        assert [each.cleared_at for each in alarms.listed(connection, "site")] == [None, NOW + 2 * MINUTE]


def test_the_first_to_acknowledge_an_alarm_stays(database: Database) -> None:
    with database.writing() as connection:
        (new,) = alarms.settle(connection, "site", ["a"], [Raised(kind="a", subject="s", message="m")], now=NOW)
        first = alarms.acknowledge(connection, "site", new.id, by="ada", now=NOW)
        second = alarms.acknowledge(connection, "site", new.id, by="bob", now=NOW + MINUTE)
        assert first == second
        assert first is not None
        assert first.acknowledged_by == "ada"
        assert alarms.acknowledge(connection, "other", new.id, by="bob", now=NOW) is None


def test_the_journal_is_read_from_its_end(database: Database) -> None:
    with database.writing() as connection:
        for index in range(3):
            journal.write(connection, "site", who="ada", what="held", now=NOW, detail={"index": index})
        journal.write(connection, "other", who="ada", what="held", now=NOW)
        last = journal.entries(connection, "site", limit=2)
        assert [each.detail["index"] for each in last] == [2, 1]
        assert [each.detail["index"] for each in journal.entries(connection, "site", before=last[-1].id)] == [0]


def test_a_key_is_taken_once_and_then_has_its_answer(database: Database) -> None:
    with database.writing() as connection:
        assert idempotency.begin(connection, "site", "k", "aa", now=NOW) is None
        under_way = idempotency.begin(connection, "site", "k", "aa", now=NOW)
        assert under_way is not None
        assert under_way.status is None
        assert idempotency.begin(connection, "other", "k", "aa", now=NOW) is None
        idempotency.answer(connection, "site", "k", status=201, location="/x", answer="{}")
        earlier = idempotency.begin(connection, "site", "k", "bb", now=NOW + timedelta(hours=1))
        assert earlier is not None
        assert (earlier.request_sha256, earlier.status, earlier.location) == ("aa", 201, "/x")
        assert idempotency.begin(connection, "site", "k", "bb", now=NOW + timedelta(days=3)) is None


def test_answers_are_not_kept_for_ever(database: Database) -> None:
    with database.writing() as connection:
        for index in range(3):
            idempotency.begin(connection, "site", f"k{index}", "aa", now=NOW + index * MINUTE)
            idempotency.answer(connection, "site", f"k{index}", status=201, location=None, answer="{}")
        idempotency.begin(connection, "site", "new", "aa", now=NOW + idempotency.KEPT + MINUTE)
        left = [row.key for row in connection.execute(idempotency.KEYS.select().order_by(idempotency.KEYS.c.key))]
    assert left == ["k1", "k2", "new"]


def test_a_key_whose_process_died_is_free_after_a_while(database: Database) -> None:
    with database.writing() as connection:
        idempotency.begin(connection, "site", "k", "aa", now=NOW)
        assert idempotency.begin(connection, "site", "k", "aa", now=NOW + 4 * MINUTE) is not None
        assert idempotency.begin(connection, "site", "k", "aa", now=NOW + 6 * MINUTE) is None
        idempotency.give_back(connection, "site", "k")
        assert idempotency.begin(connection, "site", "k", "aa", now=NOW + 6 * MINUTE) is None


def add_webhook(database: Database, *events: str) -> webhooks.Webhook:
    with database.writing() as connection:
        return webhooks.add(
            connection,
            "site",
            url="https://example.com",
            secret="s3cret",  # noqa: S106
            events=events,
            by="ada",
            now=NOW,
        )


def queue(database: Database, event: str, body: Mapping[str, Any]) -> None:
    with database.writing() as connection:
        webhooks.queue(connection, "site", event, body, now=NOW)


def take(database: Database, now: datetime) -> tuple[webhooks.Due, ...]:
    with database.writing() as connection:
        return webhooks.take(connection, now=now)


def test_a_message_goes_to_those_who_asked_for_it(database: Database) -> None:
    every, some = add_webhook(database), add_webhook(database, "held")
    queue(database, "held", {"a": 1})
    queue(database, "plan_made", {"a": 2})
    due = take(database, NOW)
    assert [(each.message.webhook_id, each.message.event) for each in due] == [
        (every.id, "held"),
        (some.id, "held"),
        (every.id, "plan_made"),
    ]
    assert {each.secret for each in due} == {"s3cret"}


def test_a_message_that_is_taken_is_not_taken_by_another_until_its_lease_ends(database: Database) -> None:
    add_webhook(database)
    queue(database, "held", {})
    (first,) = take(database, NOW)
    assert take(database, NOW + timedelta(seconds=59)) == ()
    (again,) = take(database, NOW + timedelta(seconds=60))
    assert (again.message.id, again.message.attempts) == (first.message.id, 2)


def test_a_message_is_sent_again_later_and_later_and_then_given_up(database: Database) -> None:
    add_webhook(database)
    queue(database, "held", {})
    at, waits = NOW, []
    while due := take(database, at):
        with database.writing() as connection:
            given_up = webhooks.failed(connection, due[0].message, "status 500", now=at)
            (kept,) = webhooks.messages(connection, "site", due[0].message.webhook_id)
        if given_up or kept.due_at is None:
            break
        assert take(database, kept.due_at - timedelta(seconds=1)) == ()
        waits.append((kept.due_at - at).total_seconds())
        at = kept.due_at
    assert tuple(waits) == webhooks.BACK_OFF_S
    assert kept.last_error == "status 500"


def test_a_webhook_that_is_removed_gets_nothing_more(database: Database) -> None:
    webhook = add_webhook(database)
    queue(database, "held", {})
    with database.writing() as connection:
        assert not webhooks.remove(connection, "other", webhook.id, now=NOW)
        assert webhooks.remove(connection, "site", webhook.id, now=NOW)
        assert not webhooks.remove(connection, "site", webhook.id, now=NOW)
        assert webhooks.listed(connection, "site") == ()
    assert take(database, NOW) == ()
