import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.domain import UnableToAccept
from ridethrough.finance import (
    Asset,
    Bootstrap,
    Project,
    SavingsHistory,
    YearDraws,
    YearlyAmount,
    annual_savings_range,
    cash_flow,
    net_present_value_range,
)

SEASON = tuple(100 + 80 * math.sin(2 * math.pi * week / 52) for week in range(52))
NOISE = np.random.Generator(np.random.PCG64(7)).normal(0, 20, size=(3, 52))
HISTORY = SavingsHistory(
    savings_by_year=tuple(
        tuple(float(season + noise) for season, noise in zip(SEASON, year, strict=True)) for year in NOISE
    )
)
PROJECT = Project(
    life_years=10,
    discount_rate=0.05,
    assets=(Asset(name="battery", capital_cost=20000.0),),
    savings=(YearlyAmount(name="bill", amount=5200.0, degradation_rate=0.02),),
)
ANNUITY = sum(0.98**year / 1.05 ** (year + 1) for year in range(10))


def test_the_same_seed_is_the_same_range_and_another_is_not() -> None:
    drawn = annual_savings_range(HISTORY, Bootstrap(samples=200, seed=1))

    assert drawn == annual_savings_range(HISTORY, Bootstrap(samples=200, seed=1))
    assert drawn != annual_savings_range(HISTORY, Bootstrap(samples=200, seed=2))


def test_draws_lie_about_the_mean_of_the_history() -> None:
    drawn = annual_savings_range(HISTORY, Bootstrap(samples=4000))
    years = [sum(year) for year in HISTORY.savings_by_year]

    spread = drawn.p90 - drawn.p10
    assert drawn.p10 < drawn.p50 < drawn.p90
    assert drawn.mean == pytest.approx(sum(years) / 3, abs=spread / 2.56 / math.sqrt(4000) * 5)


def test_weeks_that_are_independent_spread_a_year_as_the_root_of_their_number() -> None:
    weeks = Bootstrap(samples=4000, block_parts=1, shift_parts=26)
    flat = SavingsHistory(savings_by_year=tuple(tuple(float(noise) for noise in year) for year in NOISE))

    drawn = annual_savings_range(flat, weeks)

    assert (drawn.p90 - drawn.p10) / 2.563 == pytest.approx(float(NOISE.std()) * math.sqrt(52), rel=0.06)


def test_weeks_that_follow_one_another_stay_together() -> None:
    trend = tuple(tuple(float(np.sign(year)) for _ in range(52)) for year in (-1, 1))
    history = SavingsHistory(savings_by_year=trend)

    weekly = annual_savings_range(history, Bootstrap(block_parts=1))
    monthly = annual_savings_range(history, Bootstrap(block_parts=13))

    assert monthly.p90 - monthly.p10 > 2 * (weekly.p90 - weekly.p10)


def test_whole_years_are_drawn_whole() -> None:
    history = SavingsHistory(savings_by_year=((100.0,), (200.0,), (600.0,)))
    drawn = annual_savings_range(history, Bootstrap(samples=3000))

    assert (drawn.p10, drawn.p50, drawn.p90) == (100, 200, 600)
    assert drawn.mean == pytest.approx(300, rel=0.05)


def test_one_year_in_its_place_is_the_only_draw() -> None:
    history = SavingsHistory(savings_by_year=(SEASON,))
    drawn = annual_savings_range(history, Bootstrap(shift_parts=0))

    assert drawn.p10 == drawn.p90 == pytest.approx(sum(SEASON))


@given(st.lists(st.floats(-1e4, 1e4), min_size=2, max_size=60), st.integers(1, 70), st.integers(0, 70))
def test_no_draw_is_beyond_what_happened(year: list[float], block_parts: int, shift_parts: int) -> None:
    bootstrap = Bootstrap(samples=20, block_parts=block_parts, shift_parts=shift_parts)
    drawn = annual_savings_range(SavingsHistory(savings_by_year=(tuple(year),)), bootstrap)

    least, most = len(year) * min(year), len(year) * max(year)
    assert least - 1e-6 <= drawn.p10 <= drawn.p50 <= drawn.p90 <= most + 1e-6


def test_a_shared_years_worth_is_that_of_its_savings() -> None:
    bootstrap = Bootstrap(samples=200)
    savings = annual_savings_range(HISTORY, bootstrap)
    worth = net_present_value_range(PROJECT, HISTORY, bootstrap, YearDraws.SHARED)

    for percentile in ("p10", "p50", "p90", "mean"):
        assert getattr(worth, percentile) == pytest.approx(getattr(savings, percentile) * ANNUITY - 20000)


def test_years_drawn_anew_even_out() -> None:
    bootstrap = Bootstrap(samples=400)
    shared = net_present_value_range(PROJECT, HISTORY, bootstrap, YearDraws.SHARED)
    anew = net_present_value_range(PROJECT, HISTORY, bootstrap, YearDraws.NEW_EVERY_YEAR)

    assert anew.p90 - anew.p10 < 0.6 * (shared.p90 - shared.p10)
    assert anew.mean == pytest.approx(shared.mean, rel=0.05)


def test_a_certain_history_is_worth_what_the_cash_flow_says() -> None:
    certain = SavingsHistory(savings_by_year=((2600.0, 2600.0), (2600.0, 2600.0)))
    worth = net_present_value_range(PROJECT, certain, Bootstrap(samples=3), YearDraws.NEW_EVERY_YEAR)

    assert worth.p10 == worth.p90 == pytest.approx(cash_flow(PROJECT).net_present_value)


def test_draws_take_the_place_of_one_line_of_savings() -> None:
    two = replace(PROJECT, savings=(*PROJECT.savings, YearlyAmount(name="demand", amount=1.0)))

    with pytest.raises(UnableToAccept, match="'2 lines', must be exactly one, because the draws replace its amount"):
        net_present_value_range(two, HISTORY, Bootstrap(), YearDraws.SHARED)


def test_faults_are_all_named() -> None:
    with pytest.raises(UnableToAccept) as history:
        SavingsHistory(savings_by_year=((1.0, math.nan), (1.0,)))
    with pytest.raises(UnableToAccept) as bootstrap:
        Bootstrap(samples=0, block_parts=0, shift_parts=-1, seed=-1)
    with pytest.raises(UnableToAccept, match="'1 values', must be at least 2 values"):
        SavingsHistory(savings_by_year=((1.0,),))
    with pytest.raises(UnableToAccept, match="'0 years', must be at least 1"):
        SavingsHistory(savings_by_year=())

    assert [fault.field for fault in history.value.faults] == ["savings_by_year.0.1", "savings_by_year.1"]
    assert len(bootstrap.value.faults) == 4
