"""OpenTelemetry by FastAPI's own switch: spans of requests go to a collector of this test's own, on this machine."""

import pytest
from http_servers import Answering, served
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from service import running_service


@pytest.mark.long
def test_requests_are_traced_by_the_template_of_their_route_and_without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    received: list[tuple[str, bytes]] = []

    class _Collector(Answering):
        def do_POST(self) -> None:
            received.append((self.path, self.content()))
            self.answer(200)

    with served(_Collector) as address:
        monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        with running_service() as running:
            shown = {"authorization": "Bearer rt_secret"}
            assert running.client.get("/v1/tariffs/dominion-gs-4", headers=shown).status_code == 200

    traces = [ExportTraceServiceRequest.FromString(body) for path, body in received if path == "/v1/traces"]
    scopes = [scope for each in traces for holder in each.resource_spans for scope in holder.scope_spans]
    attributes = [attribute for scope in scopes for span in scope.spans for attribute in span.attributes]
    routes = {each.value.string_value for each in attributes if each.key == "http.route"}
    assert "/v1/tariffs/{name}" in routes
    assert not any(b"rt_secret" in body for _, body in received)
