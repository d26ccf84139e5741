"""The scorer's known answers, worked out by hand."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.forecasts.scenario_method import ScenarioMethod
from benchmarks.forecasts.score import Backtest, as_markdown, score, score_over, score_scenarios
from benchmarks.forecasts.seasonal import SeasonalNaive
from ridethrough.domain import Horizon, UnableToAccept
from ridethrough.forecasts.forecast import QuantileForecast, ScenarioSet

START = datetime(2026, 1, 5, tzinfo=UTC)


def forecast(*quantiles: list[float], levels: tuple[float, ...] = (0.1, 0.5, 0.9)) -> QuantileForecast:
    horizon = Horizon(start=START, interval_minutes=60, intervals=len(quantiles[0]))
    values = np.array(quantiles)
    return QuantileForecast(
        horizon=horizon, levels=levels, values=values, issued_at=START, method="by hand", history_intervals=0
    )


def scenarios(*courses: list[float]) -> ScenarioSet:
    horizon = Horizon(start=START, interval_minutes=60, intervals=len(courses[0]))
    return ScenarioSet(horizon=horizon, values=np.array(courses), issued_at=START, method="", history_intervals=0)


def test_pinball_mae_bias_and_coverage_of_two_intervals() -> None:
    given_quantiles = forecast([8.0, 8.0], [10.0, 10.0], [12.0, 12.0])

    found = score(given_quantiles, [11.0, 6.0])

    # at 11: 0.1 x 3, 0.5 x 1, 0.1 x 1 = 0.9; at 6: 0.9 x 2, 0.5 x 4, 0.1 x 6 = 4.4; over 6
    assert found.pinball == pytest.approx(5.3 / 6)
    assert found.mae == pytest.approx(2.5)
    assert found.bias == pytest.approx(1.5)
    assert found.coverage == pytest.approx(0.5)
    assert found.nominal_coverage == pytest.approx(0.8)
    assert found.intervals == 2


def test_scores_of_two_scenarios() -> None:
    found = score_scenarios(scenarios([1.0, 3.0], [3.0, 7.0]), [2.0, 4.0])

    # by interval: |1-2| and |3-2| mean 1, less 2/4 = 0.5; |3-4| and |7-4| mean 2, less 4/4 = 1
    assert found.crps == pytest.approx(0.75)
    assert found.peak_crps == pytest.approx(1.0)
    # norms: sqrt 2 and sqrt 10; apart sqrt 20 in two of four pairs; all over sqrt 2
    assert found.energy == pytest.approx((((2**0.5) + 10**0.5) / 2 - 20**0.5 / 4) / 2**0.5)


def test_one_scenario_scores_its_absolute_error() -> None:
    found = score_scenarios(scenarios([5.0, 5.0]), [4.0, 7.0])

    assert found.crps == pytest.approx(1.5)
    assert found.peak_crps == pytest.approx(2.0)


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=8), st.floats(-1e3, 1e3))
def test_the_crps_by_sorting_is_that_by_pairs(drawn: list[float], happened: float) -> None:
    found = score_scenarios(scenarios(*[[value] for value in drawn]), [happened]).crps

    sample = np.array(drawn)
    pairs = np.abs(sample[:, np.newaxis] - sample).mean() / 2
    assert found == pytest.approx(np.abs(sample - happened).mean() - pairs, abs=1e-9)


def test_what_does_not_fit_the_horizon_is_refused() -> None:
    with pytest.raises(UnableToAccept, match="3 in a row"):
        score(forecast([1.0] * 3, [2.0] * 3, [3.0] * 3), [1.0])
    with pytest.raises(UnableToAccept, match="finite"):
        score(forecast([1.0], [2.0], [3.0]), [float("nan")])


@pytest.mark.parametrize(
    ("quantiles", "levels", "fields"),
    [
        (([1.0], [2.0], [float("nan")]), (0.1, 0.5, 0.9), ["values"]),
        (([1.0], [3.0], [2.0]), (0.1, 0.5, 0.9), ["values"]),
        (([1.0], [2.0]), (0.1, 0.5, 0.9), ["values"]),
        (([1.0], [2.0]), (0.9, 0.1), ["levels", "levels"]),
        (([1.0], [2.0]), (0.0, 0.5), ["levels"]),
    ],
)
def test_a_forecast_that_cannot_be_is_refused(
    quantiles: tuple[list[float], ...], levels: tuple[float, ...], fields: list[str]
) -> None:
    with pytest.raises(UnableToAccept) as refused:
        forecast(*quantiles, levels=levels)

    assert [fault.field for fault in refused.value.faults] == fields


def test_a_forecast_gives_plans_the_level_they_ask_for() -> None:
    given_quantiles = forecast([8.0], [10.0], [14.0])

    assert given_quantiles.as_load().load_kw == (10.0,)
    assert given_quantiles.as_load(0.9).load_kw == (14.0,)
    assert given_quantiles.as_load(0.7).load_kw == pytest.approx((12.0,))
    assert given_quantiles.as_load(0.99).load_kw == (14.0,)
    assert given_quantiles.as_prices(0.3).price_per_kwh == pytest.approx((9.0,))
    assert given_quantiles.as_load().issued_at == START


def test_a_backtest_scores_methods_side_by_side() -> None:
    whole = Horizon(start=START, interval_minutes=60, intervals=24 * 30)
    values = np.tile(np.arange(24.0), 30)
    backtest = Backtest(first=START + timedelta(days=20), origins=4, every=timedelta(hours=18), intervals=24)
    seen: Counter[str] = Counter()

    table = score_over(
        [SeasonalNaive(), ScenarioMethod()], whole, values, backtest, on_origin=lambda: seen.update(["origin"])
    )

    assert [row.method for row in table] == ["same time yesterday", "scenarios"]
    assert table[0].score.mae == 0
    assert table[0].scenarios is None
    assert table[1].scenarios is not None
    assert table[1].score.intervals == 96
    assert seen["origin"] == 8
    lines = as_markdown(table, 1.0, "kW").splitlines()
    assert lines[2] == "| same time yesterday | 0.000 | 0.000 | +0.000 | 100.0% |  |  |  |"
    assert len(lines) == 4


def test_a_backtest_past_the_end_of_the_series_is_refused() -> None:
    whole = Horizon(start=START, interval_minutes=60, intervals=48)
    backtest = Backtest(first=START + timedelta(hours=30, minutes=30), origins=1, every=timedelta(1), intervals=24)

    with pytest.raises(UnableToAccept) as refused:
        score_over([SeasonalNaive()], whole, np.ones(48), backtest)

    assert [fault.field for fault in refused.value.faults] == ["backtest.first", "backtest.origins"]


def test_a_backtest_that_cannot_be_is_refused_with_every_fault() -> None:
    with pytest.raises(UnableToAccept) as refused:
        Backtest(
            first=datetime(2026, 1, 1),  # noqa: DTZ001 - without an offset, on purpose
            origins=0,
            every=timedelta(),
            intervals=0,
            known_ahead=timedelta(hours=1),
        )

    assert [fault.field for fault in refused.value.faults] == ["first", "origins", "every", "intervals", "known_ahead"]
