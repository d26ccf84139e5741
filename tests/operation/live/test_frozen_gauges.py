"""A gauge of stored energy that stands still while batteries give energy is not believed."""

from datetime import timedelta
from typing import Any

import pytest
from live import NOW, reading, situation, telemetry

from ridethrough.domain.telemetry import Telemetry
from ridethrough.operation.live.setpoints import setpoints_now
from ridethrough.operation.live.situation import Setpoints

MINUTE = timedelta(minutes=1)
FROZEN = "pod-1: its stored energy is frozen: "


def minute_by_minute(*systems: dict[str, Any]) -> list[Telemetry]:
    last = NOW - timedelta(seconds=30)
    return [
        telemetry(reading(**each), measured_at=last - (len(systems) - 1 - index) * MINUTE)
        for index, each in enumerate(systems)
    ]


def found(*systems: dict[str, Any]) -> Setpoints:
    *before, last = minute_by_minute(*systems)
    return setpoints_now(situation(telemetry=last, before=tuple(before)))


GIVES = {"charge_kw": 0.0, "discharge_kw": 300.0}
RESTS = {"charge_kw": 0.0, "discharge_kw": 0.0}
TAKES = {"charge_kw": 300.0, "discharge_kw": 0.0}
WITHIN = 9
"""Minutes at 300 kW that give 45 kWh, of the 46 that are 5 % of capacity."""


def test_a_frozen_gauge_stops_the_trade() -> None:
    asked = found(*[GIVES] * (WITHIN + 2))
    assert asked.mode == "hold"
    assert FROZEN + "the same for 600 s, while batteries gave 50.0 kWh" in asked.why
    assert asked.ups["pod-1"].discharge_kw == 0.0
    assert asked.ups["pod-1"].stored_kwh is None


def test_a_frozen_gauge_stays_in_doubt_when_the_trade_has_stopped() -> None:
    assert FROZEN in found(*[GIVES] * (WITHIN + 2), *[RESTS] * 5).why


BELIEVED: dict[str, list[dict[str, Any]]] = {
    "little was given": [GIVES] * (WITHIN + 1),
    "batteries rest": [RESTS] * 40,
    "full batteries take": [TAKES] * 40,
    "powers are not measured": [{}] * 40,
    "it moved by a digit": [*[GIVES] * 30, {**GIVES, "stored_kwh": 899.9}],
    "it moved on the way": [{**GIVES, "stored_kwh": 930.0 - minute} for minute in range(30)],
    "what was given was taken": [*[GIVES] * 9, *[TAKES] * 9],
    "one reading of a short burst": [RESTS, {"charge_kw": 0.0, "discharge_kw": 5000.0}, RESTS],
}


@pytest.mark.parametrize("name", BELIEVED)
def test_a_gauge_that_may_stand_still_is_believed(name: str) -> None:
    assert FROZEN not in found(*BELIEVED[name]).why


def test_two_readings_are_too_few() -> None:
    burst = {"charge_kw": 0.0, "discharge_kw": 4000.0}
    assert FROZEN not in found(burst, burst).why
    assert FROZEN in found(burst, burst, burst).why


def test_units_are_compared_one_by_one() -> None:
    frozen = {**GIVES, "stored_kwh": None, "unit_stored_kwh": (180.0,) * 5}
    assert FROZEN in found(*[frozen] * (WITHIN + 2)).why
    moved = {**frozen, "unit_stored_kwh": (180.0,) * 4 + (179.9,)}
    assert FROZEN not in found(*[frozen] * (WITHIN + 2), moved).why
