"""The parts of a drawing: each panel an inline SVG under its title and legend.

A panel is as wide as its place on the page. Its lines lie in a box that stretches; its texts do not, so that they are
as easy to read on a phone as on a wall. Where there is little room, every second label is left out.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from textwrap import wrap

from markupsafe import Markup, escape

from ridethrough.charts.chart import Axis, Categories, Chart, Panel, Series, Shade, Shape, TimeAxis
from ridethrough.charts.clock import Tick, clock_changes, place, stamps, time_ticks
from ridethrough.charts.paths import WIDTH, area_path, band_path, number, series_path
from ridethrough.charts.scale import Scale, digits_for, figure, scale_of

_FOOT_PX = 22
_LINE_PX = 13
TOP_PX = 8
_BAR_SHARE, _OF_TWO_BARS = 0.68, 0.82
_OF_FEW_BARS = 0.11
"""Few bars are no wider than this share of all."""
_ROOM, _ROOM_FOR_FIGURES = 0.06, 0.18
_LEAST_BAR_PX = 0.8
_MOST_PRINTED = 6
_MOST_LABELS = 14
"""With more names than these, only every second or third has room for its label."""
_LETTERS_ACROSS = 110
"""So many letters of labels have room side by side on paper; longer names take several lines."""


def shades_of(chart: Chart) -> tuple[Shade, ...]:
    """The shaded spans of a chart, and the hours that a clock change doubles or skips."""
    return (*chart.shades, *(clock_changes(chart.axis) if isinstance(chart.axis, TimeAxis) else ()))


def shades_legend(chart: Chart, shades: Sequence[Shade]) -> Markup:
    """What the shaded spans stand for; each name once."""
    shown = dict.fromkeys((shade.kind.value, shade.label) for shade in shades if _visible(chart.axis, shade))
    items = [Markup('<li><i class="swatch shade-{}"></i>{}</li>').format(kind, label) for kind, label in shown]
    return Markup('<ul class="chart-legend">{}</ul>').format(Markup("").join(items)) if items else Markup("")


def panel_parts(chart: Chart, index: int, shades: Sequence[Shade], names: Sequence[str]) -> tuple[Markup, Markup]:
    """A panel in two parts, between which its marks are drawn."""
    panel, last = chart.panels[index], index == len(chart.panels) - 1
    box = _Box(chart, panel)
    parts = [
        *(box.shade(shade) for shade in shades if _visible(chart.axis, shade)),
        *(box.band(position) for position in range(len(panel.bands))),
        *(box.drawn(series) for series in panel.series),
        *box.hits(names),
    ]
    inner = Markup(
        '<svg class="plot" y="{}" width="100%" height="{}" viewBox="0 0 {} {}" preserveAspectRatio="none">{}</svg>'
    ).format(TOP_PX, panel.height_px, WIDTH, panel.height_px, Markup("").join(parts))
    name = f"{chart.title}: {panel.title}, {panel.unit}" if len(chart.panels) > 1 else chart.title
    before = Markup(
        '<div class="chart-head"><b>{title}</b> <span class="unit">{unit}</span>{legend}</div>'
        '<svg class="panel" role="img" width="100%" height="{height}" aria-label="{name}">'
        "<title>{name}</title><desc>{description}</desc>{grid}{inner}"
    ).format(
        title=panel.title,
        unit=panel.unit,
        legend=_legend(panel),
        height=TOP_PX + panel.height_px + (_foot_px(chart.axis) if last else 4),
        name=name,
        description=chart.description,
        grid=Markup("").join(box.grid(labels=last)),
        inner=inner,
    )
    return before, Markup("").join([*box.printed(), Markup("</svg>")])


def _legend(panel: Panel) -> Markup:
    """The names of what is drawn, where there is more than one."""
    named = [(series.name, series.tone.value, _swatch(series)) for series in panel.series]
    named += [(band.name, band.tone.value, "fill") for band in panel.bands if band.name]
    if len(named) < 2 and (panel.series[0].tones or named[0][0] == panel.title):  # noqa: PLR2004 - nothing to tell apart
        return Markup("")
    items = [
        Markup('<li><i class="swatch {} tone-{}"></i>{}</li>').format(how, tone, name) for name, tone, how in named
    ]
    return Markup('<ul class="chart-legend">{}</ul>').format(Markup("").join(items))


def _swatch(series: Series) -> str:
    if series.tones:
        return "none"
    return "dash" if series.dashed else "fill" if series.shape in (Shape.BARS, Shape.AREA) else "line"


def _visible(axis: Axis, shade: Shade) -> bool:
    return isinstance(axis, TimeAxis) and place(axis, shade.start) < 1 and place(axis, shade.end) > 0


class _Box:
    """The stretching box of one panel, and the texts about it."""

    def __init__(self, chart: Chart, panel: Panel) -> None:
        self.chart, self.panel, self.axis = chart, panel, chart.axis
        self.scale: Scale = scale_of(
            _values(panel), from_zero=panel.from_zero, room=_ROOM_FOR_FIGURES if panel.printed else _ROOM
        )
        self.bars = [series for series in panel.series if series.shape is Shape.BARS]
        self.digits = digits_for(_values(panel)) if panel.digits is None else panel.digits
        cells = self.axis.cells
        if isinstance(self.axis, TimeAxis):
            axis = self.axis
            self.edges = [WIDTH * place(axis, each) for each in axis.boundaries]
            self.points = self.edges
        else:
            self.edges = [WIDTH * index / cells for index in range(cells + 1)]
            self.points = [WIDTH * (index + 0.5) / cells for index in range(cells)]

    def down(self, value: float) -> float:
        return self.scale.place(value, self.panel.height_px)

    def shade(self, shade: Shade) -> Markup:
        assert isinstance(self.axis, TimeAxis)  # noqa: S101 - a chart over names has no shades
        left, right = (min(1.0, max(0.0, place(self.axis, each))) * WIDTH for each in (shade.start, shade.end))
        return Markup('<rect class="shade-{}" x="{}" width="{}" height="{}"/>').format(
            shade.kind.value, number(left), number(max(right - left, 2.0)), self.panel.height_px
        )

    def band(self, position: int) -> Markup:
        band = self.panel.bands[position]
        return Markup('<path class="band tone-{}" d="{}"/>').format(
            band.tone.value,
            band_path(band, self.points if len(band.lower) > self.axis.cells else self.edges, self.down),
        )

    def drawn(self, series: Series) -> Markup:
        if series.shape is Shape.BARS:
            return Markup("").join(self._bars(series))
        edges = self.points if series.shape is not Shape.STEP else self.edges
        dashed = " dash" if series.dashed else ""
        line = Markup('<path class="line tone-{}{}" d="{}"/>').format(
            series.tone.value, dashed, series_path(series, edges, self.down)
        )
        if series.shape is not Shape.AREA:
            return line
        area = area_path(series, edges, self.down)
        return Markup('<path class="area tone-{}" d="{}"/>').format(series.tone.value, area) + line

    def _bars(self, series: Series) -> Iterator[Markup]:
        for index, value in enumerate(series.values):
            if value is None:
                continue
            left, right = self._sides(series, index)
            base = series.base[index] if series.base else 0.0
            top, bottom = sorted((self.down(value), self.down(base)))
            tone = series.tones[index] if series.tones else series.tone
            height = max(bottom - top, _LEAST_BAR_PX) if value != base else 0.0
            yield Markup('<rect class="bar tone-{}" x="{}" y="{}" width="{}" height="{}"/>').format(
                tone.value, number(left), number(top), number(right - left), number(height)
            )

    def _sides(self, series: Series, index: int) -> tuple[float, float]:
        """The left and the right side of a bar: bars of several series stand side by side, over time they touch."""
        left, right = self.edges[index], self.edges[index + 1]
        if isinstance(self.axis, TimeAxis):
            return left, right
        share = _BAR_SHARE if len(self.bars) == 1 else _OF_TWO_BARS
        room = (right - left) * min(share / len(self.bars), _OF_FEW_BARS * self.axis.cells)
        start = (left + right) / 2 + room * (self.bars.index(series) - len(self.bars) / 2)
        return start, start + room

    def grid(self, *, labels: bool) -> Iterator[Markup]:
        """The lines of the scale and of the axis, and their labels outside the box."""
        for tick in self.scale.ticks:
            y = number(TOP_PX + self.down(tick))
            kind = "zero" if tick == 0 else "rule"
            yield Markup('<line class="{}" x1="0" x2="100%" y1="{}" y2="{}"/>').format(kind, y, y)
            yield Markup('<text class="y" x="-8" y="{}" dy=".32em">{}</text>').format(
                y, figure(tick, self.scale.digits)
            )
        bottom = TOP_PX + self.panel.height_px
        for label in _ticks(self.axis):
            at = number(100 * label.at)
            if isinstance(self.axis, TimeAxis):
                yield Markup('<line class="rule" x1="{0}%" x2="{0}%" y1="{1}" y2="{2}"/>').format(at, TOP_PX, bottom)
            if labels:
                side = "start" if label.at < 0.02 else "end" if label.at > 0.98 else "middle"  # noqa: PLR2004 - the edges
                yield Markup('<text class="x{}" x="{}%" y="{}" text-anchor="{}">{}</text>').format(
                    " minor" if label.minor else "", at, bottom + 16, side, _label(self.axis, label.label, at)
                )

    def hits(self, names: Sequence[str]) -> Iterator[Markup]:
        """A box over each interval or name, whose values show when the pointer rests on it."""
        for index in range(self.axis.cells):
            left, right = self.edges[index], self.edges[index + 1]
            lines = [names[index], *(self._value(series, index) for series in self.panel.series)]
            yield Markup('<rect class="hit" x="{}" width="{}" height="{}"><title>{}</title></rect>').format(
                number(left), number(right - left), self.panel.height_px, "\n".join(line for line in lines if line)
            )

    def _value(self, series: Series, index: int) -> str:
        at_end = len(series.values) > self.axis.cells
        value = series.values[index + at_end]
        return "" if value is None else f"{series.name}: {figure(value, self.digits)} {self.panel.unit}"

    def printed(self) -> Iterator[Markup]:
        """The figure above or below each bar."""
        if not self.panel.printed:
            return
        minor = " minor" if self.axis.cells * len(self.bars) > _MOST_PRINTED else ""
        for series in self.bars:
            for index, value in enumerate(series.values):
                if value is None:
                    continue
                left, right = self._sides(series, index)
                base = series.base[index] if series.base else 0.0
                top = self.down(max(value, base)) if value >= 0 or series.base else self.down(value)
                dy = -4 if value >= 0 or series.base else 11
                shown = value - base if series.base and base else value
                yield Markup('<text class="printed{}" x="{}%" y="{}" dy="{}">{}</text>').format(
                    minor, number((left + right) / 20), number(TOP_PX + top), dy, figure(shown, self.digits)
                )


def _values(panel: Panel) -> list[float]:
    values = [value for series in panel.series for value in series.values if value is not None]
    values += [value for series in panel.series for value in series.base]
    return values + [value for band in panel.bands for value in (*band.lower, *band.upper) if value is not None]


def _ticks(axis: Axis) -> tuple[Tick, ...]:
    if isinstance(axis, Categories):
        every = -(-axis.cells // _MOST_LABELS)
        return tuple(
            Tick(
                at=(index + 0.5) / axis.cells,
                label=axis.labels[index],
                minor=axis.cells > _MOST_PRINTED and shown % 2 == 1,
            )
            for shown, index in enumerate(range(0, axis.cells, every))
        )
    return time_ticks(axis)


def _foot_px(axis: Axis) -> int:
    """The height of the labels under the last panel."""
    lines = max((len(_lines(axis, label)) for label in axis.labels), default=1) if isinstance(axis, Categories) else 1
    return _FOOT_PX + _LINE_PX * (lines - 1)


def _lines(axis: Categories, label: str) -> list[str]:
    """A name as lines that fit side by side; a word is never broken."""
    return wrap(label, max(1, _LETTERS_ACROSS // axis.cells), break_long_words=False, break_on_hyphens=False) or [""]


def _label(axis: Axis, label: str, at: str) -> Markup:
    if not isinstance(axis, Categories):
        return escape(label)
    first, *others = _lines(axis, label)
    line = Markup('<tspan x="{}%" dy="{}">{}</tspan>')
    return escape(first) + Markup("").join(line.format(at, _LINE_PX, each) for each in others)


def cell_names(axis: Axis) -> list[str]:
    """The names of the intervals, or of the categories."""
    if isinstance(axis, Categories):
        return list(axis.labels)
    return [f"{first} to {last}" for first, last in pairwise(stamps(axis))]
