"""Peaks and energy of a billing period so far, equal to those of the exact bill.

A bill is made once, at the end of the period; plans need its peaks earlier. This module meters demand like
`tariffs.billing` (a test compares the two), block by block.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import SiteState
from ridethrough.tariffs.calendar.local_calendar import IndexArray, LocalCalendar, local_calendar
from ridethrough.tariffs.charges.coincident import CoincidentPeakCharge
from ridethrough.tariffs.charges.demand import DemandCharge, Stretch
from ridethrough.tariffs.resolution import parts_of_an_interval
from ridethrough.tariffs.tariff import OnPeak, Tariff

FloatArray = NDArray[np.float64]


@dataclass(slots=True, kw_only=True)
class _Register:
    """One charge on a peak: which intervals it meters, and the peak so far of its billing period (or day, or week).

    Where the mean of several days or weeks is billed, it keeps the peak of each of them.
    """

    name: str
    metered: NDArray[np.bool_]
    apart: Stretch
    stretch: IndexArray
    """The number of the billing period, day or week of each part of an interval."""
    window: IndexArray | None
    highest: int = 1
    peak_kw: float = 0.0
    day_peaks_kw: dict[str, float] = field(default_factory=dict)
    parts: int = 1
    """Each interval of the meter series is so many intervals of `metered`, `stretch` and `window`."""
    counted: int = 0
    """Parts before this index are in the peak."""

    def count(self, grid_kw: FloatArray, end: int) -> None:
        """Count the intervals up to `end`; a demand window counts only when it is complete."""
        end *= self.parts
        if self.window is not None and end < len(self.window) and self.window[end] == self.window[end - 1]:
            end = int(np.searchsorted(self.window, self.window[end - 1]))
        here = self.counted + np.flatnonzero(self.metered[self.counted : end])
        self.counted = max(self.counted, end)
        if not len(here):
            return
        kw, first = grid_kw[here // self.parts], here
        if self.window is not None:
            starts = np.concatenate([[0], np.flatnonzero(np.diff(self.window[here])) + 1])
            kw, first = np.add.reduceat(kw, starts) / np.diff(np.append(starts, len(kw))), here[starts]
        if self.highest == 1:
            self.peak_kw = max(self.peak_kw, float(kw.max()))
            return
        for number in np.unique(self.stretch[first]).tolist():
            day = date.fromordinal(number).isoformat()
            peak_kw = max(0.0, float(kw[self.stretch[first] == number].max()))
            self.day_peaks_kw[day] = max(self.day_peaks_kw.get(day, 0.0), peak_kw)
        self.peak_kw = sum(sorted(self.day_peaks_kw.values())[-self.highest :]) / self.highest

    def turn(self, end: int) -> None:
        """Forget the peak of a day or week that is billed by itself, if one ended before `end`."""
        if self.highest == 1 and self.stretch[end * self.parts] != self.stretch[end * self.parts - 1]:
            self.peak_kw = 0.0

    def close(self) -> None:
        """End a billing period."""
        self.peak_kw, self.day_peaks_kw = 0.0, {}


@dataclass(slots=True, kw_only=True)
class MonthToDate:
    """Peaks and energy of the billing period so far, and peaks of earlier periods; `meter` adds intervals."""

    calendar: LocalCalendar
    registers: list[_Register]
    past_peaks_kw: dict[str, dict[str, float]]
    energy_kwh: float = 0.0
    at: int = 0
    remembered: frozenset[str] = field(default_factory=frozenset)
    period_energy_kwh: dict[str, float] = field(default_factory=dict)
    period_shares: Mapping[str, FloatArray] = field(default_factory=dict)
    """By period of the energy schedule: the share of each interval that lies in it."""

    @classmethod
    def begin(cls, tariff: Tariff, calendar: LocalCalendar, before: SiteState) -> "MonthToDate":
        """Start at the start of a study, with peaks and energy from before it."""
        parts = parts_of_an_interval(tariff, calendar)
        fine = local_calendar(calendar.horizon.split(parts), calendar.cycle, tariff.holidays)
        registers = [_register(tariff, fine, charge, before, parts) for _, charge in tariff.on_peaks]
        return cls(
            calendar=calendar,
            registers=registers,
            past_peaks_kw={name: dict(months) for name, months in before.past_peaks_kw.items()},
            energy_kwh=before.energy_kwh,
            period_energy_kwh=dict(before.period_energy_kwh),
            period_shares=_shares_of_periods(tariff, fine, parts),
            remembered=frozenset(charge.name for charge in tariff.demand if charge.stretch == "period"),
        )

    def meter(self, grid_kw: FloatArray, end: int) -> None:
        """Count a meter series up to index `end`, at most one local day after the last call."""
        bought_kwh = np.maximum(grid_kw[self.at : end], 0.0) * self.calendar.horizon.interval_h
        self.energy_kwh += float(bought_kwh.sum())
        for name, share in self.period_shares.items():
            more_kwh = float(share[self.at : end] @ bought_kwh)
            self.period_energy_kwh[name] = self.period_energy_kwh.get(name, 0.0) + more_kwh
        for register in self.registers:
            register.count(grid_kw, end)
        last, self.at = end - 1, end
        if end == self.calendar.horizon.intervals:
            return
        if self.calendar.period[end] != self.calendar.period[last]:
            self._close(self.calendar.periods[int(self.calendar.period[last])].label)
        else:
            for register in self.registers:
                register.turn(end)

    def _close(self, label: str) -> None:
        """End a billing period: its peaks become past peaks."""
        self.energy_kwh = 0.0
        self.period_energy_kwh = {}
        for register in self.registers:
            if register.name in self.remembered:
                self.past_peaks_kw.setdefault(register.name, {})[label] = register.peak_kw
            register.close()

    def state(self, stored: "Stored") -> SiteState:
        """The state at the start of the next plan."""
        return SiteState(
            stored_kwh=stored.stored_kwh,
            unit_stored_kwh=stored.unit_stored_kwh,
            peaks_kw={register.name: register.peak_kw for register in self.registers},
            past_peaks_kw=self.past_peaks_kw,
            energy_kwh=self.energy_kwh,
            period_energy_kwh=dict(self.period_energy_kwh),
            day_peaks_kw={each.name: dict(each.day_peaks_kw) for each in self.registers if each.highest > 1},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Stored energy as in a state file: by system, or by unit if the units of a system differ."""

    stored_kwh: Mapping[str, float]
    unit_stored_kwh: Mapping[str, tuple[float, ...]]


def _register(
    tariff: Tariff,
    calendar: LocalCalendar,
    charge: OnPeak,
    before: SiteState,
    parts: int,
) -> _Register:
    metered = np.zeros(calendar.horizon.intervals, dtype=bool)
    metered[calendar.hours_of(tariff.schedules.get(charge.schedule), charge.period)] = True
    minutes = 0 if isinstance(charge, CoincidentPeakCharge) else charge.window_minutes
    return _Register(
        name=charge.name,
        metered=metered,
        apart=charge.apart,
        stretch=calendar.stretch(charge.apart),
        window=calendar.windows(minutes) if minutes > calendar.horizon.interval_minutes else None,
        highest=charge.highest if isinstance(charge, DemandCharge) else 1,
        peak_kw=before.peaks_kw.get(charge.name, 0.0),
        day_peaks_kw=dict(before.day_peaks_kw.get(charge.name, {})),
        parts=parts,
    )


def _shares_of_periods(tariff: Tariff, fine: LocalCalendar, parts: int) -> dict[str, FloatArray]:
    """The share of each interval in each period of the energy schedule, where tiers count a period's energy alone."""
    energy = tariff.energy
    if energy is None or not any(period.counts_its_own for period in energy.periods):
        return {}
    names = [period.name for period in energy.periods]
    held = fine.schedule_period(tariff.schedules.get(energy.schedule), names)
    return {name: (held == number).reshape(-1, parts).mean(axis=1) for number, name in enumerate(names)}
