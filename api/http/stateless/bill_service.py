"""Bills and tariffs over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from ridethrough.api.answers.bill_answer import bill_answer
from ridethrough.api.answers.tariff.tariff_answer import catalog_answer, tariff_answer
from ridethrough.api.cases.billing import BillInputs, bill_of
from ridethrough.api.http.access.roles import VIEWER
from ridethrough.api.http.answering.worker_answers import from_worker
from ridethrough.api.http.schemas.bills import BillAnswer, TariffAnswer, TariffsAnswer
from ridethrough.api.http.schemas.schema import answered_with
from ridethrough.api.http.stateless.examples import BILL_REQUEST
from ridethrough.api.reading.events_file import Events, read_events
from ridethrough.api.reading.series.series_document import series_from_document
from ridethrough.api.reading.site_file import read_state
from ridethrough.api.reading.tariff_file import resolve_tariff
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.domain.horizon import zone
from ridethrough.tariffs import catalog
from ridethrough.tariffs.documents.acceptance import together
from ridethrough.tariffs.tariff import Tariff


class BillRequest(BaseModel):
    """A tariff and a meter series; whatever a tariff asks for beside it is optional."""

    model_config = ConfigDict(extra="forbid")

    tariff: Any = Field(description="A catalog name, or the tariff itself: native, or a URDB rate.")
    meter: dict[str, Any] = Field(
        description="Net kW: `start`, `interval_minutes` and `values`; or `csv_text` and its `csv_format`."
    )
    timezone: str = Field(description="The clock of the tariff, such as America/New_York.")
    prices: dict[str, Any] | None = Field(default=None, description="Market prices per kWh, in the form of `meter`.")
    state: dict[str, Any] | None = Field(default=None, description="Earlier peaks, and energy of the month so far.")
    events: list[Any] | None = Field(default=None, description="Coincident events: `charge`, `start`, `end`.")
    power_factor: float | None = Field(default=None, strict=True, description="For demand that is billed in kVA.")


def add_bills_and_tariffs(router: APIRouter) -> None:
    """Let a router answer for bills and tariffs."""
    router.post(
        "/v1/bills",
        summary="The exact bill of a meter series",
        dependencies=[VIEWER],
        responses=answered_with(BillAnswer, "The bill."),
    )(_post_bill)
    router.get(
        "/v1/tariffs",
        summary="The tariffs of the catalog",
        dependencies=[VIEWER],
        responses=answered_with(TariffsAnswer, "Their names, and when they are valid."),
    )(_get_tariffs)
    router.get(
        "/v1/tariffs/{name}",
        summary="One tariff of the catalog",
        dependencies=[VIEWER],
        responses=answered_with(TariffAnswer, "The tariff, as native YAML says it."),
    )(_get_tariff)


async def _post_bill(request: Request, body: Annotated[BillRequest, Body(openapi_examples=BILL_REQUEST)]) -> Response:
    return await from_worker(request, answer, dict(body))


def _get_tariffs() -> dict[str, Any]:
    return catalog_answer().document()


def _get_tariff(name: str) -> dict[str, Any]:
    if name not in catalog.names():
        raise HTTPException(404, f"no tariff {name!r} in the catalog; GET /v1/tariffs lists it")
    return tariff_answer(catalog.load(name)).document()


def answer(body: dict[str, Any]) -> dict[str, object]:
    """Bill in a worker: documents in, document out."""
    clock = body["timezone"]
    tariff, meter, prices, state, events, _ = together(
        lambda: _tariff(body["tariff"]),
        lambda: series_from_document(body["meter"], source="meter", use="load", timezone=clock),
        lambda: (
            series_from_document(body["prices"], source="prices", use="price", timezone=clock)
            if body["prices"] is not None
            else None
        ),
        lambda: read_state(body["state"], source="state") if body["state"] is not None else None,
        lambda: read_events(body["events"], source="events") if body["events"] is not None else Events(),
        lambda: zone(body["timezone"]),
    )
    billed, horizon = bill_of(
        BillInputs(
            tariff=tariff,
            meter=meter,
            timezone=body["timezone"],
            prices=prices,
            state=state,
            events=events,
            power_factor=body["power_factor"],
        )
    )
    return bill_answer(billed, tariff, horizon, "request").document()


def _tariff(named: object) -> Tariff:
    tariff = resolve_tariff(named, folder=None, source="request")
    if tariff is None:
        raise UnableToAccept([Fault(field="tariff", source="request", value=None, allowed="given: it has no default")])
    return tariff
