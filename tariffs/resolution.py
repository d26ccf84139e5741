"""The time resolution that a tariff needs: its hours and demand windows may begin inside an interval.

Power is assumed constant inside an interval. An interval can then be split into equal parts, so that no boundary of the
tariff lies inside a part.
"""

from collections.abc import Iterator
from math import gcd

import numpy as np

from ridethrough.domain import Horizon
from ridethrough.tariffs.calendar.local_calendar import LocalCalendar, local_calendar
from ridethrough.tariffs.calendar.rate_schedule import RateSchedule
from ridethrough.tariffs.tariff import Tariff


def calendar_of_plans(tariff: Tariff, horizon: Horizon) -> LocalCalendar:
    """The calendar of a horizon that may go on past the last known reading; see `BillingCycle.lasting_to`."""
    last = horizon.start_of(horizon.intervals - 1).date()
    return local_calendar(horizon, tariff.cycle.lasting_to(last), tariff.holidays)


def parts_of_an_interval(tariff: Tariff, calendar: LocalCalendar) -> int:
    """The number of equal parts of each interval so that days, hours and windows begin with a part; usually 1."""
    interval = calendar.horizon.interval_minutes
    windows = {charge.window_minutes for charge in tariff.windowed if charge.window_minutes > interval}
    step = gcd(interval, *windows)
    used = {each.schedule for each in tariff.scheduled}
    borders = {0, *(border for name in used for border in _borders(tariff.schedules[name]))}
    for start in np.unique(calendar.minute % interval).tolist():
        step = gcd(step, *((border - start) % interval for border in borders))
    return interval // step


def _borders(schedule: RateSchedule) -> Iterator[int]:
    return (border for rule in schedule.rules for stretch in rule.hours for border in stretch)


def _power_factor_notes(tariff: Tariff, power_factor: float | None) -> list[str]:
    """What is assumed where charges count kVA or kVAR and nobody gave a power factor."""
    if power_factor is not None or not tariff.asks_for_power_factor:
        return []
    return ["charges count kVA or kVAR and no power factor was given: 1.0 is assumed, so kVA are kW and kVAR are none"]


def split_note(parts: int, calendar: LocalCalendar) -> list[str]:
    """A note about a series whose intervals are split."""
    interval = calendar.horizon.interval_minutes
    where = f"hours or demand windows of the tariff begin inside intervals of {interval} minutes"
    how = f"each is split into parts of {interval // parts} minutes with the same power"
    return [f"{where}: {how}"] if parts > 1 else []


def assumed(tariff: Tariff, horizon: Horizon, power_factor: float | None, named: str) -> list[str]:
    """What a reader should know of windows and power factors; `named` says whose intervals the horizon has."""
    interval = horizon.interval_minutes
    return [
        *_power_factor_notes(tariff, power_factor),
        *(
            f"{charge.name}: demand is the mean of {charge.window_minutes} minutes, but {named} has {interval}"
            for charge in tariff.windowed
            if 0 < charge.window_minutes < interval
        ),
    ]
