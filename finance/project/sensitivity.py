"""What an outcome hangs on: every input to its low and to its high value, one at a time (a tornado)."""

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
    """An input that is not certain: `apply` answers the case with the input at a value from `low` to `high`."""

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
    """The outcome with one input at its low and at its high value, all others as given."""

    name: str
    low: float
    high: float
    outcome_at_low: float
    outcome_at_high: float

    @property
    def width(self) -> float:
        """How far apart the outcomes are."""
        return abs(self.outcome_at_high - self.outcome_at_low)


def tornado(case: Case, levers: Sequence[Lever[Case]], outcome: Callable[[Case], float]) -> tuple[TornadoBar, ...]:
    """One bar a lever, the widest first; the outcome of the case itself is `outcome(case)`."""
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
    """What the project is worth today: the outcome of a tornado over projects."""
    return cash_flow(project).net_present_value


def with_savings_times(project: Project, factor: float) -> Project:
    """All savings times a factor."""
    return replace(project, savings=tuple(replace(line, amount=line.amount * factor) for line in project.savings))


def with_costs_times(project: Project, factor: float) -> Project:
    """All yearly costs times a factor."""
    return replace(project, costs=tuple(replace(line, amount=line.amount * factor) for line in project.costs))


def with_capital_times(project: Project, factor: float) -> Project:
    """The capital cost of all assets times a factor; replacements stay."""
    assets = (replace(asset, capital_cost=asset.capital_cost * factor) for asset in project.assets)
    return replace(project, assets=tuple(assets))


def with_replacement_times(project: Project, factor: float) -> Project:
    """The cost of all replacements times a factor."""
    assets = (
        replace(asset, replacement=replace(asset.replacement, cost=asset.replacement.cost * factor))
        if asset.replacement
        else asset
        for asset in project.assets
    )
    return replace(project, assets=tuple(assets))


def with_discount_rate(project: Project, rate: float) -> Project:
    """The discount rate, nominal or real as the project's own."""
    return replace(project, discount_rate=rate)


def with_savings_escalation(project: Project, rate: float) -> Project:
    """The rate at which all savings grow."""
    return replace(project, savings=tuple(replace(line, escalation_rate=rate) for line in project.savings))


def with_savings_degradation(project: Project, rate: float) -> Project:
    """The rate at which all savings shrink."""
    return replace(project, savings=tuple(replace(line, degradation_rate=rate) for line in project.savings))
