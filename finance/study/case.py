"""The case of a study: a site, its tariff, and a part of its record."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, PriceSeries, Site, SiteState
from ridethrough.domain.horizon import zone
from ridethrough.domain.validation import Checks
from ridethrough.operation.control.measured_loads import MeasuredLoads, measured_loads
from ridethrough.operation.known.record import Record
from ridethrough.tariffs.billing.bill import Bill
from ridethrough.tariffs.billing.exact_bill import bill, monthly_peaks
from ridethrough.tariffs.calendar.local_calendar import LocalCalendar, local_calendar
from ridethrough.tariffs.tariff import Tariff

FloatArray = NDArray[np.float64]

_MINUTES_PER_HOUR = 60
_HOURS_PER_DAY = 24


@dataclass(frozen=True, kw_only=True, eq=False)
class StudyCase:
    """A site, its tariff, and the whole local days (`horizon`) of its record to study.

    A new plan is made every `replanned_every_h` hours.

    The reserve carries the highest load that was known at each moment: see `site_known` and `loads`.
    """

    site: Site
    tariff: Tariff
    record: Record
    horizon: Horizon
    replanned_every_h: float = 24.0

    def __post_init__(self) -> None:
        checks = Checks()
        rows, systems = self.record.load_kw.shape[0], len(self.site.ups)
        checks.require(rows == systems, "record.load_kw", f"{rows} rows", f"{systems}, one for each UPS system")
        ramp = self.site.interconnection.ramp_limit_kw_per_min
        allowed = "left out, because the control law between plans cannot hold a ramp limit yet"
        checks.require(ramp is None, "interconnection.ramp_limit_kw_per_min", ramp, allowed)
        steps = self.replanned_every_h * _MINUTES_PER_HOUR / self.horizon.interval_minutes
        fits = 1 <= steps == int(steps) and self.replanned_every_h <= _HOURS_PER_DAY
        allowed = "a whole number of metering intervals, up to 24 h"
        checks.require(fits, "replanned_every_h", self.replanned_every_h, allowed)
        checks.raise_faults()
        self.record.index_of(self.horizon)

    def site_known(self, index: int) -> Site:
        """The site as known when a studied interval begins: protected loads are at least the highest load before it.

        `index` may be the number of studied intervals: then the highest load of all of them counts.
        """
        now = self.first + index
        if now == 0:
            return self.site
        highest = self._highest_kw[:, now - 1].tolist()
        if all(kw <= ups.protected_load_kw for ups, kw in zip(self.site.ups, highest, strict=True)):
            return self.site
        systems = tuple(
            replace(ups, protected_load_kw=max(ups.protected_load_kw, kw))
            for ups, kw in zip(self.site.ups, highest, strict=True)
        )
        return replace(self.site, ups=systems)

    @cached_property
    def _highest_kw(self) -> FloatArray:
        """The highest load of each system from the start of the record to each interval."""
        return np.maximum.accumulate(self.record.load_kw, axis=1)

    @cached_property
    def first(self) -> int:
        """The index of the first studied interval in the record."""
        return self.record.index_of(self.horizon)

    @cached_property
    def loads(self) -> MeasuredLoads:
        """The loads of the studied days, and the power limits that follow from them.

        From the interval on in which a load above the protected load is measured, the reserve carries that load.
        """
        here = slice(self.first, self.first + self.horizon.intervals)
        record, site = self.record, self.site_known(0)
        loads = measured_loads(site, self.horizon, record.load_kw[:, here], record.unprotected_load_kw[here])
        return replace(loads, floor_kwh=np.maximum.accumulate(loads.floor_kwh, axis=1))

    @cached_property
    def calendar(self) -> LocalCalendar:
        """The local clock and the billing periods of the studied days."""
        return local_calendar(self.horizon, self.tariff.cycle, self.tariff.holidays)

    @cached_property
    def prices(self) -> PriceSeries | None:
        """The market prices of the studied days."""
        return self.record.prices(self.horizon)

    @cached_property
    def billing_periods(self) -> tuple[range, ...]:
        """The studied intervals of each billing period."""
        starts = [0, *(np.flatnonzero(np.diff(self.calendar.period)) + 1).tolist(), self.horizon.intervals]
        return tuple(range(start, end) for start, end in pairwise(starts))

    def blocks(self, period: range) -> tuple[range, ...]:
        """The runs of intervals between plans in a billing period: from each local midnight on, at equal steps."""
        step = round(self.replanned_every_h * _MINUTES_PER_HOUR / self.horizon.interval_minutes)
        days = self.calendar.day[period.start : period.stop]
        midnights = (np.flatnonzero(np.diff(days)) + 1 + period.start).tolist()
        local_days = _between([period.start, *midnights, period.stop])
        by_day = self.replanned_every_h == _HOURS_PER_DAY  # also a day of 25 hours
        starts = [start for day in local_days for start in ([day.start] if by_day else day[::step])]
        return tuple(_between([*starts, period.stop]))

    @cached_property
    def latest(self) -> datetime:
        """The end of what plans may look at: the end of the record, or the last date on which meters were read."""
        reads = self.tariff.cycle.read_dates
        return min(self.record.horizon.end, self._midnight(reads[-1])) if reads else self.record.horizon.end

    @cached_property
    def before(self) -> SiteState:
        """The peaks and energy metered before the first studied day, with batteries at rest; batteries start full."""
        reads = self.tariff.cycle.read_dates
        from_ = max(self.record.horizon.start, self._midnight(reads[0])) if reads else self.record.horizon.start
        start = -((self.record.horizon.start - from_) // self.record.horizon.step)
        if start >= self.first:
            return SiteState()
        here = slice(start, self.first)
        past = self.record.horizon.part(start, self.first)
        loads = measured_loads(self.site, past, self.record.load_kw[:, here], self.record.unprotected_load_kw[here])
        billed = bill(self.tariff, past, loads.net_load_kw, prices=self.record.prices(past))
        return _after(billed, self.tariff, self.calendar)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), zone(self.horizon.timezone))


def _after(billed: Bill, tariff: Tariff, calendar: LocalCalendar) -> SiteState:
    """The state after the days of a bill, as the studied days of a calendar find it."""
    begun, peaks, last = calendar.periods[0].label, monthly_peaks(billed), billed.periods[-1]
    if last.period.label != begun:
        return SiteState(past_peaks_kw=peaks)
    averaged = {charge.name for charge in tariff.demand if charge.highest > 1}
    weeks = {
        charge.name: date.fromordinal(int(calendar.stretch(charge.stretch)[0])).isoformat()
        for charge in tariff.demand
        if charge.stretch != "period"
    }
    so_far = {name: last.day_peaks_kw[name].get(day, 0.0) for name, day in weeks.items()}
    periods = {period.name for period in tariff.energy.periods} if tariff.energy is not None else set()
    return SiteState(
        peaks_kw={name: kw for name, kw in (last.peaks_kw | so_far).items() if kw or name not in so_far},
        past_peaks_kw={
            name: {label: kw for label, kw in months.items() if label != begun} for name, months in peaks.items()
        },
        energy_kwh=last.energy_kwh,
        period_energy_kwh={name: kwh for name, kwh in last.period_energy_kwh.items() if name in periods},
        day_peaks_kw={name: days for name, days in last.day_peaks_kw.items() if name in averaged},
    )


def _between(starts: list[int]) -> list[range]:
    return [range(start, end) for start, end in pairwise(starts) if end > start]
