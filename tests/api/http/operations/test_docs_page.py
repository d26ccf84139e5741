"""The page of `/docs`, and the document that it shows."""

import re
from typing import Any

import pytest
from asking import ask

from ridethrough.api.http.operations.docs.reference import shown_type
from ridethrough.api.http.server import create_app

_PAGE = ask(create_app(), "GET", "/docs")
_DOCUMENT = ask(create_app(), "GET", "/openapi.json").json()


def test_every_route_and_every_schema_is_on_the_page() -> None:
    assert _PAGE.headers["content-type"] == "text/html; charset=utf-8"
    for path, operations in _DOCUMENT["paths"].items():
        for method in operations:
            assert f'<span class="verb {method}">{method.upper()}</span><code>{path}</code>' in _PAGE.text
    for name in _DOCUMENT["components"]["schemas"]:
        assert f'id="schema-{name}"' in _PAGE.text


def test_every_link_on_the_page_leads_somewhere_on_it() -> None:
    links = set(re.findall(r'href="#([^"]+)"', _PAGE.text))
    anchors = re.findall(r'id="([^"]+)"', _PAGE.text)
    assert links <= set(anchors)
    assert len(anchors) == len(set(anchors))


def test_the_page_needs_nothing_from_another_host() -> None:
    assert "<script" not in _PAGE.text
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', _PAGE.text)
    assert "url(" not in _PAGE.text
    assert "default-src 'none'" in _PAGE.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("schema", "words", "named"),
    [
        ({"type": "integer"}, "whole number", None),
        ({"type": "array", "items": {"type": "string", "format": "date-time"}}, "list of time", None),
        ({"anyOf": [{"$ref": "#/components/schemas/Cost"}, {"type": "null"}]}, "Cost or null", "Cost"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "object of number", None),
        ({"enum": ["a", "b"]}, '"a" | "b"', None),
        ({}, "anything", None),
    ],
)
def test_a_type_is_said_in_words(schema: dict[str, Any], words: str, named: str | None) -> None:
    shown = shown_type(schema)
    assert (shown.words, shown.schema) == (words, named)
