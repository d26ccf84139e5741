"""The guard lets a discharge through only if everything that must be true is true: by hand, and by an own reckoning."""

import math
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sites import START, ups_system
from sites import site as site_of

from ridethrough.bms.drivers.readings import DeviceReading, DeviceSetpoint
from ridethrough.bms.guard import Evidence, Guarded, guarded, reasons_against_discharge
from ridethrough.domain import ConditionKind, ReserveCondition, UpsMode, UpsSystem
from ridethrough.domain.telemetry import UpsReading

NOW = START + timedelta(hours=2)
RATES = {1: 1.0, 2: 0.98, 4: 0.94, 6: 0.88, 8: 0.80}
UPS = ups_system(usable_fraction_by_c_rate=RATES)
DISCHARGE = DeviceSetpoint(charge_kw=0.0, discharge_kw=400.0, valid_for_s=10.0)
MODES = [UpsMode.NORMAL, UpsMode.STORED_ENERGY, UpsMode.BYPASS]


def system_reading(**changes: Any) -> UpsReading:  # noqa: ANN401
    usual = {"unit_stored_kwh": (180.0,) * 5, "load_kw": 4300.0, "mode": UpsMode.NORMAL}
    return UpsReading(**{**usual, **changes})


def device_reading(**changes: Any) -> DeviceReading:  # noqa: ANN401
    usual = {
        "measured_at": NOW,
        "ups": system_reading(),
        "battery_operable": True,
        "inverter_on": True,
        "overloaded": False,
    }
    return DeviceReading(**{**usual, **changes})


def evidence(**changes: Any) -> Evidence:  # noqa: ANN401
    ups = changes.get("ups", UPS)
    usual = {
        "site": site_of(ups),
        "ups": ups,
        "now": NOW,
        "participates": True,
        "expires": True,
        "other": "",
        "reading": device_reading(),
        "doubts": "",
        "acknowledged": True,
        "reliable_until": NOW + timedelta(hours=1),
        "max_age_s": 10.0,
    }
    return Evidence(**{**usual, **changes})


def of_system(**changes: Any) -> Evidence:  # noqa: ANN401
    return evidence(reading=device_reading(ups=system_reading(**changes)))


def test_a_discharge_passes_where_everything_is_in_order() -> None:
    assert guarded(evidence(), DISCHARGE).setpoint == DISCHARGE
    assert guarded(evidence(), DISCHARGE).refused == ()


def given_kw(answer: Guarded) -> tuple[float, float]:
    """What is charged and discharged by what the guard let through."""
    return (0.0, 0.0) if answer.setpoint is None else (answer.setpoint.charge_kw, answer.setpoint.discharge_kw)


STORM = ReserveCondition(start=NOW + timedelta(hours=1), end=NOW + timedelta(hours=5), kind=ConditionKind.STORM)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (evidence(participates=False), "does not let"),
        (evidence(expires=False), "does not end setpoints by itself"),
        (evidence(other="somebody commands it"), "somebody commands it"),
        (evidence(doubts="its gauge jumped"), "its gauge jumped"),
        (evidence(acknowledged=False), "not read back"),
        (evidence(reliable_until=None), "no certificate"),
        (evidence(reliable_until=NOW + timedelta(seconds=9)), "outlive its certificate"),
        (evidence(site=replace(site_of(UPS), conditions=(STORM,))), "a condition of the site"),
        (evidence(reading=None), "link to the equipment is dead"),
        (evidence(reading=device_reading(measured_at=NOW - timedelta(seconds=11))), "11.0 s old"),
        (evidence(reading=device_reading(measured_at=NOW + timedelta(seconds=6))), "after now"),
        (evidence(reading=device_reading(battery_operable=None)), "battery is not known"),
        (evidence(reading=device_reading(battery_operable=False)), "battery is not known"),
        (evidence(reading=device_reading(inverter_on=None)), "inverter is not known"),
        (evidence(reading=device_reading(overloaded=None)), "free of overload"),
        (evidence(reading=device_reading(overloaded=True)), "free of overload"),
        (evidence(reading=device_reading(ups=None)), "tells nothing"),
        (of_system(mode=None), "mode is not known"),
        (of_system(mode=UpsMode.BYPASS), "mode is bypass"),
        (of_system(fault="fan"), "reports a fault (fan)"),
        (of_system(on_generator=True), "comes from a generator"),
        (of_system(unit_modes=(UpsMode.BYPASS, *[UpsMode.NORMAL] * 4)), "a unit is out of service"),
        (of_system(unit_modes=(UpsMode.NORMAL,) * 4), "do not match"),
        (of_system(load_kw=None), "its load is not known"),
        (of_system(load_kw=math.nan), "its load is not known"),
        (of_system(load_kw=6001.0), "above what its units may carry"),
        (of_system(unit_stored_kwh=(180.0, 180.0, 180.0, 180.0, None)), "is missing"),
        (of_system(unit_stored_kwh=(180.0, 180.0, 180.0, 180.0, math.nan)), "cannot be"),
        (of_system(unit_stored_kwh=(180.0, 180.0, 180.0, 180.0, 120.0)), "below the floor"),
        (of_system(load_kw=5900.0), "below the floor"),
    ],
)
def test_each_missing_condition_alone_takes_the_discharge_away(found: Evidence, words: str) -> None:
    answer = guarded(found, DISCHARGE)
    assert given_kw(answer)[1] == 0
    assert any(words in reason for reason in answer.refused), answer.refused


def test_more_than_batteries_may_give_is_refused() -> None:
    asked = replace(DISCHARGE, discharge_kw=6501.0)
    assert any("may give" in reason for reason in guarded(evidence(), asked).refused)


def test_a_site_that_lost_its_redundancy_is_refused_and_one_unit_declared_out_is_not() -> None:
    def with_out(count: int) -> Evidence:
        modes = (UpsMode.BYPASS,) * count + (UpsMode.NORMAL,) * (5 - count)
        ups = ups_system(unit_modes=modes, usable_fraction_by_c_rate=RATES)
        return evidence(ups=ups, reading=device_reading(ups=system_reading(unit_modes=modes)))

    assert guarded(with_out(1), DISCHARGE).refused == ()
    assert any("redundancy is lost" in reason for reason in guarded(with_out(2), DISCHARGE).refused)


def test_charge_passes_without_a_certificate_up_to_what_batteries_may_take() -> None:
    asked = DeviceSetpoint(charge_kw=5000.0, discharge_kw=0.0, valid_for_s=10.0)
    assert given_kw(guarded(evidence(reliable_until=None), asked))[0] == 1200.0
    assert given_kw(guarded(of_system(mode=UpsMode.STORED_ENERGY), asked))[0] == 0.0
    assert given_kw(guarded(evidence(reading=None), asked))[0] == 0.0


@pytest.mark.parametrize(
    "found", [evidence(expires=False), evidence(other="another controller")], ids=["no expiry", "two"]
)
@pytest.mark.parametrize(("charge_kw", "discharge_kw"), [(0.0, 0.0), (500.0, 0.0), (0.0, 400.0)])
def test_nothing_at_all_is_written_to_a_device_without_an_expiry_or_that_another_commands(
    found: Evidence, charge_kw: float, discharge_kw: float
) -> None:
    answer = guarded(found, DeviceSetpoint(charge_kw=charge_kw, discharge_kw=discharge_kw, valid_for_s=10.0))
    assert answer.setpoint is None
    assert answer.refused


def reserve_by_hand_kwh(ups: UpsSystem, load_kw: float) -> float:
    """The reserve by the formula of docs/reserve.md, for a table whose points are given and a simple ride-through."""
    battery, survivors = ups.battery, ups.units - ups.tolerated_failures
    capacity_kwh = battery.nominal_kwh * battery.state_of_health
    dc_kw = max(load_kw, ups.protected_load_kw) / ups.inverter_efficiency
    rate = dc_kw / survivors / capacity_kwh
    points = sorted(battery.usable_fraction_by_c_rate.items())
    (low, at_low), (high, at_high) = next((one, other) for one, other in pairwise(points) if one[0] <= rate <= other[0])
    usable = at_low + (at_high - at_low) * (rate - low) / (high - low)
    need_kwh = dc_kw * 300 / 3600
    fraction = battery.cutoff_fraction + need_kwh / survivors / (capacity_kwh * usable * battery.discharge_efficiency)
    return fraction * ups.units * capacity_kwh


numbers = st.floats(0, 250, width=32) | st.sampled_from([math.nan, math.inf, -1.0])
kw = st.floats(0, 8000, width=32) | st.sampled_from([math.nan, math.inf, -5.0])
maybe = st.sampled_from([True, False, None])
system_readings = st.builds(
    UpsReading,
    unit_stored_kwh=st.lists(numbers | st.none(), min_size=4, max_size=5).map(tuple)
    | st.floats(100, 200).map(lambda kwh: (kwh,) * 5),
    load_kw=kw | st.none() | st.floats(3000, 5000),
    mode=st.sampled_from([*MODES, None]) | st.just(UpsMode.NORMAL),
    unit_modes=st.just(()) | st.lists(st.sampled_from(MODES), min_size=4, max_size=5).map(tuple),
    on_generator=st.booleans() | st.just(False),  # noqa: FBT003
    fault=st.sampled_from(["", "", "", "fan"]),
)
device_readings = st.builds(
    DeviceReading,
    measured_at=st.floats(-20, 20).map(lambda s: NOW + timedelta(seconds=s)) | st.just(NOW),
    ups=system_readings | st.none(),
    battery_operable=maybe | st.just(True),  # noqa: FBT003
    inverter_on=maybe | st.just(True),  # noqa: FBT003
    overloaded=maybe | st.just(False),  # noqa: FBT003
)
until = st.none() | st.floats(-60, 600).map(lambda s: NOW + timedelta(seconds=s))
evidences = st.builds(
    evidence,
    participates=st.booleans() | st.just(True),  # noqa: FBT003
    expires=st.booleans() | st.just(True),  # noqa: FBT003
    other=st.sampled_from(["", "", "another controller"]),
    reading=device_readings | st.none(),
    doubts=st.sampled_from(["", "", "doubt"]),
    acknowledged=st.booleans() | st.just(True),  # noqa: FBT003
    reliable_until=until | st.just(NOW + timedelta(hours=1)),
)
setpoints = st.builds(
    DeviceSetpoint, charge_kw=st.just(0.0), discharge_kw=st.floats(0.001, 9000), valid_for_s=st.floats(0.1, 900)
)


@given(found=evidences, asked=setpoints)
def test_no_input_makes_it_pass_a_discharge_below_the_floor(found: Evidence, asked: DeviceSetpoint) -> None:
    answer = guarded(found, asked)
    assert bool(answer.refused) == (given_kw(answer)[1] == 0)
    if answer.refused:
        return
    device = found.reading
    assert device is not None
    assert device.ups is not None
    assert found.participates
    assert found.expires
    assert not found.other
    assert found.acknowledged
    assert not found.doubts
    assert found.reliable_until is not None
    assert ends(found, asked) <= found.reliable_until
    assert (device.battery_operable, device.inverter_on, device.overloaded) == (True, True, False)
    told = device.ups
    assert (told.mode, told.fault, told.on_generator) == (UpsMode.NORMAL, "", False)
    assert told.unit_modes in {(), (UpsMode.NORMAL,) * 5}
    assert -5 <= (found.now - device.measured_at).total_seconds() <= 10
    assert told.load_kw is not None
    least_in_a_unit = min(each for each in told.unit_stored_kwh if each is not None)
    given_kwh = asked.discharge_kw / UPS.battery.discharge_efficiency * asked.valid_for_s / 3600
    assert 5 * least_in_a_unit - given_kwh >= reserve_by_hand_kwh(UPS, told.load_kw) - 1e-6


@given(stored_kwh=st.floats(90, 200), discharge_kw=st.floats(1, 6500), seconds=st.floats(1, 900))
def test_it_refuses_by_energy_only_what_would_end_near_the_floor(
    stored_kwh: float, discharge_kw: float, seconds: float
) -> None:
    asked = DeviceSetpoint(charge_kw=0.0, discharge_kw=discharge_kw, valid_for_s=seconds)
    refused = list(reasons_against_discharge(of_system(unit_stored_kwh=(min(stored_kwh, 184.0),) * 5), asked))
    most_kwh = discharge_kw / (0.98 * 0.8) * seconds / 3600
    if 5 * min(stored_kwh, 184.0) - most_kwh >= reserve_by_hand_kwh(UPS, 4300.0) + 1e-6:
        assert refused == []


def ends(found: Evidence, asked: DeviceSetpoint) -> datetime:
    return found.now + timedelta(seconds=asked.valid_for_s)
