"""How a dropped file was understood: its rows, span, unit and gaps, with a picture of its values."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from ridethrough.api.answers.series_answer import series_document
from ridethrough.api.cases.plans.known_past import LONGEST_GAP
from ridethrough.api.cases.series_shown import ShownSeries
from ridethrough.api.reading.series.site_series import PRICES
from ridethrough.charts import Chart, Panel, Series, TimeAxis, Tone, chart_drawing
from ridethrough.domain.horizon import zone
from ridethrough.store.series import SeriesExtent

_MOST_POINTS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSeries:
    """A series that a site needs: where it is used, what there is of it, whether that is new enough to plan from."""

    name: str
    used: str
    extent: str
    fresh: bool


def listed_series(
    name: str, places: list[str], extent: SeriesExtent | None, now: datetime, timezone: str
) -> ListedSeries:
    """A series as the Set-up page lists it."""
    used = ", ".join(places)
    if extent is None:
        return ListedSeries(name=name, used=used, extent="no readings yet", fresh=False)
    clock = zone(timezone)
    ended = now - extent.end
    span = f"{extent.start.astimezone(clock):%d %b %Y} to {extent.end.astimezone(clock):%d %b %Y %H:%M}"
    ago = f", ended {ended.days} days ago" if ended.days >= 1 else ""
    fresh = ended <= (timedelta() if PRICES in places else LONGEST_GAP)
    return ListedSeries(name=name, used=used, extent=f"{extent.readings:,} readings, {span}{ago}", fresh=fresh)


def understood_parts(shown: ShownSeries, timezone: str, currency: str) -> dict[str, Any]:
    """The lines that a person checks, and a chart."""
    document = series_document(shown)
    digits = 4 if shown.use == "price" else 1
    lowest, mean, highest = (f"{document[each]:,.{digits}f}" for each in ("lowest", "mean", "highest"))
    filled = document["filled"]
    unit = f"{currency} per kWh" if shown.use == "price" else document["unit"]
    file_unit = str(document["file_unit"]).replace("_", " ")
    return {
        "lines": [
            ("Rows", f"{document['rows']:,} in the file, {document['values']:,} values at one step"),
            ("From, to", f"{_clock(document['start'], timezone)} to {_clock(document['end'], timezone)} ({timezone})"),
            ("Step", f"{document['step_minutes']:g} minutes, stamped at the {document['stamps']}"),
            ("Clock", document["clock"]),
            ("Columns", f"{document['time_column']} | {document['value_column']}"),
            ("Unit", f"{file_unit} in the file, {unit} here"),
            ("Range", f"{lowest} to {highest} {unit}, mean {mean} {unit}"),
            ("Gaps", f"{filled:,} values filled, the longest {document['longest_gap_minutes']:g} minutes"
                     if filled else "none"),
        ],
        "notes": document["notes"],
        "format": document["csv_format"],
        "remark": document["remark"],
        "chart": chart_drawing(_chart(shown, timezone, unit)),
    }  # fmt: skip


def _chart(shown: ShownSeries, timezone: str, unit: str) -> Chart:
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
                unit=unit,
                series=(Series(name=title, values=means, tone=Tone.PRICE if is_price else Tone.LOAD),),
            ),
        ),
    )


def _clock(written: str, timezone: str) -> str:
    return f"{datetime.fromisoformat(written).astimezone(zone(timezone)):%d %b %Y %H:%M %Z}"
