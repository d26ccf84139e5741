"""Paths of series in a box that is 1,000 wide: steps, lines, filled areas and bands, with gaps where values lack."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from ridethrough.charts.chart import Band, Series, Shape, Values

WIDTH = 1000
Point = tuple[float, float]
Place = Callable[[float], float]


def series_path(series: Series, edges: Sequence[float], down: Place) -> str:
    """The path data of a series: `edges` are the places of boundaries, or of the middles of names, `down` a height."""
    return " ".join(_open(points) for points in _runs(series.values, edges, down, series.shape))


def area_path(series: Series, edges: Sequence[float], down: Place) -> str:
    """The path data of the area between a series and zero."""
    zero = down(0.0)
    runs = _runs(series.values, edges, down, series.shape)
    return " ".join(_closed([*points, (points[-1][0], zero), (points[0][0], zero)]) for points in runs)


def band_path(band: Band, edges: Sequence[float], down: Place) -> str:
    """The path data of a band, with a gap where values lack."""
    shape = Shape.STEP if len(band.lower) < len(edges) else Shape.LINE
    sides = zip(*(_runs(each, edges, down, shape) for each in (band.upper, band.lower)), strict=True)
    return " ".join(_closed([*upper, *reversed(lower)]) for upper, lower in sides)


def number(value: float) -> str:
    """A coordinate, as short as it may be."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _runs(values: Values, edges: Sequence[float], down: Place, shape: Shape) -> Iterator[list[Point]]:
    """The points of each run of values between two gaps."""
    for known, group in groupby(range(len(values)), key=lambda index: values[index] is not None):
        if not known:
            continue
        points: list[Point] = []
        for index in group:
            height = down(float(values[index] or 0.0))
            points.append((edges[index], height))
            if shape is Shape.STEP:
                points.append((edges[index + 1], height))
        yield points


def _open(points: Sequence[Point]) -> str:
    """Straight lines through points; horizontal and vertical ones in their short form, none where nothing moves."""
    (left, top), *others = points
    parts, x, y = [f"M{number(left)} {number(top)}"], number(left), number(top)
    for index, (across, height) in enumerate(others):
        here = number(across), number(height)
        after = others[index + 1] if index + 1 < len(others) else None
        flat = here[1] == y and after is not None and number(after[1]) == y
        if here == (x, y) or flat:
            continue
        parts.append(f"H{here[0]}" if here[1] == y else f"V{here[1]}" if here[0] == x else f"L{here[0]} {here[1]}")
        x, y = here
    return "".join(parts)


def _closed(points: Sequence[Point]) -> str:
    return f"{_open(points)}Z"
