"""Bills as a table: every line as quantity x rate = amount, in a terminal or as rows."""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ridethrough.api.answers.terminal import indented
from ridethrough.domain import Horizon
from ridethrough.tariffs.billing.bill import Bill, LineItem, PeriodBill, cent_of
from ridethrough.tariffs.charges.kind import KIND_NAMES
from ridethrough.tariffs.tariff import Tariff

COLUMNS = ("period_start", "period_end", "charge", "name", "quantity", "unit", "rate", "amount")
_MOST_WITHOUT_SUMMARY = 3
_QUANTITY_DIGITS = 3
_RATE_DIGITS = 6
_FEWEST_RATE_DIGITS = 2
_MOST_DIGITS = 10
_WIDE = Context(prec=60)
_AMOUNT_WIDTH = 14
_MONTH_LABEL_LENGTH = len("2026-07")


def bill_rows(bill: Bill) -> list[dict[str, Any]]:
    """The lines of a bill as rows of `COLUMNS`."""
    return [
        {
            "period_start": period.start.isoformat(),
            "period_end": period.end.isoformat(),
            "charge": line.charge,
            "name": line.name,
            "quantity": float(line.quantity),
            "unit": line.unit,
            "rate": float(line.rate),
            "amount": line.amount,
        }
        for period in bill.periods
        for line in period.lines
    ]


def bill_view(bill: Bill, tariff: Tariff, horizon: Horizon, source: str) -> RenderableType:
    """A complete bill: total, each billing period, the months side by side, charges that are not priced."""
    parts: list[RenderableType] = [Text(), _heading(bill, tariff, horizon, source), Text()]
    for period in bill.periods:
        parts += [_period(bill, period), Text()]
    if len(bill.periods) > _MOST_WITHOUT_SUMMARY:
        parts += [_summary(bill), Text()]
    return Group(*parts, *_notes(bill))


def validity(tariff: Tariff) -> str:
    """The days on which a tariff's figures are valid, in words."""
    since, until = tariff.effective_from, tariff.effective_until
    return " ".join(part for part in (f"from {since}" if since else "", f"until {until}" if until else "") if part)


def _heading(bill: Bill, tariff: Tariff, horizon: Horizon, source: str) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column()
    table.add_row("  Tariff", Text(tariff.name, style="bold"))
    held = validity(tariff)
    table.add_row("", Text(", ".join(part for part in (tariff.utility, f"figures {held}" if held else "") if part)))
    covered = f"{horizon.start_of(0):%d %B %Y %H:%M} to {horizon.start_of(horizon.intervals):%d %B %Y %H:%M}"
    energy_kwh = sum(period.energy_kwh for period in bill.periods)
    table.add_row("  Meter", Text(f"{source}, {covered}, {horizon.timezone}"))
    readings = f"{horizon.intervals:,} readings of {horizon.interval_minutes} minutes, {energy_kwh:,.0f} kWh bought"
    table.add_row("", Text(readings))
    table.add_row("  Total", Text(f"{bill.currency} {money(bill.total, bill.currency)}", style="bold green"))
    return table


def _period(bill: Bill, period: PeriodBill) -> RenderableType:
    """One billing period: its lines by kind of charge, and the total."""
    heading = Text.assemble((_period_name(period), "bold"), (f"   {_period_days(period)}", "dim"))
    table = Table(box=None, padding=(0, 1), header_style="dim", pad_edge=False)
    table.add_column("", no_wrap=True, min_width=10)
    table.add_column("line", min_width=max((len(line.name) for line in bill.lines), default=4))
    table.add_column("quantity", justify="right", no_wrap=True, min_width=_width_of(bill, 0))
    table.add_column("unit", no_wrap=True, min_width=max((len(line.unit) for line in bill.lines), default=4))
    table.add_column("", no_wrap=True)
    table.add_column("rate", justify="right", no_wrap=True, min_width=_width_of(bill, 1))
    table.add_column("", no_wrap=True)
    table.add_column(bill.currency, justify="right", no_wrap=True, min_width=_AMOUNT_WIDTH)
    for kind in KIND_NAMES:
        for row in _kind_rows(bill, [line for line in period.lines if line.charge == kind]):
            table.add_row(*row)
    table.add_row(*[""] * 7, "─" * _AMOUNT_WIDTH, style="dim")
    table.add_row("total", *[""] * 6, money(period.total, bill.currency), style="bold")
    return indented(Group(heading, table))


def _width_of(bill: Bill, column: int) -> int:
    """The width of a factor over all billing periods, so that their columns are aligned."""
    return max((len(factors(line)[column]) for line in bill.lines), default=0)


def _kind_rows(bill: Bill, lines: list[LineItem]) -> Iterator[tuple[RenderableType, ...]]:
    for index, line in enumerate(lines):
        quantity, rate = factors(line)
        amount = money(line.amount, bill.currency)
        yield (line.charge if index == 0 else "", Text(line.name), quantity, line.unit, "x", rate, "=", amount)
    if len(lines) > 1:
        subtotal = money(sum((line.amount for line in lines), Decimal()), bill.currency)
        yield ("", Text(f"{lines[0].charge} subtotal", style="italic"), *[""] * 5, Text(subtotal, style="italic"))


def factors(line: LineItem) -> tuple[str, str]:
    """Quantity and rate as printed, with enough digits that their product is the printed amount."""
    more = 0
    while more < _MOST_DIGITS and _product(line, more) != line.amount:
        more += 1
    quantity = _rounded(line.quantity, _QUANTITY_DIGITS + more)
    whole = quantity == quantity.to_integral_value()
    return f"{quantity:,.{0 if whole else _QUANTITY_DIGITS + more}f}", _plain(_rounded(line.rate, _RATE_DIGITS + more))


def _product(line: LineItem, more: int) -> Decimal:
    quantity, rate = _rounded(line.quantity, _QUANTITY_DIGITS + more), _rounded(line.rate, _RATE_DIGITS + more)
    return (quantity * rate).quantize(line.cent, rounding=ROUND_HALF_UP)


def _rounded(value: Decimal, digits: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP, context=_WIDE)


def _plain(rate: Decimal) -> str:
    """A rate without trailing zeros, but with at least two decimals."""
    text = f"{rate:,f}".rstrip("0")
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.ljust(_FEWEST_RATE_DIGITS, '0')}"


def money(amount: Decimal, currency: str) -> str:
    """An amount with the decimals that its currency has."""
    return f"{amount.quantize(cent_of(currency), rounding=ROUND_HALF_UP):,f}"


def _period_name(period: PeriodBill) -> str:
    if len(period.period.label) == _MONTH_LABEL_LENGTH and period.period.start.day == 1:
        return f"{period.period.start:%B %Y}"
    return f"{period.period.start:%d %B %Y} to {period.period.end:%d %B %Y}"


def _period_days(period: PeriodBill) -> str:
    part = f"{period.start:%d %B %H:%M} to {period.end:%d %B %H:%M}"
    days = period.period.days
    whole = (period.start.date(), period.end.date()) == (period.period.start, period.period.end)
    return f"{days} days" if whole else f"only {part} of its {days} days"


def _summary(bill: Bill) -> RenderableType:
    """The billing periods below each other, by kind of charge."""
    kinds = [kind for kind in KIND_NAMES if any(line.charge == kind for line in bill.lines)]
    table = Table(box=None, padding=(0, 1), header_style="dim", pad_edge=False)
    table.add_column("", no_wrap=True)
    for name in ("kWh", "peak kW", *kinds, "total"):
        table.add_column(name, justify="right", no_wrap=True, style="bold" if name == "total" else "")
    for period in bill.periods:
        peak_kw = f"{max(period.peaks_kw.values()):,.1f}" if period.peaks_kw else ""
        costs = [_of_kind(period.lines, kind) for kind in kinds]
        amounts = [money(amount, bill.currency) for amount in (*costs, period.total)]
        table.add_row(period.period.label, f"{period.energy_kwh:,.0f}", peak_kw, *amounts)
    totals = [money(amount, bill.currency) for amount in (*(_of_kind(bill.lines, kind) for kind in kinds), bill.total)]
    table.add_row("", "", "", *("─" * max(9, len(total)) for total in totals), style="dim")
    table.add_row("total", f"{sum(period.energy_kwh for period in bill.periods):,.0f}", "", *totals, style="bold")
    return indented(Group(Text(f"All billing periods, {bill.currency}", style="bold"), table))


def _of_kind(lines: tuple[LineItem, ...], kind: str) -> Decimal:
    return sum((line.amount for line in lines if line.charge == kind), Decimal())


def _notes(bill: Bill) -> Iterator[RenderableType]:
    """The warnings of the bill, and the charges that it leaves out."""
    for warning in bill.warnings:
        yield _marked("!", warning, "yellow")
    if bill.warnings:
        yield Text()
    yield Text(
        "  Not priced: nothing, every charge of the tariff is in the bill" if not bill.not_priced else "  Not priced"
    )
    for entry in bill.not_priced:
        yield _marked("-", str(entry), "")
    yield Text()


def _marked(mark: str, line: str, style: str) -> RenderableType:
    grid = Table.grid(padding=(0, 1))
    grid.add_row(Text(mark, style=style), Text(line, style=style))
    return indented(grid)
