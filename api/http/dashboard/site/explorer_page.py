"""Explorer: the stored series of a site over any period, as a picture with its table, and zoomed by a script."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException

from ridethrough.api.cases.sites.explored import explored
from ridethrough.api.http.access.roles import VIEWER
from ridethrough.api.http.dashboard.site_pages import AskedSite, SiteAsked
from ridethrough.api.pages.explorer.explorer_parts import explorer_chart, explorer_points
from ridethrough.api.pages.explorer.library import REMEDY, style_ids, zoom_script
from ridethrough.api.pages.explorer.period import MOST_DAYS, Period, cells_over, period_of
from ridethrough.api.pages.rendering import page
from ridethrough.charts import chart_figure
from ridethrough.domain.horizon import zone

_SPANS = ((1, "A day"), (7, "A week"), (31, "A month"), (MOST_DAYS, "A year"))
_LAST_MS = 2**43
_SHORTEST = timedelta(minutes=1)


def add_explorer_page(router: APIRouter) -> None:
    """Let a router show the series of a site."""
    router.get("/sites/{site_id}/explorer", dependencies=[VIEWER])(_page)
    router.get("/sites/{site_id}/explorer/points", dependencies=[VIEWER], response_class=JSONResponse)(_points)


def _page(
    asked: AskedSite,
    first: Annotated[str, Query(alias="from", max_length=40)] = "",
    last: Annotated[str, Query(alias="to", max_length=40)] = "",
) -> HTMLResponse:
    today = asked.now.astimezone(zone(asked.timezone)).date()
    wrong, period = "", Period(first=today, last=today, timezone=asked.timezone)
    try:
        period = period_of(first, last, latest=today, timezone=asked.timezone)
    except ValueError as error:
        wrong = str(error)
    with asked.store.reading() as connection:
        found = explored(connection, asked.stored, period.start, period.end)
    axis = cells_over(period.start, period.end, int(asked.stored.document.get("interval_minutes", 15)), asked.timezone)
    chart, script = explorer_chart(found.series, axis, asked.currency), zoom_script()
    return HTMLResponse(
        page(
            "explorer.html",
            asked.frame("explorer"),
            period=period,
            spans=[(name, period.ending(days)) for days, name in _SPANS],
            wrong=wrong,
            figure=None if chart is None else chart_figure(chart),
            cut_at=found.cut_at,
            cell_minutes=(axis.boundaries[1] - axis.boundaries[0]) / timedelta(minutes=1),
            script=script,
            style_ids=style_ids(),
            remedy=REMEDY,
        )
    )


def _points(
    asked: AskedSite,
    first_ms: Annotated[int, Query(alias="from", ge=0, le=_LAST_MS)],
    last_ms: Annotated[int, Query(alias="to", ge=0, le=_LAST_MS)],
) -> JSONResponse:
    """The points of a time that a script zooms to."""
    start, end = (datetime.fromtimestamp(each / 1000, UTC) for each in (first_ms, last_ms))
    if not _SHORTEST <= end - start <= timedelta(days=MOST_DAYS + 1):
        raise HTTPException(422, f"from, to: ask for a minute to {MOST_DAYS} days, in milliseconds since 1970")
    return JSONResponse(_found(asked, start, end))


def _found(asked: SiteAsked, start: datetime, end: datetime) -> dict[str, object]:
    with asked.store.reading() as connection:
        found = explored(connection, asked.stored, start, end)
    return explorer_points(found.series, start, end, asked.timezone, asked.currency)
