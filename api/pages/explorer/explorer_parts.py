"""Series of a site as a chart with its table, and as points for the script that zooms."""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from ridethrough.api.cases.sites.explored import ExploredSeries, Quantity
from ridethrough.api.pages.explorer.fewer_points import cells_of, kept_points
from ridethrough.charts import Band, Chart, Panel, Series, TimeAxis, Tone, time_ticks
from ridethrough.store.schema import microseconds

PIXELS = 1200
"""How wide the picture of a script is taken to be."""
_TONES = {
    Quantity.METER: (Tone.WITH,),
    Quantity.WITHOUT: (Tone.WITHOUT,),
    Quantity.LOAD: (Tone.LOAD, Tone.DISCHARGE, Tone.GOOD),
    Quantity.UNPROTECTED: (Tone.CHARGE,),
    Quantity.PRICE: (Tone.PRICE,),
    Quantity.STORED: (Tone.STORED, Tone.CHARGE, Tone.PRICE),
}
_PANELS = (
    ("Meter", "kW", (Quantity.METER, Quantity.WITHOUT), 150),
    ("Loads", "kW", (Quantity.LOAD, Quantity.UNPROTECTED), 120),
    ("Price", "{currency}/kWh", (Quantity.PRICE,), 90),
    ("Stored energy", "kWh", (Quantity.STORED,), 120),
)


def explorer_chart(series: Sequence[ExploredSeries], axis: TimeAxis, currency: str) -> Chart | None:
    """The means of each cell, and between which values they lie; None where no series has a value."""
    panels = tuple(_panel(axis, *panel) for panel in _panels(series, currency))
    if not panels:
        return None
    return Chart(
        title="Stored series",
        description="Power at the meter with and without batteries and the loads, the price, and stored energy.",
        axis=axis,
        panels=panels,
    )


def explorer_points(
    series: Sequence[ExploredSeries], start: datetime, end: datetime, timezone: str, currency: str
) -> dict[str, Any]:
    """What the script draws: points of each series, panels, and the ticks of the local clock."""
    first_us, last_us = microseconds(start), microseconds(end)
    axis = TimeAxis(boundaries=(start, end), timezone=timezone)
    panels, drawn = list(_panels(series, currency)), []
    for number, panel in enumerate(panels):
        for each, tone in _toned(panel[2]):
            times, values = _line(each, first_us, last_us)
            drawn.append(
                {
                    "name": each.name,
                    "panel": number,
                    "tone": tone.value,
                    "steps": each.steps,
                    "times": times,
                    "values": values,
                }
            )
    ticks = [(first_us + tick.at * (last_us - first_us)) / 1000 for tick in time_ticks(axis)]
    return {
        "from": first_us / 1000,
        "to": last_us / 1000,
        "timezone": timezone,
        "panels": [{"title": title, "unit": unit} for title, unit, _, _ in panels],
        "series": drawn,
        "ticks": {"at": ticks, "labels": [tick.label for tick in time_ticks(axis)]},
    }


def _panels(series: Sequence[ExploredSeries], currency: str) -> Iterator[tuple[str, str, list[ExploredSeries], int]]:
    """Title, unit, series and height of each panel that has any."""
    for title, unit, quantities, height_px in _PANELS:
        members = [each for each in series if each.quantity in quantities]
        if members:
            yield title, unit.format(currency=currency), members, height_px


def _toned(members: Sequence[ExploredSeries]) -> Iterator[tuple[ExploredSeries, Tone]]:
    """Each series with its colour; several of one quantity take turns."""
    for each in members:
        tones = _TONES[each.quantity]
        alike = [other for other in members if other.quantity is each.quantity]
        yield each, tones[alike.index(each) % len(tones)]


def _panel(axis: TimeAxis, title: str, unit: str, members: Sequence[ExploredSeries], height_px: int) -> Panel:
    edges_us = np.array([microseconds(each) for each in axis.boundaries], dtype=np.int64)
    lines, bands = [], []
    for each, tone in _toned(members):
        cells = cells_of(each, edges_us)
        lines.append(Series(name=each.name, values=_values(cells.mean), tone=tone))
        if np.any(cells.high > cells.low):
            name = f"{each.name}, lowest to highest"
            bands.append(Band(name=name, lower=_values(cells.low), upper=_values(cells.high), tone=tone))
    return Panel(title=title, unit=unit, series=tuple(lines), bands=tuple(bands), height_px=height_px)


def _values(values: np.ndarray) -> tuple[float | None, ...]:
    return tuple(None if math.isnan(value) else value for value in values.tolist())


def _line(series: ExploredSeries, first_us: int, last_us: int) -> tuple[list[float], list[float | None]]:
    """Times (ms since 1970) and values of a line that breaks where nothing is known."""
    times: list[float] = []
    values: list[float | None] = []
    gaps = np.flatnonzero(np.diff(series.starts_us) > series.holds_us) + 1
    for part in np.split(np.arange(len(series.starts_us)), gaps):
        if not len(part):
            continue
        starts_us, held = series.starts_us[part], series.values[part]
        kept = kept_points(starts_us, held, first_us=first_us, last_us=last_us, pixels=PIXELS)
        times += [*(starts_us[kept] / 1000).tolist(), _end(series, int(starts_us[-1]), last_us)]
        values += [*held[kept].tolist(), float(held[-1])]
        times.append(times[-1])
        values.append(None)
    return times, values


def _end(series: ExploredSeries, start_us: int, last_us: int) -> float:
    """Until when the last value of a line is drawn."""
    return min(start_us + series.holds_us, last_us) / 1000 if series.steps else start_us / 1000
