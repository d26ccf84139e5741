"""Scenarios as one of the methods that the scorer compares."""

from dataclasses import dataclass, field
from datetime import timedelta

from ridethrough.domain.horizon import Horizon
from ridethrough.forecasts.forecast import QuantileForecast, ScenarioSet
from ridethrough.forecasts.history import History
from ridethrough.forecasts.scenarios import ScenarioModel, ScenarioOptions, draw, fit_scenarios


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioMethod:
    """Scenarios as one of the methods that the scorer compares."""

    options: ScenarioOptions = field(default_factory=ScenarioOptions)
    count: int = 32
    seed: int = 0
    refit_every: timedelta = timedelta(days=1)
    name: str = "scenarios"

    def fit(self, history: History) -> "FittedScenarioMethod":
        """Learn from what was known."""
        return FittedScenarioMethod(method=self, model=fit_scenarios(history, self.options))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedScenarioMethod:
    """Scenarios, learned."""

    method: ScenarioMethod
    model: ScenarioModel

    def scenarios(self, history: History, horizon: Horizon) -> ScenarioSet:
        """Draw courses over a horizon."""
        return draw(self.model, history, horizon, scenarios=self.method.count, seed=self.method.seed)

    def forecast(self, history: History, horizon: Horizon) -> QuantileForecast:
        """The quantiles of the courses."""
        return self.scenarios(history, horizon).quantiles()
