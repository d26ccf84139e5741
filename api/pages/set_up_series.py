"""How a dropped file was understood: its rows, span, unit and gaps, with a picture of its values."""

from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np

from ridethrough.api.answers.series_answer import series_document
from ridethrough.api.cases.series_shown import ShownSeries
from ridethrough.charts import Chart, Panel, Series, TimeAxis, Tone, chart_drawing

_MOST_POINTS = 400


def understood_parts(shown: ShownSeries, timezone: str) -> dict[str, Any]:
    """The lines that a person checks, and a chart."""
    document = series_document(shown)
    digits = 4 if shown.use == "price" else 1
    lowest, mean, highest = (f"{document[each]:,.{digits}f}" for each in ("lowest", "mean", "highest"))
    filled = document["filled"]
    return {
        "lines": [
            ("Rows", f"{document['rows']:,} in the file, {document['values']:,} values at one step"),
            ("From, to", f"{_clock(document['start'])} to {_clock(document['end'])}"),
            ("Step", f"{document['step_minutes']:g} minutes, stamped at the {document['stamps']}"),
            ("Clock", document["clock"]),
            ("Columns", f"{document['time_column']} | {document['value_column']}"),
            ("Unit", f"{document['file_unit']} in the file, {document['unit']} here"),
            ("Range", f"{lowest} to {highest}, mean {mean}"),
            ("Gaps", f"{filled:,} values filled, the longest {document['longest_gap_minutes']:g} minutes"
                     if filled else "none"),
        ],
        "notes": document["notes"],
        "format": document["csv_format"],
        "remark": document["remark"],
        "chart": chart_drawing(_chart(shown, timezone)),
    }  # fmt: skip


def _chart(shown: ShownSeries, timezone: str) -> Chart:
    """The values, or the means of stretches of them where there are many."""
    series = shown.read.series
    count = len(series.values)
    each = -(-count // _MOST_POINTS)
    cuts = [*range(0, count, each), count]
    values = np.array(series.values)
    means = tuple(float(values[first:last].mean()) for first, last in pairwise(cuts))
    is_price = shown.use == "price"
    title = "Price" if is_price else "Load"
    return Chart(
        title=series.source,
        description="The values of the file over time.",
        axis=TimeAxis(boundaries=tuple(series.start + cut * series.step for cut in cuts), timezone=timezone),
        panels=(
            Panel(
                title=title,
                unit="per kWh" if is_price else "kW",
                series=(Series(name=title, values=means, tone=Tone.PRICE if is_price else Tone.LOAD),),
            ),
        ),
    )


def _clock(written: str) -> str:
    return f"{datetime.fromisoformat(written):%Y-%m-%d %H:%M %z}"
