"""The rules by which missing readings are filled: hold, a line, or the day before."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from ridethrough.api.reading.tables.csv_format import Gaps

Values = NDArray[np.float64]
Refused = tuple[int, float, str]
"""Where a gap starts, its minutes, and why it is not filled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The rows of a stretch, and the row in each place of its grid (-1: none)."""

    rows: NDArray[np.int64]
    places: NDArray[np.int64]

    @classmethod
    def of(cls, rows: NDArray[np.int64], offsets: NDArray[np.int64]) -> "Grid":
        """Lay rows on a grid by their offsets from the first."""
        places = np.full(int(offsets[-1]) + 1, -1, dtype=np.int64)
        places[offsets] = rows
        return cls(rows=rows, places=places)


def fill(
    values: Values, gaps: Gaps, *, start: datetime, step: timedelta, clock: tzinfo
) -> tuple[Values, timedelta, list[Refused]]:
    """Fill NaNs by a rule: the values, the longest gap, and the gaps that the rule does not cover."""
    filled = values.copy()
    longest, refused = timedelta(), []
    for first, last in _runs(np.isnan(values)):
        length = (last - first) * step
        longest = max(longest, length)
        minutes = length / timedelta(minutes=1)
        if length > gaps.at_most:
            allowed = f"at most {gaps.at_most_minutes:g} minutes (gaps.at_most_minutes), or filled in the file"
            refused.append((first, minutes, allowed))
        elif gaps.fill == "previous_day":
            if not _from_day_before(filled, first, last, start=start, step=step, clock=clock):
                refused.append((first, minutes, "with readings a day before, or filled by another rule: hold"))
        elif first == 0 or (gaps.fill == "interpolate" and last == len(values)):
            refused.append((first, minutes, "between readings: leave out these rows"))
        elif gaps.fill == "hold":
            filled[first:last] = filled[first - 1]
        else:
            parts = np.arange(1, last - first + 1) / (last - first + 1)
            filled[first:last] = filled[first - 1] + parts * (values[last] - filled[first - 1])
    return filled, longest, refused


def _runs(missing: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """The first place of each gap, and the place after its last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], missing, [False]]).astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _from_day_before(filled: Values, first: int, last: int, *, start: datetime, step: timedelta, clock: tzinfo) -> bool:
    """Fill a gap from the same local clock time of the day before; False where that has no readings."""
    for place in range(first, last):
        local = (start + place * step).astimezone(clock)
        before = (local - timedelta(days=1)).astimezone(UTC)
        source = (before - start) / step
        if source < 0 or source != int(source) or np.isnan(filled[int(source)]):
            return False
        filled[place] = filled[int(source)]
    return True
