"""A heat map: a value for each row and column, such as a price by month and hour."""

from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from ridethrough.charts.chart import UnableToChart
from ridethrough.charts.paths import number

_ROW_PX = 19
_HEAD_PX = 18
_PALEST = 0.1
_WIDE_PERCENT = 11.0
"""From this share of the width on, a cell has room for its figure."""
_HIGH = 0.5
"""From this share of the scale on, a cell is so dark that its figure is light."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatMap:
    """Values by row and column between `low` and `high`; `texts` stand in the cells, `names` say what a value is for.

    `columns` are labels with the fraction of the width at which they stand. `family` chooses the colours: `energy` or
    `demand`.
    """

    title: str
    unit: str
    rows: tuple[str, ...]
    columns: tuple[tuple[float, str], ...]
    values: tuple[tuple[float, ...], ...]
    texts: tuple[tuple[str, ...], ...]
    names: tuple[tuple[str, ...], ...]
    low: float
    high: float
    family: str = "energy"

    def __post_init__(self) -> None:
        shapes = {(len(each), *map(len, each)) for each in (self.values, self.texts, self.names)}
        if len(shapes) > 1 or len(self.values) != len(self.rows):
            raise UnableToChart(f"{self.title}: values, texts and names need the same rows and columns")


def heat_map_drawing(heat: HeatMap) -> Markup:
    """The map as an inline SVG as wide as its place; the name and value of a cell show when the pointer rests on it."""
    height = _HEAD_PX + _ROW_PX * len(heat.rows)
    heads = [
        Markup('<text x="{}%" y="11"{}>{}</text>').format(
            number(100 * at), Markup(' class="minor"') if index % 2 else "", label
        )
        for index, (at, label) in enumerate(heat.columns)
    ]
    rows = [_row(heat, index) for index in range(len(heat.rows))]
    name = f"{heat.title}, {heat.unit}"
    return Markup(
        '<figure class="chart"><div class="chart-drawing"><div class="chart-head"><b>{title}</b>'
        '<span class="unit">{unit}</span></div><svg class="panel heat heat-{family}" role="img" width="100%" '
        'height="{height}" aria-label="{name}"><title>{name}</title>{heads}{rows}</svg></div></figure>'
    ).format(
        title=heat.title,
        unit=heat.unit,
        family=heat.family,
        height=height,
        name=name,
        heads=Markup("").join(heads),
        rows=Markup("").join(rows),
    )


def _row(heat: HeatMap, row: int) -> Markup:
    """One row; neighbours of the same value and name are one cell, with its figure where there is room."""
    top, width = _HEAD_PX + _ROW_PX * row, 100 / len(heat.values[row])
    parts = [Markup('<text class="y" x="-8" y="{}" dy=".32em">{}</text>').format(top + _ROW_PX / 2, heat.rows[row])]
    cells = list(zip(heat.values[row], heat.texts[row], heat.names[row], strict=True))
    for (value, text, name), group in groupby(range(len(cells)), key=lambda index: cells[index]):
        run = list(group)
        left, across = run[0] * width, len(run) * width
        share = (value - heat.low) / (heat.high - heat.low) if heat.high > heat.low else 0.0
        shade = f"{_PALEST + (1 - _PALEST) * share:.2f}"
        parts.append(
            Markup(
                '<rect x="{}%" y="{}" width="{}%" height="{}" fill-opacity="{}"><title>{}</title></rect>'
            ).format(f"{left:.3f}", top, f"{across:.3f}", _ROW_PX, shade, name)
        )  # fmt: skip
        if text and across >= _WIDE_PERCENT:
            kind, middle = (" high" if share >= _HIGH else ""), f"{left + across / 2:.2f}"
            cell = Markup('<text class="cell{}" x="{}%" y="{}" dy=".32em">{}</text>')
            parts.append(cell.format(kind, middle, top + _ROW_PX / 2, text))
    return Markup("").join(parts)
