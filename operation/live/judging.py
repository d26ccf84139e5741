"""Whether a reading can be believed, and which UPS systems may trade by it.

A reading that is too old, of the future, without the meter, or beyond what a site can measure holds the whole site.
A system whose values are missing or cannot be is not traded, and it is never taken as full; the others go on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ridethrough.domain import Site, UnableToAccept, UpsMode, UpsSystem
from ridethrough.domain.telemetry import CLOCK_TOLERANCE_S, Telemetry, UpsReading
from ridethrough.operation.live.energy_history import EnergyHistory
from ridethrough.operation.live.stored_energy import frozen_fault, jump_fault, stored_energy

MOST_OF_RATING = 1.5
"""UPS units carry more for seconds only, and no meter reads more of its import limit for longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedSystem:
    """One system: what is believed of it, and why it may not trade (empty: it may).

    `ups` has the modes of its units as they were read. `stored_kwh` and `load_kw` are None where they are not believed.
    """

    ups: UpsSystem
    stored_kwh: float | None
    load_kw: float | None
    against: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A reading, judged. `unbelievable` says why nothing of it can be used, `against` why nobody may trade by it."""

    telemetry: Telemetry | None
    unbelievable: tuple[str, ...]
    against: tuple[str, ...]
    systems: Mapping[str, JudgedSystem]

    @property
    def believed(self) -> bool:
        """Whether the reading tells the state of the site."""
        return self.telemetry is not None and not self.unbelievable

    @property
    def reasons(self) -> Iterator[str]:
        """Everything that is wrong with the reading, for people."""
        yield from self.unbelievable
        yield from self.against
        if not self.unbelievable:
            yield from (each.against for each in self.systems.values() if each.against)


def judge(site: Site, telemetry: Telemetry | None, before: EnergyHistory, now: datetime) -> Judgement:
    """Judge the latest reading of a site; `before` is what those before it told, as far as they still count."""
    if telemetry is None:
        reason = "no telemetry has been received"
        return Judgement(telemetry=None, unbelievable=(reason,), against=(), systems={})
    unbelievable = tuple(_of_time(site, telemetry, now)) + tuple(_of_meter(site, telemetry))
    systems = {ups.id: _judged(ups, telemetry, before) for ups in site.ups}
    against = tuple(_against_site(site, telemetry))
    return Judgement(telemetry=telemetry, unbelievable=unbelievable, against=against, systems=systems)


def site_as_read(site: Site, judgement: Judgement) -> Site:
    """The site with the modes of units that were read."""
    return replace(site, ups=tuple(judgement.systems[ups.id].ups for ups in site.ups))


def _of_time(site: Site, telemetry: Telemetry, now: datetime) -> Iterator[str]:
    age_s = (now - telemetry.measured_at).total_seconds()
    if age_s < -CLOCK_TOLERANCE_S:
        yield f"the telemetry is measured {-age_s:,.0f} s after now: a clock is wrong"
    if age_s > site.telemetry_max_age_s:
        yield f"the telemetry is {age_s:,.0f} s old (telemetry_max_age_s is {site.telemetry_max_age_s:,.0f})"


def _of_meter(site: Site, telemetry: Telemetry) -> Iterator[str]:
    grid_kw, limits = telemetry.grid_kw, site.interconnection
    if grid_kw is None:
        yield "the power of the meter (grid_kw) is missing"
        return
    most_kw = MOST_OF_RATING * limits.import_limit_kw
    least_kw = -MOST_OF_RATING * max(limits.export_limit_kw, limits.import_limit_kw)
    if not least_kw <= grid_kw <= most_kw:
        limit = f"an import limit of {limits.import_limit_kw:,.0f}"
        yield f"the power of the meter cannot be: {grid_kw:,.0f} kW, with {limit}"


def _against_site(site: Site, telemetry: Telemetry) -> Iterator[str]:
    """An outage and a generator concern every system: what they bring is not over for one alone."""
    for ups in site.ups:
        reading = telemetry.ups.get(ups.id)
        if reading is not None and reading.in_outage:
            yield f"{ups.id} carries its load from stored energy: there is an outage"
        if reading is not None and reading.on_generator:
            yield f"{ups.id} is fed by a generator"


def _judged(ups: UpsSystem, telemetry: Telemetry, before: EnergyHistory) -> JudgedSystem:
    reading = telemetry.ups.get(ups.id)
    if reading is None:
        return JudgedSystem(ups=ups, stored_kwh=None, load_kw=None, against=f"{ups.id}: its telemetry is missing")
    faults = []
    as_read = ups
    try:
        as_read = replace(ups, unit_modes=reading.unit_modes) if reading.unit_modes else ups
    except UnableToAccept as error:
        faults += [f"{ups.id}: {fault.field} is {fault.value}, not {fault.allowed}" for fault in error.faults]
    stored_kwh, why = stored_energy(as_read, reading)
    faults += [f"{ups.id}: {each}" for each in (why, _load_fault(as_read, reading)) if each]
    if stored_kwh is not None:
        doubts = jump_fault(as_read, stored_kwh, telemetry, before), frozen_fault(as_read, telemetry, before)
        faults += [f"{ups.id}: {each}" for each in doubts if each]
        stored_kwh = None if any(doubts) else stored_kwh
    load_kw = None if _load_fault(as_read, reading) else reading.load_kw
    faults += [f"{ups.id}: {each}" for each in (*power_faults(ups, reading), *_mode_faults(as_read, reading))]
    return JudgedSystem(ups=as_read, stored_kwh=stored_kwh, load_kw=load_kw, against="; ".join(faults))


def power_faults(ups: UpsSystem, reading: UpsReading) -> Iterator[str]:
    """Why the powers of a system's batteries cannot be: the meter without them would be worked out from nonsense."""
    rated_kw = ups.units * ups.unit_output_limit_kw
    for name, kw, limit_kw in (
        ("charge_kw", reading.charge_kw, ups.charge_limit_kw),
        ("discharge_kw", reading.discharge_kw, max(rated_kw, ups.discharge_limit_kw)),
    ):
        if kw is not None and not 0 <= kw <= MOST_OF_RATING * limit_kw:
            yield f"its {name} cannot be: {kw:,.0f} kW (0 to {MOST_OF_RATING * limit_kw:,.0f})"


def _load_fault(ups: UpsSystem, reading: UpsReading) -> str:
    most_kw = MOST_OF_RATING * ups.units * ups.unit_output_limit_kw
    if reading.load_kw is None:
        return "its load is missing"
    if not 0 <= reading.load_kw <= most_kw:
        return f"its load cannot be: {reading.load_kw:,.0f} kW (0 to {most_kw:,.0f})"
    return ""


def _mode_faults(ups: UpsSystem, reading: UpsReading) -> Iterator[str]:
    if reading.mode is None:
        yield "its mode is missing"
    if reading.mode is UpsMode.BYPASS:
        yield "it is in bypass"
    if reading.fault:
        yield f"it reports a fault ({reading.fault})"
    rated_kw = ups.units_in_service * ups.unit_output_limit_kw
    if reading.load_kw is not None and reading.load_kw > rated_kw:
        yield f"it is overloaded: {reading.load_kw:,.0f} kW of {rated_kw:,.0f}"
    if ups.lock:
        yield ups.lock
