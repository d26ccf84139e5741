"""What the methods score on real and simulated loads and on real prices; run this file to make the tables of the docs.

PYTHONPATH=. .venv/bin/python tests/benchmarks/forecasts/test_scores.py
"""

import csv
import gzip
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.forecasts.price import PricePersistence, PriceRegression
from benchmarks.forecasts.quantile_regression import QuantileRegression
from benchmarks.forecasts.scenario_method import ScenarioMethod
from benchmarks.forecasts.score import Backtest, Row, as_markdown, score_over
from benchmarks.forecasts.seasonal import SeasonalNaive
from ridethrough.domain import Horizon
from ridethrough.forecasts.forecast import Method

FloatArray = NDArray[np.float64]

DATA = Path(__file__).parents[4] / "shared" / "data"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.long,
    pytest.mark.skipif(not DATA.exists(), reason="no data beside the repository"),
]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A load, how long its backtest warms up, and when forecasts of 24 h are issued."""

    file: str
    title: str
    minutes: int
    warm_up_days: int
    origins: int
    every_h: int
    refit_regression_days: int

    def series(self) -> tuple[Horizon, FloatArray]:
        values = last_column(DATA / "loads" / self.file)
        if self.file.startswith("google"):  # 5 min to 15 min
            values = values[: len(values) // 3 * 3].reshape(-1, 3).mean(axis=1)
        start = datetime(2018, 1, 1, tzinfo=UTC)  # a Monday; the loads name no year
        return Horizon(start=start, interval_minutes=self.minutes, intervals=len(values)), values

    def rows(self, *methods: Method) -> tuple[Row, ...]:
        whole, values = self.series()
        backtest = Backtest(
            first=whole.start + timedelta(days=self.warm_up_days),
            origins=self.origins,
            every=timedelta(hours=self.every_h),
            intervals=24 * 60 // self.minutes,
        )
        return score_over(methods, whole, values, backtest)

    def regression(self) -> QuantileRegression:
        return QuantileRegression(refit_every=timedelta(days=self.refit_regression_days))

    def methods(self) -> tuple[Method, ...]:
        linear = replace(self.regression(), learner="linear", most_rows=2000)
        return SeasonalNaive(), SeasonalNaive(season_days=7), self.regression(), linear, ScenarioMethod()

    def mean(self) -> float:
        return float(self.series()[1].mean())


YEAR = {"minutes": 60, "warm_up_days": 60, "origins": 178, "every_h": 41, "refit_regression_days": 60}
MONTH = {"minutes": 15, "warm_up_days": 10, "origins": 44, "every_h": 11, "refit_regression_days": 7}
CASES = {
    "virginia": Case(file="data_center_virginia_10MW_hourly.csv.gz", title="Data center, Virginia (simulated)", **YEAR),
    "office": Case(file="doe_large_office_sanfrancisco_8760.csv.gz", title="Large office (simulated)", **YEAR),
    "pod": Case(file="ai_pod_4800kw_synthetic_8760.csv.gz", title="AI pod (synthetic, AR(1))", **YEAR),
    **{
        f"pdu{number}": Case(file=f"google_power_2019_pdu{number}.csv.gz", title=f"Google PDU {number}", **MONTH)
        for number in (6, 7, 8)
    },
}


def last_column(path: Path) -> FloatArray:
    with gzip.open(path, "rt") as file:
        cells = [line.strip().split(",")[-1] for line in file]
    return np.array([float(cell) for cell in cells if not any(letter.isalpha() for letter in cell)])


@lru_cache
def prices(zone: str) -> tuple[Horizon, dict[str, FloatArray]]:
    """Real prices and the forecasts that were published beside them; local clock with every day made 24 h."""
    with gzip.open(DATA / f"prices/epftoolbox_{zone}_real_and_forecast.csv.gz", "rt") as file:
        cells = list(csv.DictReader(file))
    columns = {name: np.array([float(row[name]) for row in cells]) for name in cells[0] if name}
    start = datetime.fromisoformat(cells[0][""]).replace(tzinfo=UTC)
    return Horizon(start=start, interval_minutes=60, intervals=len(cells)), columns


def price_rows(zone: str, *methods: Method) -> tuple[tuple[Row, ...], dict[str, float]]:
    """Scores of the second year, and the mean absolute errors of the published forecasts over the same days."""
    whole, columns = prices(zone)
    first = 364
    half_a_day = timedelta(hours=12)
    backtest = Backtest(
        first=whole.start + timedelta(days=first) - half_a_day,
        origins=364,
        every=timedelta(days=1),
        intervals=24,
        ahead=half_a_day,
        known_ahead=half_a_day,
    )
    real = columns["Real price"]
    published = {
        name: float(np.abs(values - real)[first * 24 :].mean())
        for name, values in columns.items()
        if name.endswith("Ensemble")
    }
    return score_over(methods, whole, real, backtest), published


@pytest.mark.parametrize("name", ["virginia", "office", "pdu6", "pdu7", "pdu8"])
def test_scenarios_beat_both_seasonal_naive_methods(name: str) -> None:
    yesterday, last_week, scenarios = CASES[name].rows(SeasonalNaive(), SeasonalNaive(season_days=7), ScenarioMethod())

    assert scenarios.score.pinball < 0.97 * min(yesterday.score.pinball, last_week.score.pinball)


@pytest.mark.long
@pytest.mark.parametrize("name", ["virginia", "office"])
def test_quantile_regression_beats_both_where_months_are_known(name: str) -> None:
    pytest.importorskip("sklearn")
    case = CASES[name]
    yesterday, last_week, regression = case.rows(SeasonalNaive(), SeasonalNaive(season_days=7), case.regression())

    assert regression.score.pinball < 0.92 * min(yesterday.score.pinball, last_week.score.pinball)


@pytest.mark.long
@pytest.mark.parametrize("zone", ["PJM", "DE"])
def test_the_price_regression_lies_between_persistence_and_what_experts_published(zone: str) -> None:
    (persistence, regression), published = price_rows(zone, PricePersistence(), PriceRegression())

    assert max(published.values()) < regression.score.mae < 0.8 * persistence.score.mae
    assert regression.score.pinball < 0.75 * persistence.score.pinball


def tables() -> Iterator[str]:
    """The tables of the docs, one after the other."""
    for case in CASES.values():
        yield f"\n### {case.title}\n\n{as_markdown(case.rows(*case.methods()), case.mean() / 100, '%')}\n"
    for zone in ("PJM", "DE"):
        rows, published = price_rows(zone, PricePersistence(), PriceRegression())
        yield f"\n### Day-ahead prices, {zone}\n\n{as_markdown(rows, 1.0, 'per MWh')}\n"
        yield ", ".join(f"{name}: MAE {mae:.3f}" for name, mae in published.items()) + "\n"


if __name__ == "__main__":
    for table in tables():
        sys.stdout.write(table)
        sys.stdout.flush()
