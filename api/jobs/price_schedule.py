"""Prices by the clock: for every site that says who publishes them, as soon as they are published.

Every process looks what is missing; the store notes before when a site is not asked for again, so one of them does.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection

from ridethrough.api.jobs.jobs import Jobs
from ridethrough.api.jobs.schedule import PLAN
from ridethrough.api.jobs.task import Kind, Task
from ridethrough.store.database import Database
from ridethrough.store.running.job_parts import JobFile
from ridethrough.store.running.jobs import add_job
from ridethrough.store.running.schedule import deal_until, dealt_until

PRICES = "prices"
_UNTIL_DONE = timedelta(minutes=2)
"""How long nobody else asks while a job asks; a source has 30 seconds to answer."""
_LOG = logging.getLogger(__name__)


class Taken(Protocol):
    """What came of asking for the prices of a site."""

    @property
    def changed(self) -> int:
        """How many prices are new, or others than before."""

    @property
    def until(self) -> datetime | None:
        """Until when there are prices."""

    @property
    def again_after(self) -> timedelta:
        """How soon to ask again for what is missing."""


Lacking = Callable[[Connection, datetime], Iterable[str]]
"""The sites whose prices are to be asked for at a moment."""
Fetch = Callable[[Database, str, datetime], Taken]
"""Asks for the prices of a site, and keeps them."""


class PriceSchedule:
    """Submits a job for every site whose prices are to be asked for."""

    def __init__(self, jobs: Jobs, database: Database, *, lacking: Lacking, clock: Callable[[], datetime]) -> None:
        self._jobs = jobs
        self._database = database
        self._lacking = lacking
        self._clock = clock

    def deal(self) -> None:
        """Deal with what is missing now."""
        now = self._clock()
        with self._database.reading() as connection:
            due = [each for each in self._lacking(connection, now) if _is_due(connection, each, now)]
        for site_id in due:
            with self._database.writing() as connection:
                if not _is_due(connection, site_id, now):
                    continue
                deal_until(connection, site_id, PRICES, now + _UNTIL_DONE)
                job = add_job(
                    connection, kind=PRICES, site_id=site_id, key=f"prices/{now.isoformat()}", arguments={}, now=now
                )
            self._jobs.enqueue(job)


def _is_due(connection: Connection, site_id: str, now: datetime) -> bool:
    not_before = dealt_until(connection, site_id, PRICES)
    return not_before is None or now >= not_before


def prices_kind(fetch: Fetch) -> Kind:
    """The kind of jobs that ask for prices; where some are new a plan is made with them."""

    def run(task: Task) -> tuple[JobFile, ...]:
        site_id, now = task.job.site_id, task.clock()
        taken = fetch(task.database, site_id, now)
        with task.database.writing() as connection:
            deal_until(connection, site_id, PRICES, now + taken.again_after)
            if taken.changed and taken.until is not None:
                what = f"prices until {taken.until.isoformat(timespec='minutes')} have come"
                arguments = {"name": PRICES, "what": what, "due": now.isoformat(), "next": None}
                key = f"{PRICES}/{task.job.job_id}"
                add_job(connection, kind=PLAN, site_id=site_id, key=key, arguments=arguments, now=now)
        return ()

    return Kind(name=PRICES, run=run)
