"""The lowest peaks that batteries could have held on past days, by charge.

They serve as a forecast for the rest of a billing period.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon
from ridethrough.operation.scenarios.rest_of_period import MeterBattery, achievable_peak_kw, with_rest_of_period
from ridethrough.tariffs.horizon.charges import DemandTerm, HorizonCharges

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

HOURS = 24
_SATURDAY = 5
_AS_IF_KNOWN = 0.7
"""The weight of the peak that perfect foresight could have held; the rest is the weight of the day's own peak."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChargeDays:
    """The hours that one charge meters in one billing period, by kind of day (working, off), and the metered days."""

    hours: BoolArray
    days: tuple[date, ...]

    def left_after(self, day: date) -> int:
        """The number of metered days after a given day."""
        return sum(each > day for each in self.days)


def charge_days(charges: HorizonCharges) -> dict[tuple[str, str], ChargeDays]:
    """The hours of every charge in every billing period, from charges laid over whole days in hourly steps."""
    local = [start.replace(tzinfo=None) for start in charges.horizon.starts()]
    off = np.array([each.weekday() >= _SATURDAY for each in local], dtype=np.intp)
    hour = np.array([each.hour for each in local], dtype=np.intp)
    found: dict[tuple[str, str], ChargeDays] = {}
    for term in charges.held:
        hours = np.zeros((2, HOURS), dtype=bool)
        hours[off[term.intervals], hour[term.intervals]] = True
        days = tuple(dict.fromkeys(local[index].date() for index in term.intervals.tolist()))
        found[term.charge, term.billing_period] = ChargeDays(hours=hours, days=days)
    return found


@dataclass(slots=True, kw_only=True)
class DayPeaks:
    """Learns the achievable peak of each set of hours, day by day, from hourly loads of whole past days (kW)."""

    battery: MeterBattery
    most_days: int = 56
    loads_kw: dict[date, FloatArray] = field(default_factory=dict)
    _peaks_kw: dict[bytes, dict[date, float]] = field(default_factory=dict)

    def learn(self, day: date, load_kw: FloatArray) -> None:
        """Add a day that has ended; a day of 23 or 25 hours is left out, because it is not typical."""
        if len(load_kw) == HOURS:
            self.loads_kw[day] = load_kw
        for old in [each for each in self.loads_kw if each <= day - timedelta(days=self.most_days)]:
            del self.loads_kw[old]

    def of(self, hours: BoolArray) -> FloatArray:
        """The peaks that batteries could have held on past days within some hours, by kind of day."""
        known = self._peaks_kw.setdefault(hours.tobytes(), {})
        for day, load_kw in self.loads_kw.items():
            if day not in known:
                known[day] = self._peak_kw(load_kw, hours[int(day.weekday() >= _SATURDAY)])
        return np.array([known[day] for day in self.loads_kw if known[day] > 0])

    def _peak_kw(self, load_kw: FloatArray, metered: BoolArray) -> float:
        if not metered.any():
            return 0.0
        held_kw = achievable_peak_kw(load_kw, metered, self.battery, 1.0)
        return _AS_IF_KNOWN * held_kw + (1 - _AS_IF_KNOWN) * float(load_kw[metered].max())


def with_days_to_come(
    demand: tuple[DemandTerm, ...], known: Mapping[tuple[str, str], ChargeDays], peaks: DayPeaks, horizon: Horizon
) -> tuple[DemandTerm, ...]:
    """Price every charge of a horizon for the remaining days of its billing period."""
    last = horizon.start_of(horizon.intervals - 1).date()
    terms = []
    for term in demand:
        if term.is_expected:
            terms.append(term)
            continue
        days = known.get((term.charge, term.billing_period))
        day_peaks_kw, left = (np.zeros(0), 0) if days is None else (peaks.of(days.hours), days.left_after(last))
        terms.append(with_rest_of_period(term, day_peaks_kw, left))
    return tuple(terms)
