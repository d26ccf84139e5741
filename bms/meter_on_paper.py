"""The meter of a dry run, interval by interval: as it was, and as it would have been had setpoints been followed.

An interval is measured if readings came from its beginning to its end without a gap of more than a tenth of it (or of
two readings). What was not measured is left out, and never filled.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from ridethrough.domain.horizon import zone

_GAP_FRACTION = 0.1
_READINGS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperSystem:
    """One system in an interval: its discharge on paper (mean kW), and what it holds at its end (kWh).

    `stored_kwh` is that on paper and `real_kwh` the true one; None where it is not known. `missing_kwh` is what
    batteries would have to take back.
    """

    discharge_kw: float
    stored_kwh: float | None
    real_kwh: float | None
    missing_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperInterval:
    """A measured interval from `start`: the mean power at the meter (kW), and every system."""

    start: datetime
    without_kw: float
    with_kw: float
    ups: Mapping[str, PaperSystem]

    def document(self) -> dict[str, Any]:
        """The interval as the journal keeps it."""
        systems = {
            ups_id: [each.discharge_kw, each.stored_kwh, each.real_kwh, each.missing_kwh]
            for ups_id, each in self.ups.items()
        }
        return {
            "start": self.start.isoformat(),
            "without_kw": self.without_kw,
            "with_kw": self.with_kw,
            "ups": systems,
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "PaperInterval":
        """The interval of a document of the journal."""
        return cls(
            start=datetime.fromisoformat(document["start"]),
            without_kw=document["without_kw"],
            with_kw=document["with_kw"],
            ups={
                ups_id: PaperSystem(discharge_kw=gives, stored_kwh=stored, real_kwh=real, missing_kwh=missing)
                for ups_id, (gives, stored, real, missing) in document["ups"].items()
            },
        )


@dataclass(slots=True, kw_only=True)
class MeterOnPaper:
    """Adds readings up to intervals; `tell` is told of every one that was measured.

    `without_kw` and `with_kw` are the highest mean of any interval, also of one that was measured in part.
    """

    interval_s: float
    cycle_s: float
    timezone: str
    tell: Callable[[PaperInterval], None] = lambda _: None
    without_kw: float = 0.0
    with_kw: float = 0.0
    _began: datetime | None = None
    _seen: list[tuple[datetime, float, float, Mapping[str, PaperSystem]]] = field(default_factory=list)

    def add(self, at: datetime, without_kw: float, with_kw: float, ups: Mapping[str, PaperSystem]) -> None:
        """Count a reading in its interval."""
        began = began_of(at, interval_s=self.interval_s, timezone=self.timezone)
        if began != self._began:
            self.close()
            self._began = began
        self._seen.append((at, without_kw, with_kw, ups))

    def close(self) -> None:
        """Count the interval under way as it is."""
        if not self._seen or self._began is None:
            return
        count = len(self._seen)
        without_kw = math.fsum(each for _, each, _, _ in self._seen) / count
        with_kw = math.fsum(each for _, _, each, _ in self._seen) / count
        self.without_kw, self.with_kw = max(self.without_kw, without_kw), max(self.with_kw, with_kw)
        times = [at for at, _, _, _ in self._seen]
        if without_gap(self._began, times, interval_s=self.interval_s, cycle_s=self.cycle_s):
            self.tell(
                PaperInterval(start=self._began, without_kw=without_kw, with_kw=with_kw, ups=self._systems(count))
            )
        self._seen.clear()

    def _systems(self, count: int) -> dict[str, PaperSystem]:
        last = self._seen[-1][3]
        return {
            ups_id: PaperSystem(
                discharge_kw=math.fsum(ups[ups_id].discharge_kw for _, _, _, ups in self._seen) / count,
                stored_kwh=each.stored_kwh,
                real_kwh=each.real_kwh,
                missing_kwh=each.missing_kwh,
            )
            for ups_id, each in last.items()
        }


def began_of(at: datetime, *, interval_s: float, timezone: str) -> datetime:
    """When the interval began that a moment is in, by the local clock of a time zone."""
    local = at.astimezone(zone(timezone))
    offset_s = (local.utcoffset() or timedelta()).total_seconds()
    since_s = (at.timestamp() + offset_s) % interval_s
    return datetime.fromtimestamp(at.timestamp() - since_s, UTC)


def without_gap(began: datetime, times: Sequence[datetime], *, interval_s: float, cycle_s: float) -> bool:
    """Whether readings at these times cover the interval from `began`."""
    longest_s = max(_GAP_FRACTION * interval_s, _READINGS * cycle_s)
    every = [began, *times, began + timedelta(seconds=interval_s)]
    return all((after - at).total_seconds() <= longest_s for at, after in pairwise(every))
