"""Points in wrong units, or with the time of a wrong clock: nobody trades by them, or too little energy is believed."""

from datetime import UTC, datetime, timedelta

import pytest
from sites import site, ups_system

from ridethrough.bms.drivers.named_points import NamedPoints, oldest
from ridethrough.domain.telemetry import CLOCK_TOLERANCE, Telemetry
from ridethrough.operation.live.energy_history import EnergyHistory
from ridethrough.operation.live.judging import judge

NOW = datetime(2026, 7, 6, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TRUE_KWH, FULL_KWH = 700.0, 920.0
TOLD = {"stored_kwh": TRUE_KWH, "load_kw": 4300.0, "charge_kw": 0.0, "discharge_kw": 300.0, "mode": 1}


@pytest.mark.parametrize(
    "changed",
    [
        {"stored_kwh": TRUE_KWH * 1000},
        {"stored_percent": TRUE_KWH / FULL_KWH},
        {"stored_percent": TRUE_KWH / FULL_KWH * 100 * 100},
        {"load_kw": 4_300_000.0},
        {"discharge_kw": 300_000.0},
        {"charge_kw": 200_000.0},
        {"discharge_kw": -300.0},
        {"charge_kw": -200.0},
        {"load_kw": -4300.0},
        {"stored_kwh": -TRUE_KWH},
        {"stored_kwh": float("nan")},
        {"load_kw": float("nan")},
        {"load_kw": True},
    ],
    ids=str,
)
def test_a_value_in_a_wrong_unit_makes_nobody_trade_with_energy_that_is_not_there(changed: dict[str, float]) -> None:
    told = {**TOLD, **changed}
    if "stored_percent" in changed:
        del told["stored_kwh"]
    points = NamedPoints(places={name: name for name in told}, full_kwh=FULL_KWH)
    reading = points.reading(told, measured_at=NOW)
    assert reading.ups is not None
    telemetry = Telemetry(measured_at=NOW, grid_kw=5566.0, ups={"pod-1": reading.ups})
    found = judge(site(ups_system()), telemetry, EnergyHistory(), NOW).systems["pod-1"]
    assert found.against or (found.stored_kwh is not None and found.stored_kwh < 0.02 * TRUE_KWH)
    assert found.stored_kwh is None or found.stored_kwh <= TRUE_KWH


def test_a_gauge_in_percent_that_is_named_in_kwh_is_found_while_small_batteries_are_full() -> None:
    """Of batteries below 100 kWh a percentage is more than they hold."""
    small = ups_system(units=1, tolerated_failures=0, protected_load_kw=100.0, nominal_kwh=40.0)
    points = NamedPoints(places={name: name for name in TOLD})
    reading = points.reading({**TOLD, "stored_kwh": 100.0, "load_kw": 50.0, "discharge_kw": 0.0}, measured_at=NOW)
    assert reading.ups is not None
    telemetry = Telemetry(measured_at=NOW, grid_kw=500.0, ups={"pod-1": reading.ups})
    assert "cannot be" in judge(site(small), telemetry, EnergyHistory(), NOW).systems["pod-1"].against


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        ([NOW - 40 * SECOND, NOW, None], NOW - 40 * SECOND),
        ([None], NOW),
        ([], NOW),
        ([NOW + CLOCK_TOLERANCE, NOW - SECOND], NOW - SECOND),
        ([NOW + timedelta(days=1), NOW - SECOND, None], NOW + timedelta(days=1)),
        ([NOW + timedelta(days=1)], NOW + timedelta(days=1)),
    ],
)
def test_one_stamp_of_the_past_or_the_future_is_that_of_the_reading(
    stamps: list[datetime | None], expected: datetime
) -> None:
    """A number whose clock is a day ahead may be a day old: fresh ones beside it do not hide that."""
    measured_at = oldest(stamps, otherwise=NOW)
    assert measured_at == expected
    points = NamedPoints(places={name: name for name in TOLD})
    reading = points.reading(TOLD, measured_at=measured_at)
    assert reading.ups is not None
    telemetry = Telemetry(measured_at=measured_at, grid_kw=5566.0, ups={"pod-1": reading.ups})
    found = judge(site(ups_system()), telemetry, EnergyHistory(), NOW)
    assert found.believed == (expected <= NOW)
