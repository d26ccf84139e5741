"""The sheets about what happened: safety, wear, and the series of meter and batteries."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ridethrough.finance.reports.wear_by_month import throughput_by_month
from ridethrough.finance.reports.workbook.cells import at
from ridethrough.finance.reports.workbook.sheet import Book, Sheet
from ridethrough.finance.study.study import Study, UpsRecord

_HEAD = 3
_FIRST = _HEAD + 1
_MOST_ROWS = 10_000
_MINUTES = (60, 1440)
"""The length of a row, if one row for each interval would be too many."""
_PARTS = 10
_UPS_HEADS = ("load, kW", "charge, kW", "discharge, kW", "stored at the end, kWh", "reserve at the end, kWh")
_NOTE = (
    "The study has intervals of {step} minutes; rows here are of {minutes} minutes, so that a spreadsheet can hold "
    "them: means of kW, the highest interval of each, and stored energy at the end. Bills always use the intervals."
)


def write_safety(book: Book, study: Study) -> None:
    """Write how many plans were certified, and how the closed loop rode through outages."""
    sheet = book.sheet("Safety", "Was the backup ever at risk?", widths=(52, 16, 60))
    safety = study.safety
    rows = (
        ("plans made", safety.plans),
        ("plans certified: every tolerated outage ridden through", safety.certified),
        ("outages replayed against what the batteries really did", safety.outages_replayed),
        ("outages in which the load was lost", safety.outages_lost),
    )
    sheet.head(_HEAD, ("what was counted", "figure"))
    for row, (label, count) in enumerate(rows, start=_FIRST):
        sheet.text(row, 0, label)
        sheet.number(row, 1, count, "count")
    row = _FIRST + len(rows)
    sheet.text(row, 0, "plans not certified (these were not delivered as plans)")
    sheet.formula(row, 1, f"={at(_FIRST, 1)}-{at(_FIRST + 1, 1)}", safety.plans - safety.certified, "count")
    seconds = (("worst ride-through, s", safety.worst_ride_through_s), ("required, s", safety.required_s))
    for offset, (label, value) in enumerate(seconds, start=1):
        sheet.text(row + offset, 0, label)
        sheet.number(row + offset, 1, value, "quantity")
    sheet.text(row + 3, 0, "margin, s")
    margin = safety.worst_ride_through_s - safety.required_s
    sheet.formula(row + 3, 1, f"={at(row + 1, 1)}-{at(row + 2, 1)}", margin, "quantity")
    _statuses_and_violations(sheet, row + 5, study)


def _statuses_and_violations(sheet: Sheet, row: int, study: Study) -> None:
    statuses = sorted(study.safety.by_status.items())
    sheet.text(row, 0, "Plans by status", "section")
    for offset, (status, count) in enumerate(statuses, start=1):
        sheet.text(row + offset, 0, status.replace("_", " "))
        sheet.number(row + offset, 1, count, "count")
    after = row + len(statuses) + 2
    sheet.text(after, 0, "Limits that were broken", "section")
    sheet.lines(after + 1, study.safety.violations, columns=3)


def write_wear(book: Book, study: Study) -> None:
    """Write the wear of each system's batteries, from trading and standby, and their cycles by depth."""
    sheet = book.sheet(
        "Wear",
        "What it wore off the batteries",
        widths=(24, 18, 18, 18, 18, 18, 50),
        note="Counted after the fact from stored energy, by rainflow. Ageing by time alone is not counted.",
    )
    heads = ("UPS system", "throughput, kWh", "equivalent full cycles", "life used", f"cost, {study.currency}")
    sheet.head(_HEAD, (*heads, "life at this pace, years", "not known because"), words=(0, 6))
    for row, ups in enumerate(study.ups, start=_FIRST):
        sheet.text(row, 0, ups.ups_id)
        sheet.number(row, 1, ups.wear.throughput_kwh, "quantity")
        sheet.number(row, 2, ups.wear.equivalent_full_cycles, "quantity")
        figures = ((ups.wear.life_used, "rate"), (ups.wear.cost, "money"), (ups.wear.life_years, "quantity"))
        for column, (figure, look) in enumerate(figures, start=3):
            sheet.figure(row, column, figure, look, why=6)
    row, above = _FIRST + len(study.ups), (_FIRST, _FIRST + len(study.ups) - 1)
    sheet.text(row, 0, "all", "total_text")
    sheet.total(row, 1, above, math.fsum(ups.wear.throughput_kwh for ups in study.ups), "total_quantity")
    sheet.total(row, 2, above, math.fsum(ups.wear.equivalent_full_cycles for ups in study.ups), "total_quantity")
    costs = [ups.wear.cost.value for ups in study.ups if ups.wear.cost.value is not None]
    if len(costs) == len(study.ups):
        sheet.total(row, 4, above, math.fsum(costs))
    sheet.text(row + 1, 0, "taken off the saving")
    sheet.named(row + 1, 4, "wear_cost")
    _depths(sheet, row + 3, study)
    _months(sheet, row + 8 + _PARTS, study)


def _months(sheet: Sheet, row: int, study: Study) -> None:
    """Write what left each system's batteries in each billing period, and the wear that is taken off its saving."""
    sheet.text(row, 0, "By month: out of storage, kWh", "section")
    cost = 1 + len(study.ups)
    sheet.head(row + 1, ("period", *(ups.ups_id for ups in study.ups), f"wear, {study.currency}"), repeat=False)
    first, months = row + 2, throughput_by_month(study)
    for at_row, (period, given) in enumerate(zip(study.periods, months, strict=True), start=first):
        sheet.text(at_row, 0, period.label)
        for column, kwh in enumerate(given, start=1):
            sheet.number(at_row, column, kwh, "quantity")
        sheet.number(at_row, cost, period.savings.wear)
    total, above = first + len(months), (first, first + len(months) - 1)
    sheet.text(total, 0, "all", "total_text")
    for column, ups in enumerate(study.ups, start=1):
        sheet.total(total, column, above, ups.wear.throughput_kwh, "total_quantity")
    sheet.total(total, cost, above, study.savings.wear)


def _depths(sheet: Sheet, row: int, study: Study) -> None:
    """Write the number of cycles by depth; depths are fractions of the nominal energy."""
    sheet.text(row, 0, "Cycles by depth", "section")
    sheet.head(row + 1, ("from", "to", *(ups.ups_id for ups in study.ups)), repeat=False)
    for part in range(_PARTS):
        sheet.number(row + 2 + part, 0, part / _PARTS, "percent")
        sheet.number(row + 2 + part, 1, (part + 1) / _PARTS, "percent")
        for column, ups in enumerate(study.ups, start=2):
            sheet.number(row + 2 + part, column, cycles_of_depth(ups, part), "quantity")
    for column, ups in enumerate(study.ups, start=2):
        total = math.fsum(cycles_of_depth(ups, part) for part in range(_PARTS))
        sheet.total(row + 2 + _PARTS, column, (row + 2, row + 1 + _PARTS), total, "total_quantity")


def cycles_of_depth(ups: UpsRecord, part: int) -> float:
    """The number of cycles in one tenth (`part`, 0 to 9) of all depths; a half cycle counts as 0.5.

    Cycles deeper than the last tenth count in it.
    """
    return math.fsum(cycle.count for cycle in ups.wear.cycles if min(int(cycle.depth * _PARTS), _PARTS - 1) == part)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The intervals behind each row of the sheet of series, and the length of a row."""

    groups: tuple[range, ...]
    minutes: int


def _rows(study: Study) -> _Rows:
    horizon = study.horizon
    step = horizon.interval_minutes
    lengths = [step, *(minutes for minutes in _MINUTES if minutes % step == 0 and minutes > step)]
    fitting = [minutes for minutes in lengths if horizon.intervals * step <= minutes * _MOST_ROWS]
    minutes = fitting[0] if fitting else step * math.ceil(horizon.intervals / _MOST_ROWS)
    each, last = minutes // step, horizon.intervals
    return _Rows(tuple(range(first, min(first + each, last)) for first in range(0, last, each)), minutes)


def write_series(book: Book, study: Study) -> None:
    """Write meter and batteries by interval, or by longer rows if there are too many, with totals above."""
    rows = _rows(study)
    step = study.horizon.interval_minutes
    whole = rows.minutes == step
    note = f"Intervals of {step} minutes." if whole else _NOTE.format(step=step, minutes=rows.minutes)
    heads = ["start, local clock", "UTC offset", "meter without trading, kW", "meter with trading, kW"]
    heads += [] if whole else ["highest without trading, kW", "highest with trading, kW"]
    for ups in study.ups:
        heads += [f"{ups.ups_id}: {name}" for name in _UPS_HEADS]
    sheet = book.sheet("Series", "Meter and batteries", widths=(17, 11, *[15] * (len(heads) - 2)), note=note)
    first = _HEAD + 4
    _totals(sheet, study, rows, first)
    sheet.head(first - 1, heads, words=(0, 1))
    sheet.raw.freeze_panes(first, 2)
    for offset, group in enumerate(rows.groups):
        _series_row(sheet, first + offset, study, group, whole=whole)


def _totals(sheet: Sheet, study: Study, rows: _Rows, first: int) -> None:
    """Write energy and highest power of both meters, as formulas on the rows below."""
    last = first + len(rows.groups) - 1
    highest = 0 if rows.minutes == study.horizon.interval_minutes else 2
    series = (study.baseline_grid_kw, study.grid_kw)
    sheet.text(_HEAD, 0, "energy, kWh", "bold")
    sheet.text(_HEAD + 1, 0, "highest, kW", "bold")
    for column, kw in enumerate(series, start=2):
        sheet.formula(
            _HEAD, column, _energy(rows, column, first, last, study), _kwh(kw, study.horizon.interval_h), "quantity"
        )
        cells = f"{at(first, column + highest)}:{at(last, column + highest)}"
        sheet.formula(_HEAD + 1, column, f"=MAX({cells})", max(kw), "quantity")


def _energy(rows: _Rows, column: int, first: int, last: int, study: Study) -> str:
    """The formula of energy: mean power times hours; the last row may be shorter than the others."""
    hours = len(rows.groups[0]) * study.horizon.interval_minutes
    short = len(rows.groups[-1]) * study.horizon.interval_minutes
    all_but_last = f"SUM({at(first, column)}:{at(last - 1, column)})*{hours}/60+" if last > first else ""
    return f"={all_but_last}{at(last, column)}*{short}/60"


def _kwh(kw: Sequence[float], hours: float) -> float:
    return math.fsum(kw) * hours


def _series_row(sheet: Sheet, row: int, study: Study, group: range, *, whole: bool) -> None:
    start, looks = study.horizon.start_of(group[0]), sheet.book.looks
    sheet.raw.write_datetime(row, 0, start.replace(tzinfo=None), looks["moment"])
    sheet.text(row, 1, start.strftime("%z"))
    series = (study.baseline_grid_kw, study.grid_kw)
    values = [_mean(kw, group) for kw in series]
    values += [] if whole else [max(kw[index] for index in group) for kw in series]
    for ups in study.ups:
        values += [_mean(kw, group) for kw in (ups.load_kw, ups.charge_kw, ups.discharge_kw)]
        values += [ups.stored_kwh[group[-1] + 1], ups.reserve_kwh[group[-1] + 1]]
    for column, value in enumerate(values, start=2):
        sheet.raw.write_number(row, column, value, looks["quantity"])


def _mean(values: Sequence[float], group: range) -> float:
    return math.fsum(values[index] for index in group) / len(group)
