"""When a bill begins and ends."""

from dataclasses import dataclass
from datetime import date, timedelta

from ridethrough.domain.validation import Checks
from ridethrough.tariffs.calendar.written import TariffPart

_LAST_DAY = 28
_MIDDLE_DAY = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingPeriod:
    """The local days `[start, end)` of one bill.

    `month` (1 to 12), the calendar month of most of its days, selects seasonal demand rates and ratchets. `label` is
    the period's name in state files: that month (`2026-05`), or the first day if read dates are given.
    """

    label: str
    start: date
    end: date
    month: int

    @property
    def days(self) -> int:
        """The number of local days."""
        return (self.end - self.start).days

    @property
    def middle(self) -> date:
        """The day in the middle."""
        return self.start + timedelta(days=self.days // 2)

    @property
    def year(self) -> int:
        """The year of `month`."""
        return self.middle.year


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingCycle(TariffPart):
    """Calendar months, months from another `day_of_month` (up to 28), or the days on which meters were read."""

    day_of_month: int = 1
    read_dates: tuple[date, ...] = ()

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(1 <= self.day_of_month <= _LAST_DAY, "day_of_month", self.day_of_month, "from 1 to 28")
        rising = all(one < next_one for one, next_one in zip(self.read_dates, self.read_dates[1:], strict=False))
        checks.require(rising, "read_dates", self.read_dates, "dates in rising order")
        checks.require(
            not self.read_dates or self.day_of_month == 1, "day_of_month", self.day_of_month, "left out here"
        )
        checks.require(len(self.read_dates) != 1, "read_dates", self.read_dates, "at least two dates")
        checks.raise_faults()

    def periods(self, first: date, last: date) -> tuple[BillingPeriod, ...]:
        """The billing periods that contain the local days from `first` to `last`.

        Raises `UnableToAccept` if read dates do not cover these days.
        """
        if self.read_dates:
            return self._between_reads(first, last)
        start = first.replace(day=self.day_of_month)
        if start > first:
            start = _month_after(start, -1)
        periods = []
        while start <= last:
            end = _month_after(start, 1)
            named = start if self.day_of_month <= _MIDDLE_DAY else end
            periods.append(BillingPeriod(label=f"{named:%Y-%m}", start=start, end=end, month=named.month))
            start = end
        return tuple(periods)

    def _between_reads(self, first: date, last: date) -> tuple[BillingPeriod, ...]:
        checks = Checks()
        begun, ended = self.read_dates[0], self.read_dates[-1]
        checks.require(begun <= first, "read_dates.0", f"{begun}", f"{first} or before: the series starts there")
        name = f"read_dates.{len(self.read_dates) - 1}"
        checks.require(
            last < ended, name, f"{ended}", f"followed by a reading after {last}, the last day of the series"
        )
        checks.raise_faults()
        pairs = zip(self.read_dates, self.read_dates[1:], strict=False)
        return tuple(
            BillingPeriod(
                label=start.isoformat(),
                start=start,
                end=end,
                month=(start + timedelta(days=(end - start).days // 2)).month,
            )
            for start, end in pairs
            if end > first and start <= last
        )

    def lasting_to(self, day: date) -> "BillingCycle":
        """The cycle extended beyond a day: after the last reading, billing periods keep the last one's length.

        This is for plans, which look beyond the last known reading; a bill requires real readings.
        """
        if not self.read_dates or day < self.read_dates[-1]:
            return self
        before, known = self.read_dates[-2:]
        assumed = 1 + (day - known) // (known - before)
        added = tuple(known + number * (known - before) for number in range(1, assumed + 1))
        return BillingCycle(read_dates=(*self.read_dates, *added))


def _month_after(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, day.day)
