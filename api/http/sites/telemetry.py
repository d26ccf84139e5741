"""Telemetry of a stored site: readings are kept as they come, and judged."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from ridethrough.api.cases.sites.stored_inputs import stored_site
from ridethrough.api.http.access.roles import OPERATOR, VIEWER, CallerOfRequest
from ridethrough.api.http.schemas.living import KeptReadingAnswer, ReadingsAnswer
from ridethrough.api.http.schemas.schema import answered_with
from ridethrough.api.http.sites.parameters import Limit, Now, SiteId, Store
from ridethrough.api.metrics import TELEMETRY
from ridethrough.api.operating.records import reading_document
from ridethrough.api.operating.watching import keep_reading, reading_refused
from ridethrough.api.reading.series.written_time import instant
from ridethrough.api.reading.telemetry import read_telemetry, telemetry_schema
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.store.operating import telemetry
from ridethrough.tariffs.documents.written_text import parse_json

_DAY = timedelta(days=1)
_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": telemetry_schema()}}}}


def add_telemetry(router: APIRouter) -> None:
    """Let a router take and show readings."""
    router.post(
        "/v1/sites/{site_id}/telemetry",
        summary="Keep a reading of the meter and of every UPS system",
        dependencies=[OPERATOR],
        status_code=201,
        responses={
            **answered_with(KeptReadingAnswer, "The reading, and what is wrong with it.", 201),
            **answered_with(KeptReadingAnswer, "This reading was kept before."),
        },
        openapi_extra=_BODY,
    )(_post)
    router.get(
        "/v1/sites/{site_id}/telemetry",
        summary="Readings in the order in which they were measured",
        dependencies=[VIEWER],
        responses=answered_with(ReadingsAnswer, "The readings."),
    )(_get)


async def _content(request: Request) -> bytes:
    return await request.body()


def _post(
    content: Annotated[bytes, Depends(_content)], site_id: SiteId, store: Store, now: Now, caller: CallerOfRequest
) -> JSONResponse:
    try:
        reading = read_telemetry(_parsed(content), source="telemetry")
        kept = keep_reading(store, site_id, reading, sender=caller.name, now=now)
    except UnableToAccept as error:
        reading_refused(store, site_id, error, now=now)
        TELEMETRY.labels(outcome="refused").inc()
        raise
    TELEMETRY.labels(outcome="doubted" if kept.against else "kept" if kept.is_new else "repeated").inc()
    document = {**reading_document(kept.reading), "against": list(kept.against)}
    return JSONResponse(document, status_code=201 if kept.is_new else 200)


def _parsed(body: bytes) -> Any:  # noqa: ANN401 - a document may be anything until it is read
    """Parse a reading; a figure that is not a number is a measurement that was lost."""
    try:
        return parse_json(body, not_a_number=lambda _: None)
    except ValueError as error:
        fault = Fault(field="body", source="request", value=str(error), allowed="a JSON object")
        raise UnableToAccept([fault]) from error


def _get(
    *,
    site_id: SiteId,
    store: Store,
    now: Now,
    from_: Annotated[str | None, Query(alias="from", description="Measured at or after; a day ago without it.")] = None,
    to: Annotated[str | None, Query(description="Measured before; now and all later without it.")] = None,
    limit: Limit = 1000,
) -> dict[str, Any]:
    start = now - _DAY if from_ is None else instant(from_.replace(" ", "+"), "from")
    end = now + 365 * _DAY if to is None else instant(to.replace(" ", "+"), "to")
    with store.reading() as connection:
        stored_site(connection, site_id)
        found = telemetry.between(connection, site_id, start, end, limit=limit + 1)
    more = found[limit].measured_at.isoformat() if len(found) > limit else None
    return {"readings": [reading_document(each) for each in found[:limit]], "next": more}
