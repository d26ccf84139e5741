"""The HTTP service: what it consists of. Solves run in worker processes, never in the event loop."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from ridethrough.api.http.access.headers import SecurityHeaders
from ridethrough.api.http.access.limits import Limits
from ridethrough.api.http.access.roles import Access, NoAuth
from ridethrough.api.http.answering.problems import answer_with_problems, problem_schemas
from ridethrough.api.http.answering.strict_requests import service_router
from ridethrough.api.http.dashboard.pages import dashboard
from ridethrough.api.http.keys import add_keys
from ridethrough.api.http.operations.docs.page import add_docs
from ridethrough.api.http.operations.health import add_health
from ridethrough.api.http.operations.metrics_page import add_metrics
from ridethrough.api.http.operations.observed import Observed
from ridethrough.api.http.running.job_service import running_jobs
from ridethrough.api.http.running.memory import giving_memory_back
from ridethrough.api.http.running.solvers import Solvers
from ridethrough.api.http.running.streams import EndingStreams, OpenStreams
from ridethrough.api.http.sites.bills import add_site_bills
from ridethrough.api.http.sites.documents import add_site_documents
from ridethrough.api.http.sites.happenings import add_happenings
from ridethrough.api.http.sites.holds import add_holds
from ridethrough.api.http.sites.life import add_site_lives
from ridethrough.api.http.sites.plans import add_site_plans
from ridethrough.api.http.sites.series import add_series
from ridethrough.api.http.sites.setpoints import add_setpoints
from ridethrough.api.http.sites.storing import not_current, unreachable
from ridethrough.api.http.sites.studies import add_site_studies
from ridethrough.api.http.sites.telemetry import add_telemetry
from ridethrough.api.http.sites.time_machine import add_time_machine
from ridethrough.api.http.sites.webhooks import add_webhooks
from ridethrough.api.http.stateless.bill_service import add_bills_and_tariffs
from ridethrough.api.http.stateless.certify_service import add_certificates
from ridethrough.api.http.stateless.life_service import add_lives
from ridethrough.api.http.stateless.plan_service import add_plans, warm_up
from ridethrough.api.http.stateless.study_service import add_studies
from ridethrough.api.operating.sending import WebhookSender
from ridethrough.api.pages.life.kept_lives import KeptLives
from ridethrough.store.database import Database

REQUEST_LIMIT_S = 60.0
"""The longest time from a complete request to its answer."""


class _Service(FastAPI):
    """The application: every answer is noted and has the headers that protect, also one of an error of ours."""

    def build_middleware_stack(self) -> ASGIApp:
        """Put what concerns every answer around everything else."""
        return Observed(SecurityHeaders(EndingStreams(super().build_middleware_stack(), self.state.streams)))

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, with what the errors consist of."""
        document = super().openapi()
        document["components"]["schemas"].update(problem_schemas())
        return document


def create_app(
    *,
    workers: int = 1,
    limit_s: float = REQUEST_LIMIT_S,
    patience_s: float = REQUEST_LIMIT_S / 2,
    access: Access | None = None,
    limits: Limits | None = None,
    store: Database | None = None,
    with_jobs: bool = False,
) -> FastAPI:
    """Make the service: `workers` processes solve, and `access` tells who asks; without it everyone may ask.

    Sites live in the `store`, which whoever opened it closes; without one the service keeps nothing. A request waits at
    most `patience_s` for a solver, and has its answer in `limit_s` from when it is whole. `with_jobs` lets this process
    run the jobs of the store: studies, and plans by the clock; one service does so in a process.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        solvers = Solvers(workers, limit_s=limit_s, patience_s=patience_s, warm_up=warm_up)
        async with _running(app, solvers, with_jobs=with_jobs):
            yield

    app = _Service(
        title="Ridethrough",
        version=version("ridethrough"),
        summary="Dispatch of data-center UPS batteries that never touches the backup reserve.",
        lifespan=lifespan,
        openapi_url=None,  # ours are routes as all others; FastAPI's own pages would load scripts from elsewhere
        docs_url=None,
        redoc_url=None,
    )
    _prepare(app, access or NoAuth(), limits or Limits(), store)
    app.include_router(_routes())
    app.include_router(dashboard())
    answer_with_problems(app)
    return app


@asynccontextmanager
async def _running(app: FastAPI, solvers: Solvers, *, with_jobs: bool) -> AsyncIterator[None]:
    """What runs beside the routes for as long as the service does."""
    store = app.state.store
    async with AsyncExitStack() as running:
        app.state.solvers = solvers
        running.callback(solvers.close)
        await solvers.warm()
        await running.enter_async_context(giving_memory_back())
        if store is not None:
            sender = WebhookSender(store, app.state.clock, to_loopback=app.state.webhooks_to_loopback)
            sender.start()
            running.callback(sender.stop)
        if store is not None and with_jobs:
            await running.enter_async_context(running_jobs(app, store))
        yield


def _prepare(app: FastAPI, access: Access, limits: Limits, store: Database | None) -> None:
    """Give the application what its routes ask for."""
    app.state.access = access
    app.state.streams = OpenStreams()
    app.state.limits = limits
    app.state.readiness = {"solvers": lambda: _cold(app.state.solvers)}
    app.state.store = store
    app.state.webhooks_to_loopback = isinstance(access, NoAuth)
    app.state.jobs = None
    app.state.lives = KeptLives()
    if store is not None:
        app.state.readiness["store"] = lambda: unreachable(store)
        app.state.readiness["migrations"] = lambda: not_current(store)
    app.state.clock = lambda: datetime.now(UTC)


def _routes() -> APIRouter:
    """Every route of the service."""
    router = service_router()
    add_docs(router)
    add_health(router)
    add_metrics(router)
    add_plans(router)
    add_certificates(router)
    add_bills_and_tariffs(router)
    add_studies(router)
    add_lives(router)
    add_site_documents(router)
    add_series(router)
    add_telemetry(router)
    add_site_plans(router)
    add_site_bills(router)
    add_site_lives(router)
    add_setpoints(router)
    add_holds(router)
    add_happenings(router)
    add_time_machine(router)
    add_webhooks(router)
    add_site_studies(router)
    add_keys(router)
    return router


def _cold(solvers: Solvers) -> str | None:
    return f"{solvers.cold} of {solvers.total} have not warmed up" if solvers.cold else None
