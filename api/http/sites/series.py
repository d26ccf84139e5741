"""The series of stored sites: `POST` and `GET /v1/sites/{site_id}/series/{name}`, their list, and `DELETE`."""

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from numpy.typing import NDArray

from ridethrough.api.cases.sites.stored_inputs import check_document, stored_site
from ridethrough.api.cases.sites.taking_series import TakenSeries, is_price_series, read_posted, take
from ridethrough.api.http.access.roles import ADMIN, OPERATOR, VIEWER, CallerOfRequest
from ridethrough.api.http.answering.problems import problems
from ridethrough.api.http.schemas.schema import answered_with
from ridethrough.api.http.schemas.sites import SeriesAnswer, SeriesListAnswer, SeriesWritten
from ridethrough.api.http.sites.bodies import CSV, JSON, ReadingsBody
from ridethrough.api.http.sites.documents import SiteId, lacking
from ridethrough.api.http.sites.storing import Now, Store
from ridethrough.api.operating.telling import tell
from ridethrough.api.reading.series.series_document import SeriesDocument
from ridethrough.api.reading.series.stored_series import LONGEST_COLUMN, LONGEST_NAME, NAME, series_key
from ridethrough.api.reading.series.written_time import instant
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.store.database import Database
from ridethrough.store.series import StoredReadings, clear_series, read_series, series_extent, series_names
from ridethrough.store.sites import known_until

MOST_READINGS = 600_000
"""The most readings of one answer: a year of one-minute values."""
_Name = Annotated[
    str,
    Path(pattern=NAME, max_length=LONGEST_NAME, description="The name; `load.csv` is `load`."),
]
_Column = Annotated[
    str | None,
    Query(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=LONGEST_COLUMN, description="The column, in a file of many."),
]
_Time = Annotated[str | None, Query(max_length=40, description="A time with its UTC offset.")]
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            CSV: {"schema": {"type": "string"}},
            JSON: {
                "schema": {
                    "type": "object",
                    "required": ["start", "interval_minutes", "values"],
                    "properties": {
                        "start": {"type": "string", "format": "date-time"},
                        "interval_minutes": {"type": "integer", "minimum": 1, "maximum": 1440},
                        "values": {"type": "array", "minItems": 1, "items": {"type": "number"}},
                    },
                    "description": SeriesDocument.__doc__,
                }
            },
        },
    }
}


def add_series(router: APIRouter) -> None:
    """Let a router keep the series of sites."""
    series = "/v1/sites/{site_id}/series"
    router.get(
        series,
        summary="The series of a site",
        dependencies=[VIEWER],
        responses=answered_with(SeriesListAnswer, "The series that have readings, and those that are missing."),
    )(_list)
    router.post(
        f"{series}/{{name}}",
        summary="Add readings; they replace those for the same time",
        dependencies=[OPERATOR],
        responses=answered_with(SeriesWritten, "The readings are kept.") | problems(415),
        openapi_extra=_BODY,
    )(_post)
    answer = answered_with(SeriesAnswer, "The readings.")
    answer[200]["content"] = {CSV: {"schema": {"type": "string"}}}
    router.get(f"{series}/{{name}}", summary="Readings of a series", dependencies=[VIEWER], responses=answer)(_get)
    router.delete(
        f"{series}/{{name}}",
        summary="Begin a series anew; older moments keep their readings",
        dependencies=[ADMIN],
        status_code=204,
    )(_delete)


def _list(site_id: SiteId, store: Store) -> dict[str, Any]:
    with store.reading() as connection:
        site = stored_site(connection, site_id)
        found = [series_extent(connection, site_id, name) for name in series_names(connection, site_id)]
        readiness = check_document(connection, site_id, site.document)
    extents = [
        {
            "series": each.name,
            "unit": _unit(site.document, each.name),
            "start": each.start.isoformat(),
            "end": each.end.isoformat(),
            "interval_minutes": _minutes(each.step),
            "readings": each.readings,
        }
        for each in found
        if each is not None
    ]
    return {"series": extents, **lacking(readiness)}


def _post(
    *,
    site_id: SiteId,
    name: _Name,
    content: ReadingsBody,
    store: Store,
    now: Now,
    caller: CallerOfRequest,
    column: _Column = None,
) -> dict[str, Any]:
    return keep_readings(store, site_id, name, content, now=now, by=caller.name, column=column)


def keep_readings(
    store: Database,
    site_id: str,
    name: str,
    content: bytes | Mapping[str, Any],
    *,
    now: datetime,
    by: str,
    column: str | None = None,
) -> dict[str, Any]:
    """Read what was sent for a series, and keep it; the answer counts what was new.

    Raises `UnableToFindSite`, and `UnableToAccept` with every fault.
    """
    with store.reading() as connection:
        document = stored_site(connection, site_id).document
    read = read_posted(document, name, content, column=column)
    with store.writing() as connection:
        stored_site(connection, site_id)
        taken = take(connection, site_id, read, now=now)
        detail = {"series": [_counts(each) for each in taken]}
        tell(connection, site_id, "series_added", detail, who=by, now=now)
    recorded_at = taken[-1].taken.recorded_at.isoformat()
    return {"site_id": site_id, "recorded_at": recorded_at, "taken": [_taken(each) for each in taken]}


def _get(
    *,
    request: Request,
    site_id: SiteId,
    name: _Name,
    store: Store,
    start: Annotated[_Time, Query(alias="from")] = None,
    end: Annotated[_Time, Query(alias="to")] = None,
    known_at: _Time = None,
    column: _Column = None,
) -> Response:
    window = [_instant(start, "from"), _instant(end, "to")]
    known, key = _instant(known_at, "known_at"), series_key(name, column)
    with store.reading() as connection:
        site = stored_site(connection, site_id)
        known = known or known_until(connection, site_id) or site.recorded_at
        found = read_series(connection, site_id, key, *window, known_at=known)
    if len(found.values) > MOST_READINGS:
        allowed = f"times between which there are at most {MOST_READINGS:,} readings"
        raise UnableToAccept([Fault(field="from and to", value=f"{len(found.values):,} readings", allowed=allowed)])
    unit = _unit(site.document, key)
    if request.headers.get("accept", "").startswith(CSV):
        return Response(_csv(found, unit), media_type=CSV)
    return JSONResponse(
        {
            "site_id": site_id,
            "series": key,
            "unit": unit,
            "known_at": known.isoformat(),
            "readings": len(found.values),
            "stretches": _stretches(found),
        }
    )


def _delete(
    *, site_id: SiteId, name: _Name, store: Store, now: Now, caller: CallerOfRequest, column: _Column = None
) -> Response:
    key = series_key(name, column)
    with store.writing() as connection:
        stored_site(connection, site_id)
        days = clear_series(connection, site_id, key, now=now)
        detail = {"series": key, "days": days}
        tell(connection, site_id, "series_cleared", detail, who=caller.name, now=now)
    return Response(status_code=204)


def _counts(each: TakenSeries) -> dict[str, Any]:
    taken = each.taken
    return {"series": each.read.key, "new": taken.new, "replaced": taken.replaced, "unchanged": taken.unchanged}


def _taken(each: TakenSeries) -> dict[str, Any]:
    series = each.read.series
    return {
        **_counts(each),
        "start": series.start.isoformat(),
        "end": series.end.isoformat(),
        "interval_minutes": _minutes(series.step),
        "values": len(series.values) - each.missing,
        "missing": each.missing,
        "notes": list(series.notes),
    }


def _stretches(found: StoredReadings) -> list[dict[str, Any]]:
    """Readings cut where the next one does not follow, or where the step changes."""
    if not len(found.values):
        return []
    starts = found.starts.astype(np.int64)
    follows = (starts[:-1] + found.steps_us[:-1] == starts[1:]) & (found.steps_us[:-1] == found.steps_us[1:])
    cuts = [0, *(np.flatnonzero(~follows) + 1).tolist(), len(starts)]
    return [
        {
            "start": _shown(found.starts[first : first + 1])[0],
            "interval_minutes": _minutes(timedelta(microseconds=int(found.steps_us[first]))),
            "values": found.values[first:last].tolist(),
        }
        for first, last in pairwise(cuts)
    ]


def _csv(found: StoredReadings, unit: str) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["start", "price_per_kwh" if unit == "per kWh" else "load_kw"])
    rows.writerows(zip(_shown(found.starts), found.values.tolist(), strict=True))
    return text.getvalue()


def _shown(starts: NDArray[np.datetime64]) -> list[str]:
    return [each.replace(tzinfo=UTC).isoformat() for each in starts.tolist()]


def _unit(document: Any, key: str) -> str:  # noqa: ANN401 - a site's document
    return "per kWh" if is_price_series(document, key.partition("#")[0]) else "kW"


def _minutes(step: timedelta) -> float:
    minutes = step / timedelta(minutes=1)
    return int(minutes) if minutes.is_integer() else minutes


def _instant(written: str | None, name: str) -> datetime | None:
    return None if written is None else instant(written, name)
