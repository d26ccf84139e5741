"""A tariff as a picture: heat maps of its prices on one self-contained HTML page."""

from collections.abc import Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ridethrough.api.answers.bill_view import validity
from ridethrough.api.answers.tariff.tariff_map import PriceMap, demand_maps, energy_maps, price_notes
from ridethrough.tariffs.tariff import Tariff

_INK = "#1f2933"
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_ROW_HEIGHT_PX = 330
_HEAD_PX, _FOOT_PX = 120, 60
_SLOTS_PER_HOUR = 4
_ENERGY = ["#eef6f9", "#bfdfe9", "#7fbfd3", "#3d97b5", "#0b6e99", "#063f58"]
_DEMAND = ["#fdf4ec", "#fbd9bc", "#f5ae7a", "#e5823f", "#bf5a1a", "#7a3508"]


def tariff_page(tariff: Tariff) -> str:
    """Draw the price of a kWh and a kW by month and hour; return one HTML page."""
    energy, demand = energy_maps(tariff), demand_maps(tariff)
    drawn = [*((each, _ENERGY) for each in energy), *((each, _DEMAND) for each in demand)]
    rows = max(1, len(drawn))
    titles = [f"{each.title}, {each.unit}: {each.days}" for each, _ in drawn] or [
        "The tariff has no price that depends on time"
    ]
    inner_px = _ROW_HEIGHT_PX * rows
    figure = make_subplots(rows=rows, cols=1, subplot_titles=titles, vertical_spacing=70 / inner_px if rows > 1 else 0)
    for number, (each, colours) in enumerate(drawn, start=1):
        limits = _limits(energy if colours is _ENERGY else demand)
        figure.add_trace(_heat_map(each, colours, limits), row=number, col=1)
        figure.update_yaxes(autorange="reversed", row=number, col=1)
    _style(figure, tariff, _HEAD_PX + _FOOT_PX + inner_px)
    page = figure.to_html(include_plotlyjs=True, full_html=True, config={"displaylogo": False, "responsive": True})
    return str(page).replace("<head>", f"<head><title>{escape(tariff.name)}</title>", 1)


def _limits(maps: Sequence[PriceMap]) -> tuple[float, float]:
    """The range of colours that all maps of one price share."""
    low, high = min(each.prices.min() for each in maps), max(each.prices.max() for each in maps)
    return float(low), float(high if high > low else low + 1)  # a single price is pale


def _heat_map(drawn: PriceMap, colours: list[str], limits: tuple[float, float]) -> go.Heatmap:
    """One map: hours with their price as text, or quarter hours if a price changes within an hour."""
    by_hour = drawn.prices.reshape(len(_MONTHS), -1, _SLOTS_PER_HOUR)
    whole = bool((by_hour == by_hour[:, :, :1]).all())
    step = _SLOTS_PER_HOUR if whole else 1
    prices = drawn.prices[:, ::step]
    starts = np.arange(0, drawn.prices.shape[1], step) / _SLOTS_PER_HOUR
    width_h = step / _SLOTS_PER_HOUR
    hover = [
        [
            f"{_clock(start)} to {_clock(start + width_h)}<br>{escape(name) or 'no charge'}"
            for start, name in zip(starts, row[::step], strict=True)
        ]
        for row in drawn.names
    ]
    return go.Heatmap(
        x=starts + width_h / 2,
        y=_MONTHS,
        z=prices,
        customdata=hover,
        hovertemplate=f"%{{y}} %{{customdata}}<br><b>%{{z:.6~f}} {drawn.unit}</b><extra></extra>",
        colorscale=colours,
        zmin=limits[0],
        zmax=limits[1],
        showscale=False,
        xgap=1,
        ygap=1,
        texttemplate=f"%{{z:{'.4f' if prices.max() < 1 else '.2f'}}}" if whole else None,
        textfont={"size": 10},
    )


def _clock(hour: float) -> str:
    return f"{int(hour):02d}:{round(hour % 1 * 60):02d}"


def _style(figure: go.Figure, tariff: Tariff, height: int) -> None:
    held = validity(tariff)
    parts = (tariff.utility, f"figures {held}" if held else "", *price_notes(tariff))
    summary = " · ".join(part for part in parts if part)
    figure.update_layout(
        title={
            "text": f"<b>{escape(tariff.name)}</b><br><sub>{escape(summary)}</sub>",
            "x": 0.01,
            "xanchor": "left",
        },
        height=height,
        margin={"t": _HEAD_PX, "l": 60, "r": 30, "b": _FOOT_PX},
        template="plotly_white",
        font={"family": "system-ui, sans-serif", "color": _INK, "size": 13},
    )
    hours = list(range(0, 25, 2))
    figure.update_xaxes(
        range=[0, 24], tickvals=hours, ticktext=[f"{hour:02d}:00" for hour in hours], showgrid=False, zeroline=False
    )
    figure.update_yaxes(showgrid=False, zeroline=False)
    figure.update_annotations(x=0, xanchor="left", font={"size": 14, "color": _INK})
