"""Studies of a stored site over HTTP: what is asked, and the events until their end."""

import json
from dataclasses import dataclass
from typing import Any

import httpx
from documents import REMOVED, site_document

STUDIES = "/v1/sites/pod/studies"
DAY = {"from": "2026-07-15", "to": "2026-07-15", "information": "perfect"}
MAY = {"from": "2026-05-01", "to": "2026-05-31", "information": "perfect"}
MONTHS = {"from": "2026-05-01", "to": "2026-08-31", "information": "perfect"}
WITHIN_S = 300.0


def stored_site(minutes: int = 60) -> dict[str, Any]:
    return site_document({"prices": REMOVED, "tariff": "dominion-gs-4", "interval_minutes": minutes})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    number: int
    document: dict[str, Any]


def events_of(client: httpx.Client, path: str, *, after: int | None = None) -> list[Event]:
    """The events of a study until its end."""
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    with client.stream("GET", f"{path}/events", headers=headers, timeout=WITHIN_S) as answered:
        assert answered.headers["content-type"].startswith("text/event-stream")
        lines = list(answered.iter_lines())
    numbers = [int(line.removeprefix("id: ")) for line in lines if line.startswith("id: ")]
    documents = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    return [Event(number=number, document=each) for number, each in zip(numbers, documents, strict=True)]


def submitted(client: httpx.Client, asked: dict[str, Any], **headers: str) -> str:
    answered = client.post(STUDIES, json=asked, headers=headers)
    assert answered.status_code == 202, answered.text
    return answered.headers["location"]
