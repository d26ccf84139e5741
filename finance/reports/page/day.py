"""The choice of the day that shows the effect of trading best."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from math import fsum

from ridethrough.finance.study.study import Study
from ridethrough.tariffs.charges.kind import PEAK_KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDay:
    """One local day (`intervals`) and the reason for its choice; `ups` is the index of the most active UPS system."""

    day: date
    intervals: range
    ups: int
    reason: str


def day_to_show(study: Study) -> ShownDay | None:
    """A day of the billing period with the largest saving; None if no battery ever discharged.

    If lower peaks made most of the saving, it is the day whose peak was cut most, among the days that would have raised
    the peak of the period. Otherwise it is the day with the most energy discharged.
    """
    saved = [period.savings.on_the_bill for period in study.periods]
    index = saved.index(max(saved))
    days = _days(study, index)
    label = study.periods[index].label
    most = f"{label}, the billing period in which most was saved" if len(saved) > 1 else label
    cuts = {day: cut for day, intervals in days.items() if (cut := _cut(study, intervals, _highest(study, days)))}
    savings = study.periods[index].savings
    peaks_led = savings.of(*PEAK_KINDS) >= savings.of("energy", "export")
    if peaks_led and cuts:
        day = max(cuts, key=lambda each: cuts[each])
        return _shown(study, day, days[day], f"the day of {most}, whose peak at the meter was cut most")
    given = {
        day: fsum(_given(study, ups, intervals) for ups in range(len(study.ups))) for day, intervals in days.items()
    }
    day = max(given, key=lambda each: given[each])
    if given[day] == 0:
        return None
    return _shown(study, day, days[day], f"the day of {most}, on which the batteries discharged the most energy")


def _shown(study: Study, day: date, intervals: range, reason: str) -> ShownDay:
    ups = max(range(len(study.ups)), key=lambda each: _given(study, each, intervals))
    return ShownDay(day=day, intervals=intervals, ups=ups, reason=reason)


def _days(study: Study, period: int) -> dict[date, range]:
    """The intervals of each local day of a billing period."""
    billed = study.baseline.periods[period]
    days: dict[date, range] = {}
    for index, start in enumerate(study.horizon.starts()):
        if billed.start <= start < billed.end:
            first = days[start.date()].start if start.date() in days else index
            days[start.date()] = range(first, index + 1)
    return days


def _highest(study: Study, days: dict[date, range]) -> float:
    return max(_peak(study.grid_kw, intervals) for intervals in days.values())


def _cut(study: Study, intervals: range, highest_kw: float) -> float:
    """The cut of the day's peak, in kW, if it would have been the period's peak; otherwise 0."""
    peak = _peak(study.baseline_grid_kw, intervals)
    return max(0.0, peak - _peak(study.grid_kw, intervals)) if peak > highest_kw else 0.0


def _peak(kw: tuple[float, ...], intervals: Iterable[int]) -> float:
    return max(kw[index] for index in intervals)


def _given(study: Study, ups: int, intervals: Iterable[int]) -> float:
    return fsum(study.ups[ups].discharge_kw[index] for index in intervals)
