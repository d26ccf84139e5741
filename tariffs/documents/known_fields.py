"""The fields that a schema knows at a place of a document, and the one that a misspelt key means."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema

_CLOSE = 0.7

Location = tuple[int | str, ...]


def meant_fields(adapter: TypeAdapter[Any], document: object, unknown: Iterable[Location]) -> dict[Location, str]:
    """The field that each unknown key seems to mean: one that the schema knows there and the document lacks."""
    unknown = list(unknown)
    if not unknown:
        return {}
    try:
        schema = adapter.json_schema()
    except PydanticInvalidForJsonSchema:
        return {}
    meant: dict[Location, str] = {}
    for *parents, key in unknown:
        place = tuple(parents)
        taken = {name for location, name in meant.items() if location[:-1] == place}
        given = _at(document, place)
        lacking = [
            name
            for name in _fields_at(schema, place)
            if name not in taken and not (isinstance(given, Mapping) and name in given)
        ]
        name = _closest(str(key), lacking)
        if name is not None:
            meant[*place, key] = name
    return meant


def renamed(document: Any, meant: Mapping[Location, str]) -> Any:  # noqa: ANN401 - JSON
    """The document with each misspelt key as it is meant."""
    for (*parents, key), name in meant.items():
        document = _with_key(document, tuple(parents), key, name)
    return document


def _closest(key: str, names: list[str]) -> str | None:
    """The closest name; its letters may stand as capitals, and an underline may be a hyphen or be left out."""
    plain = {_letters(name): name for name in names}
    found = get_close_matches(_letters(key), plain, n=1, cutoff=_CLOSE)
    return plain[found[0]] if found else None


def _letters(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "").replace(" ", "")


def _fields_at(schema: Mapping[str, Any], place: Location) -> list[str]:
    """The names of the fields of the mapping at a place."""
    parts = list(_resolved(schema, schema))
    for step in place:
        below = [part for each in parts for part in _below(each, step)]
        parts = [part for each in below for part in _resolved(each, schema)]
    return [name for each in parts for name in each.get("properties", {})]


def _below(part: Mapping[str, Any], step: int | str) -> Iterator[Mapping[str, Any]]:
    """The schema of a list's members, of a field, or of a mapping's values."""
    if isinstance(step, int):
        found = part.get("items")
    else:
        found = part.get("properties", {}).get(step, part.get("additionalProperties"))
    if isinstance(found, Mapping):
        yield found


def _resolved(part: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The alternatives of a part, each with its definition in place of its name."""
    if "$ref" in part:
        yield from _resolved(schema["$defs"][part["$ref"].rsplit("/", 1)[-1]], schema)
    for choice in (*part.get("anyOf", ()), *part.get("oneOf", ()), *part.get("allOf", ())):
        yield from _resolved(choice, schema)
    yield part


def _at(document: Any, place: Location) -> Any:  # noqa: ANN401 - JSON
    for step in place:
        document = document[step]
    return document


def _with_key(document: Any, place: Location, key: object, name: str) -> Any:  # noqa: ANN401 - JSON
    if place:
        step, *rest = place
        below = _with_key(document[step], tuple(rest), key, name)
        if isinstance(document, list):
            return [below if index == step else each for index, each in enumerate(document)]
        return {**document, step: below}
    return {name if each == key else each: value for each, value in document.items()}
