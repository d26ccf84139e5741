"""Forecasts as quantiles and as scenarios, and the interface of the methods that make them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain.horizon import Horizon
from ridethrough.domain.series import LoadForecast, PriceSeries
from ridethrough.domain.validation import Checks
from ridethrough.forecasts.history import History

FloatArray = NDArray[np.float64]

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
MEDIAN = 0.5


def check_levels(checks: Checks, levels: tuple[float, ...]) -> None:
    """Note a fault unless quantile levels rise, lie between 0 and 1, and contain the median."""
    inside = all(0 < level < 1 for level in levels)
    rising = all(low < high for low, high in pairwise(levels))
    checks.require(inside and rising, "levels", levels, "rising fractions above 0 and below 1")
    checks.require(MEDIAN in levels, "levels", levels, f"with the median, {MEDIAN}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QuantileForecast:
    """Quantiles of a load (kW) or a price (currency per kWh) for every interval of a horizon.

    `values` has shape (levels, intervals), rises along the levels and is read-only. `method` made the forecast at
    `issued_at` from `history_intervals` known intervals. `notes` say what was missing or assumed.
    """

    horizon: Horizon
    levels: tuple[float, ...]
    values: FloatArray
    issued_at: datetime
    method: str
    history_intervals: int
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        checks = Checks()
        check_levels(checks, self.levels)
        shape = (len(self.levels), self.horizon.intervals)
        checks.require(self.values.shape == shape, "values", f"shape {self.values.shape}", f"of shape {shape}")
        checks.require(bool(np.isfinite(self.values).all()), "values", "not finite", "finite numbers")
        checks.require(self.issued_at.tzinfo is not None, "issued_at", self.issued_at, "a time with a UTC offset")
        checks.raise_faults()
        crossed = bool((np.diff(self.values, axis=0) < 0).any())
        checks.require(not crossed, "values", "quantiles that cross", "rising along the levels")
        checks.raise_faults()
        values = self.values.copy()
        values.setflags(write=False)
        object.__setattr__(self, "values", values)

    @property
    def median(self) -> FloatArray:
        """The median forecast, one value for each interval."""
        return np.asarray(self.values[self.levels.index(MEDIAN)])

    def quantile(self, level: float) -> FloatArray:
        """The forecast at one level, linear between the given levels, and constant beyond them."""
        place = float(np.interp(level, self.levels, np.arange(len(self.levels))))
        low = int(place)
        high = min(low + 1, len(self.levels) - 1)
        return np.asarray(self.values[low] + (place - low) * (self.values[high] - self.values[low]))

    def as_load(self, level: float = MEDIAN) -> LoadForecast:
        """One level of a load forecast, for a plan."""
        load_kw = tuple(self.quantile(level).tolist())
        return LoadForecast(horizon=self.horizon, load_kw=load_kw, issued_at=self.issued_at)

    def as_prices(self, level: float = MEDIAN) -> PriceSeries:
        """One level of a price forecast, for a plan."""
        return PriceSeries(horizon=self.horizon, price_per_kwh=tuple(self.quantile(level).tolist()))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScenarioSet:
    """Equally likely courses of a net load (kW) over a horizon; `values` has shape (scenarios, intervals)."""

    horizon: Horizon
    values: FloatArray
    issued_at: datetime
    method: str
    history_intervals: int
    notes: tuple[str, ...] = ()

    def quantiles(self, levels: tuple[float, ...] = LEVELS) -> QuantileForecast:
        """The quantiles of each interval on its own; the correlation between intervals is lost.

        The k-th of n sorted scenarios has level k / (n + 1), so that the real value falls below it with that
        probability.
        """
        return QuantileForecast(
            horizon=self.horizon,
            levels=levels,
            values=np.quantile(self.values, levels, axis=0, method="weibull"),
            issued_at=self.issued_at,
            method=self.method,
            history_intervals=self.history_intervals,
            notes=self.notes,
        )


class Fitted(Protocol):
    """A method that was fitted to a history; it forecasts from that history or a later one."""

    def forecast(self, history: History, horizon: Horizon) -> QuantileForecast:
        """Forecast a horizon that begins at or after the end of the history."""
        ...


@runtime_checkable
class FittedScenarios(Fitted, Protocol):
    """A fitted method that also models the correlation between intervals."""

    def scenarios(self, history: History, horizon: Horizon) -> ScenarioSet:
        """Draw scenarios over a horizon that begins at or after the end of the history."""
        ...


class Method(Protocol):
    """A forecasting method: it learns from a history and reads nothing else."""

    @property
    def name(self) -> str:
        """Its name in tables."""
        ...

    @property
    def refit_every(self) -> timedelta:
        """The time after which to fit again: a compromise between computing time and freshness."""
        ...

    def fit(self, history: History) -> Fitted:
        """Learn from what was known."""
        ...


def require_fitted_before(fitted_until: datetime, history: History) -> None:
    """Refuse a fit that has seen values that this history does not contain.

    Raises `UnableToAccept`.
    """
    checks = Checks()
    allowed = f"at or after {fitted_until.isoformat()}, because the fit has seen values until then"
    checks.require(fitted_until <= history.end, "history.end", history.end.isoformat(), allowed)
    checks.raise_faults()
