"""What the meter has set so far in a billing period: peaks and energy, as the exact bill will have them.

The bill is made once, at the end; plans need its peaks as they come. Demand is metered here as in `tariffs.billing`
(a test compares the two), a block of intervals at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import SiteState
from ridethrough.tariffs.calendar.local_calendar import IndexArray, LocalCalendar
from ridethrough.tariffs.charges.coincident import CoincidentPeakCharge
from ridethrough.tariffs.charges.demand import DemandCharge
from ridethrough.tariffs.tariff import Tariff

FloatArray = NDArray[np.float64]


@dataclass(slots=True, kw_only=True)
class _Register:
    """One demand or coincident charge: which intervals it meters, and the peak so far of its period (or day)."""

    name: str
    metered: NDArray[np.bool_]
    daily: bool
    window: IndexArray | None
    peak_kw: float = 0.0
    counted: int = 0
    """Intervals before this index are in the peak."""

    def count(self, grid_kw: FloatArray, end: int) -> None:
        """Take in the intervals up to `end`; of a demand window only when all of it is there."""
        if self.window is not None and end < len(self.window) and self.window[end] == self.window[end - 1]:
            end = int(np.searchsorted(self.window, self.window[end - 1]))
        here = self.counted + np.flatnonzero(self.metered[self.counted : end])
        self.counted = max(self.counted, end)
        if len(here):
            kw = grid_kw[here]
            if self.window is not None:
                starts = np.concatenate([[0], np.flatnonzero(np.diff(self.window[here])) + 1])
                kw = np.add.reduceat(kw, starts) / np.diff(np.append(starts, len(kw)))
            self.peak_kw = max(self.peak_kw, float(kw.max()))


@dataclass(slots=True, kw_only=True)
class MonthToDate:
    """Peaks and energy of the billing period so far, and the peaks of those before; `meter` moves it on."""

    calendar: LocalCalendar
    registers: list[_Register]
    past_peaks_kw: dict[str, dict[str, float]]
    energy_kwh: float = 0.0
    at: int = 0
    remembered: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def begin(cls, tariff: Tariff, calendar: LocalCalendar, before: SiteState) -> "MonthToDate":
        """Start where a study starts, with what was set before it."""
        registers = [_register(tariff, calendar, charge, before.peaks_kw) for _, charge in tariff.on_peaks]
        return cls(
            calendar=calendar,
            registers=registers,
            past_peaks_kw={name: dict(months) for name, months in before.past_peaks_kw.items()},
            energy_kwh=before.energy_kwh,
            remembered=frozenset(charge.name for charge in tariff.demand if not charge.daily),
        )

    def meter(self, grid_kw: FloatArray, end: int) -> None:
        """Take in a meter series up to index `end`; what was taken in before lies within one local day of it."""
        self.energy_kwh += float(np.maximum(grid_kw[self.at : end], 0.0).sum()) * self.calendar.horizon.interval_h
        for register in self.registers:
            register.count(grid_kw, end)
        last, self.at = end - 1, end
        if end == self.calendar.horizon.intervals:
            return
        if self.calendar.period[end] != self.calendar.period[last]:
            self._close(self.calendar.periods[int(self.calendar.period[last])].label)
        elif self.calendar.day[end] != self.calendar.day[last]:
            for register in self.registers:
                if register.daily:
                    register.peak_kw = 0.0

    def _close(self, label: str) -> None:
        """End a billing period: what it set is past."""
        self.energy_kwh = 0.0
        for register in self.registers:
            if register.name in self.remembered:
                self.past_peaks_kw.setdefault(register.name, {})[label] = register.peak_kw
            register.peak_kw = 0.0

    def state(self, stored: "Stored") -> SiteState:
        """The state that the next plan starts from."""
        return SiteState(
            stored_kwh=stored.stored_kwh,
            unit_stored_kwh=stored.unit_stored_kwh,
            peaks_kw={register.name: register.peak_kw for register in self.registers},
            past_peaks_kw=self.past_peaks_kw,
            energy_kwh=self.energy_kwh,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Stored energy as a state file gives it: by system, or by unit where the units of a system differ."""

    stored_kwh: Mapping[str, float]
    unit_stored_kwh: Mapping[str, tuple[float, ...]]


def _register(
    tariff: Tariff,
    calendar: LocalCalendar,
    charge: DemandCharge | CoincidentPeakCharge,
    peaks_kw: Mapping[str, float],
) -> _Register:
    metered = np.zeros(calendar.horizon.intervals, dtype=bool)
    metered[calendar.hours_of(tariff.schedules.get(charge.schedule), charge.period)] = True
    minutes = charge.window_minutes if isinstance(charge, DemandCharge) else 0
    return _Register(
        name=charge.name,
        metered=metered,
        daily=isinstance(charge, DemandCharge) and charge.daily,
        window=calendar.windows(minutes) if minutes > calendar.horizon.interval_minutes else None,
        peak_kw=peaks_kw.get(charge.name, 0.0),
    )
