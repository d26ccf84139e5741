"""The value of a study's saving: the cash flow of a project, its sensitivity, and the ranges of both.

The project gives everything except the saving, which is the study's saving scaled to a year. Years are drawn from the
study's billing periods, because a demand charge is saved by the period and not by the week.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ridethrough.domain import UnableToAccept
from ridethrough.finance.project.cash_flow import cash_flow
from ridethrough.finance.project.project import Project, YearlyAmount
from ridethrough.finance.project.sensitivity import (
    Lever,
    TornadoBar,
    net_present_value,
    tornado,
    with_capital_times,
    with_discount_rate,
    with_replacement_times,
    with_savings_times,
)
from ridethrough.finance.project.uncertainty import (
    Bootstrap,
    SavingsHistory,
    YearDraws,
    annual_savings_range,
    net_present_value_range,
)
from ridethrough.finance.study.study import Savings, Study
from ridethrough.finance.study.year import annual_saving, history_of_year, no_year, whole_periods
from ridethrough.tariffs.calendar.written import MONTHS

LEAST_PERIODS = 2
"""No year is drawn from a study of fewer whole billing periods."""

_DRAWS = Bootstrap(samples=1000, block_parts=1, shift_parts=2, seed=0)
_TIMES = (0.8, 1.2)
_POINTS = 0.02
_LOWEST_RATE = -0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class Venture:
    """A project whose saving comes from a study.

    `project` has one line of savings, and the study sets its amount. With `before_wear` the amount is the saving on the
    bill. The project's replacements then pay for wear, and wear is not subtracted a second time.
    """

    project: Project
    before_wear: bool = False


def with_range(study: Study) -> Study:
    """The study with the range of a year's saving after wear; without a range if too little was studied."""
    if too_little(study):
        return study
    return replace(study, range_of_year=annual_savings_range(_history(study, before_wear=False), _DRAWS))


def with_value(study: Study, venture: Venture) -> Study:
    """The study with a cash flow, a tornado, and ranges if enough was studied to draw years from.

    A study that says nothing of a year has no cash flow, and a warning says why.

    Raises `UnableToAccept` if the project's cash flow cannot be worked out.
    """
    saved = _saved_by(before_wear=venture.before_wear)
    annual = annual_saving(study.periods, study.season_by_month, saved)
    if annual.value is None:
        return replace(study, warnings=(*study.warnings, f"no yearly saving and no cash flow: {annual.reason}"))
    project = replace(venture.project, savings=(replace(venture.project.savings[0], amount=annual.value),))
    valued = replace(with_range(study), cash_flow=cash_flow(project))
    bars, refused = _tornado(project, study.currency)
    lacking = too_little(study)
    drawn = None
    if not lacking:
        history = _history(study, before_wear=venture.before_wear)
        drawn = net_present_value_range(project, history, _DRAWS, YearDraws.SHARED)
    return replace(
        valued,
        tornado=bars,
        net_present_value_range=drawn,
        assumptions=(*study.assumptions, *_assumptions(project, venture, drawn=drawn is not None)),
        warnings=(*study.warnings, *_part_of_a_year(study), *refused, *([f"no range: {lacking}"] if lacking else [])),
    )


def too_little(study: Study) -> str:
    """The reason why no year can be drawn from a study; empty if years can be drawn."""
    whole = len(whole_periods(study.periods))
    if whole < LEAST_PERIODS:
        periods = "period was" if whole == 1 else "periods were"
        return f"{whole} whole billing {periods} studied; drawing years needs at least {LEAST_PERIODS}"
    return no_year(study.periods, study.season_by_month)


def _part_of_a_year(study: Study) -> Iterator[str]:
    months = {period.month for period in whole_periods(study.periods)}
    if len(months) < len(MONTHS):
        represent = "month represents" if len(months) == 1 else "months represent"
        yield (
            f"cash flow: {len(months)} studied {represent} the twelve of every year; "
            "loads and prices of the other months are not included"
        )


def _history(study: Study, *, before_wear: bool) -> SavingsHistory:
    """The months of a year, composed of the whole billing periods that were studied."""
    return history_of_year(study.periods, study.season_by_month, _saved_by(before_wear=before_wear))


def _saved_by(*, before_wear: bool) -> Callable[[Savings], float]:
    return (lambda savings: savings.before_wear) if before_wear else (lambda savings: savings.total)


def _levers(project: Project, currency: str) -> Iterator[Lever[Project]]:
    low, high = _TIMES
    saved = sum(line.amount for line in project.savings)
    capital = sum(project.cost_by_asset.values())
    renewed = sum(asset.replacement.cost for asset in project.assets if asset.replacement)
    yield Lever(name=f"saving of a year, times {saved:,.0f} {currency}", low=low, high=high, apply=with_savings_times)
    if capital:
        yield Lever(name=f"capital, times {capital:,.0f} {currency}", low=low, high=high, apply=with_capital_times)
    if renewed:
        name = f"replacement, times {renewed:,.0f} {currency}"
        yield Lever(name=name, low=low, high=high, apply=with_replacement_times)
    rate = project.discount_rate
    kind = "real" if project.discount_rate_is_real else "nominal"
    lowest = max(_LOWEST_RATE, rate - _POINTS)
    name = f"discount rate, {kind}, {rate:.1%} as given"
    yield Lever(name=name, low=round(lowest, 6), high=round(max(lowest, rate + _POINTS), 6), apply=with_discount_rate)


def _tornado(project: Project, currency: str) -> tuple[tuple[TornadoBar, ...], list[str]]:
    """The bars, and a note for each input that could not be varied."""
    bars: list[TornadoBar] = []
    refused = []
    for lever in _levers(project, currency):
        try:
            bars += tornado(project, [lever], net_present_value)
        except UnableToAccept as error:
            refused.append(f"not varied: {lever.name} ({'; '.join(str(fault) for fault in error.faults)})")
    return tuple(sorted(bars, key=lambda bar: -bar.width)), refused


def _assumptions(project: Project, venture: Venture, *, drawn: bool) -> Iterator[str]:
    line: YearlyAmount = project.savings[0]
    basis = "on the bill, before wear" if venture.before_wear else "after wear"
    rate = project.inflation_rate if line.escalation_rate is None else line.escalation_rate
    yield (
        f"cash flow: each month of a year saves what the nearest studied month of its season does, {basis}; "
        f"the saving grows by {rate:.1%} and fades by {line.degradation_rate:.1%} a year"
    )
    replaced = any(asset.replacement and asset.replacement.after_years for asset in project.assets)
    if replaced and not venture.before_wear:
        yield "cash flow: a little too low, because wear is subtracted and replacements are paid as well"
    elif venture.before_wear and not replaced:
        yield "cash flow: a little too high, because wear is not subtracted and no replacement is paid"
    if drawn:
        yield (
            f"ranges: {_DRAWS.samples:,} years are drawn from the studied billing periods; each period keeps its place "
            f"or moves by up to {_DRAWS.shift_parts}; a drawn year repeats through the life; other loads and prices "
            "are not included"
        )
