"""What a service with a store does beside its answers: studies, and plans by the clock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from fastapi import FastAPI
from sqlalchemy import Connection

from ridethrough.api.http.running.background import LOW, BackgroundWorkers
from ridethrough.api.jobs.jobs import Jobs
from ridethrough.api.jobs.schedule import DEALT_EVERY_S, PLAN, Schedule, plan_kind
from ridethrough.api.jobs.studies import STUDIES, STUDY
from ridethrough.api.operating.making_plans import make_plan
from ridethrough.api.operating.watching import report_missed, watch_site
from ridethrough.store.database import Database
from ridethrough.store.sites import stored_sites


@asynccontextmanager
async def running_jobs(app: FastAPI, store: Database) -> AsyncIterator[Jobs]:
    """Run the jobs of a store, as `app.state.jobs`, for as long as the block lasts.

    Each kind has workers of its own: a study of hours delays no plan.
    """

    def now() -> datetime:
        moment: datetime = app.state.clock()
        return moment

    workers = {STUDY: BackgroundWorkers(1, niceness=LOW), PLAN: BackgroundWorkers(1)}
    jobs = app.state.jobs = Jobs(store, [STUDIES, plan_kind(make_plan, report_missed)], clock=now, in_workers=workers)
    schedule = Schedule(jobs, store, sites=sites_and_their_zones, clock=now, report=report_missed, watch=watch_site)
    try:
        await asyncio.to_thread(jobs.start)
        jobs.every("schedule", DEALT_EVERY_S, schedule.deal)
        app.state.readiness["jobs"] = lambda: None if jobs.is_alive else "they have not said for long that they live"
        try:
            yield jobs
        finally:
            await asyncio.to_thread(jobs.stop)
    finally:
        app.state.jobs = None
        for each in workers.values():
            each.close()


def sites_and_their_zones(connection: Connection) -> list[tuple[str, str]]:
    """The id and the time zone of every stored site."""
    return [(site.site_id, str(site.document["timezone"])) for site in stored_sites(connection)]
