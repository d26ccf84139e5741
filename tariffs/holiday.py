"""Days that a tariff treats as holidays."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import holidays as _holidays

from domain.validation import Checks
from tariffs.written import Written


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidayCalendar(Written):
    """The public holidays of a country or a part of it, in the library `holidays`, and further dates.

    `only` keeps the holidays whose English name holds one of these words: a tariff usually lists six or eight. Holidays are
    taken on the day that the law observes them unless `observed` is false.
    """

    country: str = ""
    subdivision: str = ""
    only: tuple[str, ...] = ()
    dates: tuple[date, ...] = ()
    observed: bool = True

    def __post_init__(self) -> None:
        checks = Checks()
        supported = _holidays.list_supported_countries()
        known = not self.country or self.country in supported
        checks.require(known, "country", self.country, "an ISO 3166 code that the library holidays knows, such as US")
        if known and self.subdivision:
            parts = supported.get(self.country, [])
            checks.require(self.subdivision in parts, "subdivision", self.subdivision, f"one of {', '.join(parts)}")
        checks.raise_faults()

    def in_year(self, year: int) -> frozenset[date]:
        """The holidays of one year."""
        return _in_year(self, year)


@lru_cache(maxsize=128)
def _in_year(calendar: HolidayCalendar, year: int) -> frozenset[date]:
    days = {day for day in calendar.dates if day.year == year}
    if calendar.country:
        found = _holidays.country_holidays(
            calendar.country, subdiv=calendar.subdivision or None, years=year, observed=calendar.observed
        )
        days |= {
            day
            for day, name in found.items()
            if not calendar.only or any(word.lower() in name.lower() for word in calendar.only)
        }
    return frozenset(days)
