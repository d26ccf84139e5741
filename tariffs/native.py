"""Native YAML: a tariff as a person writes it, read with every fault at once and written back without loss.

The document is the vocabulary of this package with a few short forms (docs/tariffs.md): a schedule is a list of rules,
`energy.periods` maps names to a price or to tiers, and `rate_per_kw` stands for one tier in all months.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import yaml
from pydantic import TypeAdapter, ValidationError

from ridethrough.domain.validation import Fault, UnableToAccept
from ridethrough.tariffs.tariff import Tariff

_ADAPTER: TypeAdapter[Tariff] = TypeAdapter(Tariff)
_BOOLEAN = "tag:yaml.org,2002:bool"
_SEASON = ("rate_per_kw", "tiers", "months")
_ALLOWED = {
    "missing": "given",
    "unexpected_keyword_argument": "left out: a tariff does not know it",
    "float_parsing": "a number",
    "float_type": "a number",
    "tuple_type": "a list",
    "dataclass_type": "a mapping of the keys that docs/tariffs.md lists",
    "string_type": "text",
    "value_error": "in the form that docs/tariffs.md describes",
}


def tariff_from_yaml(text: str, source: str = "") -> Tariff:
    """Read a tariff from native YAML.

    Raises `UnableToAccept` with every fault and its path; `source` names the file in each of them.
    """
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader that refuses repeated keys
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        where = f"line {place.line + 1}" if place is not None else ""
        problem = getattr(error, "problem", None) or "unreadable"
        raise UnableToAccept([Fault(field=where, value=problem, allowed="well-formed YAML", source=source)]) from error
    return tariff_from_document(document, source)


def tariff_from_document(document: object, source: str = "") -> Tariff:
    """Read a tariff from plain values, as YAML or JSON gives them.

    Raises `UnableToAccept` with every fault and its path.
    """
    if not isinstance(document, Mapping):
        fault = Fault(
            field="", value=type(document).__name__, allowed="a mapping that describes a tariff", source=source
        )
        raise UnableToAccept([fault])
    expanded = _expand(document)
    try:
        return _ADAPTER.validate_python(expanded)
    except ValidationError as error:
        _refuse(error, expanded, source)


def tariff_to_document(tariff: Tariff) -> dict[str, Any]:
    """Write a tariff as plain values in the short forms; what is at its default is left out."""
    document: dict[str, Any] = _ADAPTER.dump_python(tariff, mode="json", exclude_defaults=True)
    if "schedules" in document:
        document["schedules"] = {name: schedule["rules"] for name, schedule in document["schedules"].items()}
    if "energy" in document:
        periods = document["energy"]["periods"]
        document["energy"]["periods"] = {period["name"]: _short_tiers(period["tiers"]) for period in periods}
    for kind in ("demand", "coincident"):
        if kind in document:
            document[kind] = [_short_seasons(charge) for charge in document[kind]]
    return document


def tariff_to_yaml(tariff: Tariff) -> str:
    """Write a tariff as native YAML, from which `tariff_from_yaml` reads an equal one."""
    return yaml.safe_dump(tariff_to_document(tariff), sort_keys=False, allow_unicode=True, width=120)


def _expand(document: Mapping[str, Any]) -> dict[str, Any]:
    """Replace the short forms by the full ones; whatever has neither form is left for validation to refuse."""
    full = dict(document)
    schedules = full.get("schedules")
    if isinstance(schedules, Mapping):
        full["schedules"] = {
            name: {"rules": rules} if isinstance(rules, Sequence) else rules for name, rules in schedules.items()
        }
    energy = full.get("energy")
    if isinstance(energy, Mapping) and isinstance(energy.get("periods"), Mapping):
        periods = [{"name": str(name), "tiers": _full_tiers(value)} for name, value in energy["periods"].items()]
        full["energy"] = {**energy, "periods": periods}
    for kind in ("demand", "coincident"):
        if isinstance(full.get(kind), list):
            full[kind] = [_full_seasons(charge) for charge in full[kind]]
    return full


def _full_tiers(value: object) -> object:
    if isinstance(value, int | float):
        return [{"rate_per_kwh": value}]
    return [value] if isinstance(value, Mapping) else value


def _short_tiers(tiers: list[dict[str, Any]]) -> object:
    if len(tiers) > 1:
        return tiers
    only = tiers[0]
    return only.get("rate_per_kwh", 0.0) if set(only) <= {"rate_per_kwh"} else only


def _full_seasons(charge: object) -> object:
    """Expand `rate_per_kw` or `tiers` of a charge, and of each of its seasons."""
    if not isinstance(charge, Mapping):
        return charge
    if "seasons" in charge:
        seasons = charge["seasons"]
        return {**charge, "seasons": [_full_season(s) for s in seasons] if isinstance(seasons, list) else seasons}
    season = {key: value for key, value in charge.items() if key in _SEASON}
    rest = {key: value for key, value in charge.items() if key not in _SEASON}
    return {**rest, "seasons": [_full_season(season)]}


def _full_season(season: object) -> object:
    if not isinstance(season, Mapping) or "rate_per_kw" not in season:
        return season
    rest = {key: value for key, value in season.items() if key != "rate_per_kw"}
    return {**rest, "tiers": [{"rate_per_kw": season["rate_per_kw"]}]}


def _short_seasons(charge: dict[str, Any]) -> dict[str, Any]:
    seasons = [_short_season(season) for season in charge["seasons"]]
    if len(seasons) != 1:
        return {**charge, "seasons": seasons}
    rest = {key: value for key, value in charge.items() if key not in ("name", "seasons")}
    return {"name": charge["name"], **seasons[0], **rest}


def _short_season(season: dict[str, Any]) -> dict[str, Any]:
    tiers = season["tiers"]
    if len(tiers) > 1:
        return season
    rest = {key: value for key, value in season.items() if key != "tiers"}
    return {**rest, "rate_per_kw": tiers[0]["rate_per_kw"]}


def _refuse(error: ValidationError, document: Mapping[str, Any], source: str) -> NoReturn:
    """Say pydantic's findings in our words, with the names of charges and periods in place of their numbers."""
    faults: list[Fault] = []
    for found in error.errors(include_url=False):
        path = _path(found["loc"], document)
        cause = found.get("ctx", {}).get("error")
        if isinstance(cause, UnableToAccept):
            faults += [fault.under(path) if path else fault for fault in cause.faults]
        else:
            allowed = _ALLOWED.get(found["type"], found["msg"].removeprefix("Input should be "))
            value = str(cause) if cause is not None else found["input"]
            faults.append(Fault(field=path, value="missing" if found["type"] == "missing" else value, allowed=allowed))
    raise UnableToAccept([fault.in_source(source) for fault in faults]) from error


def _path(location: tuple[str | int, ...], document: object) -> str:
    words: list[str] = []
    at: Any = document
    for step in location:
        try:
            at = at[step]
        except (KeyError, IndexError, TypeError):
            at = None
        named = isinstance(step, int) and isinstance(at, Mapping) and isinstance(at.get("name"), str)
        words.append(at["name"] if named else str(step))
    return ".".join(words)


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice in one mapping, which YAML would silently drop; `on` and `off` are words."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's table, less its yes, no, on and off
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _BOOLEAN or first in "tTfF"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        keys = [key.value for key, _ in node.value]
        for key, _ in node.value:
            if keys.count(key.value) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is given twice", key.start_mark)
        return super().construct_mapping(node, deep=deep)
