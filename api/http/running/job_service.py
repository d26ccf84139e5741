"""The jobs of a service with a store: studies, plans by the clock, and what is sent to others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from fastapi import FastAPI

from ridethrough.api.http.running.background import BackgroundWorkers
from ridethrough.api.jobs.jobs import Jobs
from ridethrough.api.jobs.studies import study_kind
from ridethrough.store.database import Database

WORKERS = 2
"""One for studies and one for plans: a study of hours delays no plan."""


@asynccontextmanager
async def running_jobs(app: FastAPI, store: Database) -> AsyncIterator[Jobs]:
    """Run the jobs of a store, as `app.state.jobs`, for as long as the block lasts."""

    def now() -> datetime:
        moment: datetime = app.state.clock()
        return moment

    workers = BackgroundWorkers(WORKERS)
    jobs = app.state.jobs = Jobs(store, [study_kind(app.state.inputs_at)], clock=now, in_worker=workers)
    try:
        await asyncio.to_thread(jobs.start)
        yield jobs
    finally:
        await asyncio.to_thread(jobs.stop)
        workers.close()
