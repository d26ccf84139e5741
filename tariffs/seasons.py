"""The months of the year that a tariff prices in the same way."""

from collections.abc import Hashable

from ridethrough.tariffs.calendar.written import MONTHS
from ridethrough.tariffs.tariff import Tariff


def season_by_month(tariff: Tariff) -> tuple[int, ...]:
    """Number the seasons of a tariff, month by month from January: months with the same rates and hours share one.

    >>> from ridethrough.tariffs.charges.demand import DemandCharge, DemandSeason, DemandTier
    >>> summer = DemandSeason(months=(6, 7, 8, 9), tiers=(DemandTier(rate_per_kw=20.0),))
    >>> season_by_month(Tariff(name="summer demand", demand=(DemandCharge(name="peak", seasons=(summer,)),)))
    (0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0)
    """
    priced = [_rates_and_hours(tariff, month) for month in MONTHS]
    known = list(dict.fromkeys(priced))
    return tuple(known.index(each) for each in priced)


def _rates_and_hours(tariff: Tariff, month: int) -> Hashable:
    hours = tuple(schedule.slots[month - 1].tobytes() for schedule in tariff.schedules.values())
    return hours, tuple(charge.tiers(month) for charge in tariff.demand)
