"""A year in seconds; and a real data-center load, which is flat: the study says how little there is to gain."""

import csv
import gzip
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sites import site, ups_system

from ridethrough.domain import Horizon
from ridethrough.finance.study.backtest import StudyOptions, study
from ridethrough.finance.study.case import StudyCase
from ridethrough.operation.known.record import Record
from ridethrough.operation.yardsticks import PerfectPlanner, PersistencePlanner
from ridethrough.tariffs import catalog
from ridethrough.tariffs.tariff import Tariff

PDU = Path(__file__).parents[4] / "shared" / "data" / "loads" / "google_power_2019_pdu6.csv.gz"


def quarter_hours(load_kw: np.ndarray, tariff: Tariff) -> StudyCase:
    horizon = Horizon(
        start=datetime(2023, 1, 1, 5, tzinfo=UTC),
        interval_minutes=15,
        intervals=len(load_kw),
        timezone="America/New_York",
    )
    record = Record(horizon=horizon, load_kw=load_kw[None, :], unprotected_load_kw=np.full(len(load_kw), 600.0))
    return StudyCase(site=site(ups_system()), tariff=tariff, record=record, horizon=horizon)


@pytest.mark.long
def test_a_year_of_daily_plans_takes_seconds() -> None:
    quarter = np.arange(365 * 96)
    rng = np.random.default_rng(1)
    noise_kw = np.convolve(rng.normal(0, 120, len(quarter) + 7), np.ones(8) / np.sqrt(8), "valid")
    load_kw = 3900 + 300 * np.sin(quarter / 96 * 2 * np.pi) + noise_kw
    year = quarter_hours(np.clip(load_kw, 0, 4750), catalog.load("dominion-gs-4"))
    began = time.process_time()
    done = study(year, PerfectPlanner(record=year.record), options=StudyOptions(marginal=False))
    took_s = time.process_time() - began
    assert done.safety.plans == 365
    assert (done.safety.outages_lost, done.safety.violations) == (0, ())
    assert done.capture.value is not None
    assert 0.5 < done.capture.value <= 1 + 1e-9
    assert took_s < 60, "a guard against a slip, six times the goal: other work and coverage count as well"


@pytest.mark.shared
@pytest.mark.skipif(not PDU.is_file(), reason="the load is not beside the repository")
def test_a_real_load_is_flat_and_the_study_says_how_little_there_is_to_gain() -> None:
    """Source: Google powerdata-2019 (CC BY 4.0), PDU 6: measured power, 5 min, as a fraction of capacity."""
    with gzip.open(PDU, "rt") as file:
        fractions = np.array([float(row["measured_power_util"]) for row in csv.DictReader(file)])
    quarter = fractions[: len(fractions) // 288 * 288].reshape(-1, 3).mean(axis=1)
    asked = quarter_hours(quarter * 6000, catalog.load("dominion-gs-4"))
    done = study(asked, PersistencePlanner(), options=StudyOptions(marginal=False))
    assert not done.verdict.worthwhile
    assert "times its mean" in done.verdict.reason
    assert "of the bill" in done.verdict.reason
    assert done.ceiling is not None
    assert done.ceiling.on_the_bill < 0.02 * float(done.baseline.total)
    assert (done.safety.outages_lost, done.safety.violations) == (0, ())
