"""The tables and tiles of a savings report, as formatted text."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ridethrough.finance.figure import Figure
from ridethrough.finance.project.cash_flow import CashFlow
from ridethrough.finance.reports.money import IN_WORDS, decimals_of, kinds_saved_by, number, whole_money
from ridethrough.finance.reports.wear_by_month import throughput_by_month
from ridethrough.finance.reports.words import annual_note, not_priced, percent
from ridethrough.finance.study.study import Study

_LONG = 100
_MANY = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of text; the first `words` columns hold words, the others numbers.

    With `total` the last row is a total. A `tight` table has many columns, a `dense` one many rows.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1
    total: bool = False
    tight: bool = False
    dense: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One key figure; its `tone` is `good`, `bad` or empty."""

    label: str
    value: str
    note: str
    tone: str = ""


def tiles(study: Study) -> tuple[Tile, ...]:
    """The key figures."""
    currency, savings = study.currency, study.savings
    tone = "good" if savings.total > 0 else "bad" if savings.total < 0 else ""
    shown = [
        Tile(label="Bill without trading", value=whole_money(study.baseline.total, currency), note="the baseline"),
        Tile(
            label="Bill with trading",
            value=whole_money(study.bill.total, currency),
            note=f"{whole_money(abs(savings.on_the_bill), currency)} {'less' if savings.on_the_bill >= 0 else 'more'}",
        ),
        Tile(label="Wear of the batteries", value=whole_money(savings.wear, currency), note="taken off the saving"),
        Tile(label="Saved after wear", value=whole_money(savings.total, currency), note="the answer", tone=tone),
        _annual_tile(study),
        _capture_tile(study),
    ]
    if study.range_of_year is not None:
        low, high = (whole_money(each, currency) for each in (study.range_of_year.p10, study.range_of_year.p90))
        middle = whole_money(study.range_of_year.p50, currency)
        shown.append(
            Tile(label="Saving of a year, P50", value=middle, note=f"its months redrawn: P10 {low}, P90 {high}")
        )
    if study.cash_flow is not None:
        shown.append(_value_tile(study.cash_flow, currency))
    return tuple(shown)


def _annual_tile(study: Study) -> Tile:
    saved = study.annual.value
    value = "not known" if saved is None else whole_money(saved, study.currency)
    return Tile(label="Saving of a year", value=value, note=annual_note(study))


def _capture_tile(study: Study) -> Tile:
    capture = study.capture
    value = "not known" if capture.value is None else percent(capture.value)
    note = capture.reason or "of what perfect foresight would have saved"
    return Tile(label="Share captured", value=value, note=note)


def _value_tile(flow: CashFlow, currency: str) -> Tile:
    value, rate = flow.net_present_value, flow.project.nominal_discount_rate
    tone = "good" if value > 0 else "bad"
    note = f"{flow.project.life_years} years at {percent(rate)}"
    return Tile(label="Net present value", value=whole_money(value, currency), note=note, tone=tone)


def months(study: Study) -> Table:
    """Both bills, their difference, wear and the saving after wear, by billing period."""
    rows = [(each.label, each.baseline_total, each.total, each.savings) for each in study.periods]
    if len(rows) > 1:
        rows.append(("all", float(study.baseline.total), float(study.bill.total), study.savings))
    texts = (
        (
            label,
            *_amounts(study, (before, after, saved.on_the_bill, saved.stored, saved.wear, saved.total)),
            percent(saved.total / before) if before > 0 else "",
        )
        for label, before, after, saved in rows
    )
    heads = (
        "billing period",
        "without trading",
        "with trading",
        "saved",
        "stored energy",
        "less wear",
        "saved after wear",
        "of the bill",
    )
    return Table(heads=heads, rows=tuple(texts), total=len(rows) > 1)


def kinds(study: Study) -> Table:
    """The saving by kind of charge, beside that of perfect foresight if it is known."""
    names = kinds_saved_by(study)
    columns = [study.savings] if study.ceiling is None else [study.savings, study.ceiling]
    rows = [(IN_WORDS[name], *_amounts(study, [each.figure(name) for each in columns])) for name in names]
    rows.append(("Saved on the bill", *_amounts(study, [each.on_the_bill for each in columns])))
    if any(each.stored for each in columns):
        rows.append((IN_WORDS["stored"], *_amounts(study, [each.stored for each in columns])))
    rows.append(("Less wear", *_amounts(study, [0.0 - each.wear for each in columns])))
    rows.append(("Saved after wear", *_amounts(study, [each.total for each in columns])))
    heads = ("kind of charge, its riders and taxes included", "saved", "with perfect foresight")
    return Table(heads=heads[: 1 + len(columns)], rows=tuple(rows), total=True)


def wear(study: Study) -> Table:
    """Cycles and wear of each UPS system's batteries."""
    places = decimals_of(study.currency)
    rows = tuple(
        (
            ups.ups_id,
            number(ups.wear.throughput_kwh, 0),
            number(ups.wear.equivalent_full_cycles, 1),
            _known(ups.wear.life_used, percent),
            _known(ups.wear.cost, lambda value: number(value, places)),
            _known(ups.wear.life_years, lambda value: number(value, 0) if value < _LONG else f"over {_LONG}"),
        )
        for ups in study.ups
    )
    heads = ("UPS system", "throughput, kWh", "equivalent full cycles", "life used", f"cost, {study.currency}")
    return Table(heads=(*heads, "life at this pace, years"), rows=rows)


def wear_months(study: Study) -> Table:
    """What left all batteries in each billing period, and the wear that is taken off its saving."""
    kwh = [math.fsum(each) for each in throughput_by_month(study)]
    whole = math.fsum(ups.wear.throughput_kwh for ups in study.ups)
    rows = [(period.label, given, period.savings.wear) for period, given in zip(study.periods, kwh, strict=True)]
    if len(rows) > 1:
        rows.append(("all", whole, study.savings.wear))
    texts = tuple((label, number(given, 0), *_amounts(study, (worn,))) for label, given, worn in rows)
    return Table(heads=("billing period", "out of storage, kWh", "less wear"), rows=texts, total=len(rows) > 1)


def unknown_wear(study: Study) -> tuple[str, ...]:
    """The reasons why some figures of wear are unknown."""
    figures = ((ups.ups_id, each) for ups in study.ups for each in (ups.wear.life_used, ups.wear.cost))
    return tuple(dict.fromkeys(f"{name}: {each.reason}" for name, each in figures if each.value is None))


def marginal(study: Study) -> Table | None:
    """The additional saving from a little more energy, power or time."""
    if study.marginal is None:
        return None
    named = (
        ("one more kWh to trade with", study.marginal.of_a_tradable_kwh),
        ("one more kW of power", study.marginal.of_a_kw_of_power),
        ("one minute less of ride-through", study.marginal.of_a_minute_less_ride_through),
    )
    places = decimals_of(study.currency)
    rows = tuple((label, each.reason, _known(each, lambda value: number(value, places))) for label, each in named)
    return Table(heads=("over the studied time", "", f"saves, {study.currency}"), rows=rows, words=2)


def worth(study: Study) -> Table | None:
    """The returns of the project."""
    flow = study.cash_flow
    if flow is None:
        return None
    years = ("payback, years", flow.payback_years), ("discounted payback, years", flow.discounted_payback_years)
    rate = flow.internal_rate_of_return
    ratio = flow.benefit_cost_ratio
    rows = (
        ("net present value", "", f"{number(flow.net_present_value, decimals_of(study.currency))} {study.currency}"),
        ("discount rate, nominal", "", percent(flow.project.nominal_discount_rate)),
        ("internal rate of return", rate.reason, _known(rate, percent)),
        *((label, each.reason, _known(each, lambda value: number(value, 1))) for label, each in years),
        ("benefit-cost ratio", ratio.reason, _known(ratio, lambda value: number(value, 2))),
    )
    return Table(heads=("", "", "figure"), rows=rows, words=2)


def pro_forma(flow: CashFlow) -> Table:
    """The cash flow, one row a year, in whole units of the currency."""
    rows = list(flow.rows())
    heads = tuple(rows[0])
    texts = tuple((f"{row['year']:.0f}", *(number(row[head], 0) for head in heads[1:])) for row in rows)
    return Table(heads=tuple(head.replace("_", " ") for head in heads), rows=texts, tight=len(heads) > _MANY)


def ranges(study: Study) -> Table | None:
    """The ranges of the saving and the net present value over years of redrawn months."""
    drawn = (
        ("saving of a year, months redrawn", study.range_of_year),
        ("net present value, months redrawn", study.net_present_value_range),
    )
    rows = tuple(
        (label, *_amounts(study, (each.p10, each.p50, each.p90, each.mean)), number(each.samples, 0))
        for label, each in drawn
        if each is not None
    )
    heads = (f"{study.currency}", "P10", "P50", "P90", "mean", "draws")
    return Table(heads=heads, rows=rows) if rows else None


def tornado(study: Study) -> Table | None:
    """The outcomes at the low and the high value of each input."""
    rows = tuple(
        (bar.name, f"{bar.low:g}", f"{bar.high:g}", *_amounts(study, (bar.outcome_at_low, bar.outcome_at_high)))
        for bar in study.tornado
    )
    heads = ("input", "low", "high", "outcome at low", "outcome at high")
    return Table(heads=heads, rows=rows) if rows else None


def sources(study: Study) -> Table | None:
    """The sources of the inputs."""
    return _words(("what", "source"), study.sources.items())


def left_out(study: Study) -> Table | None:
    """The charges of the tariff that no bill includes."""
    return _words(("what", "why"), ((entry.field, entry.reason) for entry in not_priced(study)))


def _words(heads: tuple[str, ...], pairs: Iterable[tuple[str, str]]) -> Table | None:
    rows = tuple(pairs)
    return Table(heads=heads, rows=rows, words=len(heads)) if rows else None


def _amounts(study: Study, values: Sequence[float]) -> tuple[str, ...]:
    return tuple(number(value, decimals_of(study.currency)) for value in values)


def _known(figure: Figure, text: Callable[[float], str]) -> str:
    return "not known" if figure.value is None else text(figure.value)
