"""The readings before the latest that still tell something, of the many that a control loop makes.

A loop reads every second, and every earlier reading bounds what can be stored now. Of one system the lowest bound is
that of the reading with the least `stored - fastest charge * time`, whatever comes later: it is kept. The last readings
are kept besides, some time apart, so that a gauge that stands still is noticed.
"""

from collections import deque
from collections.abc import Iterator
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

    def add(self, reading: Telemetry) -> None:
        """Remember a reading; one that is older than the last is only a bound."""
        for ups in self.site.ups:
            told = reading.ups.get(ups.id)
            stored_kwh = None if told is None else stored_energy(ups, told)[0]
            if told is None or stored_kwh is None:
                continue
            bound_kwh = stored_kwh - most_charge_kw(ups) * _hours(reading.measured_at)
            if ups.id not in self._binding or bound_kwh <= self._binding[ups.id][0]:
                self._binding[ups.id] = bound_kwh, replace(reading, ups={ups.id: told})
        if not self._last or reading.measured_at - self._last[-1].measured_at >= _APART:
            self._last.append(reading)

    def before(self, reading: Telemetry) -> EnergyHistory:
        """What the readings told that count before a reading."""
        return EnergyHistory.of(each for each in self._readings() if each.measured_at < reading.measured_at)

    def _readings(self) -> Iterator[Telemetry]:
        yield from self._last
        yield from (reading for _, reading in self._binding.values())


def _hours(moment: datetime) -> float:
    return moment.timestamp() / 3600
