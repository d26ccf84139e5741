"""What is in force on a device is told from what we gave it, by power and by time; what was given outlives a kill."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.bms.commanding import Commanding, Given
from ridethrough.bms.drivers.readings import DeviceSetpoint, SetpointInForce
from ridethrough.bms.given_record import GivenRecord

NOW = datetime(2026, 7, 6, 12, tzinfo=UTC)


def order(net_kw: float, valid_for_s: float = 10.0) -> DeviceSetpoint:
    return DeviceSetpoint(charge_kw=max(0.0, -net_kw), discharge_kw=max(0.0, net_kw), valid_for_s=valid_for_s)


def told(net_kw: float, left_s: float | None = None) -> SetpointInForce:
    return SetpointInForce(charge_kw=max(0.0, -net_kw), discharge_kw=max(0.0, net_kw), left_s=left_s)


@given(
    powers=st.lists(st.floats(-2000, 2000), min_size=1, max_size=8),
    cycle_s=st.floats(0.5, 5.0),
    late_s=st.floats(0.0, 0.5),
    follows=st.integers(0, 7),
)
def test_a_device_that_follows_any_of_our_setpoints_of_late_is_ours(
    powers: list[float], cycle_s: float, late_s: float, follows: int
) -> None:
    commanding, valid_for_s = Commanding(quiet_s=60.0), cycle_s * len(powers) + 10.0
    begun = []
    for number, power in enumerate(powers):
        commanding.giving(order(power, valid_for_s), number * cycle_s)
        begun.append(number * cycle_s + late_s)
        commanding.gave(begun[-1])
    one = follows % len(powers)
    asked_s = begun[-1] + 0.1
    commanding.see(told(powers[one], valid_for_s - (asked_s - begun[one])), asked_s)
    assert commanding.other == ""
    commanding.see(told(powers[one]), asked_s)
    assert commanding.other == ""


@given(ours=st.floats(-2000, 2000), apart=st.floats(0.02, 0.5), left_s=st.none() | st.floats(0.1, 10.0))
def test_another_power_is_another_s(ours: float, apart: float, left_s: float | None) -> None:
    commanding = Commanding(quiet_s=60.0)
    commanding.giving(order(ours), 0.0)
    commanding.gave(0.0)
    theirs = ours * (1 + apart) + (1.0 if ours >= 0 else -1.0)
    commanding.see(told(theirs, left_s), 0.1)
    assert "did not give" in commanding.other


@given(silent_s=st.floats(2.0, 60.0))
def test_a_time_that_was_renewed_while_we_were_silent_is_another_s(silent_s: float) -> None:
    commanding = Commanding(quiet_s=60.0)
    commanding.giving(order(300.0), 0.0)
    commanding.gave(0.0)
    commanding.see(told(300.0, max(0.0, 10.0 - silent_s)), silent_s)
    assert commanding.other == "", "it counts down, or is over"
    commanding.see(told(300.0, 10.0), silent_s)
    assert commanding.other


def test_a_point_that_nobody_commands_holds_0() -> None:
    commanding = Commanding(quiet_s=60.0)
    commanding.see(told(0.0), 0.0)
    commanding.see(told(0.0, 0.0), 0.0)
    commanding.see(told(500.0, 0.0), 0.0)
    commanding.see(None, 0.0)
    assert commanding.other == ""
    commanding.see(told(0.0, 5.0), 0.0)
    assert commanding.other, "a time that counts down is given by somebody"


def test_a_device_that_tells_no_time_and_keeps_the_power_that_we_gave_last_is_ours_still() -> None:
    commanding = Commanding(quiet_s=60.0)
    commanding.giving(order(300.0), 0.0)
    commanding.gave(0.0)
    commanding.see(told(300.0), 3600.0)
    assert commanding.other == ""


def test_another_one_is_waited_for() -> None:
    commanding = Commanding(quiet_s=60.0)
    commanding.see(told(300.0, 5.0), 0.0)
    commanding.see(None, 59.0)
    assert commanding.other
    commanding.see(None, 60.0)
    assert commanding.other == ""


def test_what_was_given_is_read_again_with_the_time_that_has_passed(tmp_path: Path) -> None:
    record = GivenRecord(folder=tmp_path)
    assert record.read(NOW, 0.0) == {}
    record.write({"a": [Given(net_discharge_kw=-250.0, valid_for_s=10.0, at_s=98.0)], "b": []}, NOW, 100.0)
    read = record.read(NOW + timedelta(seconds=3), 7.0)
    assert read["b"] == ()
    assert read["a"][0].net_discharge_kw == -250.0
    assert read["a"][0].left_s(7.0) == pytest.approx(5.0)


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        "{",
        "[]",
        '{"a": [[1]]}',
        '{"a": 3}',
        '{"a": [["x", 1, 2]]}',
        "[" * 10**5,
        f'{{"a": [[1{"0" * 400}, 1, 2]]}}',
    ],
    ids=lambda each: each[:20],
)
def test_a_record_that_cannot_be_read_knows_nothing(tmp_path: Path, damaged: str) -> None:
    (tmp_path / "given.json").write_text(damaged, encoding="utf-8")
    assert GivenRecord(folder=tmp_path).read(NOW, 0.0) == {}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("place", range(3))
def test_a_record_with_a_number_that_is_none_gives_no_setpoint_that_never_ends(
    tmp_path: Path, number: str, place: int
) -> None:
    written = ["300.0", "10.0", str(NOW.timestamp())]
    written[place] = number
    (tmp_path / "given.json").write_text(f'{{"a": [[{", ".join(written)}]]}}', encoding="utf-8")
    read = GivenRecord(folder=tmp_path).read(NOW, 0.0)
    commanding = Commanding(quiet_s=60.0, given=tuple(read.get("a", ())))
    commanding.see(told(300.0, 9.0), 0.0)
    assert commanding.other


def test_a_clock_that_was_set_back_over_a_restart_lengthens_no_setpoint(tmp_path: Path) -> None:
    """Else another one that renews the same power for a day would be taken as us."""
    record = GivenRecord(folder=tmp_path)
    record.write({"a": [Given(net_discharge_kw=300.0, valid_for_s=10.0, at_s=100.0)]}, NOW, 100.0)
    (given,) = record.read(NOW - timedelta(days=1), 7.0)["a"]
    assert given.left_s(7.0) == pytest.approx(10.0)


@given(power=st.floats(-2000, 2000), shorter_s=st.floats(1.0, 20.0))
def test_a_write_that_is_lost_leaves_ours_in_force_also_where_it_was_to_end_sooner(
    power: float, shorter_s: float
) -> None:
    commanding = Commanding(quiet_s=60.0)
    commanding.giving(order(power, 60.0), 0.0)
    commanding.gave(0.1)
    commanding.giving(order(power, shorter_s), 1.0)
    commanding.gave(2.0)
    commanding.see(told(power, 58.0), 2.1)
    assert commanding.other == ""
    commanding.see(told(power, 60.0), 12.0)
    assert "renews" in commanding.other
