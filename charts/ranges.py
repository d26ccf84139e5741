"""Horizontal bars about one value: what an outcome becomes with each input at its low and at its high value."""

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from ridethrough.charts.paths import number
from ridethrough.charts.scale import figure, scale_of

_ROW_PX = 34
_BAR_PX = 15
_FOOT_PX = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeBar:
    """An input, its low and its high value in words, and the outcome at each."""

    name: str
    low: str
    high: str
    outcome_at_low: float
    outcome_at_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranges:
    """Bars below each other about `base`, in one unit."""

    title: str
    unit: str
    base: float
    bars: tuple[RangeBar, ...]


def ranges_drawing(ranges: Ranges) -> Markup:
    """The bars as an inline SVG as wide as its place; the name of each stands above it."""
    values = [outcome for bar in ranges.bars for outcome in (bar.outcome_at_low, bar.outcome_at_high)]
    scale = scale_of([ranges.base, *values], from_zero=False)
    bottom = _ROW_PX * len(ranges.bars)

    def across(value: float) -> str:
        return number(100 - scale.place(value, 100))

    ticks = [
        Markup('<line class="rule" x1="{0}%" x2="{0}%" y1="0" y2="{1}"/><text class="x printed" x="{0}%" y="{2}">{3}'
               "</text>").format(across(tick), bottom, bottom + 15, figure(tick, scale.digits))
        for tick in scale.ticks
    ]  # fmt: skip
    rows = [_row(bar, index, across, ranges) for index, bar in enumerate(ranges.bars)]
    middle = Markup('<line class="zero" x1="{0}%" x2="{0}%" y1="0" y2="{1}"/>').format(across(ranges.base), bottom)
    return Markup(
        '<figure class="chart"><div class="chart-drawing ranges"><div class="chart-head"><b>{title}</b>'
        '<span class="unit">{unit}</span><ul class="chart-legend"><li><i class="swatch fill tone-without"></i>input low'
        '</li><li><i class="swatch fill tone-with"></i>input high</li></ul></div><svg class="panel" role="img" '
        'width="100%" height="{height}" aria-label="{title}"><title>{title}</title>{ticks}{rows}{middle}</svg></div>'
        "</figure>"
    ).format(
        title=ranges.title,
        unit=ranges.unit,
        height=bottom + _FOOT_PX,
        ticks=Markup("").join(ticks),
        rows=Markup("").join(rows),
        middle=middle,
    )


def _row(bar: RangeBar, index: int, place: Callable[[float], str], ranges: Ranges) -> Markup:
    top = _ROW_PX * index
    parts = [Markup('<text x="0" y="{}">{}</text>').format(top + 11, f"{bar.name}: {bar.low} to {bar.high}")]
    for tone, outcome, given in (
        ("without", bar.outcome_at_low, bar.low),
        ("with", bar.outcome_at_high, bar.high),
    ):
        left, right = sorted((ranges.base, outcome))
        parts.append(
            Markup(
                '<rect class="bar tone-{}" x="{}%" y="{}" width="{}%" height="{}"><title>{}</title></rect>'
            ).format(
                tone, place(left), top + 15, number(float(place(right)) - float(place(left))), _BAR_PX,
                f"{bar.name} at {given}: {figure(outcome, 0)} {ranges.unit}",
            )
        )  # fmt: skip
    return Markup("").join(parts)
