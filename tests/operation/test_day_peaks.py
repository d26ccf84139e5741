"""What past days say of the peaks to come."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from study_cases import tariff

from ridethrough.domain import Horizon
from ridethrough.operation.scenarios.day_peaks import DayPeaks, charge_days, with_days_to_come
from ridethrough.operation.scenarios.rest_of_period import MeterBattery
from ridethrough.tariffs.horizon.charges import charges_over

BATTERY = MeterBattery(energy_kwh=100.0, discharge_kw=50.0, charge_kw=50.0, round_trip=1.0)
ALL_DAY = np.ones((2, 24), dtype=bool)


def test_the_hours_and_days_of_each_billing_period_are_read_off_its_charges() -> None:
    ahead = Horizon(start=datetime(2026, 6, 29, tzinfo=UTC), interval_minutes=60, intervals=24 * 10)
    found = charge_days(charges_over(tariff(), ahead))

    june, july = found["facility", "2026-06"], found["facility", "2026-07"]
    assert june.days == (date(2026, 6, 29), date(2026, 6, 30))
    assert july.left_after(date(2026, 7, 5)) == 3
    assert june.left_after(date(2026, 6, 30)) == 0
    assert july.hours.all()


def test_a_day_is_held_to_between_what_could_be_and_its_own_peak() -> None:
    peaks = DayPeaks(battery=BATTERY)
    load_kw = np.full(24, 1000.0)
    load_kw[12] = 1100.0
    peaks.learn(date(2026, 6, 1), load_kw)

    assert peaks.of(ALL_DAY) == pytest.approx([0.7 * 1050 + 0.3 * 1100], abs=0.1)


def test_days_of_23_hours_are_left_out_and_old_ones_forgotten() -> None:
    peaks = DayPeaks(battery=BATTERY, most_days=10)
    for day in range(30):
        peaks.learn(date(2026, 3, 1) + timedelta(days=day), np.full(23 if day == 7 else 24, 1000.0 + day))

    assert len(peaks.loads_kw) == 10
    assert min(peaks.loads_kw) == date(2026, 3, 21)
    assert len(peaks.of(ALL_DAY)) == 10
    assert len(peaks.of(np.zeros((2, 24), dtype=bool))) == 0


def test_working_days_and_days_off_have_hours_of_their_own() -> None:
    peaks = DayPeaks(battery=BATTERY)
    peaks.learn(date(2026, 6, 5), np.full(24, 1000.0))  # Friday
    peaks.learn(date(2026, 6, 6), np.full(24, 800.0))  # Saturday
    working = np.zeros((2, 24), dtype=bool)
    working[0] = True

    assert len(peaks.of(working)) == 1
    assert len(peaks.of(ALL_DAY)) == 2


def test_a_charge_of_which_nothing_is_known_keeps_its_price() -> None:
    horizon = Horizon(start=datetime(2026, 6, 10, tzinfo=UTC), interval_minutes=60, intervals=24)
    charges = charges_over(tariff(), horizon)

    terms = with_days_to_come(charges.demand, {}, DayPeaks(battery=BATTERY), horizon)

    assert {step.rate_per_kw for term in terms for step in term.steps} == {12.0}
