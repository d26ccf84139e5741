"""The metered peaks behind a demand charge: of a billing period, or of each of its days or weeks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from ridethrough.tariffs.billing.case import BillingCase
from ridethrough.tariffs.calendar.local_calendar import FloatArray, IndexArray
from ridethrough.tariffs.calendar.past_periods import past_periods
from ridethrough.tariffs.charges.demand import DemandCharge


@dataclass(frozen=True, slots=True, kw_only=True)
class PastPeak:
    """The metered peak of a billing period: `position` counts periods from the first of the series."""

    position: int
    month: int
    year: int
    kw: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodPeaks:
    """The peaks of one billing period: of its stretches in order, and by day or week where the charge keeps these."""

    stretches_kw: tuple[float, ...]
    by_day_kw: Mapping[str, float] = field(default_factory=dict)

    def mean_of_highest(self, number: int) -> float:
        """The mean of so many peaks on distinct days or weeks; those that are not there count as 0."""
        return sum(sorted(self.stretches_kw, reverse=True)[:number]) / number

    @property
    def highest_kw(self) -> float:
        """The highest of all."""
        return max(self.stretches_kw, default=0.0)


def period_peaks(case: BillingCase, charge: DemandCharge) -> list[PeriodPeaks]:
    """The metered peaks of every billing period of a meter series, and what the state says was set before it."""
    calendar = case.meter.calendar
    hours = calendar.hours_of(case.tariff.schedules.get(charge.schedule), charge.period)
    demands, first = case.meter.demands_kw(hours, charge.window_minutes)
    return [
        _of_period(
            case, charge, index, demands[calendar.period[first] == index], first[calendar.period[first] == index]
        )
        for index in range(len(calendar.periods))
    ]


def _of_period(
    case: BillingCase,
    charge: DemandCharge,
    index: int,
    demands: FloatArray,
    first: IndexArray,
) -> PeriodPeaks:
    calendar = case.meter.calendar
    so_far_kw = case.state.peaks_kw.get(charge.name, 0.0) if index == 0 else 0.0
    if charge.apart == "period":
        return PeriodPeaks(stretches_kw=(max(float(demands.max(initial=0.0)), so_far_kw),))
    numbers = calendar.stretch(charge.apart)
    known = case.state.day_peaks_kw.get(charge.name, {}) if index == 0 and charge.highest > 1 else {}
    peaks = {date.fromisoformat(day).toordinal(): kw for day, kw in known.items()}
    for number in np.unique(numbers[first]).tolist():
        peaks[number] = max(peaks.get(number, 0.0), float(demands[numbers[first] == number].max()))
    begun = int(numbers[0])
    if charge.highest == 1 and so_far_kw > 0 and begun in peaks:
        peaks[begun] = max(peaks[begun], so_far_kw)
    labels = {date.fromordinal(number).isoformat(): kw for number, kw in sorted(peaks.items())}
    return PeriodPeaks(stretches_kw=tuple(labels.values()), by_day_kw=labels)


def history_of(case: BillingCase, charge: DemandCharge) -> list[PastPeak]:
    """The peaks of billing periods before the series, from the state."""
    known = case.state.past_peaks_kw.get(charge.name, {})
    first = case.meter.calendar.periods[0]
    placed = past_periods(case.meter.calendar.cycle, first, known)
    return [PastPeak(position=-at.back, month=at.month, year=at.year, kw=known[label]) for label, at in placed.items()]
