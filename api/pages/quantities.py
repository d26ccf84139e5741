"""Quantities as pages write them: rounded as a person reads them, always with their unit, a dash where unknown."""

import math
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, TypeGuard

from markupsafe import Markup, escape

from ridethrough.domain.horizon import zone

UNKNOWN = "-"
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400
_CENTS_BELOW = 1000
_ROUNDING = 1e-6
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d$")


def kw(value: float | None) -> str:
    """A power.

    >>> kw(5480.4), kw(None), kw(-0.2)
    ('5,480 kW', '-', '0 kW')
    """
    return UNKNOWN if not _known(value) else f"{round(value):,} kW"


def kwh(value: float | None) -> str:
    """An energy.

    >>> kwh(331.26)
    '331.3 kWh'
    """
    return UNKNOWN if not _known(value) else f"{value:,.1f} kWh"


def seconds(value: float | None) -> str:
    """A time that is carried, in whole seconds, rounded down: it is never shown longer than it is.

    >>> seconds(299.99), seconds(1e9)
    ('299 s', 'more than a day')
    """
    if value is None or math.isnan(value):
        return UNKNOWN
    return "more than a day" if value > _DAY_S else f"{math.floor(value + _ROUNDING):,} s"


def signed_seconds(value: float | None) -> str:
    """A margin in whole seconds, rounded down.

    >>> signed_seconds(55.7), signed_seconds(-0.2)
    ('+55 s', '-1 s')
    """
    if value is None or math.isnan(value):
        return UNKNOWN
    return "more than a day" if value > _DAY_S else f"{math.floor(value + _ROUNDING):+,} s"


def percent(value: float | None) -> str:
    """A fraction.

    >>> percent(0.625)
    '62.5 %'
    """
    return UNKNOWN if not _known(value) else f"{100 * value:.1f} %"


def money(value: float | None, currency: str) -> str:
    """An amount: cents below a thousand.

    >>> money(12.345, "USD"), money(-1234.5, "EUR")
    ('12.35 USD', '-1,234 EUR')
    """
    return amount(value) if not _known(value) else f"{amount(value)} {currency}"


def days_until(start: str, end: str) -> str:
    """The first and the last day of a period that is written with its start and its end, which is not of it.

    >>> days_until("2026-07-01T00:00:00-04:00", "2026-08-01T00:00:00-04:00")
    '01 Jul 2026 to 31 Jul 2026'
    """
    last = datetime.fromisoformat(end) - timedelta(seconds=1)
    return f"{datetime.fromisoformat(start):%d %b %Y} to {last:%d %b %Y}"


def with_unit(written: str) -> Markup:
    """A written quantity with its unit set apart, as figures show it.

    >>> with_unit("1,234 USD"), with_unit("-")
    (Markup('1,234<span class="unit"> USD</span>'), Markup('not known'))
    """
    figure, _, unit = written.partition(" ")
    if written == UNKNOWN:
        return Markup("not known")
    return Markup('{}<span class="unit"> {}</span>').format(figure, unit) if unit else escape(figure)


def amount(value: float | None) -> str:
    """An amount without its currency, which stands beside it."""
    if not _known(value):
        return UNKNOWN
    return f"{value:,.2f}" if abs(value) < _CENTS_BELOW else f"{value:,.0f}"


def price(value: float | None, currency: str) -> str:
    """A price of energy.

    >>> price(0.0914, "USD")
    '0.0914 USD/kWh'
    """
    return UNKNOWN if not _known(value) else f"{value:.4f} {currency}/kWh"


def age(value: float | None) -> str:
    """How long ago something was, from its seconds.

    >>> age(4.2), age(75), age(3 * 3600 + 120), age(200000), age(None)
    ('4 s', '1 min 15 s', '3 h 2 min', '2 d 7 h', '-')
    """
    if not _known(value):
        return UNKNOWN
    whole = max(0, int(value))
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S} min {whole % _MINUTE_S} s"
    if whole < _DAY_S:
        return f"{whole // _HOUR_S} h {whole % _HOUR_S // _MINUTE_S} min"
    return f"{whole // _DAY_S} d {whole % _DAY_S // _HOUR_S} h"


def clock(moment: datetime | None, timezone: str) -> str:
    """A time of day on a site's clock."""
    return UNKNOWN if moment is None else f"{moment.astimezone(zone(timezone)):%H:%M}"


def span(start: datetime, end: datetime, now: datetime, timezone: str) -> str:
    """A span on a site's clock; what does not begin or end today has its day."""
    local = zone(timezone)
    today = now.astimezone(local).date()
    first, last = start.astimezone(local), end.astimezone(local)
    begins = f"{first:%H:%M}" if first.date() == today else f"{first:%a %H:%M}"
    ends = f"{last:%H:%M}" if last.date() in (today, first.date()) else f"{last:%a %H:%M}"
    return f"{begins} - {ends}"


def day(value: date) -> str:
    """A day.

    >>> day(date(2026, 7, 4))
    'Sat 4 Jul 2026'
    """
    return f"{value:%a} {value.day} {value:%b %Y}"


def lasting(minutes: float) -> str:
    """How long something lasts.

    >>> lasting(15), lasting(60), lasting(360), lasting(2880)
    ('15 minutes', '1 hour', '6 hours', '2 days')
    """
    size, unit = next((each for each in ((1440, "day"), (60, "hour")) if minutes % each[0] == 0), (1, "minute"))
    many = round(minutes / size)
    return f"{many} {unit}{'' if many == 1 else 's'}"


def day_and_clock(moment: datetime | None, timezone: str) -> str:
    """A day and a time on a site's clock, with the zone's name as it is then."""
    return UNKNOWN if moment is None else f"{moment.astimezone(zone(timezone)):%a %d %b %Y, %H:%M:%S %Z}"


def in_words(value: Any, timezone: str) -> str:  # noqa: ANN401 - JSON
    """A value of a document as a person reads it; times are those of a site's clock.

    >>> in_words({"plan_id": "plan-1", "certified": True, "series": [{"new": 3}, {"new": 4}]}, "UTC")
    'plan id plan-1; certified yes; series (new 3), (new 4)'
    """
    if isinstance(value, dict):
        return "; ".join(f"{name.replace('_', ' ')} {in_words(each, timezone)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(f"({in_words(each, timezone)})" if isinstance(each, dict) else str(each) for each in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and _TIME.match(value):
        return day_and_clock(datetime.fromisoformat(value), timezone)
    return UNKNOWN if value is None else str(value)


def _known(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


_WRITERS = (
    kw,
    kwh,
    seconds,
    signed_seconds,
    percent,
    amount,
    with_unit,
    days_until,
    money,
    price,
    age,
    clock,
    span,
    day,
    lasting,
    day_and_clock,
)
FILTERS: dict[str, Callable[..., Any]] = {each.__name__: each for each in _WRITERS}
"""What templates write quantities with."""
