"""Plans by the clock: at the publication of day-ahead prices, and on the hour, for every stored site.

Every process deals with what is due; the store notes up to when that was done, and a plan's job has a key, so that each
time is dealt with once. The policy for times at which no process ran:

| of the times that have passed | |
|---|---|
| the last one | its plan is made at once, late, and says by how much |
| those before it | are reported as missed: the last one's plan replaces theirs |
| one whose job waited until the next time | is reported as missed |
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from ridethrough.api.jobs.jobs import Jobs
from ridethrough.api.jobs.task import Kind, Task, UnableToBeInTime
from ridethrough.domain.horizon import zone
from ridethrough.operation.known.published import publication_on
from ridethrough.store.database import Database, open_database
from ridethrough.store.running.job_parts import JobFile
from ridethrough.store.running.jobs import Job, JobState, add_job
from ridethrough.store.running.schedule import deal_until, dealt_until

PLAN = "plan"
DEALT_EVERY_S = 15.0
WANTED_EVERY = timedelta(minutes=5)
"""A plan that is wanted before its time is made at most so often."""
LATE = timedelta(minutes=5)
"""A plan that is begun so long after its time says that it is late."""
_QUARTER = timedelta(minutes=15)
"""Every clock is a whole number of quarters from UTC; some change by half an hour."""
_LOG = logging.getLogger(__name__)

MakePlan = Callable[[Database, str, datetime, str], object]
"""Makes and stores the plan of a site, as of a moment, and says why."""
Sites = Callable[[Connection], Iterable[tuple[str, str]]]
"""The id and the time zone of every stored site."""
Report = Callable[[Connection, str, str, datetime], object]
"""Tells the people of a site what was missed, in the transaction that notes it."""
Watch = Callable[[Database, str, datetime], tuple[str, ...]]
"""Looks at a site, and says why a plan is wanted before its time (empty: none is)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Times at which a plan is due: those after a moment, up to another one, in a time zone."""

    name: str
    what: str
    between: Callable[[datetime, datetime, str], Iterator[datetime]]


def hours(after: datetime, until: datetime, timezone: str) -> Iterator[datetime]:
    """The full hours of the local clock."""
    clock = zone(timezone)
    at = after.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while at <= until:
        if at > after and at.astimezone(clock).minute == 0:
            yield at
        at += _QUARTER


def publications(after: datetime, until: datetime, timezone: str) -> Iterator[datetime]:
    """The moments at which the prices of the next day are published."""
    day = after.astimezone(zone(timezone)).date()
    while (at := publication_on(day, timezone).astimezone(after.tzinfo)) <= until:
        if at > after:
            yield at
        day += timedelta(days=1)


TIMES = (
    Times(name="day-ahead", what="the day-ahead prices are published", between=publications),
    Times(name="hourly", what="the hour begins", between=hours),
)


class Schedule:
    """Submits the plans that are due, and those that are wanted before their time."""

    def __init__(
        self,
        jobs: Jobs,
        database: Database,
        *,
        sites: Sites,
        clock: Callable[[], datetime],
        report: Report,
        watch: Watch,
    ) -> None:
        self._jobs = jobs
        self._database = database
        self._sites = sites
        self._clock = clock
        self._report = report
        self._watch = watch

    def deal(self) -> None:
        """Deal with what is due now, of every site."""
        now = self._clock()
        with self._database.reading() as connection:
            sites = list(self._sites(connection))
        for site_id, timezone in sites:
            try:
                for times in TIMES:
                    self._deal_with(site_id, timezone, times, now)
                wanted = self._watch(self._database, site_id, now)
                if wanted:
                    self._submit_wanted(site_id, "; ".join(wanted), now)
            except Exception:  # noqa: BLE001 - one site does not stop the others
                _LOG.exception("the plans of site %s could not be submitted", site_id)

    def _submit_wanted(self, site_id: str, why: str, now: datetime) -> None:
        """Submit a plan before its time, at most once in `WANTED_EVERY`."""
        slot = now.timestamp() // WANTED_EVERY.total_seconds()
        arguments = {"name": "wanted", "what": why, "due": now.isoformat(), "next": None}
        self._jobs.submit(PLAN, site_id=site_id, key=f"wanted/{slot:.0f}", arguments=arguments)

    def _deal_with(self, site_id: str, timezone: str, times: Times, now: datetime) -> None:
        with self._database.reading() as connection:
            since = dealt_until(connection, site_id, times.name)
        if since is not None and not any(times.between(since, now, timezone)):
            return
        with self._database.writing() as connection:
            since = dealt_until(connection, site_id, times.name)
            due = [] if since is None else list(times.between(since, now, timezone))
            deal_until(connection, site_id, times.name, max(now, since or now))
            job = self._plan_due(connection, site_id, timezone, times, due, now) if due else None
        if job is not None:
            self._jobs.enqueue(job)

    def _plan_due(  # noqa: PLR0917 - one time of one site
        self, connection: Connection, site_id: str, timezone: str, times: Times, due: list[datetime], now: datetime
    ) -> Job:
        *missed, last = due
        if missed:
            why = _missed(times, missed, now)
            key = f"{times.name}/{missed[0].isoformat()}/{missed[-1].isoformat()}"
            arguments = {"name": times.name, "what": times.what, "due": missed[-1].isoformat(), "next": None}
            add_job(
                connection,
                kind=PLAN,
                site_id=site_id,
                key=key,
                arguments=arguments,
                now=now,
                state=JobState.MISSED,
                why=why,
            )
            self._report(connection, site_id, why, now)
        following = next(times.between(last, last + timedelta(days=2), timezone))
        arguments = {
            "name": times.name,
            "what": times.what,
            "due": last.isoformat(),
            "next": following.isoformat(),
        }
        key = f"{times.name}/{last.isoformat()}"
        return add_job(connection, kind=PLAN, site_id=site_id, key=key, arguments=arguments, now=now)


def plan_kind(make_plan: MakePlan, report: Report, *, at_once: int = 1) -> Kind:
    """The kind of jobs that make plans, in a worker; `report` tells people of one that was missed."""

    def run(task: Task) -> tuple[JobFile, ...]:
        given, now = task.job.arguments, task.clock()
        if given["next"] is not None and now >= datetime.fromisoformat(given["next"]):
            why = f"the plan due at {given['due']} because {given['what']} was not made before the next one was due"
            with task.database.writing() as connection:
                report(connection, task.job.site_id, why, now)
            raise UnableToBeInTime(why)
        late = now - datetime.fromisoformat(given["due"])
        why = str(given["what"]) + (f" ({_span(late)} late)" if late >= LATE else "")
        task.work(make_in_worker, make_plan, task.database_url, task.job.site_id, now, why)
        return ()

    return Kind(name=PLAN, run=run, at_once=at_once)


def make_in_worker(make_plan: MakePlan, url: str, site_id: str, now: datetime, why: str) -> None:
    """Make and store a plan in a worker."""
    database = open_database(url)
    try:
        make_plan(database, site_id, now, why)
    finally:
        database.close()


def _missed(times: Times, missed: list[datetime], now: datetime) -> str:
    plans = "1 plan was" if len(missed) == 1 else f"{len(missed)} plans were"
    first, last = (f"{each:%Y-%m-%d %H:%M%z}" for each in (missed[0], missed[-1]))
    return (
        f"{plans} not made, due because {times.what}, from {first} to {last}: no process ran then; found at "
        f"{now:%Y-%m-%d %H:%M%z}"
    )


def _span(late: timedelta) -> str:
    minutes = int(late.total_seconds() // 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"  # noqa: PLR2004 - of an hour
