"""The period of a tariff at a moment of the local clock."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain.validation import Checks
from ridethrough.tariffs.calendar.written import DAY_TYPES, MINUTES_PER_DAY, MONTHS, Days, Hours, Months, TariffPart

SLOTS_PER_DAY = 96
_SLOT_MINUTES = MINUTES_PER_DAY // SLOTS_PER_DAY
_UNSET = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRule(TariffPart):
    """`period` holds in these months, on these days, in these stretches of the day (minutes of the local clock)."""

    period: str
    months: Months = MONTHS
    days: Days = DAY_TYPES
    hours: Hours = ((0, MINUTES_PER_DAY),)

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(bool(self.period), "period", self.period, "a name")
        for month in self.months:
            checks.require(month in MONTHS, "months", month, "from 1 to 12")
        for stretch in self.hours:
            start, end = stretch
            fits = 0 <= start < end <= MINUTES_PER_DAY and start % _SLOT_MINUTES == end % _SLOT_MINUTES == 0
            checks.require(fits, "hours", stretch, "within 0 and 24 h, on quarter hours")
        checks.raise_faults()


@dataclass(frozen=True, kw_only=True)
class RateSchedule(TariffPart):
    """The periods of a tariff by month, day type and quarter hour; the first rule that fits a moment wins.

    Every moment of the year must be covered. Close with a rule that names only a period to cover what is left.
    """

    rules: tuple[ScheduleRule, ...]

    def __post_init__(self) -> None:
        checks = Checks()
        uncovered = np.argwhere(_slots(self.rules) == _UNSET)
        if len(uncovered):
            month, day, slot = (int(index) for index in uncovered[0])
            at = f"month {month + 1}, {DAY_TYPES[day]}, {slot * _SLOT_MINUTES // 60:02d}:{slot % 4 * _SLOT_MINUTES:02d}"
            checks.require(not len(uncovered), "rules", f"nothing for {at}", "rules that cover every moment")
        checks.raise_faults()

    @property
    def periods(self) -> tuple[str, ...]:
        """The names of the periods, in the order in which the rules first name them."""
        return tuple(dict.fromkeys(rule.period for rule in self.rules))

    @cached_property
    def slots(self) -> NDArray[np.int8]:
        """The index into `periods` by month, day type (weekday, saturday, sunday, holiday) and quarter hour.

        Shape (12, 4, 96).
        """
        return _slots(self.rules)

    def mask(self, period: str) -> NDArray[np.bool_]:
        """True in the slots of `period`, shape (12, 4, 96)."""
        return np.asarray(self.slots == self.periods.index(period))


@lru_cache(maxsize=256)
def _slots(rules: tuple[ScheduleRule, ...]) -> NDArray[np.int8]:
    periods = list(dict.fromkeys(rule.period for rule in rules))
    slots = np.full((len(MONTHS), len(DAY_TYPES), SLOTS_PER_DAY), _UNSET, dtype=np.int8)
    for rule in reversed(rules):  # an earlier rule overwrites a later one
        months = np.array(rule.months, dtype=np.intp) - 1
        days = np.array([DAY_TYPES.index(day) for day in rule.days], dtype=np.intp)
        for start, end in rule.hours:
            hours = np.arange(start // _SLOT_MINUTES, end // _SLOT_MINUTES)
            slots[np.ix_(months, days, hours)] = periods.index(rule.period)
    slots.setflags(write=False)
    return slots
