"""What a study's saving is worth, for people: the range of a year, and the cash flow."""

from collections.abc import Callable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ridethrough.finance.figure import Figure
from ridethrough.finance.project.cash_flow import CashFlow
from ridethrough.finance.project.uncertainty import Range
from ridethrough.finance.reports.words import annual_note
from ridethrough.finance.study.study import Study


def worth_view(study: Study) -> RenderableType:
    """The saving of a year with its range; with a cash flow, what the project is worth and what that hangs on."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column()
    if study.annual.value is None:
        table.add_row("  A year", Text(f"no yearly figure: {study.annual.reason}"))
        return table
    year = f"{money(study.annual.value)} {study.currency}{_spread(study.range_of_year)}"
    table.add_row("  A year", Text(f"saves {year}; {annual_note(study)}"))
    flow = study.cash_flow
    if flow is None:
        return table
    years, rate = flow.project.life_years, flow.project.nominal_discount_rate
    value = f"{money(flow.net_present_value)} {study.currency}"
    sure = _spread(study.net_present_value_range)
    table.add_row("  Worth", Text(f"net present value {value}{sure}, over {years} years at {rate:.1%}"))
    table.add_row("", Text(_returns(flow)))
    return Group(table, Text(), _tornado(study)) if study.tornado else table


def _returns(flow: CashFlow) -> str:
    parts = (
        ("internal rate of return", _known(flow.internal_rate_of_return, lambda value: f"{value:.1%}")),
        ("discounted payback", _known(flow.discounted_payback_years, lambda value: f"{value:.1f} years")),
    )
    return "; ".join(f"{name} {text}" for name, text in parts)


def _known(figure: Figure, text: Callable[[float], str]) -> str:
    return f"unknown: {figure.reason}" if figure.value is None else text(figure.value)


def _spread(drawn: Range | None) -> str:
    if drawn is None:
        return ""
    return f" (its months redrawn: P10 {drawn.p10:,.0f}, P50 {drawn.p50:,.0f}, P90 {drawn.p90:,.0f})"


def _tornado(study: Study) -> RenderableType:
    table = Table(box=None, padding=(0, 2), pad_edge=True, header_style="dim")
    table.add_column(f"net present value, {study.currency}, with")
    for name in ("low", "high", "at low", "at high"):
        table.add_column(name, justify="right")
    for bar in study.tornado:
        table.add_row(bar.name, f"{bar.low:g}", f"{bar.high:g}", money(bar.outcome_at_low), money(bar.outcome_at_high))
    return table


def money(amount: float) -> str:
    """An amount to the cent, never minus zero."""
    return f"{round(amount, 2) + 0.0:,.2f}"
