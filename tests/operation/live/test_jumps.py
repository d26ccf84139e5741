"""Stored energy that cannot have been charged is not believed, however often it is read, until it could have been."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from live import NOW, reading, situation, telemetry
from sites import site, ups_system

from ridethrough.domain.telemetry import Telemetry
from ridethrough.operation.live.energy_history import EnergyHistory
from ridethrough.operation.live.judging import judge
from ridethrough.operation.live.setpoints import setpoints_now
from ridethrough.operation.live.stored_energy import counts_for

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
CHARGE_KW = 5 * 240.0
"""Of the five units of `ups_system`, each of 200 kWh."""
NOMINAL_KWH = 5 * 200.0
CAPACITY_KWH = 0.92 * NOMINAL_KWH


def read(ago: timedelta, stored_kwh: float | None) -> Telemetry:
    return telemetry(reading(stored_kwh=stored_kwh), measured_at=NOW - ago)


def believed_kwh(latest: Telemetry, *before: Telemetry) -> float | None:
    return judge(site(), latest, EnergyHistory.of(before), NOW).systems["pod-1"].stored_kwh


def test_a_false_value_does_not_become_tradable_by_repeating() -> None:
    false = [read(each * SECOND, 900.0) for each in range(60, 0, -1)]
    asked = situation(telemetry=false[-1], before=(read(2 * MINUTE, 700.0), *false[:-1]))
    found = setpoints_now(asked)
    assert found.mode == "hold"
    assert "pod-1: its stored energy cannot rise by 200.0 kWh in 119 s" in found.why
    assert found.ups["pod-1"].discharge_kw == 0.0
    assert found.ups["pod-1"].stored_kwh is None


def test_it_is_believed_when_it_could_have_been_charged() -> None:
    could_h = (200.0 - 0.05 * CAPACITY_KWH) / (1.25 * CHARGE_KW)
    sooner, later = timedelta(hours=could_h) - SECOND, timedelta(hours=could_h) + SECOND
    assert believed_kwh(read(timedelta(), 900.0), read(sooner, 700.0), read(MINUTE, 900.0)) is None
    assert believed_kwh(read(timedelta(), 900.0), read(later, 700.0), read(MINUTE, 900.0)) == 900.0


def test_a_gauge_that_creeps_up_is_doubted_too() -> None:
    """Each step is within what a gauge may correct; all of them are not."""
    steps = [read((5 - each) * SECOND, 700.0 + 40.0 * each) for each in range(6)]
    assert believed_kwh(steps[1], steps[0]) == 740.0
    assert believed_kwh(steps[-1], *steps[:-1]) is None


def test_energy_may_fall_at_once_and_counts_from_there() -> None:
    assert believed_kwh(read(MINUTE, 300.0), read(2 * MINUTE, 900.0)) == 300.0
    assert believed_kwh(read(timedelta(), 900.0), read(2 * MINUTE, 900.0), read(MINUTE, 300.0)) is None


def test_a_reading_that_was_lost_takes_nothing_of_the_bound_before_it() -> None:
    lost = [read(each * SECOND, None) for each in (50, 40, 30)]
    assert believed_kwh(read(timedelta(), 900.0), read(MINUTE, 700.0), *lost) is None


def test_one_system_is_doubted_and_the_other_is_not() -> None:
    premises = site(ups_system(), ups_system(id="pod-2"), import_limit_kw=13_000.0)
    low = telemetry({"pod-1": reading(stored_kwh=700.0), "pod-2": reading()}, measured_at=NOW - 2 * MINUTE)
    high = [
        telemetry({"pod-1": reading(), "pod-2": reading()}, measured_at=NOW - each * SECOND, grid_kw=10_231.0)
        for each in (40, 20)
    ]
    found = setpoints_now(situation(premises, telemetry=high[1], before=(low, high[0])))
    assert found.mode == "plan"
    assert (found.ups["pod-1"].discharge_kw, found.ups["pod-1"].stored_kwh) == (0.0, None)
    assert found.ups["pod-2"].discharge_kw == pytest.approx(300.0)


def test_a_reading_counts_until_empty_batteries_can_be_full() -> None:
    assert counts_for(site()) == timedelta(hours=1.05 * NOMINAL_KWH / (1.25 * CHARGE_KW))


def test_a_reading_counts_for_a_month_at_most() -> None:
    """Such batteries would take longer to fill than there are dates."""
    assert counts_for(site(ups_system(charge_limit_kw=1e-9))) == timedelta(days=31)


@given(
    steps=st.lists(
        st.tuples(st.integers(1, 3600), st.floats(0, 1), st.booleans()),
        min_size=1,
        max_size=30,
    ),
    start_kwh=st.floats(0, 920),
)
def test_batteries_that_only_charge_and_discharge_are_always_believed(
    steps: list[tuple[int, float, bool]], start_kwh: float
) -> None:
    seen = [(0, start_kwh)]
    for seconds, share, charges in steps:
        at, kwh = seen[-1]
        change_kwh = share * (CHARGE_KW if charges else -6500.0) * seconds / 3600
        seen.append((at + seconds, min(920.0, max(0.0, kwh + change_kwh))))
    readings = [read((seen[-1][0] - at) * SECOND, kwh) for at, kwh in seen]
    assert believed_kwh(readings[-1], *readings[:-1]) == pytest.approx(seen[-1][1])


@given(kwh=st.lists(st.floats(0, 920), min_size=2, max_size=20), apart_s=st.integers(1, 600))
def test_what_is_believed_never_rises_faster_than_batteries_charge(kwh: list[float], apart_s: int) -> None:
    """Whatever a gauge reads, over the whole of what it read, and not only from one reading to the next."""
    readings = [read((len(kwh) - index) * apart_s * SECOND, each) for index, each in enumerate(kwh)]
    believed = [
        (index, found)
        for index, each in enumerate(readings)
        if (found := believed_kwh(each, *readings[:index])) is not None
    ]
    assert believed[0] == (0, kwh[0])
    for (first, lower), (second, upper) in pairwise(believed):
        most_kwh = 1.25 * CHARGE_KW * (second - first) * apart_s / 3600 + 0.05 * CAPACITY_KWH
        assert upper - lower <= most_kwh + 1e-6
