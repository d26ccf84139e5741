"""The documents people hand in.

A site document is a `Site` whose parts also say where their series come from. The domain's own dataclasses are the
schema: what they refuse is refused here, in their words. Each document then gives the domain value that it describes
(`site`, `ups_system`, `condition`, `site_state`), and only that value leaves this folder.
"""

from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter

from ridethrough.api.reading.price_sources.named import PublishedPrices
from ridethrough.api.reading.runtime_table import BatteryDocument
from ridethrough.api.reading.series.time_series import FIRST_YEAR, LAST_YEAR, is_plausible
from ridethrough.api.reading.tables.csv_format import CsvFormat, Gaps
from ridethrough.domain import ReserveCondition, Site, SiteState, UnableToAccept, UpsSystem
from ridethrough.domain.plausible_prices import PlausiblePrices
from ridethrough.domain.validation import Checks

_LONGEST_STEP_MIN = 24 * 60
_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _FileSource:
    """A series in a file beside the document (`csv`, also an Excel workbook), or as the file's text (`csv_text`).

    `series` names one that a service stores for the site. `column` names the value column in a file of many;
    `csv_format` and `gaps` go before those of the site.
    """

    csv: str | None = None
    csv_text: str | None = None
    series: str | None = None
    column: str | None = None
    csv_format: CsvFormat | None = None
    gaps: Gaps | None = None

    def _check_file(self, checks: Checks) -> None:
        in_file = any(each is not None for each in (self.csv, self.csv_text, self.series))
        for name in ("column", "csv_format", "gaps"):
            value = getattr(self, name)
            allowed = "left out: it describes a file (csv or csv_text)"
            checks.require(in_file or value is None, name, value and str(value), allowed)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSource(_FileSource):
    """Where a load comes from: a file, one constant, or values from `start` on (kW AC)."""

    constant_kw: float | None = None
    start: datetime | None = None
    values: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        names = ("csv", "csv_text", "series", "constant_kw", "values")
        given = [name for name in names if getattr(self, name) is not None]
        checks.require(len(given) == 1, "", given, "exactly one of csv, constant_kw or values (with start)")
        self._check_file(checks)
        _check_values(checks, self.start, self.values)
        checks.raise_faults()


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSource(_FileSource):
    """Where a market price comes from, and what is added to it: a file, or values from `start` on (per kWh).

    `fetch` says from where a service that keeps the site fetches the prices of that file or series itself.
    """

    start: datetime | None = None
    values: tuple[float, ...] | None = None
    interval_minutes: int | None = None
    adder_per_kwh: float = 0.0
    lowest_plausible_per_kwh: float | None = None
    highest_plausible_per_kwh: float | None = None
    unchanged_at_most_h: float | None = None
    fetch: PublishedPrices | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        given = [name for name in ("csv", "csv_text", "series", "values") if getattr(self, name) is not None]
        checks.require(len(given) == 1, "", given, "exactly one of csv or values (with start)")
        self._check_file(checks)
        has_name = self.csv is not None or self.series is not None
        allowed = "left out, or given with csv or series: the name under which fetched prices are kept"
        checks.require(has_name or self.fetch is None, "fetch", "given", allowed)
        _check_values(checks, self.start, self.values)
        minutes = self.interval_minutes
        fits = minutes is None or 1 <= minutes <= _LONGEST_STEP_MIN
        checks.require(fits, "interval_minutes", minutes, f"from 1 to {_LONGEST_STEP_MIN} minutes")
        if self.unchanged_at_most_h is not None:
            checks.positive("unchanged_at_most_h", self.unchanged_at_most_h)
        checks.raise_faults()

    def plausible(self, currency: str) -> PlausiblePrices:
        """Which prices are believed: those of the currency, where this document says nothing else.

        Raises `UnableToAccept` for a range whose ends are not in order.
        """
        return PlausiblePrices.of_currency(
            currency,
            lowest=self.lowest_plausible_per_kwh,
            highest=self.highest_plausible_per_kwh,
            unchanged_h=self.unchanged_at_most_h,
        )


def _check_values(checks: Checks, start: datetime | None, values: tuple[float, ...] | None) -> None:
    if values is not None:
        allowed = f"the first value's time with a UTC offset, in the years {FIRST_YEAR} to {LAST_YEAR}"
        checks.require(start is not None and is_plausible(start), "start", start and str(start), allowed)
        checks.require(bool(values), "values", "an empty list", "at least one value")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsDocument(UpsSystem):
    """A UPS system and its load."""

    load: LoadSource
    battery: BatteryDocument

    def __post_init__(self) -> None:
        UpsSystem.__post_init__(self)
        checks = Checks()
        self.battery.check_energy(checks, self._dc_kw_of_one)
        checks.raise_faults()

    @property
    def ups_system(self) -> UpsSystem:
        """The system, without where its load comes from."""
        return UpsSystem(**values_of(UpsSystem, self) | {"battery": self.battery.battery(self._dc_kw_of_one)})

    def _dc_kw_of_one(self, load_kw: float) -> float:
        return self.dc_load_kw(load_kw, units=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionDocument(ReserveCondition):
    """When the reserve is raised, as it is written: `from` and `to`."""

    start: Annotated[datetime, Field(alias="from")]
    end: Annotated[datetime, Field(alias="to")]

    def __post_init__(self) -> None:
        try:
            ReserveCondition.__post_init__(self)
        except UnableToAccept as error:
            written = {"start": "from", "end": "to"}
            named = [replace(fault, field=written.get(fault.field, fault.field)) for fault in error.faults]
            raise UnableToAccept(named) from error

    @property
    def condition(self) -> ReserveCondition:
        """The condition in the domain's words."""
        return ReserveCondition(**values_of(ReserveCondition, self))


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDocument(Site):
    """A site, its tariff (a catalog name, a path, or the tariff itself), its prices and its other loads.

    `csv_format` and `gaps` are of all its series files, where a series does not say its own. `equipment` is read by its
    own schema (`equipment.read_equipment`), where the site is driven.
    """

    ups: tuple[UpsDocument, ...]
    conditions: tuple[ConditionDocument, ...] = field(default_factory=tuple)
    tariff: Any = None
    prices: PriceSource | None = None
    csv_format: CsvFormat | None = None
    gaps: Gaps | None = None
    unprotected_load: LoadSource = field(default_factory=lambda: LoadSource(constant_kw=0.0))
    power_factor: float | None = None
    equipment: Any = None

    def __post_init__(self) -> None:
        checks = Checks()
        checks.include(lambda: Site.__post_init__(self))
        checks.require(
            self.tariff is not None or self.prices is not None,
            "tariff",
            None,
            "given, or prices, so that energy has a price",
        )
        factor = self.power_factor
        checks.require(factor is None or 0 < factor <= 1, "power_factor", factor, "a fraction above 0 and up to 1")
        checks.raise_faults()

    @property
    def site(self) -> Site:
        """The site, without where its tariff and its series come from."""
        return Site(
            **values_of(Site, self)
            | {
                "ups": tuple(each.ups_system for each in self.ups),
                "conditions": tuple(each.condition for each in self.conditions),
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsStateDocument:
    """What is measured of one UPS system."""

    stored_kwh: float | None = None
    unit_stored_kwh: tuple[float, ...] | None = None
    throughput_kwh: float | None = None
    segments_filled: tuple[float, ...] | None = None
    discharges_today: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StateDocument:
    """The state of a site as it is handed in, see `SiteState`."""

    ups: dict[str, UpsStateDocument] = field(default_factory=dict)
    peaks_kw: dict[str, float] = field(default_factory=dict)
    past_peaks_kw: dict[str, dict[str, float]] = field(default_factory=dict)
    energy_kwh: float = 0.0
    conditions: tuple[ConditionDocument, ...] = ()
    period_energy_kwh: dict[str, float] = field(default_factory=dict)
    day_peaks_kw: dict[str, dict[str, float]] = field(default_factory=dict)
    measured_at: datetime | None = None

    def site_state(self) -> SiteState:
        """The state in the domain's words.

        Raises `UnableToAccept` for negative figures.
        """
        measured = self.ups.items()

        def given(name: str) -> dict[str, Any]:
            values = ((ups_id, getattr(ups, name)) for ups_id, ups in measured)
            return {ups_id: value for ups_id, value in values if value is not None}

        of_systems = {each.name: given(each.name) for each in fields(UpsStateDocument)}
        conditions = tuple(each.condition for each in self.conditions)
        own = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "ups"}
        return SiteState(**own | {"conditions": conditions} | of_systems)


def values_of(kind: type, document: object) -> dict[str, Any]:
    """The values of a document for the fields of the dataclass that it extends."""
    return {each.name: getattr(document, each.name) for each in fields(kind) if each.init}


SiteDocument.__pydantic_config__ = _STRICT  # type: ignore[attr-defined]
StateDocument.__pydantic_config__ = _STRICT  # type: ignore[attr-defined]

SITE = TypeAdapter(SiteDocument)
STATE = TypeAdapter(StateDocument)
