"""Validation of a document against its schema, with every fault in plain words.

Documents are validated as strict JSON: a number is not text, and neither `true` nor `"5"` is a number. A refused part
is replaced by a valid stand-in, so that rules between the other parts are checked in the same run.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from ridethrough.domain.validation import LARGEST, Fault, UnableToAccept
from ridethrough.tariffs.documents.known_fields import Location, meant_fields, renamed
from ridethrough.tariffs.documents.printable import UNPRINTABLE, printable

T = TypeVar("T")

StandIn = Callable[[Location, object], object | None]
"""Returns a valid stand-in for the part at a location, or None if no part ends there."""

_LONGEST_SHOWN = 100
_LONGEST_FIGURE = 24
_MOST_UNFIT = 20
_LINE = re.compile(r"[\t\r\n]")
_UNKNOWN_FIELD = ("unexpected_keyword_argument", "extra_forbidden")
_MISSING_FIELD = ("missing", "missing_argument", "missing_keyword_only_argument")
_ONE_OF = ("enum", "literal_error")
_ALLOWED = {
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "string_type": "text",
    "bool_type": "true or false",
    "dataclass_type": "a mapping of fields",
    "dict_type": "a mapping",
    "model_attributes_type": "a JSON object",
    "mapping_type": "a mapping",
    "tuple_type": "a list",
    "datetime_type": "an ISO 8601 time",
    "datetime_parsing": "an ISO 8601 time",
    "datetime_from_date_parsing": "an ISO 8601 time",
    "date_type": "a date such as 2026-07-15",
    "date_parsing": "a date such as 2026-07-15",
    "date_from_datetime_parsing": "a date such as 2026-07-15",
    "date_from_datetime_inexact": "a date such as 2026-07-15, without a time",
}


def accept(
    adapter: TypeAdapter[T], document: object, *, source: str, stand_in: StandIn = lambda _place, _given: None
) -> T:
    """Validate a document against its schema.

    Raises `UnableToAccept` with every fault, also for text that must not be shown on a screen (control characters and
    similar, see `printable`), and for figures beyond `LARGEST`.
    """
    current = _plain_values(document, source)
    unfit = list(islice(_unfit(current), _MOST_UNFIT))
    faults: list[Fault] = []
    while True:
        try:
            accepted = adapter.validate_json(json.dumps(current))
        except ValidationError as error:
            errors = error.errors(include_url=False)
        else:
            break
        unknown = [each["loc"] for each in errors if each["type"] in _UNKNOWN_FIELD]
        meant = meant_fields(adapter, current, unknown)
        if meant:
            faults += _misspelt(current, meant)
            current = renamed(current, meant)
            continue
        listed = [fault for each in errors for fault in _faults(current, each)]
        faults += [fault for fault in listed if fault not in faults]
        mended = _mended(current, [(each["loc"], each["type"]) for each in errors], stand_in)
        if mended == current:
            break
        current = mended
    named = {fault.field for fault in faults}
    faults += [fault for fault in unfit if fault.field not in named]
    if faults:
        raise UnableToAccept(fault.in_source(source) for fault in faults)
    return accepted


def together(*readers: Callable[[], Any]) -> list[Any]:
    """Read several documents.

    Raises `UnableToAccept` with the faults of all of them.
    """
    read: list[Any] = []
    faults: list[Fault] = []
    for reader in readers:
        try:
            read.append(reader())
        except UnableToAccept as error:
            faults += error.faults
    if faults:
        raise UnableToAccept(faults)
    return read


def shown(value: object) -> object:
    """A refused value for a message: scalars unchanged, long text cut, documents summarized."""
    if isinstance(value, int) and abs(value) > 10**_LONGEST_FIGURE:
        return f"{str(value)[:_LONGEST_FIGURE]}..."
    if isinstance(value, (int, float, bool)) or value is None:
        return value
    if isinstance(value, str):
        value = printable(value)
        return value if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]}..."
    if isinstance(value, Mapping):
        return f"a mapping of {', '.join(map(str, list(value)[:8])) or 'nothing'}"
    return f"a list of {len(value)}" if isinstance(value, (list, tuple)) else str(value)


def _plain_values(document: object, source: str) -> Any:  # noqa: ANN401 - JSON
    """Read a document as JSON would write it."""
    try:
        return json.loads(json.dumps(document, default=str))
    except (TypeError, ValueError, RecursionError) as error:
        raise UnableToAccept([Fault(field="", source=source, value=str(error), allowed="plain values")]) from error


def _unfit(document: object) -> Iterator[Fault]:
    """Find text that must not be shown, ids and names of more than one line, and figures beyond `LARGEST`."""
    for location, value in _leaves(document):
        path = printable(_path(document, location))
        if isinstance(value, str):
            is_name = location[-1:] in {("id",), ("name",)}
            if UNPRINTABLE.search(value) or (is_name and _LINE.search(value)):
                yield Fault(field=path, value=printable(value), allowed="text without control characters")
        elif not -LARGEST <= value <= LARGEST and abs(value) < math.inf:
            yield Fault(field=path, value=shown(value), allowed=f"from {-LARGEST:g} to {LARGEST:g}")


def _leaves(document: object, location: Location = ()) -> Iterator[tuple[Location, str | float]]:
    """Every text and number of a document with its location, and every key that must not be shown."""
    if isinstance(document, str) or (isinstance(document, (int, float)) and not isinstance(document, bool)):
        yield location, document
    elif isinstance(document, dict):
        for key, value in document.items():
            if UNPRINTABLE.search(key):
                yield (*location, key), key
            yield from _leaves(value, (*location, key))
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield from _leaves(value, (*location, index))


def _faults(document: object, error: Mapping[str, Any]) -> Iterator[Fault]:
    """Turn one of pydantic's errors into faults, with the path in the document."""
    path = _path(document, error["loc"])
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, UnableToAccept):
        yield from (fault.under(path) if path else fault for fault in cause.faults)
    else:
        yield Fault(field=path, value=given_in(error), allowed=allowed_by(error))


def _misspelt(document: object, meant: Mapping[Location, str]) -> Iterator[Fault]:
    """A fault for each key that seems to mean another."""
    for place, name in meant.items():
        allowed = f"left out: the field is unknown; did you mean `{name}`?"
        yield Fault(field=_path(document, place), value=shown(_at(document, place)), allowed=allowed)


def given_in(error: Mapping[str, Any]) -> object:
    """The refused value of one of pydantic's errors, for a message."""
    return None if error["type"] in _MISSING_FIELD else shown(error.get("input"))


def allowed_by(error: Mapping[str, Any]) -> str:
    """The allowed value, in plain words."""
    kind = error["type"]
    if kind in _UNKNOWN_FIELD:
        key, colon, value = str(error["loc"][-1]).partition(":")
        return "left out: the field is unknown" + (f"; is it `{key}: {value}`, with a space?" if colon else "")
    if kind in _MISSING_FIELD:
        return "given: it has no default"
    if kind in _ONE_OF:
        return str(error["ctx"]["expected"])
    cause = error.get("ctx", {}).get("error")
    return (
        str(cause)
        if isinstance(cause, Exception)
        else _ALLOWED.get(kind, error["msg"].removeprefix("Input should be "))
    )


def _path(document: object, location: Location) -> str:
    """Write a location as a dotted path, with the `id` or `name` of a list's member in place of its number."""
    parts = []
    for step in location:
        if isinstance(document, list) and isinstance(step, int) and step < len(document):
            document = document[step]
            name = (document.get("id") or document.get("name")) if isinstance(document, Mapping) else None
            parts.append(name if isinstance(name, str) and name else str(step))
        else:
            document = document.get(step) if isinstance(document, Mapping) else None
            parts.append(str(step))
    return ".".join(parts)


def _mended(document: Any, errors: list[tuple[Location, str]], stand_in: StandIn) -> Any:  # noqa: ANN401 - JSON
    """Copy a document with a stand-in for each refused part, and without unknown fields."""
    mended, done = document, set[Location]()
    for location, kind in errors:
        if kind in _UNKNOWN_FIELD and _holds(document, location):
            mended = _without(mended, location)
            continue
        for length in range(len(location), 0, -1):
            place = location[:length]
            valid = None if place in done else stand_in(place, _at(mended, place))
            if valid is not None:
                mended = _replaced(mended, place, valid)
            if valid is not None or place in done:
                done.add(place)
                break
    return mended


def _holds(document: object, location: Location) -> bool:
    """Whether a location is one of the document; in a part that may be of several kinds it also names the kind."""
    parent = _at(document, location[:-1])
    return isinstance(parent, dict) and location[-1] in parent


def _without(document: Any, location: Location) -> Any:  # noqa: ANN401 - JSON
    parent = _at(document, location[:-1])
    kept = {name: value for name, value in parent.items() if name != location[-1]} if isinstance(parent, dict) else {}
    return _replaced(document, location[:-1], kept) if isinstance(parent, dict) else document


def _at(document: Any, place: Location) -> Any:  # noqa: ANN401 - JSON
    for step in place:
        if isinstance(document, dict):
            document = document.get(step)
        elif isinstance(document, list) and isinstance(step, int) and step < len(document):
            document = document[step]
        else:
            return None
    return document


def _replaced(document: Any, place: Location, value: object) -> Any:  # noqa: ANN401 - JSON
    if not place:
        return value
    step, *rest = place
    if isinstance(document, dict):
        return {**document, step: _replaced(document.get(step), tuple(rest), value)}
    if isinstance(document, list):
        return [_replaced(each, tuple(rest), value) if index == step else each for index, each in enumerate(document)]
    return document
