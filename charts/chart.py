"""A chart as a value: an axis, panels below each other, shaded spans and marks."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import pairwise

Values = tuple[float | None, ...]
"""Values along an axis; None leaves a gap."""


class UnableToChart(ValueError):
    """Values do not fit their axis; the message says which, and how many there must be."""


class Tone(StrEnum):
    """What a colour means; `chart.css` gives each its colour."""

    PRICE = "price"
    WITH = "with"
    WITHOUT = "without"
    LOAD = "load"
    CEILING = "ceiling"
    STORED = "stored"
    RESERVE = "reserve"
    CHARGE = "charge"
    DISCHARGE = "discharge"
    GOOD = "good"
    BAD = "bad"
    TOTAL = "total"


class Shape(StrEnum):
    """How values are drawn: constant in an interval, straight between points, filled down to zero, or as bars."""

    STEP = "step"
    LINE = "line"
    AREA = "area"
    BARS = "bars"


class ShadeKind(StrEnum):
    """What a shaded span stands for."""

    HOLD_OFF = "hold-off"
    CONDITION = "condition"
    RAMP = "ramp"
    CLOCK = "clock"
    PAST = "past"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeAxis:
    """Interval boundaries in rising order, with their offset from UTC, read on the clock of `timezone`."""

    boundaries: tuple[datetime, ...]
    timezone: str

    def __post_init__(self) -> None:
        if len(self.boundaries) < 2:  # noqa: PLR2004 - an interval has two ends
            raise UnableToChart(f"boundaries: there are {len(self.boundaries)}; give at least two")
        if any(each.utcoffset() is None for each in self.boundaries):
            raise UnableToChart("boundaries: give every time with its offset from UTC")
        moments = [each.astimezone(UTC) for each in self.boundaries]
        if any(one >= other for one, other in pairwise(moments)):
            raise UnableToChart("boundaries: give them in rising order")

    @property
    def cells(self) -> int:
        """The number of intervals."""
        return len(self.boundaries) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Categories:
    """Names side by side, such as months; `head` names the column in the table."""

    labels: tuple[str, ...]
    head: str

    def __post_init__(self) -> None:
        if not self.labels:
            raise UnableToChart("labels: give at least one")

    @property
    def cells(self) -> int:
        """The number of names."""
        return len(self.labels)


Axis = TimeAxis | Categories


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Values in the unit of their panel.

    A step and bars have one value for each interval or name; a line and an area over time have one for each boundary,
    over names one for each name. Bars may stand on `base` (else on zero) and have `tones` of their own.
    """

    name: str
    values: Values
    shape: Shape = Shape.STEP
    tone: Tone = Tone.WITH
    dashed: bool = False
    base: tuple[float, ...] = ()
    tones: tuple[Tone, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A filled band between `lower` and `upper`, each with a value for each interval or for each boundary.

    A band without a name only fills: it is in no legend and no table. Where one side is None, so is the other.
    """

    name: str
    lower: Values
    upper: Values
    tone: Tone = Tone.WITHOUT


@dataclass(frozen=True, slots=True, kw_only=True)
class Shade:
    """A shaded span of time over all panels."""

    label: str
    start: datetime
    end: datetime
    kind: ShadeKind = ShadeKind.CONDITION


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A vertical line at a moment, such as now."""

    label: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Series over one scale, in one unit; with `from_zero` the scale holds zero, with `printed` bars carry figures."""

    title: str
    unit: str
    series: tuple[Series, ...]
    bands: tuple[Band, ...] = ()
    from_zero: bool = False
    printed: bool = False
    digits: int | None = None
    height_px: int = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Panels over one axis. `title` and `description` are read to those who do not see the drawing."""

    title: str
    description: str
    axis: Axis
    panels: tuple[Panel, ...]
    shades: tuple[Shade, ...] = ()
    marks: tuple[Mark, ...] = ()

    def __post_init__(self) -> None:
        if not self.panels:
            raise UnableToChart("panels: give at least one")
        if isinstance(self.axis, Categories) and (self.shades or self.marks):
            raise UnableToChart("shades, marks: they need an axis of time")
        for panel in self.panels:
            for series in panel.series:
                self._check(panel, series.name, len(series.values), series.shape)
                for name, many in (("base", series.base), ("tones", series.tones)):
                    if many and len(many) != len(series.values):
                        raise UnableToChart(f"{panel.title}, {series.name}: {name} has {len(many)} values, not as many")
            for band in panel.bands:
                if [each is None for each in band.lower] != [each is None for each in band.upper]:
                    raise UnableToChart(f"{panel.title}, {band.name}: lower and upper lack different values")
                for side in (band.lower, band.upper):
                    shape = Shape.STEP if len(side) == self.axis.cells else Shape.LINE
                    self._check(panel, band.name, len(side), shape)

    def _check(self, panel: Panel, name: str, given: int, shape: Shape) -> None:
        at_boundaries = shape in (Shape.LINE, Shape.AREA) and isinstance(self.axis, TimeAxis)
        wanted = self.axis.cells + at_boundaries
        if given != wanted:
            raise UnableToChart(f"{panel.title}, {name}: there are {given} values; give {wanted}")
