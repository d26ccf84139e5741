"""The yearly limit of a warranty: its calendar year, and what discharging faster than the year goes by costs.

The price is the value of a kWh of the limit later in the year, as far as the past shows it: 0 while no more was
discharged than the part of the limit that belongs to the time gone by. It rises evenly to twice the spread of energy
prices where a month's part more was discharged, above what any trade on energy earns. It follows from the state alone,
so it carries from plan to plan. Source: the virtual queue of Lyapunov optimization (Urgaonkar et al., SIGMETRICS 2011).
"""

from datetime import datetime

from ridethrough.domain.horizon import zone

_MONTHS = 12
_OF_SPREAD = 2.0


def year_of(moment: datetime, timezone: str) -> tuple[datetime, datetime]:
    """The start and the end of the local calendar year of a moment."""
    local = zone(timezone)
    year = moment.astimezone(local).year
    return datetime(year, 1, 1, tzinfo=local), datetime(year + 1, 1, 1, tzinfo=local)


def haste(used_kwh: float, limit_kwh: float | None, moment: datetime, timezone: str) -> float:
    """From 0, where no more is used than the part of the year that is gone, to 1, where a month's part more is.

    >>> from datetime import UTC
    >>> round(haste(550.0, 1000.0, datetime(2026, 7, 2, 12, tzinfo=UTC), "UTC"), 3)
    0.6
    """
    if not limit_kwh:
        return 0.0
    begins, ends = year_of(moment, timezone)
    ahead = used_kwh / limit_kwh - (moment - begins) / (ends - begins)
    return min(1.0, max(0.0, ahead * _MONTHS))


def price_of_haste_per_kwh(
    used_kwh: float, limit_kwh: float | None, spread_per_kwh: float, moment: datetime, timezone: str
) -> float:
    """The price of a kWh discharged beside its wear; `spread_per_kwh` is that of the energy prices ahead.

    Every planner adds this one.
    """
    return _OF_SPREAD * spread_per_kwh * haste(used_kwh, limit_kwh, moment, timezone)
