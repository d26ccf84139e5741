"""The readings before the latest that still tell something, of the many that a control loop makes.

A loop reads every second, and every earlier reading bounds what can be stored now. Kept are the one before; the last
ones that are some time apart, so that a gauge that stands still is noticed; and of all that were apart, for each
system, the one with the least `stored - fastest charge * time`: its bound is the lowest, whatever comes later.
"""

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ridethrough.domain import Site
from ridethrough.domain.telemetry import Telemetry
from ridethrough.operation.live.energy_history import EnergyHistory
from ridethrough.operation.live.stored_energy import most_charge_kw, stored_energy

_APART = timedelta(seconds=60)
_LAST = 12


@dataclass(slots=True, kw_only=True)
class ReadingHistory:
    """The readings of a site that still count."""

    site: Site
    _last: deque[Telemetry] = field(default_factory=lambda: deque(maxlen=_LAST))
    _binding: dict[str, tuple[float, Telemetry]] = field(default_factory=dict)
    _apart: EnergyHistory = field(default_factory=EnergyHistory)
    _previous: EnergyHistory = field(default_factory=EnergyHistory)

    def add(self, reading: Telemetry) -> None:
        """Remember a reading."""
        if self._last and reading.measured_at - self._last[-1].measured_at < _APART:
            self._previous = EnergyHistory.of([reading])
            return
        self._last.append(reading)
        self._bind(reading)
        kept = {id(each): each for _, each in self._binding.values()} | {id(each): each for each in self._last}
        self._apart, self._previous = EnergyHistory.of(kept.values()), EnergyHistory()

    def clock_was_set(self, by: timedelta) -> None:
        """Move every reading with the clock that they are timed by, so that the time since them stays what it was."""
        self._last = deque((_moved(each, by) for each in self._last), maxlen=_LAST)
        self._binding = {
            ups_id: (bound_kwh - self._most_charge_kw(ups_id) * (by / timedelta(hours=1)), _moved(reading, by))
            for ups_id, (bound_kwh, reading) in self._binding.items()
        }
        self._apart, self._previous = self._apart.moved(by), self._previous.moved(by)

    def before(self) -> EnergyHistory:
        """What the readings so far told, in the order of their time."""
        return self._apart.followed_by(self._previous)

    def _most_charge_kw(self, ups_id: str) -> float:
        return most_charge_kw(self.site.ups_system(ups_id))

    def _bind(self, reading: Telemetry) -> None:
        for ups in self.site.ups:
            told = reading.ups.get(ups.id)
            stored_kwh = None if told is None else stored_energy(ups, told)[0]
            if stored_kwh is None:
                continue
            bound_kwh = stored_kwh - most_charge_kw(ups) * _hours(reading.measured_at)
            if ups.id not in self._binding or bound_kwh <= self._binding[ups.id][0]:
                self._binding[ups.id] = bound_kwh, reading


def _moved(reading: Telemetry, by: timedelta) -> Telemetry:
    return replace(reading, measured_at=reading.measured_at + by)


def _hours(moment: datetime) -> float:
    return moment.timestamp() / 3600
