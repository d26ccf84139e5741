"""What a service with a store does beside its answers: studies, and plans by the clock."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from fastapi import FastAPI
from sqlalchemy import Connection

from ridethrough.api.http.running.background import LOW, BackgroundWorkers
from ridethrough.api.jobs.jobs import Jobs
from ridethrough.api.jobs.price_schedule import PRICES, PriceSchedule, prices_kind
from ridethrough.api.jobs.schedule import DEALT_EVERY_S, PLAN, Schedule, plan_kind
from ridethrough.api.jobs.studies import STUDIES, STUDY
from ridethrough.api.operating.fetching_prices import (
    PricesTaken,
    fetch_prices,
    has_alarm,
    lacks_prices,
    wanted_prices,
)
from ridethrough.api.operating.making_plans import make_plan
from ridethrough.api.operating.watching import report_missed, watch_site
from ridethrough.domain import UnableToAccept
from ridethrough.store.database import Database
from ridethrough.store.sites import stored_sites
from ridethrough.store.tidying import forget_old

_FORGETS_EVERY_S = 3600.0
_LOG = logging.getLogger(__name__)


@asynccontextmanager
async def running_jobs(app: FastAPI, store: Database) -> AsyncIterator[Jobs]:
    """Run the jobs of a store, as `app.state.jobs`, for as long as the block lasts.

    Each kind has workers of its own: a study of hours delays no plan.
    """

    def now() -> datetime:
        moment: datetime = app.state.clock()
        return moment

    def fetch(database: Database, site_id: str, moment: datetime) -> PricesTaken:
        return fetch_prices(database, site_id, moment, to_loopback=app.state.webhooks_to_loopback)

    plans = BackgroundWorkers(1)
    workers = {STUDY: BackgroundWorkers(1, niceness=LOW), PLAN: plans, PRICES: plans}
    kinds = [STUDIES, plan_kind(make_plan, report_missed), prices_kind(fetch)]
    jobs = app.state.jobs = Jobs(store, kinds, clock=now, in_workers=workers)
    schedule = Schedule(jobs, store, sites=sites_and_their_zones, clock=now, report=report_missed, watch=watch_site)
    prices = PriceSchedule(jobs, store, lacking=sites_that_lack_prices, clock=now)
    try:
        await asyncio.to_thread(jobs.start)
        jobs.every("schedule", DEALT_EVERY_S, schedule.deal)
        jobs.every("forget", _FORGETS_EVERY_S, lambda: forget_all_old(store, now()))
        jobs.every("prices", DEALT_EVERY_S, prices.deal)
        app.state.readiness["jobs"] = lambda: None if jobs.is_alive else "they have not said for long that they live"
        try:
            yield jobs
        finally:
            await asyncio.to_thread(jobs.stop)
    finally:
        app.state.jobs = None
        for each in set(workers.values()):
            each.close()


def forget_all_old(store: Database, now: datetime) -> None:
    """Forget what is over for long enough (`store/tidying.py`), in short transactions."""
    while True:
        with store.writing() as connection:
            forgotten = forget_old(connection, now)
        if not forgotten.may_be_more:
            return


def sites_and_their_zones(connection: Connection) -> list[tuple[str, str]]:
    """The id and the time zone of every stored site."""
    return [(site.site_id, str(site.document["timezone"])) for site in stored_sites(connection)]


def sites_that_lack_prices(connection: Connection, now: datetime) -> list[str]:
    """The sites whose prices are to be asked for now, and those whose alarm of prices nobody would end."""
    lacking = []
    for site in stored_sites(connection):
        try:
            wanted = wanted_prices(site.document, now)
        except UnableToAccept:  # a version before took this document; whoever writes it next is told
            _LOG.exception("the prices of site %s cannot be fetched", site.site_id)
            continue
        if has_alarm(connection, site.site_id) if wanted is None else lacks_prices(connection, site.site_id, wanted):
            lacking.append(site.site_id)
    return lacking
