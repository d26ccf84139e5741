"""The form of a site: inputs named by their place in the site's document, with what is wrong beside each.

A form stands on a document: a stored one, that of a dropped file, or none. What has no input stays as it is there.
"""

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ridethrough.api.pages.set_up.set_up_inputs import Place, groups_of_places
from ridethrough.domain import Fault

_CONSTANT, _PRICES, _OUTSIDE = ".constant_kw", "prices.series", "unprotected_load.constant_kw"
_KINDS = ("series", "csv")
_ANY_SYSTEM = re.compile(r"ups\.(\d{1,4})\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input of the form, with what is wrong with it; `series` names the readings that stand in its place."""

    name: str
    label: str
    help: str
    value: str
    series: str
    faults: tuple[str, ...]


def written_of(document: Mapping[str, Any]) -> dict[str, str]:
    """What the inputs of a document's form hold."""
    return {place.name: _text_at(document, place.name) for place in _places(_ids(document))}


def groups_of(
    base: Mapping[str, Any], written: Mapping[str, str], faults: Sequence[Fault] = ()
) -> tuple[list[tuple[str, list[Input]]], tuple[str, ...]]:
    """The groups of inputs with their faults beside them, and the faults that belong to no input."""
    ids = tuple(written.get(f"ups.{index}.id", "") for index in range(_count(base, written)))
    groups, placed = [], set[int]()
    at = [_place(fault, ids) for fault in faults]
    for title, places in groups_of_places(ids):
        shown = []
        for place in places:
            here = [index for index, name in enumerate(at) if _concerns(name, place.name)]
            placed |= set(here)
            shown.append(_input(place, base, written, tuple(_text(faults[index]) for index in here)))
        groups.append((title, shown))
    return groups, tuple(str(fault) for index, fault in enumerate(faults) if index not in placed)


def document_of(base: Mapping[str, Any], written: Mapping[str, str]) -> dict[str, Any]:
    """The document that a form describes: `base` with what is written otherwise than there.

    A load without a value is a series that is sent later. What is not a number where one belongs stays as it was
    written: the reader of documents refuses it.
    """
    document = copy.deepcopy(dict(base))
    ids = tuple(written.get(f"ups.{index}.id", "") for index in range(_count(base, written)))
    document["ups"] = [*_systems(document), *({} for _ in range(len(ids) - len(_systems(document))))]
    for place in _places(ids):
        before = _text_at(base, place.name)
        text = written.get(place.name, before).strip()
        if place.name.endswith(_CONSTANT):
            _put_load(document, place.name, text, before, is_new=not base)
        elif text == before:
            _folder(document, place.name)
        elif place.name == _PRICES:
            _put_prices(document, text)
        else:
            _put(document, place.name, text if place.text else _number(text))
    if document.get("prices") == {}:
        del document["prices"]
    return document


def with_system(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with one more system, like its last."""
    systems = _systems(document)
    last = copy.deepcopy(dict(systems[-1])) if systems and isinstance(systems[-1], Mapping) else {}
    names = {str(each.get("id")) for each in systems if isinstance(each, Mapping)}
    number = next(number for number in range(len(systems) + 1, 2 * len(systems) + 2) if f"ups-{number}" not in names)
    if not isinstance(last.get("load"), Mapping) or "constant_kw" not in last["load"]:
        last["load"] = {"series": f"load-{number}"}
    return {**document, "ups": [*systems, {**last, "id": f"ups-{number}"}]}


def without_system(document: Mapping[str, Any], index: int) -> dict[str, Any]:
    """The document without one of its systems."""
    return {**document, "ups": [each for at, each in enumerate(_systems(document)) if at != index]}


def kept_beside(document: Mapping[str, Any]) -> list[str]:
    """The places of a document that have no input in the form; they stay as they are."""
    known = {place.name for place in _places(_ids(document))} | {"ups"}
    top = [name for name in document if not any(each == name or each.startswith(f"{name}.") for each in known)]
    of_systems = [
        f"{each.get('id')}: {name}"
        for index, each in enumerate(_systems(document))
        if isinstance(each, Mapping)
        for name in _leaves(each)
        if f"ups.{index}.{name}" not in known and not name.startswith("load.")
    ]
    return [*top, *of_systems]


def _input(place: Place, base: Mapping[str, Any], written: Mapping[str, str], faults: tuple[str, ...]) -> Input:
    value = written.get(place.name, "")
    source = _at(base, place.name.removesuffix(_CONSTANT)) if place.name.endswith(_CONSTANT) else None
    named = next((str(source[kind]) for kind in _KINDS if kind in source), "") if isinstance(source, Mapping) else ""
    if not named and isinstance(source, Mapping) and "constant_kw" not in source:
        named = ", ".join(map(str, source))
    return Input(
        name=place.name,
        label=place.label,
        help=place.help,
        value=value,
        series="" if value else named,
        faults=faults,
    )


def _put_load(document: dict[str, Any], name: str, text: str, before: str, *, is_new: bool) -> None:
    """A constant, or the readings that stood there before, or else a series by the usual name.

    A document that left out the load outside the UPS systems has none: only a new site is asked for its readings.
    """
    place = name.removesuffix(_CONSTANT)
    given = _at(document, place)
    if text == before and (given is not None or (name == _OUTSIDE and not is_new)):
        return
    if text:
        _put(document, place, {"constant_kw": _number(text)})
        return
    index = _ANY_SYSTEM.match(name)
    usual = "unprotected" if index is None else "load" if index[1] == "0" else f"load-{int(index[1]) + 1}"
    _put(document, place, {"series": usual})


def _put_prices(document: dict[str, Any], name: str) -> None:
    if not name:
        document.pop("prices", None)
        return
    kept = {key: value for key, value in (document.get("prices") or {}).items() if key not in (*_KINDS, "values")}
    document["prices"] = {**kept, "series": name}


def _put(document: dict[str, Any], name: str, value: object) -> None:
    """Put a value at a place; an empty one takes away what stood there."""
    folder, last = _folder(document, name), name.rpartition(".")[2]
    if value == "":
        folder.pop(last, None)
    else:
        folder[last] = value


def _folder(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The part of a document that the value of an input stands in, made where it is not there yet."""
    place: Any = document
    for step in name.split(".")[:-1]:
        if isinstance(place, list):
            place = place[int(step)]
        elif isinstance(place, dict):
            if place.get(step) is None:
                place[step] = {}
            place = place[step]
    return place if isinstance(place, dict) else {}


def _at(document: object, name: str) -> Any:  # noqa: ANN401 - whatever the document holds
    for step in name.split("."):
        if isinstance(document, Mapping):
            document = document.get(step)
        elif isinstance(document, list) and step.isdigit() and int(step) < len(document):
            document = document[int(step)]
        else:
            return None
    return document


def _text_at(document: Mapping[str, Any], name: str) -> str:
    """What the input of a place holds; empty where what stands there is no plain value."""
    value = _at(document, name)
    if name == _PRICES and value is None:
        value = _at(document, "prices.csv")
    plain = isinstance(value, (str, int, float)) and not isinstance(value, bool)
    return f"{value:.15g}" if isinstance(value, float) else str(value) if plain else ""


def _number(text: str) -> float | int | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _systems(document: Mapping[str, Any]) -> list[Any]:
    systems = document.get("ups")
    return systems if isinstance(systems, list) else []


def _ids(document: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(each.get("id", "")) if isinstance(each, Mapping) else "" for each in _systems(document))


def _count(base: Mapping[str, Any], written: Mapping[str, str]) -> int:
    """How many systems a form has inputs for."""
    numbers = [int(found[1]) + 1 for name in written if (found := _ANY_SYSTEM.match(name))]
    return max(len(_systems(base)), min(max(numbers, default=0), len(_systems(base)) + 1))


def _places(ids: tuple[str, ...]) -> list[Place]:
    return [place for _, places in groups_of_places(ids) for place in places]


def _leaves(part: Mapping[str, Any], before: str = "") -> list[str]:
    names = []
    for name, value in part.items():
        deeper = isinstance(value, Mapping) and f"{before}{name}" in {"battery", "reserve", "load"}
        names += _leaves(value, f"{before}{name}.") if deeper else [f"{before}{name}"]
    return names


def _place(fault: Fault, ids: tuple[str, ...]) -> str:
    """The place of a fault in the document; faults name a system by its id."""
    for index, ups_id in enumerate(ids):
        name = f"ups.{ups_id.strip()}."
        if ups_id.strip() and fault.field.startswith(name):
            return f"ups.{index}.{fault.field.removeprefix(name)}"
    return fault.field


def _concerns(place_of_fault: str, name: str) -> bool:
    """Whether a fault is of the input, or of the part of the document that the input stands for."""
    place = name.removesuffix(_CONSTANT)
    if name == _PRICES:
        return place_of_fault in {name, "prices", "prices.csv"}
    return place_of_fault in {name, place} or place_of_fault.startswith(f"{name}.")


def _text(fault: Fault) -> str:
    return f"{fault.value!r} must be {fault.allowed}" if fault.value not in (None, "") else f"must be {fault.allowed}"
