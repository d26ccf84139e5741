"""The loads of a site as they are measured, interval by interval: what the controller's own plans are forecast from.

An interval counts if every reading of it told the load of each system, the meter and the power of batteries, and there
was no gap between them; one with an outage or a generator in it does not. The load besides the UPS systems is the
meter's power less what they draw.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ridethrough.bms.meter_on_paper import began_of, without_gap
from ridethrough.domain import Site, UpsSystem
from ridethrough.domain.telemetry import Telemetry, UpsReading


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredLoads:
    """The mean loads (kW) of an interval from `start`: of each system, and of everything else behind the meter."""

    start: datetime
    load_kw: Mapping[str, float]
    unprotected_kw: float

    def document(self) -> dict[str, Any]:
        """The loads as the journal keeps them."""
        return {"start": self.start.isoformat(), "load_kw": dict(self.load_kw), "unprotected_kw": self.unprotected_kw}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "MeasuredLoads":
        """The loads of a document of the journal."""
        return cls(
            start=datetime.fromisoformat(document["start"]),
            load_kw=document["load_kw"],
            unprotected_kw=document["unprotected_kw"],
        )


@dataclass(slots=True, kw_only=True)
class LoadRecord:
    """Adds readings up to intervals; `tell` is told of each one that was measured."""

    site: Site
    cycle_s: float
    tell: Callable[[MeasuredLoads], None]
    _began: datetime | None = None
    _seen: list[tuple[datetime, tuple[float, ...] | None]] = field(default_factory=list)

    @property
    def interval_s(self) -> float:
        """How long an interval is."""
        return self.site.interval_minutes * 60.0

    def add(self, reading: Telemetry) -> None:
        """Count a reading in its interval."""
        at = reading.measured_at
        began = began_of(at, interval_s=self.interval_s, timezone=self.site.timezone)
        if began != self._began:
            self._close()
            self._began = began
        self._seen.append((at, self._loads_kw(reading)))

    def _close(self) -> None:
        seen, self._seen = self._seen, []
        values = [each for _, each in seen if each is not None]
        if self._began is None or not values or len(values) < len(seen):
            return
        if not without_gap(self._began, [at for at, _ in seen], interval_s=self.interval_s, cycle_s=self.cycle_s):
            return
        *loads, others = (math.fsum(each) / len(values) for each in zip(*values, strict=True))
        named = {ups.id: load for ups, load in zip(self.site.ups, loads, strict=True)}
        self.tell(MeasuredLoads(start=self._began, load_kw=named, unprotected_kw=max(0.0, others)))

    def _loads_kw(self, reading: Telemetry) -> tuple[float, ...] | None:
        """The load of each system, and of everything else; None where one is not known, or not the usual one."""
        if reading.grid_kw is None or not math.isfinite(reading.grid_kw):
            return None
        loads, others_kw = [], reading.grid_kw
        for ups in self.site.ups:
            told = reading.ups.get(ups.id)
            drawn_kw = None if told is None or told.in_outage or told.on_generator else _drawn_kw(ups, told)
            if told is None or told.load_kw is None or drawn_kw is None:
                return None
            loads.append(told.load_kw)
            others_kw -= drawn_kw
        return (*loads, others_kw)


def _drawn_kw(ups: UpsSystem, told: UpsReading) -> float | None:
    """What a system draws at its input; None where that is not known."""
    values = (told.load_kw, told.charge_kw, told.discharge_kw)
    if any(each is None or not math.isfinite(each) or each < 0 for each in values):
        return None
    load_kw, charge_kw, discharge_kw = (each or 0.0 for each in values)
    through_kw = ups.dc_load_kw(load_kw) + charge_kw - discharge_kw
    return through_kw / ups.rectifier_efficiency if through_kw >= 0 else through_kw * ups.rectifier_efficiency
