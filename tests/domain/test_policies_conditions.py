"""When the usual reserve is not enough."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sites import site, ups_system

from ridethrough.domain import ConditionKind, Horizon, ReserveCondition, Site, SiteState, UnableToAccept
from ridethrough.domain.conditions import conditions_on, ramp_minutes_on

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
HORIZON = Horizon(start=NOON, interval_minutes=15, intervals=8)


def storm(start: datetime, end: datetime, **changes: Any) -> ReserveCondition:  # noqa: ANN401
    return ReserveCondition(**({"start": start, "end": end, "kind": ConditionKind.STORM} | changes))


def minutes(count: float) -> datetime:
    return NOON + timedelta(minutes=count)


@pytest.mark.parametrize(
    ("start", "end", "intervals", "boundaries"),
    [
        (15, 30, [1], [1, 2]),
        (20, 25, [1], [1, 2]),
        (14, 16, [0, 1], [0, 1, 2]),
        (-60, 0, [], []),
        (-60, 1, [0], [0, 1]),
        (110, 300, [7], [7, 8]),
        (120, 300, [], [8]),
        (121, 300, [], [8]),
        (135, 300, [], []),
    ],
)
def test_a_condition_touches_the_intervals_it_holds_in_and_the_boundaries_beside(
    start: float, end: float, intervals: list[int], boundaries: list[int]
) -> None:
    held = conditions_on(HORIZON, [storm(minutes(start), minutes(end))], ups_id="a", timezone="UTC")
    assert [index for index, each in enumerate(held.intervals) if each] == intervals
    assert [index for index, each in enumerate(held.boundaries) if each] == boundaries
    assert bool(held) is bool(boundaries)


def test_a_condition_of_one_system_leaves_the_others_alone() -> None:
    only = storm(minutes(0), minutes(30), ups="a", kind=ConditionKind.GENERATOR_TEST, ride_through_s=600)
    assert conditions_on(HORIZON, [only], ups_id="a", timezone="UTC")
    assert not conditions_on(HORIZON, [only], ups_id="b", timezone="UTC")
    assert (only.full_charge, storm(minutes(0), minutes(1)).full_charge) == (False, True)


def test_a_boundary_between_two_intervals_of_one_condition_holds_it_once() -> None:
    long = storm(minutes(0), minutes(60))
    held = conditions_on(HORIZON, [long], ups_id="a", timezone="UTC")
    assert held.boundaries[:6] == ((long,),) * 5 + ((),)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-07-01T10:00", "2026-07-01T12:00", 2),
        ("2026-11-01T01:30", "2026-11-01T03:00", 2.5),  # 01:30 is shown twice: the earlier one
        ("2026-11-01T00:30", "2026-11-01T01:30", 2),  # the later one
        ("2026-03-08T01:00", "2026-03-08T02:30", 1.5),  # 02:30 does not exist: the later reading
        ("2026-03-08T02:15", "2026-03-08T02:45", 1.5),
    ],
)
def test_local_times_count_for_the_longer_stretch(start: str, end: str, hours: float) -> None:
    local = storm(datetime.fromisoformat(start), datetime.fromisoformat(end))
    assert local.interval("America/New_York").hours == hours


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"end": minutes(0)}, ["end"]),
        ({"end": datetime(2026, 7, 1, 14)}, ["end"]),  # noqa: DTZ001 - mixed with a start that has an offset
        ({"start": datetime(1, 1, 1, tzinfo=UTC)}, ["start"]),
        ({"ride_through_s": 600}, ["ride_through_s"]),
        ({"ride_through_s": 0, "kind": ConditionKind.MAINTENANCE}, ["ride_through_s"]),
        ({"hold_off_minutes": -1, "ramp_minutes": float("nan")}, ["hold_off_minutes", "ramp_minutes"]),
        ({"ramp_minutes": 7 * 24 * 60 + 1}, ["ramp_minutes"]),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(UnableToAccept) as refused:
        storm(**{"start": minutes(0), "end": minutes(30)} | changes)
    assert [fault.field for fault in refused.value.faults] == fields


@pytest.mark.parametrize(
    ("kind", "said", "before", "after", "after_with_limit"),
    [
        (ConditionKind.STORM, {}, 120, 120, 0),
        (ConditionKind.GRID_ALERT, {}, 120, 120, 0),
        (ConditionKind.MAINTENANCE, {}, 0, 0, 0),
        (ConditionKind.STORM, {"hold_off_minutes": 0, "ramp_minutes": 0}, 0, 0, 0),
        (ConditionKind.GENERATOR_TEST, {"hold_off_minutes": 45, "ramp_minutes": 90}, 45, 90, 90),
    ],
)
def test_a_storm_has_a_hold_off_and_a_ramp_that_it_need_not_say(
    kind: ConditionKind, said: dict[str, float], before: float, after: float, after_with_limit: float
) -> None:
    condition = storm(minutes(0), minutes(30), kind=kind, **said)

    assert condition.hold_off == timedelta(minutes=before)
    assert condition.ramp(site_has_limit=False) == timedelta(minutes=after)
    assert condition.ramp(site_has_limit=True) == timedelta(minutes=after_with_limit)


@pytest.mark.parametrize(
    ("start", "hold_off", "intervals"),
    [
        (60, 30, [2, 3]),
        (60, 31, [1, 2, 3]),
        (65, 20, [3, 4]),
        (60, 0, []),
        (-5, 300, []),
        (125, 20, [7]),
        (300, 185, [7]),
        (300, 180, []),
    ],
)
def test_a_hold_off_touches_the_intervals_before_the_start(start: float, hold_off: float, intervals: list[int]) -> None:
    condition = storm(minutes(start), minutes(start + 30), hold_off_minutes=hold_off)

    held = conditions_on(HORIZON, [condition], ups_id="a", timezone="UTC")

    assert [index for index, each in enumerate(held.before) if each] == intervals
    locked = {index for index, each in enumerate(held.locked) if each}
    assert locked == set(intervals) | {index for index, each in enumerate(held.intervals) if each}


@pytest.mark.parametrize(
    ("ends", "said", "returning"),
    [
        (30, {"ramp_minutes": 30}, {2: 30, 3: 30}),
        (31, {"ramp_minutes": 30}, {3: 30, 4: 30}),
        (-30, {"ramp_minutes": 60}, {0: 60, 1: 60}),
        (90, {}, {6: 120, 7: 120}),
        (120, {}, {}),
        (30, {"ramp_minutes": 0}, {}),
    ],
)
def test_batteries_return_in_the_intervals_that_begin_after_the_end(
    ends: float, said: dict[str, float], returning: dict[int, float]
) -> None:
    condition = storm(minutes(ends - 15), minutes(ends), **said)

    found = ramp_minutes_on(HORIZON, [condition], timezone="UTC", site_has_limit=False)

    assert {index: takes for index, takes in enumerate(found) if takes} == returning


def test_of_several_returns_the_slowest_counts() -> None:
    quick = storm(minutes(0), minutes(15), ramp_minutes=60)
    slow = storm(minutes(0), minutes(30), ramp_minutes=240, ups="a")

    assert ramp_minutes_on(HORIZON, [quick, slow], timezone="UTC", site_has_limit=True) == (0, 60, *(240,) * 6)


def test_a_condition_of_a_system_that_is_not_there_is_refused() -> None:
    elsewhere = storm(minutes(0), minutes(30), ups="nowhere")
    here = site(ups_system())
    with pytest.raises(UnableToAccept, match=r"conditions\.0\.ups is 'nowhere', must be one of the site's systems"):
        Site(id="s", timezone="UTC", interconnection=here.interconnection, ups=here.ups, conditions=(elsewhere,))
    with pytest.raises(UnableToAccept, match="must be one of the site's systems: pod-1"):
        SiteState(conditions=(elsewhere,)).check_against(here)


@given(st.integers(-200, 200), st.integers(1, 200), st.integers(1, 60))
def test_every_instant_of_a_condition_lies_between_touched_boundaries(start: int, length: int, at: int) -> None:
    condition = storm(minutes(start), minutes(start + length))
    held = conditions_on(HORIZON, [condition], ups_id="a", timezone="UTC")
    moment = start + (at % length)
    if 0 <= moment < 120:
        assert held.intervals[moment // 15]
        assert held.boundaries[moment // 15]
        assert held.boundaries[moment // 15 + 1]
