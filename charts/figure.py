"""A chart as markup: its panels below each other, and its values as a table.

What does not change may be kept without its marks, and is marked anew at each view: only the marks know the time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ridethrough.charts.chart import Axis, Chart, Mark, TimeAxis
from ridethrough.charts.clock import place
from ridethrough.charts.drawing import TOP_PX, cell_names, panel_parts, shades_legend, shades_of
from ridethrough.charts.paths import number
from ridethrough.charts.table import chart_table

_RIGHT = 0.8
"""From this share of the width on, the label of a mark stands at its left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFigure:
    """A drawn chart with room for marks: `parts` are the markup between the marks of its panels."""

    axis: Axis
    heights_px: tuple[int, ...]
    parts: tuple[Markup, ...]

    def marked(self, marks: Sequence[Mark] = ()) -> Markup:
        """The figure with a line at each moment; its label stands in the first panel."""
        first, *others = self.parts
        drawn = [first]
        for index, (part, height_px) in enumerate(zip(others, self.heights_px, strict=True)):
            drawn += [*_marks(self.axis, marks, height_px, labels=index == 0), part]
        return Markup("").join(drawn)


def chart_figure(chart: Chart, *, opened: bool = False) -> Markup:
    """The chart with its table beside it; `opened` shows the table at once."""
    return kept_figure(chart, opened=opened).marked(chart.marks)


def chart_drawing(chart: Chart) -> Markup:
    """The drawing alone, where the values stand on the page in another form."""
    return _kept(chart, Markup(""), Markup("")).marked(chart.marks)


def kept_figure(chart: Chart, *, opened: bool = False) -> KeptFigure:
    """The chart with its table, without marks."""
    fold = Markup("<details{}><summary>Values of this chart</summary>{}</details></figure>")
    table = fold.format(Markup(" open") if opened else "", chart_table(chart))
    return _kept(chart, Markup('<figure class="chart">'), table)


def _kept(chart: Chart, before: Markup, after: Markup) -> KeptFigure:
    shades, names = shades_of(chart), cell_names(chart.axis)
    parts = [before + Markup('<div class="chart-drawing">') + shades_legend(chart, shades)]
    for index in range(len(chart.panels)):
        upper, lower = panel_parts(chart, index, shades, names)
        parts[-1] += upper
        parts.append(lower)
    parts[-1] += Markup("</div>") + after
    heights_px = tuple(panel.height_px for panel in chart.panels)
    return KeptFigure(axis=chart.axis, heights_px=heights_px, parts=tuple(parts))


def _marks(axis: Axis, marks: Sequence[Mark], height_px: int, *, labels: bool) -> Iterator[Markup]:
    if not isinstance(axis, TimeAxis):
        return
    for mark in marks:
        at = place(axis, mark.at)
        if 0 <= at <= 1:
            percent, side = number(100 * at), "end" if at > _RIGHT else "start"
            yield Markup('<line class="mark" x1="{0}%" x2="{0}%" y1="{1}" y2="{2}"/>').format(
                percent, TOP_PX, TOP_PX + height_px
            )
            if labels:
                yield Markup('<text class="mark" x="{}%" y="{}" dx="{}" text-anchor="{}">{}</text>').format(
                    percent, TOP_PX + 9, -4 if side == "end" else 4, side, mark.label
                )
