"""The documents people hand in, and turning them into our values with every fault listed.

A site document is a `Site` whose parts also say where their series come from. The domain's own dataclasses are the
schema: what they refuse is refused here, in their words.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from domain import Fault, Site, SiteState, UnableToAccept, UpsSystem
from domain.validation import Checks

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSource:
    """Where a load comes from: a CSV file beside the site file, one constant, or values from `start` on (kW AC)."""

    csv: str | None = None
    constant_kw: float | None = None
    start: datetime | None = None
    values: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        given = [name for name in ("csv", "constant_kw", "values") if getattr(self, name) is not None]
        checks.require(len(given) == 1, "", given, "exactly one of csv, constant_kw or values (with start)")
        _check_start(checks, self.start, needed=self.values is not None)
        checks.raise_faults()


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSource:
    """Where a market price comes from, and what is added to it: a CSV file, or values from `start` on (per kWh)."""

    csv: str | None = None
    start: datetime | None = None
    values: tuple[float, ...] | None = None
    interval_minutes: int | None = None
    adder_per_kwh: float = 0.0

    def __post_init__(self) -> None:
        checks = Checks()
        given = [name for name in ("csv", "values") if getattr(self, name) is not None]
        checks.require(len(given) == 1, "", given, "exactly one of csv or values (with start)")
        _check_start(checks, self.start, needed=self.values is not None)
        checks.raise_faults()


def _check_start(checks: Checks, start: datetime | None, *, needed: bool) -> None:
    if needed:
        checks.require(
            start is not None and start.tzinfo is not None, "start", start, "the first value's time with a UTC offset"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsDocument(UpsSystem):
    """A UPS system and its load."""

    load: LoadSource


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDocument(Site):
    """A site, its tariff (a catalog name, a path, or the tariff itself), its prices and its other loads."""

    ups: tuple[UpsDocument, ...]
    tariff: str | dict[str, Any] | None = None
    prices: PriceSource | None = None
    unprotected_load: LoadSource = field(default_factory=lambda: LoadSource(constant_kw=0.0))

    def __post_init__(self) -> None:
        Site.__post_init__(self)
        checks = Checks()
        checks.require(
            self.tariff is not None or self.prices is not None,
            "tariff",
            None,
            "given, or prices, so that energy has a price",
        )
        checks.raise_faults()


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsStateDocument:
    """What is measured of one UPS system."""

    stored_kwh: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StateDocument:
    """The state of a site as it is handed in, see `SiteState`."""

    ups: dict[str, UpsStateDocument] = field(default_factory=dict)
    peaks_kw: dict[str, float] = field(default_factory=dict)
    past_peaks_kw: dict[str, dict[str, float]] = field(default_factory=dict)
    energy_kwh: float = 0.0

    def site_state(self) -> SiteState:
        """The state in the domain's words.

        Raises `UnableToAccept` for negative figures.
        """
        stored = {ups_id: ups.stored_kwh for ups_id, ups in self.ups.items() if ups.stored_kwh is not None}
        return SiteState(
            stored_kwh=stored, peaks_kw=self.peaks_kw, past_peaks_kw=self.past_peaks_kw, energy_kwh=self.energy_kwh
        )


_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)
SiteDocument.__pydantic_config__ = _STRICT  # type: ignore[attr-defined]
StateDocument.__pydantic_config__ = _STRICT  # type: ignore[attr-defined]

SITE = TypeAdapter(SiteDocument)
STATE = TypeAdapter(StateDocument)


def accept(adapter: TypeAdapter[T], document: object, *, source: str) -> T:
    """Validate a document against its schema.

    Raises `UnableToAccept` with every fault: unknown fields first, then what else is wrong without them.
    """
    faults: list[Fault] = []
    while True:
        try:
            accepted = adapter.validate_python(document)
        except ValidationError as error:
            errors = error.errors()
        else:
            if not faults:
                return accepted
            break
        unknown = [each["loc"] for each in errors if each["type"] in _UNKNOWN_FIELD]
        kept = [each for each in errors if not unknown or each["loc"] in unknown]
        faults += [fault for each in kept for fault in _faults(document, each)]
        if not unknown:
            break
        document = _without(document, unknown)
    raise UnableToAccept(fault.in_source(source) for fault in faults)


_UNKNOWN_FIELD = ("unexpected_keyword_argument", "extra_forbidden")
_MISSING_FIELD = ("missing", "missing_argument", "missing_keyword_only_argument")
_ALLOWED = {
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "string_type": "text",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "dataclass_type": "a mapping of fields",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "tuple_type": "a list",
    "datetime_parsing": "an ISO 8601 time",
    "datetime_from_date_parsing": "an ISO 8601 time",
}


def _faults(document: object, error: Mapping[str, Any]) -> Iterator[Fault]:
    """Turn one of pydantic's errors into faults, under the path a reader of the document sees."""
    path = _path(document, error["loc"])
    kind = error["type"]
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, UnableToAccept):
        yield from (fault.under(path) if path else fault for fault in cause.faults)
    elif kind in _UNKNOWN_FIELD:
        yield Fault(field=path, value=error["input"], allowed="left out: the field is unknown")
    elif kind in _MISSING_FIELD:
        yield Fault(field=path, value=None, allowed="given: it has no default")
    else:
        yield Fault(field=path, value=error["input"], allowed=_ALLOWED.get(kind, error["msg"]))


def _path(document: object, location: tuple[int | str, ...]) -> str:
    """Write a location as a dotted path, with the `id` of a list's member in place of its number where it has one."""
    parts = []
    for step in location:
        if isinstance(document, (list, tuple)) and isinstance(step, int) and step < len(document):
            document = document[step]
            name = document.get("id") if isinstance(document, Mapping) else None
            parts.append(str(name or step))
        else:
            document = document.get(step) if isinstance(document, Mapping) else None
            parts.append(str(step))
    return ".".join(parts)


def _without(document: object, locations: list[tuple[int | str, ...]]) -> object:
    """Copy a document less the fields at `locations`."""
    if () in locations:
        return document
    if isinstance(document, Mapping):
        kept = {key for key in document if (key,) not in locations}
        return {key: _without(document[key], _below(locations, key)) for key in document if key in kept}
    if isinstance(document, (list, tuple)):
        return [_without(each, _below(locations, index)) for index, each in enumerate(document)]
    return document


def _below(locations: list[tuple[int | str, ...]], step: object) -> list[tuple[int | str, ...]]:
    return [location[1:] for location in locations if location[0] == step and len(location) > 1]
