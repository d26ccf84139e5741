"""What views for a terminal share: widths, indents, and seconds in whole numbers."""

import math
from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderableType
from rich.measure import Measurement
from rich.padding import Padding

_UNBOUNDED = 10_000
_TOLERANCE_S = 1e-3


class FirstThatFits:
    """The first of some views that fits the width of the terminal, or the last; views go from wide to narrow."""

    def __init__(self, *views: RenderableType) -> None:
        self._views = views

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """Give the view to print."""
        unbounded = options.update(width=_UNBOUNDED)
        fitting = (
            each for each in self._views if Measurement.get(console, unbounded, each).maximum <= options.max_width
        )
        yield next(fitting, self._views[-1])


def indented(view: RenderableType) -> Padding:
    """A view two columns to the right, with the continuation of its lines."""
    return Padding(view, (0, 0, 0, 2))


def stacked(name: str) -> str:
    """The words of a column's name below each other, where their value is as narrow as one word."""
    return name.replace(" ", "\n") if name in ("stored kWh", "rides through") else name


def ride_through_text(ride_through_s: float, required_s: float) -> str:
    """The worst outage in words."""
    return f"at worst {whole_seconds(ride_through_s)}, where {whole_seconds(required_s)} are required"


def whole_seconds(seconds: float) -> str:
    """Whole seconds, rounded down: 299.6 s is never shown as 300."""
    return f"{math.floor(seconds + _TOLERANCE_S):,} s"
