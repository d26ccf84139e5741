"""The energy and demand charges of a tariff as tables for a terminal."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ridethrough.api.answers.terminal import indented
from ridethrough.tariffs.calendar.written import (
    MONTHS,
    format_by_month,
    format_months,
)
from ridethrough.tariffs.charges.coincident import CoincidentPeakCharge
from ridethrough.tariffs.charges.demand import DemandCharge
from ridethrough.tariffs.charges.energy import EnergyCharge, EnergyTier
from ridethrough.tariffs.charges.market import IndexedPrice, MarketPrice
from ridethrough.tariffs.tariff import Tariff


def energy_table(tariff: Tariff, energy: EnergyCharge) -> RenderableType:
    """The price of energy by period and tier, and what is added to it."""
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
    table = titled_table(f"Energy, {tariff.currency}/kWh", columns, columns[1:])
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


def _energy_notes(energy: EnergyCharge) -> Iterator[str]:
    if energy.fuel_adjustment_per_kwh:
        shown = format_by_month(energy.fuel_adjustment_per_kwh)
        each = f"{shown:.6g}" if isinstance(shown, float) else f"by month: {', '.join(f'{x:.6g}' for x in shown)}"
        yield f"fuel adjustment {each}"
    if energy.market is not None:
        yield from _market(energy.market)
    if energy.demand:
        yield f"limits in kWh/kW grow with: {energy.demand}"


def _limit(tier: EnergyTier, tiers: int) -> str:
    if tier.up_to is None:
        return "" if tiers == 1 else "the rest"
    return f"{tier.up_to:,g} {tier.unit}"


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


def demand_table(tariff: Tariff) -> RenderableType:
    """The demand and coincident charges by season and tier, and the rule of each."""
    charges: tuple[DemandCharge | CoincidentPeakCharge, ...] = (*tariff.demand, *tariff.coincident)
    table = titled_table(
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
                table.add_row(*map(Text, (*beginning, months_in_words(season.months), limit, rate, charge.unit)))
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


def titled_table(title: str, columns: Sequence[str], right: Sequence[str]) -> Table:
    """An empty table with a title; the columns in `right` are aligned to the right."""
    table = Table(
        box=None, padding=(0, 2, 0, 0), header_style="dim", title=Text(title, style="bold"), title_justify="left"
    )
    for name in columns:
        table.add_column(name, justify="right" if name in right else "left")
    return table


def months_in_words(months: tuple[int, ...]) -> str:
    """The months as a tariff writes them; all twelve are `all`."""
    return "all" if set(months) == set(MONTHS) else format_months(months)


def _digits(values: Iterable[float]) -> int:
    """The number of decimals, up to six, that shows every value as it was written."""
    return max((len(f"{value:.6f}".rstrip("0").partition(".")[2]) for value in values), default=0)
