"""A savings study as a table: the saving by line of the bill, safety, assumptions and warnings."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ridethrough.api.answers.study.study_worth_view import money, worth_view
from ridethrough.api.answers.terminal import indented, ride_through_text
from ridethrough.api.cases.study_inputs import days_of
from ridethrough.finance.figure import Figure
from ridethrough.finance.study.study import Savings, Study
from ridethrough.tariffs.billing.bill import Bill
from ridethrough.tariffs.charges.kind import SAVINGS_FIGURES

_INFORMATION = {
    "perfect": "the loads and prices that came, a day ahead: no one has that",
    "day-ahead": "prices as published the day before, and loads drawn from the site's own past",
    "persistence": "prices as published the day before, and the loads of the day before",
}
_EVERY = {24.0: "once a day", 1.0: "every hour"}


def study_view(study: Study) -> RenderableType:
    """A study at a glance: the verdict, the bill line by line, the months, safety, and the assumptions."""
    first, last = days_of(study.horizon)
    title = Text.assemble((study.site_name or study.site_id, "bold"), f"  {first} to {last}, {study.horizon.timezone}")
    parts: list[RenderableType] = [Text(), title, Text(), _headline(study), Text(), _kinds(study), Text()]
    if len(study.periods) > 1:
        parts += [_periods(study), Text()]
    parts += [_batteries(study), Text()]
    if study.cash_flow is not None or study.range_of_year is not None:
        parts += [worth_view(study), Text()]
    parts += [indented(Text(f"! {warning}", style="yellow")) for warning in study.warnings]
    parts += [indented(Text(f"- {assumption}", style="dim")) for assumption in study.assumptions]
    return Group(*parts, Text())


def _headline(study: Study) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column()
    style = "bold green" if study.verdict.worthwhile else "bold yellow"
    table.add_row("  Verdict", Text("trade" if study.verdict.worthwhile else "do nothing", style=style))
    table.add_row("", Text(study.verdict.reason))
    every = _EVERY.get(study.replanned_every_h, f"every {study.replanned_every_h:g} hours")
    table.add_row("  Plans", Text(f"made {every} from {_INFORMATION[study.information.value]}"))
    table.add_row("  Capture", Text(_capture(study.capture)))
    table.add_row("  Reserve", _safety(study))
    table.add_row("  Tariff", Text(study.tariff))
    return table


def _capture(capture: Figure) -> str:
    if capture.value is None:
        return f"unknown: {capture.reason}"
    return f"{round(capture.value, 2) + 0.0:.0%} of what perfect foresight over whole billing periods would have saved"


def _safety(study: Study) -> Text:
    safety = study.safety
    worst = ride_through_text(safety.worst_ride_through_s, safety.required_s)
    if safety.outages_lost or safety.violations:
        lost = f": {safety.outages_lost} of {safety.outages_replayed:,} outages lose the load too early; {worst}"
        return Text.assemble(("NOT PROVEN", "bold red"), lost, *(f"\n{each}" for each in safety.violations))
    replayed = f": {safety.outages_replayed:,} outages replayed, all ridden through; {worst}"
    return Text.assemble(("kept", "bold green"), replayed)


def _kinds(study: Study) -> RenderableType:
    """The bill by kind of charge, without and with trading, and the saving of perfect foresight."""
    table = Table(box=None, padding=(0, 2), pad_edge=True, header_style="dim")
    table.add_column(study.currency)
    for name in ("without", "with trading", "saves", "perfect foresight"):
        table.add_column(name, justify="right")
    for name, kinds in SAVINGS_FIGURES.items():
        before, after = _of(study.baseline, kinds), _of(study.bill, kinds)
        if before or after:
            table.add_row(name, money(before), money(after), *_saved(study, name))
    if any(_each(study, "stored")):
        table.add_row("stored energy", "", "", *_saved(study, "stored"))
    table.add_row("wear", "", "", *(money(-amount) for amount in _each(study, "wear")))
    totals = money(float(study.baseline.total)), money(float(study.bill.total))
    table.add_row("total", *totals, *_saved(study, "total"), style="bold")
    return table


def _of(bill: Bill, kinds: tuple[str, ...]) -> float:
    return float(sum(line.amount for line in bill.lines if line.charge in kinds))


def _saved(study: Study, name: str) -> Iterator[str]:
    return (money(amount) for amount in _each(study, name))


def _each(study: Study, name: str) -> Iterator[float]:
    savings: tuple[Savings | None, ...] = (study.savings, study.ceiling)
    return (each.figure(name) for each in savings if each is not None)


def _periods(study: Study) -> RenderableType:
    table = Table(box=None, padding=(0, 2), pad_edge=True, header_style="dim")
    table.add_column("billing period")
    for name in ("without", "with trading", "energy", "demand", "wear", "saves"):
        table.add_column(name, justify="right", style="bold" if name == "saves" else "")
    for period in study.periods:
        saved = period.savings
        amounts = (
            period.baseline_total,
            period.total,
            saved.of("energy"),
            saved.of("demand"),
            -saved.wear,
            saved.total,
        )
        table.add_row(period.label, *(money(amount) for amount in amounts))
    return table


def _batteries(study: Study) -> RenderableType:
    """The cycles of the batteries, and the marginal values."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column()
    for record in study.ups:
        wear = record.wear
        did = f"{wear.throughput_kwh:,.0f} kWh out of storage, {wear.equivalent_full_cycles:,.1f} full cycles"
        table.add_row(f"  {record.ups_id}", Text(did))
    if study.marginal is not None:
        values = {
            "a kWh more to trade": study.marginal.of_a_tradable_kwh,
            "a kW more of power": study.marginal.of_a_kw_of_power,
            "a minute less to ride through": study.marginal.of_a_minute_less_ride_through,
        }
        for name, figure in values.items():
            worth = f"unknown: {figure.reason}" if figure.value is None else f"{money(figure.value)} {study.currency}"
            table.add_row("  Worth", Text(f"{name}: {worth} with perfect foresight"))
    return table
