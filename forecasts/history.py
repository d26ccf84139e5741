"""What was known at a moment: a measured series, cut so that no later value can be read."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridethrough.domain.horizon import Horizon
from ridethrough.domain.validation import Checks

FloatArray = NDArray[np.float64]

_MINUTES_PER_DAY = 1440
_MOST_FAULTS = 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """Values of the complete intervals that were known at `issued_at`, and no others.

    `values` has one value for each interval of `horizon` and is read-only. `known_at` makes a history. A measured value
    is known when its interval has ended. Prices that are published ahead are known up to `known_until`.
    """

    horizon: Horizon
    values: FloatArray
    issued_at: datetime
    known_until: datetime

    @property
    def end(self) -> datetime:
        """The instant after the last known interval."""
        return self.horizon.end

    @property
    def slots_per_day(self) -> int:
        """The number of intervals in a day of 24 hours."""
        return _MINUTES_PER_DAY // self.horizon.interval_minutes

    @property
    def days(self) -> float:
        """The number of known days of 24 hours."""
        return len(self.values) / self.slots_per_day

    def last(self, intervals: int) -> "History":
        """The latest `intervals` intervals, or all if there are fewer."""
        left_out = max(0, len(self.values) - intervals)
        horizon = self.horizon.part(left_out, self.horizon.intervals)
        return History(
            horizon=horizon, values=self.values[left_out:], issued_at=self.issued_at, known_until=self.known_until
        )

    def require_before(self, horizon: Horizon) -> int:
        """Check that a horizon continues this history's intervals; return the number of unknown intervals between them.

        Raises `UnableToAccept` with every reason why it does not.
        """
        given, checks = self.horizon, Checks()
        same_step = horizon.interval_minutes == given.interval_minutes
        checks.require(same_step, "horizon.interval_minutes", horizon.interval_minutes, f"{given.interval_minutes}")
        checks.require(horizon.timezone == given.timezone, "horizon.timezone", horizon.timezone, given.timezone)
        between, rest = divmod(horizon.start - given.end, given.step)
        allowed = f"at or after {given.end.isoformat()}, the end of what is known"
        checks.require(between >= 0, "horizon.start", horizon.start.isoformat(), allowed)
        allowed = f"a whole number of steps after {given.end.isoformat()}"
        checks.require(not rest, "horizon.start", horizon.start.isoformat(), allowed)
        checks.raise_faults()
        return between


def known_at(
    issued_at: datetime, horizon: Horizon, values: ArrayLike, *, known_until: datetime | None = None
) -> History:
    """Cut a series over `horizon` to the intervals that had ended at `issued_at`.

    The cut is a copy, made before any other code reads the values; later values may be anything, or missing. For values
    published ahead, such as tomorrow's day-ahead prices, `known_until` replaces `issued_at` as the instant of the cut.
    Raises `UnableToAccept` with every fault of the known values.
    """
    checks = Checks()
    cut = issued_at if known_until is None else known_until
    checks.require(issued_at.tzinfo is not None, "issued_at", issued_at, "a time with a UTC offset")
    checks.require(known_until is None or cut.tzinfo is not None, "known_until", cut, "a time with a UTC offset")
    minutes = horizon.interval_minutes
    checks.require(_MINUTES_PER_DAY % minutes == 0, "horizon.interval_minutes", minutes, "a step that divides a day")
    checks.raise_faults()
    ended = max(0, min(horizon.intervals, (cut - horizon.start) // horizon.step))
    allowed = f"at or after {(horizon.start + horizon.step).isoformat()}, when the first interval ended"
    checks.require(ended > 0, "issued_at" if known_until is None else "known_until", cut.isoformat(), allowed)
    known = np.array(np.asarray(values)[:ended], dtype=np.float64)
    checks.require(known.shape == (ended,), "values", f"shape {known.shape}", f"{ended}, one for each interval")
    wrong = np.flatnonzero(~np.isfinite(known)) if known.ndim == 1 else np.zeros(0, dtype=np.intp)
    for index in wrong[:_MOST_FAULTS]:
        checks.require(condition=False, name=f"values.{index}", value=float(known[index]), allowed="a finite number")
    few = len(wrong) <= _MOST_FAULTS
    checks.require(few, "values", f"{len(wrong)} faults", f"without faults; only the first {_MOST_FAULTS} are listed")
    checks.raise_faults()
    known.setflags(write=False)
    return History(horizon=horizon.first(ended), values=known, issued_at=issued_at, known_until=cut)
