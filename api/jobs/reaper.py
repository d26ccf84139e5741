"""The reaper: gives back to the queue what dead executors have claimed.

An executor lives while its beat changes. How long a beat has stayed the same is measured by this process's own clock,
from when this process first saw it: neither the clocks of other machines nor a time without the database count.
"""

import time
from collections.abc import Callable, Mapping

from ridethrough.api.jobs.engine import Claim, Engine
from ridethrough.store.database import Database
from ridethrough.store.running.executors import beats, forget_executor


class Unchanged:
    """Says for how long (s) the value of a key has stayed the same."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._since: dict[str, tuple[object, float]] = {}

    def see(self, values: Mapping[str, object]) -> None:
        """Take in what every key shows now; a key that is not there any more is forgotten."""
        now = self._now()
        kept = self._since
        self._since = {
            key: kept[key] if key in kept and kept[key][0] == value else (value, now) for key, value in values.items()
        }

    def for_s(self, key: str) -> float:
        """The time for which a key has shown the same."""
        return self._now() - self._since[key][1]

    def forget(self) -> None:
        """Begin anew, as after a time in which nothing could be seen."""
        self._since = {}


class Reaper:
    """Watches claims and beats. Several processes may do so at once: a claim is given back once."""

    def __init__(
        self, database: Database, engine: Engine, *, dead_after_s: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._engine = engine
        self._dead_after_s = dead_after_s
        self._beats = Unchanged(now)
        self._idle_claims = Unchanged(now)

    def sweep(self) -> list[Claim]:
        """Give back what is abandoned, and return it."""
        try:
            with self._database.reading() as connection:
                seen = beats(connection)
            claims = list(self._engine.claims())
        except Exception:
            self._beats.forget()
            self._idle_claims.forget()
            raise
        mine, running = self._engine.executor_id, self._engine.running
        self._idle_claims.see(
            {each.task_id: each for each in claims if each.executor_id == mine and each.task_id not in running}
        )
        self._beats.see({each.executor_id: seen.get(each.executor_id) for each in claims} | dict(seen))
        abandoned = [each for each in claims if self._is_abandoned(each)]
        for each in abandoned:
            self._engine.give_back(each)
        self._forget_dead(seen, {each.executor_id for each in claims})
        return abandoned

    def _is_abandoned(self, claim: Claim) -> bool:
        """Whether a claim is of a dead executor, or of this one without a thread (the database failed in between)."""
        if claim.executor_id != self._engine.executor_id:
            return self._beats.for_s(claim.executor_id) >= self._dead_after_s
        if claim.task_id in self._engine.running:
            return False
        return self._idle_claims.for_s(claim.task_id) >= self._dead_after_s

    def _forget_dead(self, seen: dict[str, int], claiming: set[str]) -> None:
        dead = [
            each
            for each in seen.keys() - claiming - {self._engine.executor_id}
            if self._beats.for_s(each) >= self._dead_after_s
        ]
        if dead:
            with self._database.writing() as connection:
                for each in dead:
                    forget_executor(connection, each, seen[each])
