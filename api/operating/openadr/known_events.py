"""What is known of a server's events, from one answer to the next, and what follows from it at a moment.

| | rule |
|---|---|
| an event that is first seen after its start | it holds from then on; nothing can be made up for |
| an event that is in the answer no more, or was changed | it counts until two whole answers in a row were without it |
| an event without an end | it holds for as long as the server gives it |
| no answer | what is known holds until its end; after `silent_s` the site holds, or goes on as its file says |
| no answer yet since the start | the same: the site holds, or goes on |
| an event that cannot be read | the site holds as long as the server gives it |
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ridethrough.api.operating.openadr.events import GridEvent, ReadEvents
from ridethrough.api.reading.openadr_settings import HOLD, IMPORT_LIMIT, OpenAdrSettings
from ridethrough.domain import ConditionKind, ReserveCondition
from ridethrough.operation.live.grid_signals import GridSignals

_ANSWERS = 2
_FARTHEST = timedelta(days=8)
"""Conditions are told to planners no farther than this, in whole days: one without an end would never stay the same."""


@dataclass(slots=True, kw_only=True)
class KnownEvents:
    """The events that count; times that have passed are counted in seconds of a clock that nobody sets."""

    settings: OpenAdrSettings
    began_s: float
    unreadable: tuple[str, ...] = ()
    _missed: dict[GridEvent, int] = field(default_factory=dict)
    _answered_s: float | None = None

    def answer(self, events: ReadEvents, now_s: float) -> None:
        """Take a whole answer of the server."""
        missed = {each: count + 1 for each, count in self._missed.items() if each not in events.asked}
        kept = {each: count for each, count in missed.items() if count < _ANSWERS}
        self._missed = kept | dict.fromkeys(events.asked, 0)
        self.unreadable = events.unreadable
        self._answered_s = now_s

    def silent_for_s(self, now_s: float) -> float:
        """For how long there was no answer."""
        return now_s - (self.began_s if self._answered_s is None else self._answered_s)

    def signals(self, now: datetime, now_s: float) -> GridSignals:
        """What the grid asks for at a moment."""
        limits = [
            each.limit_kw
            for each in self._missed
            if each.meaning == IMPORT_LIMIT and each.limit_kw is not None and each.start <= now < each.end
        ]
        return GridSignals(
            conditions=tuple(dict.fromkeys(self._conditions(now))),
            import_limit_kw=min(limits, default=None),
            held_because="; ".join(self._reasons(now_s)),
        )

    def _conditions(self, now: datetime) -> Iterator[ReserveCondition]:
        farthest = now.replace(hour=0, minute=0, second=0, microsecond=0) + _FARTHEST
        for each in sorted(self._missed, key=lambda event: (event.start, event.end, event.meaning)):
            end = min(each.end, farthest)
            if each.meaning != IMPORT_LIMIT and now < each.end and each.start < end:
                yield ReserveCondition(start=each.start, end=end, kind=ConditionKind(each.meaning))

    def _reasons(self, now_s: float) -> Iterator[str]:
        yield from self.unreadable
        if self.settings.when_silent != HOLD:
            return
        if self._answered_s is None:
            yield "the OpenADR server has not answered yet"
        elif self.silent_for_s(now_s) > self.settings.silent_s:
            yield f"the OpenADR server has not answered for {self.silent_for_s(now_s):,.0f} s"
