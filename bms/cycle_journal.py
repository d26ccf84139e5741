"""What a controller writes of its cycles, and what it reads back when it starts again.

A cycle is written when anything in it changed that a person would call a change, and at least every minute.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ridethrough.bms.cycle import Cycle, SystemCycle
from ridethrough.bms.drivers.readings import DeviceSetpoint
from ridethrough.bms.journal import Journal
from ridethrough.domain.telemetry import Telemetry, UpsReading
from ridethrough.operation.live.metered_wear import MeteredWear, metered_document, read_metered

_AT_LEAST = timedelta(seconds=60)
_STEP_KW = 10.0
_CYCLE = "cycle"
_OUTAGE = "outage"
_WEAR = "wear"


@dataclass(slots=True, kw_only=True)
class CycleJournal:
    """Writes the cycles of a controller to its journal."""

    journal: Journal
    shadow: bool = False
    _said: object = None
    _at: datetime | None = None
    _outage: bool = False

    def __call__(self, cycle: Cycle) -> None:
        """Write a cycle, if it says something new; an outage is written besides, and is not forgotten by a restart."""
        outage = any(each.in_outage for each in cycle.reading.ups.values())
        if outage and not self._outage:
            self.journal.write(_OUTAGE, cycle.reading.measured_at)
        self._outage = outage
        said = _said(cycle)
        if said == self._said and self._at is not None and cycle.at - self._at < _AT_LEAST:
            return
        self._said, self._at = said, cycle.at
        self.journal.write(_CYCLE, cycle.at, shadow=self.shadow, **_record(cycle))


@dataclass(slots=True, kw_only=True)
class WearJournal:
    """Writes what readings told of wear, every minute: a start goes on from it, and counts the time between."""

    journal: Journal
    _at: datetime | None = None

    def __call__(self, metered: Mapping[str, MeteredWear], now: datetime) -> None:
        """Write what is counted, unless that was done within the last minute.

        A full disk stops no cycle: the journal of cycles says so, and a start later counts the time between.
        """
        if self._at is None or abs(now - self._at) >= _AT_LEAST:
            self._at = now
            with suppress(OSError):
                self.journal.write(_WEAR, now, ups=metered_document(metered))


@dataclass(frozen=True, slots=True, kw_only=True)
class LastKnown:
    """What the journal knows of the time before a start: the last reading, the last outage, and the wear counted."""

    reading: Telemetry | None
    outage_at: datetime | None
    metered: Mapping[str, MeteredWear]

    def by(self, now: datetime) -> "LastKnown":
        """The same, where what was stamped after now was at `now`: the clock was set back while nothing ran.

        Else nothing that is read would be later for as long as the clock was set back by.
        """
        reading, outage_at = self.reading, self.outage_at
        return LastKnown(
            reading=None if reading is None else replace(reading, measured_at=min(reading.measured_at, now)),
            outage_at=None if outage_at is None else min(outage_at, now),
            metered={ups_id: each.moved(min(timedelta(), now - each.at)) for ups_id, each in self.metered.items()},
        )


def last_known(journal: Journal) -> LastKnown:
    """What a controller goes on from."""
    cycle, outage, wear = journal.last(_CYCLE), journal.last(_OUTAGE), journal.last(_WEAR)
    return LastKnown(
        reading=None if cycle is None else _reading(cycle),
        outage_at=None if outage is None else datetime.fromisoformat(outage["at"]),
        metered={} if wear is None else read_metered(wear["ups"]),
    )


def _said(cycle: Cycle) -> object:
    systems = {
        ups_id: (_whole(each.told), bool(each.refused), each.fault, each.why) for ups_id, each in cycle.ups.items()
    }
    return cycle.mode, cycle.plan_id, systems


def _whole(setpoint: DeviceSetpoint | None) -> tuple[int, int] | None:
    return None if setpoint is None else (round(setpoint.charge_kw / _STEP_KW), round(setpoint.discharge_kw / _STEP_KW))


def _record(cycle: Cycle) -> dict[str, Any]:
    return {
        "mode": cycle.mode.value,
        "why": cycle.why,
        "plan_id": cycle.plan_id,
        "meter_ceiling_kw": cycle.meter_ceiling_kw,
        "measured_at": cycle.reading.measured_at.isoformat(),
        "grid_kw": _number(cycle.reading.grid_kw),
        "ups": {ups_id: _system(each, cycle.reading.ups.get(ups_id)) for ups_id, each in cycle.ups.items()},
    }


def _system(each: SystemCycle, reading: UpsReading | None) -> dict[str, Any]:
    told = each.told
    return {
        "told": None if told is None else {"charge_kw": told.charge_kw, "discharge_kw": told.discharge_kw},
        "until_s": None if told is None else told.valid_for_s,
        "refused": list(each.refused),
        "fault": each.fault,
        "why": each.why,
        "load_kw": None if reading is None else _number(reading.load_kw),
        "stored_kwh": None if reading is None else _number(reading.stored_kwh),
        "unit_stored_kwh": [] if reading is None else [_number(kwh) for kwh in reading.unit_stored_kwh],
    }


def _number(value: float | None) -> float | None:
    """The value as JSON can hold it: a lost one is null."""
    return value if value is not None and abs(value) < float("inf") else None


def _reading(record: Mapping[str, Any]) -> Telemetry:
    return Telemetry(
        measured_at=datetime.fromisoformat(record["measured_at"]),
        grid_kw=record["grid_kw"],
        ups={
            ups_id: UpsReading(
                stored_kwh=each["stored_kwh"],
                load_kw=each["load_kw"],
                unit_stored_kwh=tuple(each["unit_stored_kwh"]),
            )
            for ups_id, each in record["ups"].items()
        },
    )
