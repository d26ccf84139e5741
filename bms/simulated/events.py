"""Events of a simulated day: from when, what, and for how long."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ridethrough.bms.simulated.device import SimulatedUps
from ridethrough.bms.simulated.faults import NO_FAULTS
from ridethrough.bms.simulated.site import SimulatedSite
from ridethrough.domain.validation import Fault, UnableToAccept

_TELLING: Mapping[str, Mapping[str, float | bool]] = {
    "stale": {"stale": True},
    "lost": {"lost": True},
    "jump": {"jump_kwh": 200.0},
    "wrong_read_back": {"wrong_read_back_kw": 100.0},
    "refuses": {"refuses": True},
    "clock_ahead": {"clock_skew_s": 60.0},
    "clock_behind": {"clock_skew_s": -60.0},
}
_STATE: Mapping[str, tuple[Mapping[str, bool], Mapping[str, bool]]] = {
    "outage": ({"utility": False}, {"utility": True}),
    "bypass": ({"bypass": True}, {"bypass": False}),
    "generator_test": ({"generator_test": True}, {"generator_test": False}),
}
KINDS = (*_STATE, "unit_failure", *_TELLING)
_PARTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happens `after_s` seconds from the start, to every UPS system, for `for_s` seconds."""

    after_s: float
    kind: str
    for_s: float

    @classmethod
    def parse(cls, text: str) -> "Event":
        """Read `SECONDS:KIND:SECONDS`.

        Raises `UnableToAccept` where it is something else.

        >>> Event.parse("30:outage:120").for_s
        120.0
        """
        parts = text.split(":")
        allowed = f"SECONDS:KIND:SECONDS, with one of {', '.join(KINDS)}"
        fault = UnableToAccept([Fault(field="--event", value=text, allowed=allowed)])
        if len(parts) != _PARTS or parts[1] not in KINDS:
            raise fault
        try:
            after_s, for_s = float(parts[0]), float(parts[2])
        except ValueError as error:
            raise fault from error
        if not (after_s >= 0 and for_s > 0):
            raise fault
        return cls(after_s=after_s, kind=parts[1], for_s=for_s)


class Scenario:
    """Lets events happen as time passes at a site."""

    def __init__(self, site: SimulatedSite, events: tuple[Event, ...], *, tell: Callable[[str], None]) -> None:
        self._site, self._tell, self._began = site, tell, site.now
        self._due: list[tuple[datetime, Event, bool]] = sorted(
            (
                (self._began + timedelta(seconds=at), event, begins)
                for event in events
                for at, begins in ((event.after_s, True), (event.after_s + event.for_s, False))
            ),
            key=lambda each: each[0],
        )

    def advance_to(self, now: datetime) -> None:
        """Let time pass until `now`, with each event at its time."""
        while self._due and self._due[0][0] <= now:
            at, event, begins = self._due.pop(0)
            self._site.advance(max(0.0, (at - self._site.now).total_seconds()))
            for ups in self._site.ups.values():
                _happen(ups, event, begins=begins)
            self._tell(f"{at.isoformat(timespec='seconds')} {event.kind} {'begins' if begins else 'ends'}")
        self._site.advance(max(0.0, (now - self._site.now).total_seconds()))


def _happen(ups: SimulatedUps, event: Event, *, begins: bool) -> None:
    if event.kind in _STATE:
        at_start, at_end = _STATE[event.kind]
        ups.change(**(at_start if begins else at_end))
    elif event.kind == "unit_failure":
        ups.fail_units(1 if begins else 0)
    else:
        kept = {"noise_fraction": ups.faults.noise_fraction, "late_s": ups.faults.late_s}
        ups.faults = replace(NO_FAULTS, **kept, **(_TELLING[event.kind] if begins else {}))  # type: ignore[arg-type]
