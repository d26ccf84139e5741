"""Certificates over HTTP: the same answer as the command, and every fault."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from documents import DAY, site_document
from service import service_in_thread

from ridethrough.api.http.server import create_app
from ridethrough.api.http.stateless.certify_service import CertifyRequest, certified
from ridethrough.domain import UnableToAccept

NOW = datetime(2026, 7, 14, tzinfo=UTC)
STATE = {"ups": {"pod-1": {"stored_kwh": 800}}}


def test_a_plan_of_the_service_is_certified_by_it_and_a_forged_one_is_not() -> None:
    with service_in_thread(create_app()) as client:
        assert isinstance(client, httpx.Client)
        asked = {"site": site_document(), "date": DAY, "state": STATE}
        plan = client.post("/v1/plans", json=asked, timeout=60).json()
        honest = client.post("/v1/certify", json={"site": site_document(), "plan": plan, "state": STATE}, timeout=60)
        plan["intervals"][3]["ups"][0]["load_kw"] = 10
        forged = client.post("/v1/certify", json={"site": site_document(), "plan": plan, "state": STATE}, timeout=60)

    assert (honest.status_code, honest.json()["certified"]) == (200, True)
    assert honest.json()["plan_sha256"] == plan["certificate"]["plan_sha256"]
    assert (forged.status_code, forged.json()["certified"]) == (200, False)
    assert any("states a load of 10.00 kW" in each for each in forged.json()["violations"])


def test_a_worker_lists_the_faults_of_every_document() -> None:
    body: dict[str, Any] = {"site": site_document(), "plan": {}, "state": {"oops": 1}, "known_at": "noon"}

    with pytest.raises(UnableToAccept) as refused:
        certified(CertifyRequest.model_validate(body).model_dump(), NOW)

    assert {fault.source or fault.field for fault in refused.value.faults} == {"state", "known_at"}
