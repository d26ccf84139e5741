"""Charts as inline SVG: in come frozen `Chart` values, out goes markup that asks nothing of a network or a script.

Pages, reports and the command line's pictures import it; it imports nothing of ours. Charts take their colours from
CSS variables (`chart.css`), so that one drawing is right on a light screen, a dark one and on paper.
"""

from ridethrough.charts.chart import (
    Band,
    Categories,
    Chart,
    Mark,
    Panel,
    Series,
    Shade,
    ShadeKind,
    Shape,
    TimeAxis,
    Tone,
    UnableToChart,
)
from ridethrough.charts.clock import time_ticks
from ridethrough.charts.figure import KeptFigure, chart_drawing, chart_figure, kept_figure
from ridethrough.charts.heat_map import HeatMap, heat_map_drawing
from ridethrough.charts.page import picture_page
from ridethrough.charts.ranges import RangeBar, Ranges, ranges_drawing
from ridethrough.charts.style import chart_css
from ridethrough.charts.table import chart_table

__all__ = [
    "Band",
    "Categories",
    "Chart",
    "HeatMap",
    "KeptFigure",
    "Mark",
    "Panel",
    "RangeBar",
    "Ranges",
    "Series",
    "Shade",
    "ShadeKind",
    "Shape",
    "TimeAxis",
    "Tone",
    "UnableToChart",
    "chart_css",
    "chart_drawing",
    "chart_figure",
    "chart_table",
    "heat_map_drawing",
    "kept_figure",
    "picture_page",
    "ranges_drawing",
    "time_ticks",
]
