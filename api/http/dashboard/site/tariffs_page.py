"""The page of a site's tariff: prices, what peaks cost, and bills."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from ridethrough.api.cases.billing import BillInputs
from ridethrough.api.cases.sites.stored_bills import LOADS, bill_inputs
from ridethrough.api.http.access.roles import VIEWER
from ridethrough.api.http.dashboard.site_pages import AskedSite, SiteAsked
from ridethrough.api.http.sites.bills import billed
from ridethrough.api.pages.money.tariff_parts import tariff_parts
from ridethrough.api.pages.rendering import page
from ridethrough.api.reading.tariff_file import resolve_tariff
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.finance.reports.money import decimals_of


def add_tariffs_page(router: APIRouter) -> None:
    """Let a router show the tariff of a site."""
    router.get("/sites/{site_id}/tariffs", dependencies=[VIEWER])(_page)


async def _page(request: Request, asked: AskedSite) -> HTMLResponse:
    written = {name: request.query_params.get(name, "") for name in ("from", "to", "meter")}
    bill: dict[str, Any] | None = None
    faults: tuple[str, ...] = ()
    if written["from"] or written["to"]:
        try:
            inputs = await run_in_threadpool(_bill_inputs, asked, written)
            bill = await request.app.state.solvers.run(billed, inputs)
        except UnableToAccept as error:
            faults = tuple(str(fault) for fault in error.faults)
    shown = await run_in_threadpool(_shown, asked)
    return HTMLResponse(
        page(
            "tariffs.html",
            asked.frame("tariffs"),
            **shown,
            currency=asked.currency,
            places=decimals_of(asked.currency),
            asked={**asked.days(written), "meter": written["meter"] or LOADS},
            bill=bill,
            faults=faults,
        )
    )


def _shown(asked: SiteAsked) -> dict[str, Any]:
    tariff = resolve_tariff(asked.stored.document.get("tariff"), folder=None, source="site")
    return {"tariff": None} if tariff is None else tariff_parts(tariff)


def _bill_inputs(asked: SiteAsked, written: Mapping[str, str]) -> BillInputs:
    faults, days = [], []
    for name in ("from", "to"):
        try:
            days.append(date.fromisoformat(written[name]))
        except ValueError:
            faults.append(Fault(field=name, value=written[name], allowed="a day, written like 2026-07-15"))
    if faults:
        raise UnableToAccept(faults)
    with asked.store.reading() as connection:
        return bill_inputs(connection, asked.stored.site_id, days[0], days[1], written["meter"] or LOADS)
