"""What events ask for, and which rule an event meets that is late, gone, overlapping or malformed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vtn import event

from ridethrough.api.operating.openadr.events import ReadEvents, read_events
from ridethrough.api.operating.openadr.known_events import KnownEvents
from ridethrough.api.reading.openadr_settings import KINDS, OpenAdrSettings, read_openadr_settings
from ridethrough.domain import ConditionKind, UnableToAccept
from ridethrough.operation.live.grid_signals import GridSignals

NOW = datetime(2026, 7, 6, 12, tzinfo=UTC)
ALERT, LIMIT = "ALERT_GRID_EMERGENCY", "IMPORT_CAPACITY_LIMIT"


def settings(**more: Any) -> OpenAdrSettings:  # noqa: ANN401
    return read_openadr_settings({"url": "http://vtn", **more})


def read(*events: dict[str, Any], program: str = "", **meanings: str) -> ReadEvents:
    return read_events(list(events), settings(events=meanings).meanings, program)


def known(*answers: list[dict[str, Any]], at_s: float = 0.0, **more: Any) -> KnownEvents:  # noqa: ANN401
    """What is known after some answers, a minute apart; the last one was at `at_s`."""
    found = KnownEvents(settings=settings(**more), began_s=0.0)
    for number, each in enumerate(answers):
        found.answer(read_events(each, found.settings.meanings, ""), at_s - 60.0 * (len(answers) - 1 - number))
    return found


def signals(*answers: list[dict[str, Any]], now: datetime = NOW) -> GridSignals:
    return known(*answers).signals(now, 0.0)


def test_an_alert_is_a_condition_from_its_start_to_its_end() -> None:
    (condition,) = signals([event(ALERT, "storm front", NOW + timedelta(hours=2), 3.0)]).conditions
    assert condition.kind is ConditionKind.GRID_ALERT
    assert condition.start == NOW + timedelta(hours=2)
    assert condition.end == NOW + timedelta(hours=5)


def test_a_limit_counts_while_it_lasts_in_its_unit_and_the_lowest_of_several() -> None:
    watts = [{"payloadType": LIMIT, "units": "W"}]
    events = [
        event(LIMIT, 5000.0, NOW, 2.0),
        event(LIMIT, 4_000_000.0, NOW + timedelta(hours=1), 2.0, payloadDescriptors=watts, priority=99),
    ]
    limits = [signals(events, now=NOW + timedelta(hours=each)).import_limit_kw for each in (-0.1, 0, 0.9, 1, 2.5, 3)]
    assert limits == [None, 5000.0, 5000.0, 4000.0, 4000.0, None]


def test_levels_and_dispatches_mean_what_the_site_file_says() -> None:
    meanings = {"SIMPLE_2": "grid_alert", "DISPATCH_SETPOINT": "storm"}
    events = [event("SIMPLE", level, NOW) for level in range(4)] + [event("DISPATCH_SETPOINT", -100.0, NOW)]
    assert [each.meaning for each in read(*events, **meanings).asked] == ["grid_alert", "storm"]
    assert read(*events).asked == ()


def test_each_interval_is_one_for_itself() -> None:
    intervals = [{"id": n, "payloads": [{"type": "SIMPLE", "values": [level]}]} for n, level in enumerate([1, 0, 3])]
    found = read(event("SIMPLE", 0, NOW, intervals=intervals), SIMPLE_1="storm", SIMPLE_3="grid_alert").asked
    assert [(each.meaning, each.start) for each in found] == [("storm", NOW), ("grid_alert", NOW + timedelta(hours=2))]


def test_an_event_without_an_end_holds_while_it_is_given() -> None:
    period = {"start": NOW.isoformat(), "duration": "P9999Y"}
    endless = event(ALERT, "x", NOW, intervalPeriod=period)
    for days in (0, 1, 30):
        now = NOW + timedelta(days=days)
        (condition,) = signals([endless], now=now).conditions
        assert condition.start <= now < condition.end - timedelta(days=6)
    assert signals([endless], [], []).conditions == ()


def test_a_late_event_holds_from_when_it_is_seen() -> None:
    (condition,) = signals([event(ALERT, "x", NOW - timedelta(hours=3), 4.0)]).conditions
    assert condition.start < NOW < condition.end


@pytest.mark.parametrize(("answers", "counts"), [([0], False), ([1], True), ([1, 0], True), ([1, 0, 0], False),
                                                 ([1, 0, 1, 0], True), ([0, 1, 0], True)])  # fmt: skip
def test_an_event_that_vanished_counts_until_two_answers_were_without_it(answers: list[int], counts: bool) -> None:  # noqa: FBT001
    alert = event(ALERT, "x", NOW)
    assert bool(signals(*([alert] if each else [] for each in answers)).conditions) is counts


def test_of_an_event_that_was_changed_both_versions_count_until_the_old_one_is_gone() -> None:
    old, new = event(LIMIT, 3000.0, NOW), event(LIMIT, 6000.0, NOW)
    assert [signals([old], *([[new]] * n)).import_limit_kw for n in range(4)] == [3000.0, 3000.0, 6000.0, 6000.0]


MALFORMED: list[dict[str, Any]] = [
    event(ALERT, "x", NOW, intervalPeriod={"start": "soon", "duration": "PT1H"}),
    event(ALERT, "x", NOW, intervalPeriod={"start": "2026-07-06T12:00:00", "duration": "PT1H"}),
    event(ALERT, "x", NOW, intervalPeriod={"start": NOW.isoformat(), "duration": "one hour"}),
    event(ALERT, "x", NOW, intervalPeriod={"start": NOW.isoformat(), "duration": "PT1H", "randomizeStart": "PT5M"}),
    event(ALERT, "x", NOW, intervalPeriod=None),
    event(ALERT, "x", NOW, intervals=[]),
    event(ALERT, "x", NOW, intervals=[{"id": 0}]),
    event(ALERT, "x", NOW, intervals=[{"id": 0, "payloads": [{"values": [1]}]}]),
    event(LIMIT, "much", NOW),
    event(LIMIT, -1.0, NOW),
    event(LIMIT, [1.0], NOW),
    event(LIMIT, 5.0, NOW, payloadDescriptors=[{"payloadType": LIMIT, "units": "HP"}]),
    event("SIMPLE", 4, NOW),
    event("SIMPLE", "2", NOW),
]


@pytest.mark.parametrize("malformed", MALFORMED)
def test_a_malformed_event_holds_the_site_while_it_is_given_and_hides_no_other(malformed: dict[str, Any]) -> None:
    found = signals([malformed, event(ALERT, "x", NOW)])
    assert "cannot be read" in found.held_because
    assert found.conditions
    assert signals([malformed], []).held_because == ""


def test_what_a_site_ignores_holds_nothing_and_what_nobody_knows_is_named() -> None:
    malformed = event("ALERT_WIND", "x", NOW, intervalPeriod={"start": "soon"})
    found = read(malformed, event("PRICE", 0.3, NOW), event("COFFEE", 1, NOW))
    assert (found.asked, found.unreadable, found.unknown) == ((), (), ("COFFEE",))


def test_events_of_other_programs_are_left_out() -> None:
    events = [event(ALERT, "x", NOW, programID="other"), event(ALERT, "y", NOW)]
    assert len(read(*events, program="grid").asked) == 1


def test_a_silent_server_holds_the_site_and_what_was_known_holds_on() -> None:
    found = known([event(ALERT, "x", NOW)], silent_s=900)
    assert found.signals(NOW, 899.0).held_because == ""
    assert "has not answered for 901 s" in found.signals(NOW, 901.0).held_because
    assert found.signals(NOW, 5000.0).conditions
    assert "not answered yet" in known(silent_s=900).signals(NOW, 1.0).held_because
    assert known(silent_s=900, when_silent="go_on").signals(NOW, 1e6).held_because == ""


@given(
    spans=st.lists(st.tuples(st.integers(-48, 48), st.integers(1, 48)), max_size=6),
    at=st.integers(-50, 100),
)
def test_a_condition_holds_now_if_and_only_if_an_event_of_it_does(spans: list[tuple[int, int]], at: int) -> None:
    events = [event(ALERT, "x", NOW + timedelta(hours=start), float(hours)) for start, hours in spans]
    now = NOW + timedelta(hours=at)
    found = signals(events, now=now)
    inside = any(start <= at < start + hours for start, hours in spans)
    assert any(each.start <= now < each.end for each in found.conditions) is inside
    assert len(found.conditions) == len({each for each in spans if sum(each) > at})


def test_all_faults_of_the_settings_are_named_at_once() -> None:
    with pytest.raises(UnableToAccept) as refused:
        read_openadr_settings(
            {
                "url": "vtn.example",
                "client_id": "hall",
                "client_secret": "in clear",
                "poll_s": 0,
                "when_silent": "shrug",
                "events": {"SIMPLE_1": "dance", "SIMPLE_9": "storm", "ALERT_OTHER": "import_limit"},
                "colour": "red",
            }
        )
    assert {fault.field for fault in refused.value.faults} == {
        "url",
        "client_id",
        "client_secret",
        "poll_s",
        "when_silent",
        "events.SIMPLE_1",
        "events.SIMPLE_9",
        "events.ALERT_OTHER",
        "colour",
    }


def test_every_kind_has_a_meaning_where_the_site_says_nothing() -> None:
    assert set(settings().meanings) == set(KINDS)
    assert settings().meanings["SIMPLE_3"] == "ignore"
    assert settings().meanings["DISPATCH_SETPOINT"] == "ignore"
