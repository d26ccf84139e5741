"""The time machine: a past minute shows the same, whatever is recorded later, and its plan is made again exactly."""

import random
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from living_sites import living_document, reading
from stored_sites import NOW

from ridethrough.api.operating.making_plans import make_plan
from ridethrough.api.operating.past_document import past_document
from ridethrough.api.operating.time_machine import past_moment, replay
from ridethrough.api.operating.watching import keep_reading
from ridethrough.api.reading.telemetry import read_telemetry
from ridethrough.domain import UnableToAccept
from ridethrough.store.database import Database
from ridethrough.store.operating import holds, plans
from ridethrough.store.series import append_series
from ridethrough.store.series_days import Stretch
from ridethrough.store.sites import put_site

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
FIRST = NOW - timedelta(days=3)


class History:
    """Two days of a site, as they happen: loads come, readings come, documents change, plans are made, people hold."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database = database
        self.dice = random.Random(seed)  # noqa: S311 - a test that is repeated
        self.seen: dict[datetime, dict[str, Any]] = {}
        self.protected_kw = 4700
        with database.writing() as connection:
            put_site(connection, "pod", self._document(), now=FIRST, by="ada")
        self._loads(FIRST - timedelta(days=30), 30 * 24, FIRST)
        self.until = FIRST

    def live(self, minutes: int) -> None:
        """Let time pass, minute by minute, and look at some of them as they are."""
        for _ in range(minutes):
            self.until += MINUTE
            now = self.until
            if now.minute == 0:
                self._loads(now - HOUR, 1, now)
            if self.dice.random() < 0.5:
                self._read(now)
            if now.minute == 0 or self.dice.random() < 0.01:
                make_plan(self.database, "pod", now, "on the hour" if now.minute == 0 else "at random")
            if self.dice.random() < 0.003:
                self.protected_kw = 4790 if self.protected_kw == 4700 else 4700
                with self.database.writing() as connection:
                    put_site(connection, "pod", self._document(), now=now, by="ada")
            if self.dice.random() < 0.004:
                self._correct(now)
            if self.dice.random() < 0.01:
                with self.database.writing() as connection:
                    holds.release(connection, "pod", by="ada", now=now)
                    if self.dice.random() < 0.5:
                        holds.hold(connection, "pod", by="ada", why=f"works {now.minute}", now=now)
            if self.dice.random() < 0.3:
                self.seen[now] = self.shown(now)

    def shown(self, at: datetime) -> dict[str, Any]:
        """What the time machine shows of a moment, without what became of its plan since."""
        with self.database.reading() as connection:
            moment = past_moment(connection, "pod", at)
            plan = None if moment.record is None else plans.document_of(connection, moment.record.id)
        found = past_document(moment, plan)
        for later in ("superseded", "cancelled"):
            (found["plan"] or {}).pop(later, None)
        return found

    def _document(self) -> dict[str, Any]:
        return living_document(**{"ups.0.load": {"series": "load"}, "ups.0.protected_load_kw": self.protected_kw})

    def _loads(self, start: datetime, hours: int, now: datetime) -> None:
        values = [4200 + 150 * self.dice.random() + 100 * ((start + index * HOUR).hour > 13) for index in range(hours)]
        with self.database.writing() as connection:
            append_series(connection, "pod", "load", Stretch(start=start, step=HOUR, values=np.array(values)), now=now)

    def _correct(self, now: datetime) -> None:
        """A load of two days ago turns out to have been another."""
        self._loads((now - timedelta(days=2)).replace(minute=0), 1, now)

    def _read(self, now: datetime) -> None:
        stored: Any = None if self.dice.random() < 0.02 else 690 + 230 * self.dice.random()
        mode = "stored_energy" if self.dice.random() < 0.004 else "normal"
        late = self.dice.choice([0, 0, 0, 20, 90, 1200])
        sent = reading(now - timedelta(seconds=late), stored_kwh=stored, ups={"mode": mode})
        keep_reading(self.database, "pod", read_telemetry(sent, source="telemetry"), sender="gateway", now=now)


def check(database: Database, *, minutes: int, looked_at: int, seed: int) -> tuple[int, set[str]]:
    """Live, then look back: at every minute seen live, and at random ones; and make the plans of those again."""
    history = History(database, seed)
    history.live(minutes)
    for at, shown in history.seen.items():
        assert history.shown(at) == shown, at
    replayed: dict[int, bool] = {}
    bindings = set()
    for _ in range(looked_at):
        at = FIRST + timedelta(seconds=history.dice.randrange(60, 60 * minutes))
        with database.reading() as connection:
            moment = past_moment(connection, "pod", at)
        bindings.add(moment.binding.split(",")[0])
        record = moment.record
        if record is not None and record.id not in replayed:
            replayed[record.id] = replay(database, record).sha256 == record.sha256
        assert record is None or replayed[record.id], at
    return len(replayed), bindings


def test_past_minutes_are_shown_as_they_were_and_their_plans_made_again(sqlite_database: Database) -> None:
    plans_made, bindings = check(sqlite_database, minutes=240, looked_at=40, seed=7)
    assert plans_made >= 3
    assert len(bindings) >= 2


@pytest.mark.long
def test_a_thousand_past_minutes_are_replayed(sqlite_database: Database) -> None:
    plans_made, _ = check(sqlite_database, minutes=48 * 60, looked_at=1000, seed=11)
    assert plans_made >= 40


def test_a_site_that_cannot_be_planned_is_no_hindrance_later(sqlite_database: Database) -> None:
    with sqlite_database.writing() as connection:
        put_site(connection, "pod", living_document(**{"ups.0.load": {"series": "load"}}), now=NOW, by="ada")
    with pytest.raises(UnableToAccept):
        make_plan(sqlite_database, "pod", NOW, "too early")
    with sqlite_database.reading() as connection:
        moment = past_moment(connection, "pod", NOW)
    assert moment.binding == "Every battery holds, because no telemetry has been received; no plan has been made."
