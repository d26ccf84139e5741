"""Sensitivity of an outcome (a tornado): each input in turn takes its low and its high value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from ridethrough.domain.validation import Checks
from ridethrough.finance.project.cash_flow import cash_flow
from ridethrough.finance.project.project import Project
from ridethrough.finance.project.rates import check_names

Case = TypeVar("Case")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever(Generic[Case]):
    """An uncertain input: `apply` returns the case with the input set to a value from `low` to `high`."""

    name: str
    low: float
    high: float
    apply: Callable[[Case, float], Case]

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(self.low <= self.high, "high", self.high, f"at least low {self.low}")
        checks.raise_faults()


@dataclass(frozen=True, slots=True, kw_only=True)
class TornadoBar:
    """The outcomes with one input at its low and at its high value, and all others as given."""

    name: str
    low: float
    high: float
    outcome_at_low: float
    outcome_at_high: float

    @property
    def width(self) -> float:
        """The distance between the two outcomes."""
        return abs(self.outcome_at_high - self.outcome_at_low)


def tornado(case: Case, levers: Sequence[Lever[Case]], outcome: Callable[[Case], float]) -> tuple[TornadoBar, ...]:
    """One bar for each lever, the widest first; `outcome(case)` works out the outcome of a case."""
    checks = Checks()
    check_names(checks, "levers", [lever.name for lever in levers])
    checks.raise_faults()
    bars = (
        TornadoBar(
            name=lever.name,
            low=lever.low,
            high=lever.high,
            outcome_at_low=outcome(lever.apply(case, lever.low)),
            outcome_at_high=outcome(lever.apply(case, lever.high)),
        )
        for lever in levers
    )
    return tuple(sorted(bars, key=lambda bar: -bar.width))


def net_present_value(project: Project) -> float:
    """The net present value of a project, as the outcome of a tornado."""
    return cash_flow(project).net_present_value


def with_savings_times(project: Project, factor: float) -> Project:
    """The project with all savings multiplied by a factor."""
    return replace(project, savings=tuple(replace(line, amount=line.amount * factor) for line in project.savings))


def with_costs_times(project: Project, factor: float) -> Project:
    """The project with all yearly costs multiplied by a factor."""
    return replace(project, costs=tuple(replace(line, amount=line.amount * factor) for line in project.costs))


def with_capital_times(project: Project, factor: float) -> Project:
    """The project with the capital cost of all assets multiplied by a factor; replacements keep their cost."""
    assets = (replace(asset, capital_cost=asset.capital_cost * factor) for asset in project.assets)
    return replace(project, assets=tuple(assets))


def with_replacement_times(project: Project, factor: float) -> Project:
    """The project with the cost of all replacements multiplied by a factor."""
    assets = (
        replace(asset, replacement=replace(asset.replacement, cost=asset.replacement.cost * factor))
        if asset.replacement
        else asset
        for asset in project.assets
    )
    return replace(project, assets=tuple(assets))


def with_discount_rate(project: Project, rate: float) -> Project:
    """The project with another discount rate, nominal or real like its own."""
    return replace(project, discount_rate=rate)


def with_savings_escalation(project: Project, rate: float) -> Project:
    """The project whose savings all grow at `rate`."""
    return replace(project, savings=tuple(replace(line, escalation_rate=rate) for line in project.savings))


def with_savings_degradation(project: Project, rate: float) -> Project:
    """The project whose savings all shrink at `rate`."""
    return replace(project, savings=tuple(replace(line, degradation_rate=rate) for line in project.savings))
