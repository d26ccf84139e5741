"""The HTTP service: plans and reserves. Solves run in worker processes, never in the event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from multiprocessing import get_context
from typing import Annotated, Any, TypeVar

from fastapi import Body, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from api.examples import PLAN_REQUEST, RESERVE_REQUEST
from api.plan_json import plan_document, reserve_document
from api.planning import plan_day, reserves_of
from api.site_file import read_site, read_state
from domain import Fault, UnableToAccept

T = TypeVar("T")

SOLVER_LIMIT_S = 30.0
"""Time a solve may take before its best plan is returned."""
_HARD_LIMIT_S = 2 * SOLVER_LIMIT_S
_PROBLEM = "application/problem+json"


class PlanRequest(BaseModel):
    """One day to plan: the site as in a site file, with series sent along as values."""

    model_config = ConfigDict(extra="forbid")

    site: dict[str, Any] = Field(description="The site document; loads and prices are constants or values.")
    date: date | None = Field(default=None, description="The local day; tomorrow, or the last day the series cover.")
    state: dict[str, Any] | None = Field(default=None, description="Measured state; without it batteries are full.")
    prices: dict[str, Any] | None = Field(default=None, description="Market prices, in place of the site's own.")
    look_ahead_h: float | None = Field(default=None, ge=0, le=31 * 24, description="Hours to look past the day.")


class ReserveRequest(BaseModel):
    """The site whose reserve is asked for."""

    model_config = ConfigDict(extra="forbid")

    site: dict[str, Any] = Field(description="The site document.")


class UnableToSolve(RuntimeError):
    """A worker gave no answer within its hard limit, or died."""


def create_app(*, workers: int = 1) -> FastAPI:
    """Make the service; `workers` processes solve."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.solvers = _Solvers(workers)
        await app.state.solvers.run(_warm)
        yield
        app.state.solvers.close()

    app = FastAPI(
        title="Ridethrough",
        version="0.1.0",
        summary="Dispatch of data-center UPS batteries that never touches the backup reserve.",
        lifespan=lifespan,
    )
    app.get("/healthz", summary="Whether the service and its solvers answer")(_health)
    app.post("/v1/plans", summary="Plan one local day", responses=_PROBLEMS)(_post_plan)
    app.post("/v1/reserve", summary="The reserve of every UPS system", responses=_PROBLEMS)(_post_reserve)
    app.exception_handler(UnableToAccept)(_faults_response)
    app.exception_handler(RequestValidationError)(_request_response)
    app.exception_handler(HTTPException)(_http_response)
    app.exception_handler(UnableToSolve)(_solver_response)
    return app


class _Solvers:
    """Worker processes with a hard time limit; a pool that breaks or hangs is replaced."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._workers, mp_context=get_context("spawn"))

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """Run `work` in a worker.

        Raises `UnableToSolve` where there is no answer within the hard limit.
        """
        pool = self._pool
        try:
            return await asyncio.wait_for(
                asyncio.get_running_loop().run_in_executor(pool, work, *arguments), _HARD_LIMIT_S
            )
        except TimeoutError as error:
            self._replace(pool)
            raise UnableToSolve(
                f"no plan within {_HARD_LIMIT_S:.0f} s; keep the last certified plan or hold"
            ) from error
        except BrokenProcessPool as error:
            self._replace(pool)
            raise UnableToSolve("the solver process died; keep the last certified plan or hold") from error

    def _replace(self, broken: ProcessPoolExecutor) -> None:
        if self._pool is broken:
            self._pool = self._new_pool()
            processes = list(broken._processes.values())  # noqa: SLF001 - the executor has no way to end a hung worker
            broken.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.kill()

    def close(self) -> None:
        """End the workers."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _warm() -> bool:
    """Import everything a plan needs."""
    return plan_day is not None


async def _health(request: Request) -> dict[str, str]:
    await request.app.state.solvers.run(_warm)
    return {"status": "ok"}


async def _post_plan(
    request: Request, body: Annotated[PlanRequest, Body(openapi_examples=PLAN_REQUEST)]
) -> JSONResponse:
    return JSONResponse(await request.app.state.solvers.run(_plan, body.model_dump(), datetime.now(UTC)))


async def _post_reserve(
    request: Request, body: Annotated[ReserveRequest, Body(openapi_examples=RESERVE_REQUEST)]
) -> JSONResponse:
    return JSONResponse(await request.app.state.solvers.run(_reserve, body.site))


def _plan(body: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Plan in a worker: documents in, document out."""
    site = body["site"] if body["prices"] is None else {**body["site"], "prices": body["prices"]}
    state = read_state(body["state"], source="state") if body["state"] is not None else None
    inputs = read_site(site, source="site", folder=None)
    return plan_document(
        plan_day(
            inputs,
            now=now,
            day=body["date"],
            state=state,
            look_ahead_h=body["look_ahead_h"],
            time_limit_s=SOLVER_LIMIT_S,
        )
    )


def _reserve(site: dict[str, Any]) -> dict[str, Any]:
    return reserve_document(reserves_of(read_site(site, source="site", folder=None)))


_PROBLEMS: dict[int | str, dict[str, Any]] = {
    422: {"description": "The input was refused; every fault is listed.", "content": {_PROBLEM: {}}},
    503: {"description": "The solver gave no answer.", "content": {_PROBLEM: {}}},
}


def _problem(status: int, title: str, detail: str, faults: list[dict[str, Any]] | None = None) -> JSONResponse:
    """Write an RFC 9457 problem."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if faults is not None:
        body["errors"] = faults
    return JSONResponse(body, status_code=status, media_type=_PROBLEM)


def _fault(fault: Fault) -> dict[str, Any]:
    return {
        "source": fault.source,
        "field": fault.field,
        "value": fault.value if isinstance(fault.value, (str, int, float, bool, type(None))) else repr(fault.value),
        "allowed": fault.allowed,
        "detail": str(fault),
    }


async def _faults_response(_: Request, error: Exception) -> JSONResponse:
    faults = error.faults if isinstance(error, UnableToAccept) else ()
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    return _problem(422, "The input was refused", count, [_fault(fault) for fault in faults])


async def _request_response(_: Request, error: Exception) -> JSONResponse:
    errors = error.errors() if isinstance(error, RequestValidationError) else ()
    faults = [
        Fault(source="request", field=".".join(map(str, each["loc"])), value=each.get("input"), allowed=each["msg"])
        for each in errors
    ]
    return _problem(422, "The request was refused", f"{len(faults)} faults", [_fault(fault) for fault in faults])


async def _http_response(_: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(error.detail) if isinstance(error, HTTPException) else ""
    return _problem(status, detail, detail)


async def _solver_response(_: Request, error: Exception) -> JSONResponse:
    return _problem(503, "No plan", str(error))
