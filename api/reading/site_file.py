"""Reading a site: its document, the series and the tariff it names, and what was filled in."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from ridethrough.api.reading.files import read_json, read_yaml
from ridethrough.api.reading.series.site_series import PRICES, SiteSeries
from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.site_documents import (
    SITE,
    STATE,
    LoadSource,
    PriceSource,
    SiteDocument,
    StateDocument,
    valid_part,
)
from ridethrough.api.reading.tariff_file import resolve_tariff
from ridethrough.domain import Fault, Site, SiteState, UnableToAccept
from ridethrough.domain.plausible_prices import PlausiblePrices
from ridethrough.tariffs.documents.acceptance import accept, shown
from ridethrough.tariffs.tariff import Tariff

_CHARGE_LIMIT_OF_RATING = 0.20
"""Li-ion UPS chargers take 20-25 % of the unit's rating (`docs/site-file.md`)."""
_INPUT_LIMIT_OF_RATING = 1.25
_HUGE = 1e12
MOST_OF_RATING = 1.5
"""A load that UPS units can carry for seconds only: no reading of an interval is above it."""
MOST_KW = 1e8
"""100 GW: no site's meter reads more, either way."""
_DEFAULT_INVERTER_EFFICIENCY = 0.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where the figures behind an answer came from: files given, defaults taken, values imputed and by what rule."""

    sha256: str
    given: tuple[str, ...]
    defaulted: Mapping[str, object] = field(default_factory=dict)
    imputed: Mapping[str, str] = field(default_factory=dict)

    def and_state(self, state: SiteState, source: str) -> "Provenance":
        """The provenance of an answer that also rests on a measured state."""
        digest = hashlib.sha256(f"{self.sha256}{state}".encode()).hexdigest()
        return replace(self, sha256=digest, given=(*self.given, source))


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteInputs:
    """A site with everything its document names, read and checked.

    `loads` holds a series or a constant (kW) per UPS system, `unprotected_load` likewise; `prices` the market price.
    """

    site: Site
    tariff: Tariff | None
    loads: Mapping[str, TimeSeries | float]
    unprotected_load: TimeSeries | float
    prices: TimeSeries | None
    provenance: Provenance
    plausible_prices: PlausiblePrices = field(default_factory=PlausiblePrices)


def read_site_file(path: Path) -> SiteInputs:
    """Read a site file and everything it names.

    Raises `UnableToAccept` with every fault in any of the files.
    """
    return read_site(read_yaml(path), source=path.name, folder=path.parent)


def read_state_file(path: Path) -> SiteState:
    """Read a state file.

    Raises `UnableToAccept` with every fault in it.
    """
    return read_state(read_json(path), source=path.name)


def read_state(document: object, *, source: str) -> SiteState:
    """Turn a state document into a state.

    Raises `UnableToAccept` with every fault in it.
    """
    state: StateDocument = accept(STATE, _without_lost_measurements(document, source), source=source)
    try:
        return state.site_state()
    except UnableToAccept as error:
        raise UnableToAccept(fault.in_source(source) for fault in error.faults) from error


def _without_lost_measurements(document: object, source: str) -> object:
    """Refuse a measurement that is null: it is lost, and not the same as one that was never asked for."""
    systems = document.get("ups") if isinstance(document, Mapping) else None
    lost = [
        Fault(field=f"ups.{ups_id}.{name}", source=source, value=None, allowed="a measurement")
        for ups_id, measured in (systems.items() if isinstance(systems, Mapping) else ())
        for name, value in (measured.items() if isinstance(measured, Mapping) else ())
        if value is None
    ]
    if lost:
        raise UnableToAccept(lost)
    return document


def read_site(document: object, *, source: str, folder: Path | None) -> SiteInputs:
    """Read a site document; `folder` is where the files it names stand (None where it may not name any).

    Raises `UnableToAccept` with every fault in the document, its series and its tariff.
    """
    if not isinstance(document, Mapping):
        value = "an empty document" if document is None else shown(document)
        raise UnableToAccept([Fault(field="", source=source, value=value, allowed="a mapping of fields")])
    files = SiteSeries(folder=folder, source=source)
    files.read_all(document)
    filled, imputed = _with_imputed_limits(document, files.series)
    faults = list(files.faults)
    tariff = None
    try:
        tariff = resolve_tariff(document.get("tariff"), folder=folder, source=source)
    except UnableToAccept as error:
        faults += error.faults
    try:
        written: SiteDocument = accept(SITE, _without_tariff(filled), source=source, stand_in=valid_part)
    except UnableToAccept as error:
        raise UnableToAccept([*faults, *error.faults]) from error
    if tariff is not None and written.power_factor is not None:
        tariff = replace(tariff, power_factor=written.power_factor)
    step = timedelta(minutes=written.interval_minutes)
    faults += _currency_faults(written, tariff, source)
    if files.faults:
        raise UnableToAccept(faults)
    inputs = SiteInputs(
        site=written.site,
        tariff=tariff,
        loads={ups.id: _series(ups.load, files, step, f"ups.{ups.id}.load") for ups in written.ups},
        unprotected_load=_series(written.unprotected_load, files, step, "unprotected_load"),
        prices=_price_series(written.prices, files, step),
        provenance=Provenance(
            sha256=_digest(written, tariff, files.series),
            given=(source, *sorted(files.names)),
            defaulted=dict(_defaults_taken(written, filled, "")),
            imputed={**imputed, **files.notes()},
        ),
        plausible_prices=_plausible(written, source),
    )
    faults += _load_faults(inputs, source)
    if faults:
        raise UnableToAccept(faults)
    return inputs


def _without_tariff(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The document with only the fact that its tariff stands in it: that is read, and refused, by its own schema."""
    return {**document, "tariff": "in place"} if isinstance(document.get("tariff"), Mapping) else document


def _plausible(written: SiteDocument, source: str) -> PlausiblePrices:
    if written.prices is None:
        return PlausiblePrices.of_currency(written.currency)
    try:
        return written.prices.plausible(written.currency)
    except UnableToAccept as error:
        named = (
            replace(fault, field=f"prices.{fault.field.replace('_per', '_plausible_per')}") for fault in error.faults
        )
        raise UnableToAccept(fault.in_source(source) for fault in named) from error


def _load_faults(inputs: SiteInputs, source: str) -> Iterator[Fault]:
    """Loads that cannot be: what a UPS carries is never negative (what is behind the meter elsewhere may be)."""
    for ups in inputs.site.ups:
        most_kw = MOST_OF_RATING * ups.units * ups.unit_output_limit_kw
        allowed = f"from 0 to {most_kw:,.0f} kW, {MOST_OF_RATING:g} times what its {ups.units} units put out"
        yield from _beyond(inputs.loads[ups.id], (0.0, most_kw), f"ups.{ups.id}.load", allowed, source)
    allowed = f"at most {MOST_KW:,.0f} kW either way"
    yield from _beyond(inputs.unprotected_load, (-MOST_KW, MOST_KW), "unprotected_load", allowed, source)


def _beyond(
    load: TimeSeries | float, limits: tuple[float, float], place: str, allowed: str, source: str
) -> Iterator[Fault]:
    """The reading that is farthest beyond its limits, with its time, and how many there are."""
    low, high = limits
    if not isinstance(load, TimeSeries):
        if not low <= load <= high:
            yield Fault(field=place, source=source, value=load, allowed=allowed)
        return
    found = [index for index, kw in enumerate(load.values) if not low <= kw <= high]
    if found:
        worst = max(found, key=lambda index: max(low - load.values[index], load.values[index] - high))
        at = (load.start + worst * load.step).isoformat()
        others = f", and {len(found) - 1} other readings" if len(found) > 1 else ""
        value = f"{load.values[worst]:g} kW at {at}{others}"
        named = source if load.source.startswith(("ups.", "unprotected")) else load.source
        yield Fault(field=place, source=named, value=value, allowed=allowed)


def _currency_faults(site: Site, tariff: Tariff | None, source: str) -> Iterator[Fault]:
    if tariff is not None and tariff.currency != site.currency:
        allowed = f"{tariff.currency}, the currency of the tariff {tariff.name}"
        yield Fault(field="currency", source=source, value=site.currency, allowed=allowed)


def _with_imputed_limits(
    document: Mapping[str, Any], series: Mapping[str, TimeSeries]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Fill in what follows from other figures by rule, and name each rule."""
    filled = dict(document)
    imputed: dict[str, str] = {}
    systems = document.get("ups")
    if isinstance(systems, list):
        filled["ups"] = [
            _with_imputed_ups(ups, series, imputed) if isinstance(ups, Mapping) else ups for ups in systems
        ]
    return filled, imputed


def _with_imputed_ups(
    ups: Mapping[str, Any], series: Mapping[str, TimeSeries], imputed: dict[str, str]
) -> dict[str, Any]:
    filled = dict(ups)
    path = f"ups.{ups.get('id')}"
    rating = _above_zero(ups.get("unit_output_limit_kw"))
    inverter = _above_zero(ups.get("inverter_efficiency", _DEFAULT_INVERTER_EFFICIENCY))

    def impute(target: dict[str, Any], name: str, value: float, rule: str) -> None:
        if name not in target:
            target[name] = value
            place = path if target is filled else f"{path}.battery"
            imputed[f"{place}.{name}"] = f"{value:g}: {rule}"

    impute(filled, "unit_input_limit_kw", _INPUT_LIMIT_OF_RATING * rating, "1.25 times unit_output_limit_kw")
    if isinstance(ups.get("battery"), Mapping):
        battery = filled["battery"] = dict(ups["battery"])
        impute(battery, "charge_limit_kw", _CHARGE_LIMIT_OF_RATING * rating, "20 % of unit_output_limit_kw")
        impute(battery, "discharge_limit_kw", rating / inverter, "unit_output_limit_kw over inverter_efficiency")
    peak_kw = _peak_kw(ups.get("load"), series.get(f"{path}.load"))
    if peak_kw is not None:
        impute(filled, "protected_load_kw", peak_kw, "the highest load given")
    return filled


def _above_zero(value: object) -> float:
    """The value; or 1 for what is refused where it stands, so that nothing which follows from it is refused as well."""
    return float(value) if _is_number(value) and 0 < value < _HUGE else 1.0  # type: ignore[operator, arg-type]


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _peak_kw(load: object, series: TimeSeries | None) -> float | None:
    if not isinstance(load, Mapping):
        return None
    if any(isinstance(load.get(name), str) for name in ("csv", "csv_text")):
        return max(series.values) if series is not None else 1.0
    values = load.get("values")
    numbers = [
        each for each in (load.get("constant_kw"), *(values if isinstance(values, list) else ())) if _is_number(each)
    ]
    return max(numbers, default=None)


def _series(source: LoadSource, files: SiteSeries, step: timedelta, path: str) -> TimeSeries | float:
    if path in files.series:
        return files.series[path]
    if source.values is not None and source.start is not None:
        return TimeSeries(source=path, start=source.start, step=step, values=source.values)
    return source.constant_kw or 0.0


def _price_series(source: PriceSource | None, files: SiteSeries, step: timedelta) -> TimeSeries | None:
    """The market price with the site's adder, per kWh."""
    if source is None:
        return None
    if PRICES in files.series:
        base = files.series[PRICES]
    else:
        step = timedelta(minutes=source.interval_minutes) if source.interval_minutes else step
        base = TimeSeries(source="prices", start=source.start, step=step, values=source.values or ())  # type: ignore[arg-type]
    values = tuple(price + source.adder_per_kwh for price in base.values)
    return replace(base, values=values)


def _defaults_taken(value: object, document: object, path: str) -> Iterator[tuple[str, object]]:
    """Walk an accepted value beside its document, and yield each field that took its default."""
    if not is_dataclass(value):
        return
    given = document if isinstance(document, Mapping) else {}
    for each in fields(value):
        present = getattr(value, each.name)
        name = f"{path}{each.name}"
        if each.name in given:
            if isinstance(present, tuple):
                for member, raw in zip(present, given[each.name], strict=False):
                    yield from _defaults_taken(member, raw, f"{name}.{getattr(member, 'id', '')}.")
            else:
                yield from _defaults_taken(present, given[each.name], f"{name}.")
        elif each.default is not MISSING and present not in (None, "", ()):
            yield name, present


def _digest(site: SiteDocument, tariff: Tariff | None, series: Mapping[str, TimeSeries]) -> str:
    """Fingerprint everything that was given, so that an answer can be traced to its inputs."""
    digest = hashlib.sha256(f"{site}{tariff}".encode())
    for key in sorted(series):
        digest.update(f"{key}{series[key].start.isoformat()}{series[key].step}{series[key].values}".encode())
    return digest.hexdigest()
