"""The clock of the machine beside its count of seconds that nobody can set: how much time has truly passed.

A wall clock that is set forward makes time seem to have passed: batteries would seem to have had time to charge, and a
wait would seem to be over. So what has to last is counted on the other clock, and a wall clock that was set is a fault.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ridethrough.bms.drivers.driver import Clock
from ridethrough.domain.telemetry import CLOCK_TOLERANCE_S

_BEGIN = datetime(2000, 1, 1, tzinfo=UTC)
_CLOCK = getattr(time, "CLOCK_BOOTTIME", None)


def counted_s() -> float:
    """Seconds from any beginning, those in which the machine slept too: equipment goes on meanwhile.

    Where the system has no such count, it is one that stands still in a sleep, and a sleep looks like a clock that was
    set forward.
    """
    return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)


@dataclass(slots=True, kw_only=True)
class SteadyClock:
    """`wall` tells the time of day, and may be set; `monotonic` counts seconds from any beginning, and is never set."""

    wall: Clock
    monotonic: Callable[[], float]
    _wall_less_monotonic: timedelta = field(init=False)

    def __post_init__(self) -> None:
        self._wall_less_monotonic = self.wall() - self.steady()

    def steady(self) -> datetime:
        """A time that goes on evenly: only differences of two of them mean anything."""
        return _BEGIN + timedelta(seconds=self.monotonic())

    def set_by(self) -> timedelta:
        """How far the wall clock was set since this was asked last, forward above 0; 0 within the tolerance."""
        apart = self.wall() - self.steady()
        moved = apart - self._wall_less_monotonic
        if abs(moved.total_seconds()) <= CLOCK_TOLERANCE_S:
            return timedelta()
        self._wall_less_monotonic = apart
        return moved
