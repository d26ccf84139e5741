"""What is counted and logged of a request."""

import json
import logging
import re

import pytest
from asking import ask
from fastapi import Request

from ridethrough.api.http.access.roles import OPEN
from ridethrough.api.http.answering.strict_requests import service_router
from ridethrough.api.http.server import create_app
from ridethrough.api.logs import ACCESS_LOG, JsonLines, LogFormat, TextLines, log_config
from ridethrough.api.metrics import REGISTRY


def count(route: str, status: str) -> float:
    labels = {"method": "GET", "route": route, "status": status}
    return REGISTRY.get_sample_value("ridethrough_requests_total", labels) or 0.0


def test_a_request_is_counted_by_the_template_of_its_route() -> None:
    app, before = create_app(), count("/v1/tariffs/{name}", "200")
    assert ask(app, "GET", "/v1/tariffs/dominion-gs-4").status_code == 200
    assert count("/v1/tariffs/{name}", "200") == before + 1


def test_what_a_client_writes_is_no_label() -> None:
    app, before = create_app(), count("none", "404")
    ask(app, "GET", "/made-up-7f3a")
    ask(app, "BREW", "/made-up-7f3a")
    assert count("none", "404") == before + 1
    assert not [
        sample
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if any("7f3a" in value or value == "BREW" for value in sample.labels.values())
    ]


def id_answered(given: str) -> str:
    answer: str = ask(create_app(), "GET", "/version", headers={"x-request-id": given}).headers["x-request-id"]
    return answer


def test_an_id_of_the_client_is_kept_and_another_made_where_it_is_none() -> None:
    assert id_answered("a-1") == "a-1"
    assert re.fullmatch(r"[0-9a-f]{32}", id_answered("a b"))


def test_a_line_as_json_has_the_id_and_the_fields_and_no_query(caplog: pytest.LogCaptureFixture) -> None:
    lines = JsonLines()
    written: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: written.append(lines.format(record))  # type: ignore[method-assign]
    log = logging.getLogger(ACCESS_LOG)
    log.addHandler(handler)
    with caplog.at_level(logging.INFO, ACCESS_LOG):
        secret = {"authorization": "Bearer rt_secret"}
        ask(create_app(), "GET", "/version?key=hidden", headers={"x-request-id": "a-1", **secret})
    log.removeHandler(handler)

    line = json.loads(written[0])
    assert (line["request_id"], line["route"], line["status"], line["method"]) == ("a-1", "/version", 200, "GET")
    assert line["duration_ms"] >= 0
    assert "hidden" not in written[0]
    assert "secret" not in written[0]


def _follows_a_plan(request: Request) -> str:
    request.state.plan_id = "plan-7"
    return "followed"


def test_a_line_has_the_plan_that_was_made_or_followed(caplog: pytest.LogCaptureFixture) -> None:
    app, router = create_app(), service_router()
    router.get("/follow", dependencies=[OPEN])(_follows_a_plan)
    app.include_router(router)
    with caplog.at_level(logging.INFO, ACCESS_LOG):
        ask(app, "GET", "/follow")
    (record,) = [each for each in caplog.records if each.name == ACCESS_LOG]
    assert json.loads(JsonLines().format(record))["plan_id"] == "plan-7"
    assert TextLines().format(record).endswith(" ms plan_id=plan-7")


def test_a_line_in_words_is_one_line_whatever_it_says() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "GET /\r\nINFO: forged\x1b[31m", None, None)
    assert TextLines().format(record) == "INFO:     GET /\\r\\nINFO: forged\\x1b[31m"


def test_a_traceback_is_logged_with_what_failed() -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        _ = 1 / 0
    record = logging.LogRecord("x", logging.ERROR, "", 0, "failed", None, (raised.type, raised.value, raised.tb))
    assert "ZeroDivisionError" in TextLines().format(record)
    assert "ZeroDivisionError" in json.loads(JsonLines().format(record))["traceback"]


@pytest.mark.parametrize("form", LogFormat)
def test_the_configuration_of_the_log_can_be_applied(form: LogFormat) -> None:
    formatter = log_config(form)["formatters"]["chosen"]["()"]
    assert issubclass(formatter, logging.Formatter)
