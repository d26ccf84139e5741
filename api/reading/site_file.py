"""Reading a site: its document, the series and the tariff it names, and what was filled in."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from ridethrough.api.reading.equipment import read_equipment
from ridethrough.api.reading.files import read_json, read_yaml
from ridethrough.api.reading.imputed_limits import with_imputed_limits
from ridethrough.api.reading.loads import load_faults, load_of
from ridethrough.api.reading.series.site_series import PRICES, UNPROTECTED_LOAD, SiteSeries
from ridethrough.api.reading.series.stored_series import StoredSeries
from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.site_documents import (
    SITE,
    STATE,
    PriceSource,
    SiteDocument,
    StateDocument,
)
from ridethrough.api.reading.stand_ins import valid_part
from ridethrough.api.reading.tariff_file import resolve_tariff
from ridethrough.domain import Fault, Site, SiteState, UnableToAccept
from ridethrough.domain.plausible_prices import PlausiblePrices
from ridethrough.domain.site_equipment import SiteEquipment
from ridethrough.tariffs.documents.acceptance import accept, shown, together
from ridethrough.tariffs.tariff import Tariff

_USUAL_CURRENCY = "USD"


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
    equipment: SiteEquipment | None = None


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


def read_site(document: object, *, source: str, folder: Path | None, stored: StoredSeries | None = None) -> SiteInputs:
    """Read a site document; `folder` is where the files it names stand (None where it may not name any).

    The series of a site that a service keeps are those that are `stored`. Raises `UnableToAccept` with every fault in
    the document, its series and its tariff; a stored series that is not there is a fault `SeriesNotStored`.
    """
    document = _fields_of(document, source)
    files = SiteSeries(folder=folder, source=source, stored=stored)
    files.read_all(document)
    filled, imputed = with_imputed_limits(document, files.series)
    faults = [*files.faults, *load_faults(document, files.series, source)]
    tariff = None
    try:
        tariff = resolve_tariff(document.get("tariff"), folder=folder, source=source)
    except UnableToAccept as error:
        faults += error.faults
    try:
        written: SiteDocument = accept(SITE, _without_tariff(filled), source=source, stand_in=valid_part)
    except UnableToAccept as error:
        faults += [*error.faults, *_faults_beside(document, tariff, source), *files.missing]
        raise UnableToAccept(faults) from error
    if tariff is not None and written.power_factor is not None:
        tariff = replace(tariff, power_factor=written.power_factor)
    faults += _currency_faults(written.currency, tariff, source)
    try:
        plausible, equipment = together(lambda: _plausible(written, source), lambda: _equipment(written, source))
    except UnableToAccept as error:
        faults += error.faults
    faults += files.missing
    if faults:
        raise UnableToAccept(faults)
    step = timedelta(minutes=written.interval_minutes)
    return SiteInputs(
        site=written.site,
        tariff=tariff,
        loads={ups.id: load_of(ups.load, files.series, step, f"ups.{ups.id}.load") for ups in written.ups},
        unprotected_load=load_of(written.unprotected_load, files.series, step, UNPROTECTED_LOAD),
        prices=_price_series(written.prices, files, step),
        provenance=Provenance(
            sha256=_digest(written, tariff, files.series),
            given=(source, *sorted(files.names)),
            defaulted=dict(_defaults_taken(written, filled, "")),
            imputed={**imputed, **files.notes()},
        ),
        plausible_prices=plausible,
        equipment=equipment,
    )


def _fields_of(document: object, source: str) -> Mapping[str, Any]:
    if not isinstance(document, Mapping):
        value = "an empty document" if document is None else shown(document)
        raise UnableToAccept([Fault(field="", source=source, value=value, allowed="a mapping of fields")])
    return document


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


def _equipment(written: SiteDocument, source: str) -> SiteEquipment | None:
    if written.equipment is None:
        return None
    return read_equipment(written.equipment, source=source, systems=[ups.id for ups in written.ups])


def _faults_beside(document: Mapping[str, Any], tariff: Tariff | None, source: str) -> Iterator[Fault]:
    """Faults of a refused document's other parts: they can be judged as it is written."""
    currency = document.get("currency", _USUAL_CURRENCY)
    if isinstance(currency, str):
        yield from _currency_faults(currency, tariff, source)
    systems = document.get("ups")
    named = [str(each.get("id")) for each in systems if isinstance(each, Mapping)] if isinstance(systems, list) else []
    if document.get("equipment") is not None and named:
        try:
            read_equipment(document["equipment"], source=source, systems=named)
        except UnableToAccept as error:
            yield from error.faults


def _currency_faults(currency: str, tariff: Tariff | None, source: str) -> Iterator[Fault]:
    if tariff is not None and tariff.currency != currency:
        allowed = f"{tariff.currency}, the currency of the tariff {tariff.name}"
        yield Fault(field="currency", source=source, value=shown(currency), allowed=allowed)


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
