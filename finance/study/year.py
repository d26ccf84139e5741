"""The saving of a year, from the whole billing periods of a study.

A demand charge is billed for a whole period, so a part of a period says nothing about a year. A year contains each
month once. A month that was not studied is assumed to save as much as the nearest studied month of the same season of
the tariff. If a season was not studied, there is no yearly figure.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence

from ridethrough.finance.figure import Figure
from ridethrough.finance.project.uncertainty import SavingsHistory
from ridethrough.finance.study.study import PeriodSavings, Savings
from ridethrough.tariffs.calendar.written import MONTHS

_MONTHS_A_YEAR = len(MONTHS)
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def whole_periods(periods: Sequence[PeriodSavings]) -> tuple[PeriodSavings, ...]:
    """The billing periods that were studied from their first day to their last."""
    return tuple(period for period in periods if period.whole)


def annual_saving(
    periods: Sequence[PeriodSavings],
    season_by_month: Sequence[int],
    saved: Callable[[Savings], float] = lambda savings: savings.total,
) -> Figure:
    """The saving of a year with every month once; unknown, with its reason, if it cannot be worked out."""
    reason = no_year(periods, season_by_month)
    if reason:
        return Figure.unknown(reason)
    weights = months_represented(periods, season_by_month)
    return Figure.known(sum(weight * saved(each.savings) for weight, each in zip(weights, periods, strict=True)))


def months_represented(periods: Sequence[PeriodSavings], season_by_month: Sequence[int]) -> tuple[float, ...]:
    """The number of months of a year that each billing period represents; 0 for a period not studied as a whole.

    Call it only if `no_year` is empty. The months of a year are divided among the periods that represent them.
    """
    studied = {period.month for period in whole_periods(periods)}
    stands_for = [_nearest(month, studied, season_by_month) for month in MONTHS]
    often = Counter(period.month for period in whole_periods(periods))
    return tuple(stands_for.count(each.month) / often[each.month] if each.whole else 0.0 for each in periods)


def no_year(periods: Sequence[PeriodSavings], season_by_month: Sequence[int]) -> str:
    """The reason why a study says nothing about a year; empty if it does."""
    whole = whole_periods(periods)
    if not whole:
        return "no billing period was studied from its first day to its last, and peaks are billed for whole periods"
    studied = {season_by_month[period.month - 1] for period in whole}
    missing = [month for month in MONTHS if season_by_month[month - 1] not in studied]
    if missing:
        return (
            f"the tariff prices {_named(missing)} in another way than the studied months, "
            "and no whole billing period of those months was studied"
        )
    return ""


def history_of_year(
    periods: Sequence[PeriodSavings],
    season_by_month: Sequence[int],
    saved: Callable[[Savings], float] = lambda savings: savings.total,
) -> SavingsHistory:
    """The months of a year, as often as the most studied month was studied; `no_year` must have nothing to say."""
    by_month: dict[int, list[float]] = {}
    for period in whole_periods(periods):
        by_month.setdefault(period.month, []).append(saved(period.savings))
    rows = max(len(values) for values in by_month.values())
    years = []
    for row in range(rows):
        months = [by_month[_nearest(month, set(by_month), season_by_month)] for month in MONTHS]
        years.append(tuple(values[row % len(values)] for values in months))
    return SavingsHistory(savings_by_year=tuple(years), season_by_part=tuple(season_by_month))


def _nearest(month: int, studied: Collection[int], season_by_month: Sequence[int]) -> int:
    """The studied month of the same season that is nearest in the year; the earlier of two that are as near."""
    alike = [each for each in studied if season_by_month[each - 1] == season_by_month[month - 1]]
    return min(alike, key=lambda each: (min((each - month) % _MONTHS_A_YEAR, (month - each) % _MONTHS_A_YEAR), each))


def _named(months: Sequence[int]) -> str:
    return ", ".join(_NAMES[month - 1] for month in months)
