"""The two implementations meet: what planners read, and the bill."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tariff_strategies import cost_of, horizons, load_of, tariffs, uneven_horizons, untiered

from ridethrough.domain import Horizon, Interval, PriceSeries, SiteState
from ridethrough.tariffs.billing.exact_bill import bill
from ridethrough.tariffs.catalog import load
from ridethrough.tariffs.charges.coincident import CoincidentEvent
from ridethrough.tariffs.horizon.charges import charges_over
from ridethrough.tariffs.tariff import Tariff

STATE = SiteState(
    period_energy_kwh={"peak": 800.0, "base": 2500.0},
    peaks_kw={"facility": 500.0, "one": 350.0, "two": 120.0},
    past_peaks_kw={"one": {"2026-01": 700.0, "2025-08": 900.0, "2024-01": 5000.0}, "two": {"2026-05": 480.0}},
    energy_kwh=12_345.0,
)


@settings(max_examples=200, deadline=None)
@given(
    tariff=tariffs(),
    horizon=horizons,
    seed=st.integers(0, 99),
    state=st.sampled_from([None, STATE]),
    factor=st.sampled_from([1.0, 0.9]),
)
def test_a_plan_costs_what_its_bill_says(
    tariff: Tariff, horizon: Horizon, seed: int, state: SiteState | None, factor: float
) -> None:
    kw = load_of(horizon, seed)
    prices = PriceSeries(horizon=horizon, price_per_kwh=tuple(np.random.default_rng(seed).normal(0.05, 0.05, len(kw))))
    given_prices = prices if tariff.energy is not None and tariff.energy.market else None
    events = (
        [event(horizon, 3, 1.0), event(horizon, 20, 1.0), event(horizon, 30, 0.25)]
        if tariff.coincident and seed % 2
        else []
    )
    charges = charges_over(tariff, horizon, prices=given_prices, state=state, events=events, power_factor=factor)
    billed = bill(tariff, horizon, kw, prices=given_prices, state=state, events=events, power_factor=factor)
    assert cost_of(charges, kw) == pytest.approx(float(billed.exact_total), rel=1e-7, abs=1e-5)


@settings(max_examples=100, deadline=None)
@given(tariff=tariffs().map(untiered), horizon=uneven_horizons, seed=st.integers(0, 99))
def test_they_agree_where_hours_and_windows_begin_inside_intervals(tariff: Tariff, horizon: Horizon, seed: int) -> None:
    tariff = replace(tariff, minimum=())
    kw = load_of(horizon, seed)
    prices = PriceSeries(horizon=horizon, price_per_kwh=tuple(np.random.default_rng(seed).normal(0.05, 0.05, len(kw))))
    given_prices = prices if tariff.energy is not None and tariff.energy.market else None
    charges = charges_over(tariff, horizon, prices=given_prices, state=STATE)
    billed = bill(tariff, horizon, kw, prices=given_prices, state=STATE)
    assert cost_of(charges, kw) == pytest.approx(float(billed.exact_total), rel=1e-7, abs=1e-5)


def event(horizon: Horizon, hours: int, probability: float) -> CoincidentEvent:
    start = horizon.start + timedelta(hours=hours)
    return CoincidentEvent(
        charge="coincident", interval=Interval(start=start, end=start + timedelta(hours=1)), probability=probability
    )


@settings(max_examples=40, deadline=None)
@given(tariff=tariffs(), horizon=horizons, seed=st.integers(0, 99))
def test_lines_sum_to_the_bill_and_every_kwh_is_in_one_tier(tariff: Tariff, horizon: Horizon, seed: int) -> None:
    kw = load_of(horizon, seed)
    billed = bill(tariff, horizon, kw)
    assert billed.total == sum(line.amount for period in billed.periods for line in period.lines)
    assert abs(billed.total - billed.exact_total) <= len(billed.lines) * Decimal("0.005")
    in_tiers = sum(
        line.quantity
        for line in billed.lines
        if line.charge == "energy" and line.unit == "kWh" and "fuel" not in line.name
    )
    assert float(in_tiers) == pytest.approx(np.maximum(kw, 0).sum() * horizon.interval_h, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(tariff=tariffs(), horizon=horizons, seed=st.integers(0, 99), row=st.integers(0, 47), more=st.floats(1, 500))
def test_more_demand_never_costs_less_in_demand_charges(
    tariff: Tariff, horizon: Horizon, seed: int, row: int, more: float
) -> None:
    kw = load_of(horizon, seed)
    higher = kw.copy()
    higher[row] += more
    assert (
        bill(tariff, horizon, higher).exact_of("demand")
        >= bill(tariff, horizon, kw).exact_of("demand") - bill(tariff, horizon, kw).lines[0].cent
    )


def test_the_two_agree_on_a_year_that_crosses_both_clock_changes() -> None:
    tariff = load("dominion-gs-4")
    year = Horizon(
        start=datetime(2022, 1, 1, 5, tzinfo=UTC), interval_minutes=15, intervals=35_040, timezone="America/New_York"
    )
    kw = 5000 + 1000 * np.random.default_rng(0).random(35_040)
    assert cost_of(charges_over(tariff, year), kw) == pytest.approx(float(bill(tariff, year, kw).exact_total), rel=1e-9)
