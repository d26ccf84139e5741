"""A tariff as tables for a terminal."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ridethrough.api.answers.bill_view import validity
from ridethrough.api.answers.tariff.charge_tables import demand_table, energy_table, months_in_words, titled_table
from ridethrough.api.answers.tariff.heat_map import heat_maps
from ridethrough.api.answers.tariff.tariff_map import demand_maps, energy_maps, price_notes
from ridethrough.api.answers.terminal import indented
from ridethrough.tariffs.calendar.written import (
    MINUTES_PER_DAY,
    format_days,
    format_hours,
)
from ridethrough.tariffs.tariff import Tariff


def tariff_view(tariff: Tariff) -> RenderableType:
    """A tariff: its heading, its charges, and its prices over the hours of a year."""
    parts: list[RenderableType] = [Text(), _heading(tariff), Text()]
    if tariff.schedules:
        parts += [_hours_table(tariff), Text()]
    if tariff.energy is not None:
        parts += [energy_table(tariff, tariff.energy), Text()]
    if tariff.demand or tariff.coincident:
        parts += [demand_table(tariff), Text()]
    others = list(_others(tariff))
    if others:
        parts += [_grid("Other charges", others), Text()]
    for maps in (energy_maps(tariff), demand_maps(tariff)):
        if maps:
            parts += [heat_maps(maps), Text()]
    notes = price_notes(tariff)
    if notes:
        parts += [indented(Text(f"On the maps: {'; '.join(notes)}.", style="dim")), Text()]
    if tariff.not_priced:
        parts += [_grid("Not priced", [(entry.field, entry.reason) for entry in tariff.not_priced]), Text()]
    return Group(*parts)


def _heading(tariff: Tariff) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for name, value in _facts(tariff):
        if value:
            table.add_row(name, Text(value))
    return indented(Group(Text(tariff.name, style="bold"), table))


def _facts(tariff: Tariff) -> Iterator[tuple[str, str]]:
    yield "utility", tariff.utility
    yield "holds", validity(tariff)
    yield "currency", tariff.currency
    yield "source", tariff.source
    yield "about", tariff.description
    offered = tariff.applicability
    peak, energy = (
        _span(offered.least_peak_kw, offered.most_peak_kw),
        _span(offered.least_month_kwh, offered.most_month_kwh),
    )
    yield (
        "offered for",
        ", ".join(
            part
            for part in (
                f"{peak} kW of peak" if peak else "",
                f"{energy} kWh a month" if energy else "",
                f"voltage {offered.voltage}" if offered.voltage else "",
                f"phases {offered.phases}" if offered.phases else "",
            )
            if part
        ),
    )
    cycle = tariff.cycle
    if cycle.read_dates:
        yield "bills", f"between readings, {cycle.read_dates[0]} to {cycle.read_dates[-1]}"
    elif cycle.day_of_month > 1:
        yield "bills", f"from day {cycle.day_of_month} of each month"
    if tariff.holidays is not None:
        place = " ".join(part for part in (tariff.holidays.country, tariff.holidays.subdivision) if part)
        yield "holidays", "; ".join(part for part in (place, ", ".join(tariff.holidays.only)) if part)


def _span(low: float, high: float | None) -> str:
    if high is not None:
        return f"{low:,.0f} to {high:,.0f}"
    return f"at least {low:,.0f}" if low else ""


def _hours_table(tariff: Tariff) -> RenderableType:
    table = titled_table("Hours, the first line that fits", ("clock", "period", "months", "days", "hours"), ())
    for name, schedule in tariff.schedules.items():
        for index, rule in enumerate(schedule.rules):
            whole_day = rule.hours == ((0, MINUTES_PER_DAY),)
            table.add_row(
                Text(name if index == 0 else ""),
                Text(rule.period),
                months_in_words(rule.months),
                format_days(rule.days),
                "all" if whole_day else format_hours(rule.hours),
            )
    return indented(table)


def _others(tariff: Tariff) -> Iterator[tuple[str, str]]:
    for fixed in tariff.fixed:
        yield fixed.name, f"{fixed.amount:,.6g} {tariff.currency} a {fixed.per}"
    for due in tariff.capacity:
        yield due.name, f"{due.kw:,g} kW at {due.rate_per_kw_day:g} {tariff.currency} a day, {due.start} to {due.end}"
    for reactive in tariff.reactive:
        free = f" above {reactive.free_kvar_per_kw:g} kVAR a kW" if reactive.free_kvar_per_kw else ""
        yield reactive.name, f"{reactive.rate_per_kvar:g} a kVAR{free}, {months_in_words(reactive.months)}"
    for minimum in tariff.minimum:
        yield "minimum bill", f"{minimum.amount:,.6g} {tariff.currency} a {minimum.per}"
    for rider in tariff.riders:
        yield rider.name, f"{rider.fraction:.4%} {'tax ' if rider.tax else ''}on {', '.join(rider.applies_to)}"


def _grid(title: str, rows: Sequence[tuple[str, str]]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for name, value in rows:
        table.add_row(Text(name), Text(value))
    return indented(Group(Text(title, style="bold"), table))
