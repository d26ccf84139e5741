"""Answers, made as workers make them, against the schemas that the OpenAPI document gives for them."""

from datetime import UTC, datetime
from typing import Any

import jsonschema_rs
import pytest

from ridethrough.api.answers.tariff.tariff_answer import tariff_answer
from ridethrough.api.http.server import create_app
from ridethrough.api.http.stateless.bill_service import BillRequest
from ridethrough.api.http.stateless.bill_service import answer as billed
from ridethrough.api.http.stateless.certify_service import certified
from ridethrough.api.http.stateless.examples import BILL_REQUEST, LIFE_REQUEST, PLAN_REQUEST
from ridethrough.api.http.stateless.life_service import LifeBody
from ridethrough.api.http.stateless.life_service import answer as lived
from ridethrough.api.http.stateless.plan_service import PlanRequest, plan_of, reserve_of
from ridethrough.api.http.stateless.study_service import STUDY_REQUEST, StudyBody
from ridethrough.api.http.stateless.study_service import answer as studied
from ridethrough.tariffs import catalog

_DOCUMENT = create_app().openapi()
_NOW = datetime(2026, 7, 14, 12, tzinfo=UTC)
_PLAN_BODY: dict[str, Any] = PLAN_REQUEST["pod"]["value"]
_SITE: dict[str, Any] = _PLAN_BODY["site"]


def schema_of(path: str) -> dict[str, Any]:
    """The schema of the answer to a POST, with what it refers to."""
    content = _DOCUMENT["paths"][path]["post"]["responses"]["200"]["content"]
    return {**content["application/json"]["schema"], "components": _DOCUMENT["components"]}


def planned(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return plan_of(dict(PlanRequest.model_validate({**_PLAN_BODY, **changes})), _NOW)


def answers() -> dict[str, tuple[str, dict[str, Any]]]:
    plan = planned()
    bill = BillRequest.model_validate(next(iter(BILL_REQUEST.values()))["value"])
    study = StudyBody.model_validate(STUDY_REQUEST["pod"]["value"])
    certify = {"site": _SITE, "plan": plan, "state": _PLAN_BODY.get("state"), "known_at": None}
    return {
        "plan": ("/v1/plans", plan),
        "recovery": ("/v1/plans", planned(state={"ups": {"pod-1": {"stored_kwh": 300}}})),
        "reserve": ("/v1/reserve", reserve_of(_SITE)),
        "certificate": ("/v1/certify", dict(certified(certify, _NOW))),
        "bill": ("/v1/bills", dict(billed(dict(bill)))),
        "life": ("/v1/life", lived(dict(LifeBody.model_validate(LIFE_REQUEST["pod"]["value"])), _NOW)),
        "study": ("/v1/studies", studied(dict(study))),
    }


_ANSWERS = answers()


@pytest.mark.parametrize(("path", "document"), _ANSWERS.values(), ids=_ANSWERS)
def test_an_answer_is_what_its_schema_says(path: str, document: dict[str, Any]) -> None:
    errors = [error.message for error in jsonschema_rs.validator_for(schema_of(path)).iter_errors(document)]
    assert errors == []


@pytest.mark.parametrize(("path", "document"), _ANSWERS.values(), ids=_ANSWERS)
def test_a_schema_names_every_field_of_an_answer(path: str, document: dict[str, Any]) -> None:
    name = schema_of(path)["$ref"].rpartition("/")[2]
    assert set(document) - set(_DOCUMENT["components"]["schemas"][name]["properties"]) == set()


@pytest.mark.parametrize("name", catalog.names())
def test_a_tariff_of_the_catalog_is_what_its_schema_says(name: str) -> None:
    document = tariff_answer(catalog.load(name)).document()
    schema = {"$ref": "#/components/schemas/TariffAnswer", "components": _DOCUMENT["components"]}
    assert [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(document)] == []


def test_a_schema_refuses_an_answer_that_lacks_a_field() -> None:
    path, document = _ANSWERS["plan"]
    lacking = {name: value for name, value in document.items() if name != "certificate"}
    assert not jsonschema_rs.validator_for(schema_of(path)).is_valid(lacking)
