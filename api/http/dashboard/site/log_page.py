"""Log: the journal of a site, and the time machine."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from ridethrough.api.http.access.roles import VIEWER
from ridethrough.api.http.dashboard.site_pages import AskedSite, SiteAsked
from ridethrough.api.http.sites.parameters import Before
from ridethrough.api.operating.time_machine import past_moment
from ridethrough.api.pages.local_minute import LocalMinute, local_minute
from ridethrough.api.pages.rendering import page
from ridethrough.domain.horizon import zone
from ridethrough.store.operating import journal

MOST_ENTRIES = 50


def add_log_page(router: APIRouter) -> None:
    """Let a router show what happened at a site."""
    router.get("/sites/{site_id}/log", dependencies=[VIEWER])(_page)


def _page(
    asked: AskedSite, at: Annotated[str | None, Query(max_length=60)] = None, before: Before = None
) -> HTMLResponse:
    wrong, minute, past = "", None, None
    try:
        minute = None if not at else _past(asked, at)
    except ValueError as error:
        wrong = str(error)
    with asked.store.reading() as connection:
        entries = journal.entries(connection, asked.stored.site_id, before=before, limit=MOST_ENTRIES)
        if minute is not None:
            past = past_moment(connection, asked.stored.site_id, minute.at)
    values = {"past": past, "wrong": wrong, "entries": entries, "most": MOST_ENTRIES}
    twice = None if minute is None or minute.again is None else minute.again.isoformat()
    written = _written(asked, asked.now if past is None else past.at)
    return HTMLResponse(page("log.html", asked.frame("log"), twice=twice, written=written, **values))


def _past(asked: SiteAsked, written: str) -> LocalMinute:
    """The minute that was asked for.

    Raises `ValueError` where it is none, or is not over.
    """
    minute = local_minute(written, asked.timezone)
    if minute.at > asked.now:
        raise ValueError(f"it is {_written(asked, asked.now)} there: ask for a minute that is over")
    return minute


def _written(asked: SiteAsked, moment: datetime) -> str:
    """A moment as a field for a local time takes it."""
    return f"{moment.astimezone(zone(asked.timezone)):%Y-%m-%dT%H:%M}"
