"""Native YAML of a tariff: read with all faults at once, and written back without loss.

The document is the vocabulary of this package with a few short forms (docs/tariffs.md): a schedule is a list of rules,
`energy.periods` maps names to a price or to tiers, and `rate_per_kw` stands for one tier in all months.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from ridethrough.domain.validation import Fault, UnableToAccept
from ridethrough.tariffs.documents.acceptance import accept
from ridethrough.tariffs.documents.written_text import yaml_document, yaml_text
from ridethrough.tariffs.tariff import Tariff

_ADAPTER: TypeAdapter[Tariff] = TypeAdapter(Tariff)
_SEASON = ("rate_per_kw", "tiers", "months")


def tariff_from_yaml(text: str, source: str = "") -> Tariff:
    """Read a tariff from native YAML.

    Raises `UnableToAccept` with every fault and its path; `source` names the file in each of them.
    """
    return tariff_from_document(yaml_document(text, source), source)


def tariff_from_document(document: object, source: str = "") -> Tariff:
    """Read a tariff from plain values, as YAML or JSON gives them.

    Raises `UnableToAccept` with every fault and its path.
    """
    if not isinstance(document, Mapping):
        fault = Fault(
            field="", value=type(document).__name__, allowed="a mapping that describes a tariff", source=source
        )
        raise UnableToAccept([fault])
    return accept(_ADAPTER, _expand(document), source=source)


def tariff_to_document(tariff: Tariff) -> dict[str, Any]:
    """Write a tariff as plain values in the short forms; defaults are left out."""
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
    return yaml_text(tariff_to_document(tariff))


def _expand(document: Mapping[str, Any]) -> dict[str, Any]:
    """Replace the short forms by the full ones; validation refuses anything else."""
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
