"""Plan: the plan in force or an earlier one, as a picture and a table, beside what happened."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from ridethrough.api.http.access.roles import VIEWER
from ridethrough.api.http.dashboard.site_pages import AskedSite
from ridethrough.api.pages.rendering import page
from ridethrough.api.pages.site.plan_shown import latest_plans, shown_plan


def add_plan_page(router: APIRouter) -> None:
    """Let a router show the plans of a site."""
    router.get("/sites/{site_id}/plan", dependencies=[VIEWER])(_page)


def _page(asked: AskedSite, plan: Annotated[str | None, Query(max_length=40)] = None) -> HTMLResponse:
    site_id = asked.stored.site_id
    with asked.store.reading() as connection:
        shown = shown_plan(connection, site_id, plan, asked.timezone, asked.now)
        latest = latest_plans(connection, site_id)
    if shown is None and plan is not None:
        raise HTTPException(404, f"no plan {plan!r} of the site {site_id!r}")
    return HTMLResponse(page("plan.html", asked.frame("plan"), shown=shown, latest=latest, now=asked.now))
