"""Billing periods before a horizon, as state files name them: how far back each lies, and which month it counts as."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from ridethrough.tariffs.calendar.billing_cycle import BillingCycle, BillingPeriod

_MONTH_LENGTH = len("2026-05")
_DAYS_A_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True, kw_only=True)
class PastPeriod:
    """A billing period that ended before another began: `back` periods earlier; `month` (1 to 12) is of `year`."""

    back: int
    month: int
    year: int


def past_periods(cycle: BillingCycle, first: BillingPeriod, labels: Iterable[str]) -> Mapping[str, PastPeriod]:
    """Place labels of past billing periods before `first`; labels that do not lie before it are left out.

    Labels of read dates are counted along the cycle's `read_dates` where these hold them, else in twelfths of a year.
    """
    starts = [*cycle.read_dates]
    placed = {}
    for label in labels:
        start = _start_of(label)
        if len(label) == _MONTH_LENGTH and not starts:
            back, middle = first.year * 12 + first.month - (start.year * 12 + start.month), start
        elif start in starts[:-1] and first.start in starts:
            index = starts.index(start)
            back, middle = starts.index(first.start) - index, start + (starts[index + 1] - start) // 2
        else:
            back = max(1, round((first.start - start).days / _DAYS_A_MONTH)) if start < first.start else 0
            middle = start + timedelta(days=round(_DAYS_A_MONTH / 2))
        if back > 0:
            placed[label] = PastPeriod(back=back, month=middle.month, year=middle.year)
    return placed


def _start_of(label: str) -> date:
    year, month, *day = (int(part) for part in label.split("-"))
    return date(year, month, min(day[0], 28) if day and month == 2 else (day[0] if day else 1))  # noqa: PLR2004
