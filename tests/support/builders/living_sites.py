"""A stored site that lives: a document, readings as they come, and a service that plans in this process."""

from datetime import datetime
from typing import Any

from documents import REMOVED, site_document
from stored_sites import Client, Clock, keeping_service

from ridethrough.store.database import Database

SITE = "/v1/sites/pod"


class Here:
    """Solves where it is asked, as tests want it."""

    async def run(self, work: Any, *arguments: object, within_s: float | None = None) -> Any:  # noqa: ANN401, ARG002
        return work(*arguments)


def living_document(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """A site of constant loads: four weeks of them are known."""
    return site_document({"prices": REMOVED, "tariff": "dominion-gs-4", **changes})


def reading(at: datetime, *, stored_kwh: Any = 900.0, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    system = {"stored_kwh": stored_kwh, "load_kw": 4300.0, "mode": "normal", **changes.pop("ups", {})}
    return {"measured_at": at.isoformat(), "grid_kw": 5566.0, "ups": {"pod-1": system}, **changes}


def living_service(database: Database, clock: Clock) -> Client:
    """A service with one site, `pod`, that has no telemetry yet."""
    client = keeping_service(database, clock)
    client.app.state.solvers = Here()
    written = client.put(SITE, json=living_document())
    assert written.status_code == 201, written.text
    return client
