"""The OpenAPI document as the values that the page shows."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_REF = "#/components/schemas/"
_METHODS = ("get", "put", "post", "delete")
_GROUPS = (
    ("/v1/sites", "Sites", "A stored site: its document, series, telemetry, plans and setpoints."),
    ("/v1/", "Without a stored site", "Everything comes with the request, and nothing is kept."),
    ("/", "Operations", "For those who run the service."),
)
_WORDS = {"string": "text", "integer": "whole number", "boolean": "true or false", "object": "object", "null": "null"}
_FORMATS = {"date-time": "time", "date": "date"}
_LONGEST_EXAMPLE = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownType:
    """What a value is, in words, and the schema to look up where it has one."""

    words: str
    schema: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownField:
    """A field of a body or an answer, or a parameter."""

    name: str
    type: ShownType
    required: bool
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAnswer:
    """What a status means, and what comes with it."""

    status: str
    description: str
    schema: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRoute:
    """A method of a path."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    role: str
    parameters: tuple[ShownField, ...]
    body: tuple[ShownField, ...]
    answers: tuple[ShownAnswer, ...]
    example: str
    curl: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownGroup:
    """Routes that belong together."""

    name: str
    about: str
    routes: tuple[ShownRoute, ...]


def groups(document: Mapping[str, Any]) -> tuple[ShownGroup, ...]:
    """Every route of an OpenAPI document, in groups."""
    left = dict(document["paths"])
    found = []
    for prefix, name, about in _GROUPS:
        paths = [path for path in left if path.startswith(prefix)]
        routes = tuple(route for path in paths for route in _routes(path, left.pop(path), document))
        if routes:
            found.append(ShownGroup(name=name, about=about, routes=routes))
    return tuple(found)


def schemas(document: Mapping[str, Any]) -> Iterator[tuple[str, str, tuple[ShownField, ...], tuple[str, ...]]]:
    """Name, description, fields and allowed values of every schema."""
    for name, schema in sorted(document["components"]["schemas"].items()):
        values = tuple(str(value) for value in schema.get("enum", ()))
        yield name, _first_line(schema), _fields(schema), values


def _routes(path: str, operations: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[ShownRoute]:
    for method in _METHODS:
        if method in operations:
            yield _route(path, method, operations[method], document)


def _route(path: str, method: str, operation: Mapping[str, Any], document: Mapping[str, Any]) -> ShownRoute:
    body = _content(operation.get("requestBody", {}))
    schema = body.get("schema", {})
    named = _name_of(schema)
    fields = _fields(document["components"]["schemas"][named] if named else schema)
    return ShownRoute(
        anchor=f"{method}-{path.strip('/').replace('/', '-').replace('{', '').replace('}', '')}",
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        role=operation.get("x-role", ""),
        parameters=tuple(_parameter(each) for each in operation.get("parameters", ())),
        body=fields,
        answers=tuple(_answer(status, each) for status, each in sorted(operation["responses"].items())),
        example=_example(body),
        curl=_curl(path, method, operation, body),
    )


def _parameter(parameter: Mapping[str, Any]) -> ShownField:
    return ShownField(
        name=parameter["name"],
        type=shown_type(parameter["schema"]),
        required=parameter.get("required", False),
        description=" ".join((f"({parameter['in']})", parameter.get("description", ""))).strip(),
    )


def _fields(schema: Mapping[str, Any]) -> tuple[ShownField, ...]:
    required = set(schema.get("required", ()))
    return tuple(
        ShownField(name=name, type=shown_type(each), required=name in required, description=each.get("description", ""))
        for name, each in schema.get("properties", {}).items()
    )


def _answer(status: str, answer: Mapping[str, Any]) -> ShownAnswer:
    schema = _content(answer).get("schema", {})
    return ShownAnswer(status=status, description=answer.get("description", ""), schema=shown_type(schema).schema)


def shown_type(schema: Mapping[str, Any]) -> ShownType:
    """What a schema allows, in words."""
    joined = next((schema[each] for each in ("anyOf", "oneOf", "allOf") if each in schema), None)
    if joined is not None:
        parts = [shown_type(each) for each in joined]
        named = next((part.schema for part in parts if part.schema), None)
        return ShownType(words=" or ".join(dict.fromkeys(part.words for part in parts)), schema=named)
    inner = schema.get("items") or schema.get("additionalProperties")
    if isinstance(inner, dict) and schema.get("type") in {"array", "object"}:
        of = shown_type(inner)
        holder = "list" if schema["type"] == "array" else "object"
        return ShownType(words=f"{holder} of {of.words}", schema=of.schema)
    name = _name_of(schema)
    return ShownType(words=name or _simple_words(schema), schema=name)


def _simple_words(schema: Mapping[str, Any]) -> str:
    """What a schema without parts allows."""
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    kind = str(schema.get("type", "anything"))
    return _WORDS.get(kind, kind)


def _name_of(schema: Mapping[str, Any]) -> str | None:
    reference = schema.get("$ref", "")
    return reference.removeprefix(_REF) if reference.startswith(_REF) else None


def _content(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    content: Mapping[str, Any] = holder.get("content", {})
    return next(iter(content.values()), {})


def _first_line(schema: Mapping[str, Any]) -> str:
    return str(schema.get("description", "")).partition("\n")[0]


def _example(body: Mapping[str, Any]) -> str:
    """The first example of a body, where it is short enough to read."""
    examples = [each["value"] for each in body.get("examples", {}).values() if "value" in each]
    written = json.dumps(examples[0], indent=2) if examples else ""
    return written if len(written) <= _LONGEST_EXAMPLE else ""


def _curl(path: str, method: str, operation: Mapping[str, Any], body: Mapping[str, Any]) -> str:
    """A command that asks."""
    words = [f"curl -X {method.upper()}" if method != "get" else "curl"]
    if operation.get("security"):
        words.append('-H "Authorization: Bearer $KEY"')
    if body:
        words.append('-H "Content-Type: application/json" -d @request.json')
    return " \\\n  ".join([*words, f"http://127.0.0.1:8000{path}"])
