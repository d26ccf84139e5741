from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ridethrough.api.jobs.engine import Claim
from ridethrough.api.jobs.reaper import Reaper, Unchanged
from ridethrough.store.database import Database, UnableToStore, open_database
from ridethrough.store.running.executors import beat, beats

NOW = datetime(2026, 7, 1, tzinfo=UTC)


@dataclass(slots=True)
class ManyClaims:
    """An engine that only knows claims."""

    executor_id: str = "mine"
    held: list[Claim] = field(default_factory=list)
    running: frozenset[str] = frozenset()
    given_back: list[str] = field(default_factory=list)

    def claims(self) -> Iterator[Claim]:
        yield from self.held

    def give_back(self, claim: Claim) -> bool:
        self.given_back.append(claim.task_id)
        self.held.remove(claim)
        return True


@dataclass(slots=True)
class Clock:
    at: float = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path / 'store.db'}")
    yield opened
    opened.close()


def claim(task_id: str, executor_id: str) -> Claim:
    return Claim(task_id=task_id, executor_id=executor_id, queue="study")


def beat_of(database: Database, executor_id: str) -> None:
    with database.writing() as connection:
        beat(connection, executor_id, NOW)


def reaper_of(database: Database, engine: ManyClaims, clock: Clock) -> Reaper:
    return Reaper(database, engine, dead_after_s=12.0, now=clock)  # type: ignore[arg-type]


def test_the_claim_of_an_executor_without_beats_is_given_back_once(database: Database) -> None:
    clock, engine = Clock(), ManyClaims(held=[claim("a", "other")])
    beat_of(database, "other")
    reaper = reaper_of(database, engine, clock)
    for clock.at in (0.0, 6.0, 11.9):
        assert reaper.sweep() == []
    clock.at = 12.0
    assert [each.task_id for each in reaper.sweep()] == ["a"]
    assert reaper.sweep() == []
    assert engine.given_back == ["a"]


def test_a_living_executor_keeps_its_claims_however_long_they_last(database: Database) -> None:
    clock, engine = Clock(), ManyClaims(held=[claim("a", "other")])
    reaper = reaper_of(database, engine, clock)
    for clock.at in range(0, 3600, 10):
        beat_of(database, "other")
        assert reaper.sweep() == []


def test_a_claim_whose_executor_is_not_known_is_given_back_too(database: Database) -> None:
    clock, engine = Clock(), ManyClaims(held=[claim("a", "forgotten")])
    reaper = reaper_of(database, engine, clock)
    assert reaper.sweep() == []
    clock.at = 12.0
    assert [each.task_id for each in reaper.sweep()] == ["a"]


def test_time_without_the_database_does_not_count(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, engine = Clock(), ManyClaims(held=[claim("a", "other")])
    beat_of(database, "other")
    reaper = reaper_of(database, engine, clock)
    reaper.sweep()
    with monkeypatch.context() as broken:
        broken.setattr(engine.__class__, "claims", lambda _: iter(_fail()))
        clock.at = 20.0
        with pytest.raises(UnableToStore):
            reaper.sweep()
    clock.at = 21.0
    assert reaper.sweep() == []
    clock.at = 33.0
    assert [each.task_id for each in reaper.sweep()] == ["a"]


def _fail() -> Iterator[Claim]:
    raise UnableToStore("gone")
    yield


def test_its_own_claim_without_a_thread_is_given_back_and_one_with_a_thread_is_not(database: Database) -> None:
    clock = Clock()
    engine = ManyClaims(held=[claim("idle", "mine"), claim("busy", "mine")], running=frozenset({"busy"}))
    reaper = reaper_of(database, engine, clock)
    reaper.sweep()
    clock.at = 12.0
    assert [each.task_id for each in reaper.sweep()] == ["idle"]


def test_a_dead_executor_is_forgotten_when_it_claims_nothing_more_and_a_living_one_is_not(database: Database) -> None:
    clock, engine = Clock(), ManyClaims(held=[claim("a", "dead")])
    reaper = reaper_of(database, engine, clock)
    for each in ("dead", "alive", "mine"):
        beat_of(database, each)
    reaper.sweep()
    clock.at = 12.0
    beat_of(database, "alive")
    reaper.sweep()
    with database.reading() as connection:
        assert set(beats(connection)) == {"dead", "alive", "mine"}
    beat_of(database, "alive")
    reaper.sweep()
    with database.reading() as connection:
        assert set(beats(connection)) == {"alive", "mine"}


def test_a_value_that_changes_or_goes_away_begins_anew() -> None:
    clock = Clock()
    unchanged = Unchanged(clock)
    unchanged.see({"a": 1, "b": 1})
    clock.at = 5.0
    unchanged.see({"a": 2})
    clock.at = 7.0
    unchanged.see({"a": 2, "b": 1})
    assert (unchanged.for_s("a"), unchanged.for_s("b")) == (2.0, 0.0)
