"""A meter series on the local clock, for bills."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from ridethrough.domain.horizon import Horizon
from ridethrough.domain.validation import Checks
from ridethrough.tariffs.calendar.local_calendar import FloatArray, IndexArray, LocalCalendar

_DIGITS = 9


def exact(value: float) -> Decimal:
    """Convert a float to the decimal that a person would write.

    >>> exact(0.1) * 3
    Decimal('0.3')
    """
    return Decimal(repr(float(value)))


def quantity(value: float) -> Decimal:
    """Convert a metered sum to a decimal of 9 places, which is finer than any meter and coarser than float noise.

    >>> quantity(0.1 + 0.2)
    Decimal('0.3')
    """
    return exact(round(float(value), _DIGITS))


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterSeries:
    """Mean net kW of every interval (negative: export) and its calendar."""

    calendar: LocalCalendar
    kw: FloatArray

    @classmethod
    def of(cls, horizon: Horizon, kw: FloatArray, calendar: LocalCalendar) -> "MeterSeries":
        """Check a series against its horizon.

        Raises `UnableToAccept` for another length, or values that are not finite (with the first such row).
        """
        checks = Checks()
        checks.require(kw.shape == (horizon.intervals,), "kw", f"{kw.shape}", f"{horizon.intervals} values")
        bad = np.flatnonzero(~np.isfinite(kw))
        for row in bad[:1]:
            checks.require(not len(bad), f"kw.{row}", float(kw.flat[row]), "a finite number")
        checks.raise_faults()
        return cls(calendar=calendar, kw=kw)

    @property
    def import_kwh(self) -> FloatArray:
        """Energy bought in every interval."""
        return np.asarray(np.maximum(self.kw, 0.0) * self.calendar.horizon.interval_h)

    @property
    def export_kwh(self) -> FloatArray:
        """Energy sold in every interval."""
        return np.asarray(np.maximum(-self.kw, 0.0) * self.calendar.horizon.interval_h)

    def demands_kw(self, intervals: IndexArray, window_minutes: int) -> tuple[FloatArray, IndexArray]:
        """Demand in each clock window that contains some of `intervals`, and the first interval of each window.

        The demand of a window is the mean of its intervals that count, and at least 0.
        """
        kw = self.kw[intervals]
        if window_minutes > self.calendar.horizon.interval_minutes and len(intervals):
            window = self.calendar.windows(window_minutes)[intervals]
            starts = np.concatenate([[0], np.flatnonzero(np.diff(window)) + 1])
            counts = np.diff(np.append(starts, len(kw)))
            kw = np.add.reduceat(kw, starts) / counts
            intervals = intervals[starts]
        return np.maximum(kw, 0.0), intervals
