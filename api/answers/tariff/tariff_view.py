"""Tariffs as tables for a terminal."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ridethrough.api.answers.bill_view import validity
from ridethrough.api.answers.tariff.heat_map import heat_maps
from ridethrough.api.answers.tariff.tariff_map import demand_maps, energy_maps, price_notes
from ridethrough.api.answers.terminal import indented
from ridethrough.tariffs import catalog
from ridethrough.tariffs.calendar.written import (
    MINUTES_PER_DAY,
    MONTHS,
    format_by_month,
    format_days,
    format_hours,
    format_months,
)
from ridethrough.tariffs.charges.coincident import CoincidentPeakCharge
from ridethrough.tariffs.charges.demand import DemandCharge
from ridethrough.tariffs.charges.energy import EnergyCharge, EnergyTier
from ridethrough.tariffs.charges.market import IndexedPrice, MarketPrice
from ridethrough.tariffs.tariff import Tariff


@cache
def _catalog() -> tuple[tuple[str, Tariff], ...]:
    return tuple((name, catalog.load(name)) for name in catalog.names())


def catalog_rows() -> list[dict[str, Any]]:
    """The tariffs of the catalog, one a row."""
    return [
        {
            "name": name,
            "title": tariff.name,
            "utility": tariff.utility,
            "currency": tariff.currency,
            "effective_from": tariff.effective_from.isoformat() if tariff.effective_from else None,
            "effective_until": tariff.effective_until.isoformat() if tariff.effective_until else None,
        }
        for name, tariff in _catalog()
    ]


def catalog_view(rows: Sequence[dict[str, Any]]) -> RenderableType:
    """The catalog as a table."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("name", "tariff", "currency", "from", "until"):
        table.add_column(name, no_wrap=name != "tariff", style="bold" if name == "name" else "")
    for row in rows:
        held = (row["effective_from"] or "", row["effective_until"] or "")
        table.add_row(row["name"], Text(row["title"]), row["currency"], *held)
    note = Text(
        "Examples of how tariffs are built, with the dates of their figures; not this year's prices.", style="dim"
    )
    return indented(Group(Text(), table, Text(), note, Text()))


def tariff_view(tariff: Tariff) -> RenderableType:
    """A tariff: its heading, its charges, and its prices over the hours of a year."""
    parts: list[RenderableType] = [Text(), _heading(tariff), Text()]
    if tariff.schedules:
        parts += [_hours_table(tariff), Text()]
    if tariff.energy is not None:
        parts += [_energy_table(tariff, tariff.energy), Text()]
    if tariff.demand or tariff.coincident:
        parts += [_demand_table(tariff), Text()]
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


def _table(title: str, columns: Sequence[str], right: Sequence[str]) -> Table:
    table = Table(
        box=None, padding=(0, 2, 0, 0), header_style="dim", title=Text(title, style="bold"), title_justify="left"
    )
    for name in columns:
        table.add_column(name, justify="right" if name in right else "left")
    return table


def _hours_table(tariff: Tariff) -> RenderableType:
    table = _table("Hours, the first line that fits", ("clock", "period", "months", "days", "hours"), ())
    for name, schedule in tariff.schedules.items():
        for index, rule in enumerate(schedule.rules):
            whole_day = rule.hours == ((0, MINUTES_PER_DAY),)
            table.add_row(
                Text(name if index == 0 else ""),
                Text(rule.period),
                _months(rule.months),
                format_days(rule.days),
                "all" if whole_day else format_hours(rule.hours),
            )
    return indented(table)


def _months(months: tuple[int, ...]) -> str:
    return "all" if set(months) == set(MONTHS) else format_months(months)


def _energy_table(tariff: Tariff, energy: EnergyCharge) -> RenderableType:
    tiers = [tier for period in energy.periods for tier in period.tiers]
    show = {
        "period": True,
        "up to": len(tiers) > len(energy.periods),
        "rate": any(tier.adjustment_per_kwh for tier in tiers),
        "adjustment": any(tier.adjustment_per_kwh for tier in tiers),
        "price": True,
        "export earns": any(tier.sell_per_kwh for tier in tiers),
    }
    columns = [name for name, shown in show.items() if shown]
    table = _table(f"Energy, {tariff.currency}/kWh", columns, columns[1:])
    digits = _digits(value for tier in tiers for value in (tier.rate_per_kwh, tier.price_per_kwh, tier.sell_per_kwh))
    for period in energy.periods:
        for index, tier in enumerate(period.tiers):
            cells = {
                "period": period.name if index == 0 else "",
                "up to": _limit(tier, len(period.tiers)),
                "rate": f"{tier.rate_per_kwh:.{digits}f}",
                "adjustment": f"{tier.adjustment_per_kwh:.{digits}f}",
                "price": f"{tier.price_per_kwh:.{digits}f}",
                "export earns": f"{tier.sell_per_kwh:.{digits}f}",
            }
            table.add_row(*(Text(cells[name]) for name in columns))
    notes = [Text(note, style="dim") for note in _energy_notes(energy)]
    return indented(Group(table, *notes))


def _digits(values: Iterable[float]) -> int:
    """The number of decimals, up to six, that shows every value as it was written."""
    return max((len(f"{value:.6f}".rstrip("0").partition(".")[2]) for value in values), default=0)


def _limit(tier: EnergyTier, tiers: int) -> str:
    if tier.up_to is None:
        return "" if tiers == 1 else "the rest"
    return f"{tier.up_to:,g} {tier.unit}"


def _energy_notes(energy: EnergyCharge) -> Iterator[str]:
    if energy.fuel_adjustment_per_kwh:
        shown = format_by_month(energy.fuel_adjustment_per_kwh)
        each = f"{shown:.6g}" if isinstance(shown, float) else f"by month: {', '.join(f'{x:.6g}' for x in shown)}"
        yield f"fuel adjustment {each}"
    if energy.market is not None:
        yield from _market(energy.market)
    if energy.demand:
        yield f"limits in kWh/kW grow with: {energy.demand}"


def _market(market: MarketPrice) -> Iterator[str]:
    yield f"and {_indexed(market)}"
    for adder in market.adders:
        yield f"{adder.name} {adder.per_kwh:g} in {adder.period or 'all hours'}"
    if market.export is not None:
        yield f"export earns {_indexed(market.export)}"


def _indexed(price: IndexedPrice) -> str:
    low, high = price.floor_per_kwh, price.cap_per_kwh
    held = ("" if low is None else f", at least {low:g},") + ("" if high is None else f", at most {high:g},")
    return f"the market price{held.replace(',,', ',')} x {price.loss_factor:g} + {price.adder_per_kwh:g}"


def _demand_table(tariff: Tariff) -> RenderableType:
    charges: tuple[DemandCharge | CoincidentPeakCharge, ...] = (*tariff.demand, *tariff.coincident)
    table = _table(
        f"Demand, {tariff.currency}", ("charge", "counts in", "months", "up to", "rate", "per"), ("up to", "rate")
    )
    tiers = [tier for charge in charges for season in charge.seasons for tier in season.tiers]
    digits = _digits(tier.rate_per_kw for tier in tiers)
    for charge in charges:
        beginning = (charge.name, charge.period or "all hours")
        for season in charge.seasons:
            for tier in season.tiers:
                limit = "" if len(season.tiers) == 1 else "the rest"
                limit = limit if tier.up_to_kw is None else f"{tier.up_to_kw:,g} {charge.unit}"
                rate = f"{tier.rate_per_kw:,.{digits}f}"
                table.add_row(*map(Text, (*beginning, _months(season.months), limit, rate, charge.unit)))
                beginning = ("", "")
    details = [(charge.name, ", ".join(_details(charge))) for charge in charges]
    notes = [Text(f"{name}: {said}", style="dim") for name, said in details if said]
    return indented(Group(table, *notes))


def _details(charge: DemandCharge | CoincidentPeakCharge) -> Iterator[str]:
    """The details of a demand charge beside its rates."""
    if isinstance(charge, CoincidentPeakCharge):
        taken = f"a {charge.peaks}th of each event" if charge.peaks else f"the {charge.combine} of its events"
        yield f"coincident with the system's peak, {taken}"
        return
    if charge.window_minutes:
        yield f"mean of {charge.window_minutes} minutes"
    yield from _peak_rule(charge)
    if charge.minimum_kw:
        yield f"at least {charge.minimum_kw:,g} {charge.unit}"
    ratchet = charge.ratchet
    if ratchet is not None:
        shares = format_by_month(ratchet.fractions)
        share = f"{shares:.0%}" if isinstance(shares, float) else "a share by month"
        counted = "" if set(ratchet.counted_months) == set(MONTHS) else f" in {format_months(ratchet.counted_months)}"
        yield f"at least {share} of the highest peak{counted} of the {ratchet.months_back} months before"
    contract = charge.contract
    if contract is not None:
        yield f"at least {contract.billed_fraction:.0%} of the contracted {contract.contract_kw:,g} kW"
        if contract.overrun_rate_per_kw is not None:
            yield f"{contract.overrun_rate_per_kw:g} per kW above the contract"


def _peak_rule(charge: DemandCharge) -> Iterator[str]:
    if charge.stretch != "period":
        yield f"billed every {charge.stretch}"
    if charge.yearly:
        yield "the year's peak, at the price of a year"
    if charge.highest > 1:
        yield f"the mean of the {charge.highest} highest on distinct {charge.apart}s"
    if charge.periods > 1:
        yield f"the mean of the last {charge.periods} billing periods"


def _others(tariff: Tariff) -> Iterator[tuple[str, str]]:
    for fixed in tariff.fixed:
        yield fixed.name, f"{fixed.amount:,.6g} {tariff.currency} a {fixed.per}"
    for due in tariff.capacity:
        yield due.name, f"{due.kw:,g} kW at {due.rate_per_kw_day:g} {tariff.currency} a day, {due.start} to {due.end}"
    for reactive in tariff.reactive:
        free = f" above {reactive.free_kvar_per_kw:g} kVAR a kW" if reactive.free_kvar_per_kw else ""
        yield reactive.name, f"{reactive.rate_per_kvar:g} a kVAR{free}, {_months(reactive.months)}"
    for minimum in tariff.minimum:
        yield "minimum bill", f"{minimum.amount:,.6g} {tariff.currency} a {minimum.per}"
    for rider in tariff.riders:
        yield rider.name, f"{rider.fraction:.4%} {'tax ' if rider.tax else ''}on {', '.join(rider.applies_to)}"


def _grid(title: str, rows: Sequence[tuple[str, str]]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for name, value in rows:
        table.add_row(Text(name), Text(value))
    return indented(Group(Text(title, style="bold"), table))
