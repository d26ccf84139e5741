"""The project of a study as a form: what it costs, and how its years are weighed; or a whole project document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ridethrough.domain import Fault, UnableToAccept
from ridethrough.tariffs.documents.written_text import yaml_document

DOCUMENT = "project"
"""The field with a whole document, and what its faults are named by."""
_MOST_CHARACTERS = 64 * 1024
_ASSET, _COSTS = "batteries and controls", "running costs"
_PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """An input: its place in the document, and its unit; a percentage is a fraction there."""

    name: str
    place: str
    label: str
    unit: str
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectInput:
    """One input of the form, with what is wrong with it."""

    name: str
    label: str
    value: str
    help: str
    faults: tuple[str, ...]


_MONEY, _YEARS, _SHARE = "currency", "years", "%"
_PLACES = (
    _Place(name="capital", place=f"assets.{_ASSET}.capital_cost", label="Capital cost", unit=_MONEY),
    _Place(name="life", place="life_years", label="Years of operation", unit=_YEARS),
    _Place(name="discount", place="discount_rate", label="Discount rate a year", unit=_SHARE, help="nominal"),
    _Place(name="running", place=f"costs.{_COSTS}.amount", label="Running costs a year", unit=_MONEY),
    _Place(name="inflation", place="inflation_rate", label="Inflation a year", unit=_SHARE, help="of the costs"),
    _Place(name="growth", place="savings.escalation_rate", label="The saving grows a year by", unit=_SHARE),
    _Place(name="fading", place="savings.degradation_rate", label="The saving fades a year by", unit=_SHARE),
    _Place(name="tax", place="taxes.federal_income_rate", label="Income tax", unit=_SHARE),
    _Place(name="replacement", place=f"assets.{_ASSET}.replacement.cost", label="Batteries replaced for", unit=_MONEY),
    _Place(name="replaced", place=f"assets.{_ASSET}.replacement.after_years", label="Replaced after", unit=_YEARS),
)
PROJECT_FIELDS = (*(each.name for each in _PLACES), DOCUMENT)


def project_of(written: Mapping[str, str], first_year: int) -> Mapping[str, Any] | None:
    """The project document that a form describes; None where nothing of it is filled in.

    What is not a number stays as it was written: the reader of documents refuses it. Raises `UnableToAccept` for a
    whole document that is no YAML, or that comes with filled fields.
    """
    text = written.get(DOCUMENT, "").strip()
    values = {each.name: value for each in _PLACES if (value := written.get(each.name, "").strip())}
    if text:
        if values:
            allowed = "left empty where a whole project document is given, or the other way round"
            raise UnableToAccept([Fault(field=", ".join(values), source=DOCUMENT, value="given", allowed=allowed)])
        return _whole(text)
    if not values:
        return None
    figures = {each.name: _figure(values[each.name], each.unit) for each in _PLACES if each.name in values}
    replacement: dict[str, object] = {"cost": figures["replacement"]} if "replacement" in figures else {}
    if "replaced" in figures:
        replacement["after_years"] = [figures["replaced"]]
    asset = {"name": _ASSET, "capital_cost": figures.get("capital", 0)}
    named = {
        "life_years": figures.get("life"),
        "discount_rate": figures.get("discount"),
        "inflation_rate": figures.get("inflation"),
        "first_year": first_year,
        "assets": [{**asset, "replacement": replacement} if replacement else asset],
        "costs": [{"name": _COSTS, "amount": figures["running"]}] if "running" in figures else None,
        "savings": _given(escalation_rate=figures.get("growth"), degradation_rate=figures.get("fading")) or None,
        "taxes": _given(federal_income_rate=figures.get("tax")) or None,
    }
    return _given(**named)


def project_inputs(
    written: Mapping[str, str], faults: Sequence[Fault], currency: str
) -> tuple[list[ProjectInput], list[Fault]]:
    """The inputs with their faults beside them, and the faults that belong to none of them."""
    placed, inputs = set[int](), []
    for each in _PLACES:
        here = [index for index, fault in enumerate(faults) if _is_of(fault, each.place)]
        placed |= set(here)
        texts = tuple(f"must be {faults[index].allowed}" for index in here)
        label = f"{each.label}, {currency if each.unit == _MONEY else each.unit}"
        value = written.get(each.name, "")
        inputs.append(ProjectInput(name=each.name, label=label, value=value, help=each.help, faults=texts))
    return inputs, [fault for index, fault in enumerate(faults) if index not in placed]


def _is_of(fault: Fault, place: str) -> bool:
    return fault.source == DOCUMENT and (fault.field == place or fault.field.startswith(f"{place}."))


def _whole(text: str) -> Mapping[str, Any]:
    if len(text) > _MOST_CHARACTERS:
        allowed = f"at most {_MOST_CHARACTERS:,} characters"
        raise UnableToAccept([Fault(field="size", source=DOCUMENT, value=len(text), allowed=allowed)])
    document = yaml_document(text, source=DOCUMENT)
    if not isinstance(document, Mapping):
        raise UnableToAccept([Fault(field="", source=DOCUMENT, value=text[:40], allowed="a mapping of fields")])
    return document


def _figure(text: str, unit: str) -> float | int | str:
    try:
        return float(text) / _PERCENT if unit == _SHARE else int(text) if unit == _YEARS else float(text)
    except ValueError:
        return text


def _given(**values: object) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
