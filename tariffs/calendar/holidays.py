"""Days that a tariff treats as holidays."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import holidays as _holidays

from ridethrough.domain.validation import Checks
from ridethrough.tariffs.calendar.written import TariffPart

_OBSERVED = re.compile(r" \((observed|estimated|substitute day).*\)$", re.IGNORECASE)
_SAMPLE_YEARS = (2024, 2025, 2026)


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidayCalendar(TariffPart):
    """The public holidays of a country or a part of it, from the library `holidays`, and additional dates.

    `only` keeps some of them, by the library's names (`Labor Day`); a tariff usually lists six or eight. Unless
    `observed` is false, the day on which the law observes a holiday counts too.
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
        if self.country:
            names = {name for year in _SAMPLE_YEARS for found in _found(self, year).values() for name in found}
            for name in self.only:
                checks.require(name in names, "only", name, f"one of {', '.join(sorted(names))}")
        checks.raise_faults()

    def in_year(self, year: int) -> frozenset[date]:
        """The holidays of one year."""
        return _in_year(self, year)


@lru_cache(maxsize=128)
def _in_year(calendar: HolidayCalendar, year: int) -> frozenset[date]:
    days = {day for day in calendar.dates if day.year == year}
    if calendar.country:
        chosen = set(calendar.only)
        days |= {day for day, names in _found(calendar, year).items() if not chosen or names & chosen}
    return frozenset(days)


def _found(calendar: HolidayCalendar, year: int) -> dict[date, set[str]]:
    """The holidays of a country in one year; several can fall on one day."""
    subdivision = calendar.subdivision or None
    found = _holidays.country_holidays(calendar.country, subdiv=subdivision, years=year, observed=calendar.observed)
    return {day: {_OBSERVED.sub("", name) for name in names.split("; ")} for day, names in found.items()}
