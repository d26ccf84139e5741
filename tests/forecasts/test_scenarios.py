"""Scenarios: calibrated where the truth is known, the same again for the same arguments, honest about a short past."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.forecasts.scenario_method import ScenarioMethod
from benchmarks.forecasts.score import Backtest, score_over
from ridethrough.domain import Horizon, UnableToAccept
from ridethrough.forecasts.history import History, known_at
from ridethrough.forecasts.profile import ProfileOptions
from ridethrough.forecasts.scenarios import ScenarioOptions, draw, fit_scenarios

FloatArray = NDArray[np.float64]

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
PERSISTENCE = 0.9


def course(days: int, minutes: int = 60, seed: int = 0, persistence: float = PERSISTENCE) -> tuple[Horizon, FloatArray]:
    """A day's wave, and an AR(1) deviation of innovations 10 kW."""
    whole = Horizon(start=MONDAY, interval_minutes=minutes, intervals=days * 1440 // minutes)
    rng = np.random.default_rng(seed)
    deviation = np.zeros(whole.intervals)
    for index in range(1, whole.intervals):
        deviation[index] = persistence * deviation[index - 1] + rng.normal(scale=10)
    wave = 100 * np.sin(np.arange(whole.intervals) * 2 * np.pi * minutes / 1440)
    return whole, 1000 + wave + deviation


def after(history: History, intervals: int, gap: int = 0) -> Horizon:
    given_horizon = history.horizon
    return Horizon(
        start=history.end + gap * given_horizon.step,
        interval_minutes=given_horizon.interval_minutes,
        intervals=intervals,
        timezone=given_horizon.timezone,
    )


def test_what_was_learned_of_an_ar1_course_is_its_persistence() -> None:
    whole, values = course(days=200)

    model = fit_scenarios(known_at(whole.end, whole, values))

    assert model.persistence[0] == pytest.approx(PERSISTENCE, abs=0.03)
    assert model.persistence[5] == pytest.approx(PERSISTENCE**6, abs=0.1)
    assert model.persistence.shape == (24,)
    assert model.notes == ()


@pytest.mark.parametrize("persistence", [0.0, 0.7, 0.95])
def test_nine_in_ten_fall_within_nine_tenths(persistence: float) -> None:
    whole, values = course(days=220, persistence=persistence, seed=3)
    backtest = Backtest(first=MONDAY + timedelta(days=100), origins=100, every=timedelta(hours=25), intervals=24)

    (row,) = score_over([ScenarioMethod()], whole, values, backtest)

    assert row.score.coverage == pytest.approx(0.9, abs=0.04)
    assert abs(row.score.bias) < 5


def test_the_present_deviation_fades_and_is_not_forgotten() -> None:
    whole, values = course(days=100)
    model = fit_scenarios(known_at(whole.end - timedelta(hours=1), whole, values))
    drawn = []
    for shift in (0.0, 200.0):
        values[-1] += shift
        history = known_at(whole.end, whole, values)
        drawn.append(draw(model, history, after(history, 24)).values.mean(axis=0))

    lifted = drawn[1] - drawn[0]

    assert lifted == pytest.approx(200 * model.persistence)
    assert lifted[0] > 150
    assert abs(lifted[-1]) < 60


@pytest.mark.parametrize("minutes", [5, 15, 60])
@pytest.mark.parametrize("days", [1, 2, 9])
def test_any_step_and_a_single_day_give_the_shape_asked_for(minutes: int, days: int) -> None:
    whole, values = course(days=days, minutes=minutes)
    history = known_at(whole.end, whole, values)

    drawn = draw(fit_scenarios(history), history, after(history, 48 * 60 // minutes), scenarios=20)

    assert drawn.values.shape == (20, 48 * 60 // minutes)
    assert np.isfinite(drawn.values).all()
    assert np.ptp(drawn.values, axis=0).min() > 0
    assert bool(drawn.notes) == (days < 7)


def test_a_single_day_says_what_was_imputed() -> None:
    whole, values = course(days=1)

    one_day = fit_scenarios(known_at(whole.end, whole, values)).notes
    three_hours = fit_scenarios(known_at(MONDAY + timedelta(hours=3), whole, values)).notes

    assert one_day[0] == "86% of the week was never measured: imputed from other days"
    assert one_day[1].startswith("too few days")
    assert three_hours[1] == "88% of the day was never measured: imputed from the mean of the rest"


def test_one_known_interval_is_held() -> None:
    whole, values = course(days=1)
    history = known_at(MONDAY + timedelta(hours=1), whole, values)

    drawn = draw(fit_scenarios(history), history, after(history, 5), scenarios=3)

    assert drawn.values == pytest.approx(values[0])


def test_a_constant_load_stays_constant() -> None:
    whole, values = course(days=30)
    history = known_at(whole.end, whole, np.full_like(values, 70.0))

    drawn = draw(fit_scenarios(history), history, after(history, 48))

    assert drawn.values == pytest.approx(70.0)


def test_the_same_arguments_draw_the_same_courses_and_another_seed_others() -> None:
    whole, values = course(days=60)
    history = known_at(whole.end, whole, values)
    model = fit_scenarios(history)

    first, again, other = (draw(model, history, after(history, 48), seed=seed).values for seed in (4, 4, 5))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_gap_between_what_is_known_and_the_horizon_is_drawn_through() -> None:
    whole, values = course(days=60)
    history = known_at(whole.end, whole, values)
    model = fit_scenarios(history)

    spread = np.std(draw(model, history, after(history, 24, gap=12), scenarios=64).values, axis=0)

    assert spread[0] > 1.5 * np.std(draw(model, history, after(history, 1), scenarios=64).values)


def test_days_off_are_drawn_from_days_off_where_enough_are_known() -> None:
    whole, _ = course(days=112)
    hours = np.arange(whole.intervals)
    working = (hours // 24) % 7 < 5
    noise = np.random.default_rng(0).normal(size=len(hours)) * np.where(working, 50.0, 1.0)
    history = known_at(whole.end - timedelta(days=2), whole, 500 + noise)  # up to a Saturday's midnight

    drawn = draw(fit_scenarios(history), history, after(history, 48))

    assert np.std(drawn.values, axis=0).mean() < 15


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 8), 23), ((2026, 11, 1), 25)])
def test_a_day_of_a_clock_change_follows_the_local_clock(day: tuple[int, int, int], hours: int) -> None:
    change = datetime(*day, 5 if hours == 23 else 4, tzinfo=UTC)
    whole = Horizon(
        start=change - timedelta(days=42), interval_minutes=60, intervals=42 * 24 + hours, timezone="America/New_York"
    )
    values = np.array([float(at.hour) for at in whole.starts()])
    history = known_at(change, whole, values)

    drawn = draw(fit_scenarios(history), history, after(history, hours)).values.mean(axis=0)

    # 42 days before a change the clock has not moved: what is usual at an hour is that hour, but for shrinkage
    assert drawn == pytest.approx(values[-hours:], abs=0.5)


@settings(max_examples=25)
@given(
    known=st.integers(min_value=1, max_value=24 * 20),
    ahead=st.integers(min_value=1, max_value=100),
    block_h=st.sampled_from([0.5, 6.0, 24.0, 72.0]),
    seed=st.integers(min_value=0, max_value=3),
)
def test_no_history_is_too_short_or_too_odd(known: int, ahead: int, block_h: float, seed: int) -> None:
    whole, values = course(days=20, seed=seed)
    history = known_at(MONDAY + timedelta(hours=known), whole, values)

    drawn = draw(fit_scenarios(history, ScenarioOptions(block_h=block_h)), history, after(history, ahead), scenarios=5)

    assert drawn.values.shape == (5, ahead)
    assert np.isfinite(drawn.values).all()


def test_options_that_cannot_be_are_refused_with_every_fault() -> None:
    with pytest.raises(UnableToAccept) as options:
        ScenarioOptions(trailing_weeks=0, block_h=0, window_h=13, like_days=0)
    with pytest.raises(UnableToAccept) as profile:
        ProfileOptions(half_lives_days=(), shrinkages=(1.0, -1.0))
    whole, values = course(days=2)
    history = known_at(whole.end, whole, values)
    with pytest.raises(UnableToAccept) as drawing:
        draw(fit_scenarios(history), history, after(history, 1), scenarios=0, seed=-1)

    assert [fault.field for fault in options.value.faults] == ["trailing_weeks", "block_h", "window_h", "like_days"]
    assert [fault.field for fault in profile.value.faults] == ["half_lives_days", "shrinkages.1"]
    assert [fault.field for fault in drawing.value.faults] == ["scenarios", "seed"]
