"""The interpretation of a file of readings, as an answer."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ridethrough.api.answers.answer import Answer
from ridethrough.api.cases.series_shown import UNITS, ShownSeries
from ridethrough.api.reading.tables.csv_format import clock_of, known_clock

_BARS = "▁▂▃▄▅▆▇█"
_PICTURE_WIDTH = 72
_MINUTE = timedelta(minutes=1)


def series_answer(shown: ShownSeries) -> Answer:
    """A series, with one row for each value."""
    return Answer(
        document=lambda: series_document(shown),
        rows=lambda: _rows(shown),
        view=lambda: _view(shown),
        columns=("start", _value_name(shown)),
    )


def series_document(shown: ShownSeries) -> dict[str, Any]:
    """The interpretation of a file, as one JSON object."""
    read, series = shown.read, shown.read.series
    return {
        "source": series.source,
        "rows": read.rows,
        "values": len(series.values),
        "start": _local(shown, series.start),
        "end": _local(shown, series.end),
        "step_minutes": series.step / _MINUTE,
        "clock": read.clock,
        "stamps": read.stamps,
        "time_column": read.time_column,
        "value_column": read.value_column,
        "file_unit": read.unit,
        "unit": UNITS[shown.use],
        "lowest": min(series.values),
        "mean": sum(series.values) / len(series.values),
        "highest": max(series.values),
        "filled": read.filled,
        "longest_gap_minutes": read.longest_gap / _MINUTE,
        "notes": list(series.notes),
        "csv_format": shown.to_write,
        "remark": shown.remark,
    }


def _rows(shown: ShownSeries) -> list[dict[str, Any]]:
    series = shown.read.series
    name = _value_name(shown)
    return [
        {"start": _local(shown, series.start + index * series.step), name: value}
        for index, value in enumerate(series.values)
    ]


def _value_name(shown: ShownSeries) -> str:
    return "price_per_kwh" if shown.use == "price" else "load_kw"


def _local(shown: ShownSeries, moment: datetime) -> str:
    """A time by the clock of the file, or with the offset of its first row."""
    name = known_clock(shown.read.clock)
    clock = clock_of(name) if name is not None else shown.read.series.start.tzinfo
    return moment.astimezone(clock).isoformat()


def _view(shown: ShownSeries) -> RenderableType:
    document = series_document(shown)
    read = shown.read
    table = Table.grid(padding=(0, 2))
    digits = 4 if shown.use == "price" else 1
    lowest, mean, highest = (f"{document[each]:,.{digits}f}" for each in ("lowest", "mean", "highest"))
    longest = f"{document['longest_gap_minutes']:g} minutes"
    gaps = f"{read.filled:,} values filled, the longest gap is {longest}" if read.filled else "none"
    lines = {
        "rows": f"{read.rows:,} in the file, {len(read.series.values):,} values at one step",
        "time": f"{document['start']} to {document['end']}",
        "step": f"{document['step_minutes']:g} minutes, stamped at the {read.stamps}",
        "clock": read.clock,
        "columns": f"{read.time_column} | {read.value_column}",
        "unit": f"{read.unit} in the file, {document['unit']} here",
        "range": f"{lowest} to {highest}, mean {mean}",
        "gaps": gaps,
    }
    for name, text in lines.items():
        table.add_row(Text(f"  {name}", style="dim"), Text(text))
    parts: list[RenderableType] = [Text(f"  {read.series.source}", style="bold"), table, _picture(shown)]
    parts += [Text(f"  ! {note}") for note in read.series.notes]
    if shown.to_write is not None:
        parts.append(Text(f"\n  csv_format: {shown.to_write}"))
        if shown.remark:
            parts.append(Text(f"  {shown.remark}", style="dim"))
    return Group(*parts)


def _picture(shown: ShownSeries) -> Text:
    """The series as a row of bars, from 0 (or a lower minimum) to its maximum; each bar is a mean over time."""
    values = np.array(shown.read.series.values)
    parts = np.array_split(values, min(_PICTURE_WIDTH, len(values)))
    means = np.array([part.mean() for part in parts])
    low, high = min(0.0, float(means.min())), float(means.max())
    span = (high - low) or 1.0
    bars = "".join(_BARS[round((mean - low) / span * (len(_BARS) - 1))] for mean in means)
    return Text(f"\n  {bars}\n")
