"""The control loop of one site: its drivers, where its setpoints come from, its journal, and its dry run."""

import secrets
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import typer

from ridethrough.api.cases.equipment import drivers_of, equipment_of
from ridethrough.api.commands.control.stop_signals import stopped_by_signal
from ridethrough.api.operating.control_plans import ControlPlans
from ridethrough.api.operating.service_orders import ServiceOrdering
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.bms.commanding import GivenToAll
from ridethrough.bms.controller import Controller
from ridethrough.bms.cycle_journal import CycleJournal, WearJournal, last_known
from ridethrough.bms.drivers.driver import Driver, system_clock
from ridethrough.bms.given_record import GivenRecord
from ridethrough.bms.journal import Journal
from ridethrough.bms.operator_hold import held_because
from ridethrough.bms.ordering import LocalOrdering, Ordering
from ridethrough.bms.running import leave_start_uncollected, run
from ridethrough.bms.shadow import MeterOnPaper, Moved, ShadowMeter, ShadowUps
from ridethrough.bms.steady_clock import SteadyClock
from ridethrough.domain.site_equipment import SiteEquipment

_STEPS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The service that gives setpoints: its address, and a key of an operator of the site."""

    url: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlSettings:
    """What is controlled: the site, the folder of its journal, plan and hold, and who gives setpoints.

    Without a `service`, plans are made here, by `executor`. With `shadow` no equipment is written.
    """

    inputs: SiteInputs
    folder: Path
    service: Service | None
    executor: ProcessPoolExecutor
    shadow: bool


async def run_control(settings: ControlSettings, *, cycles: int | None) -> dict[str, str]:
    """Run so many cycles, or until a signal; the answer names systems that could not be released, and why."""
    site, equipment = settings.inputs.site, equipment_of(settings.inputs)
    drivers = drivers_of(equipment)
    ups: dict[str, Driver] = dict(drivers.ups)
    meter: Driver = drivers.meter
    on_paper: dict[str, ShadowUps] = {}
    if settings.shadow:
        on_paper = {each.id: ShadowUps(drivers.ups[each.id], each) for each in site.ups}
        _tell_never_commanded(drivers.ups)
        ups = dict(on_paper)
        meter = ShadowMeter(drivers.meter, tuple(on_paper.values()), interval_s=site.interval_minutes * 60.0)
    journal = Journal(settings.folder / "journal.jsonl")
    url = settings.service.url if settings.service is not None else None
    journal.write("started", system_clock(), site=site.id, shadow=settings.shadow, service=url)
    clock = SteadyClock(wall=system_clock, monotonic=time.monotonic)
    record = GivenRecord(folder=settings.folder)
    controller = Controller(
        site=site,
        equipment=equipment,
        drivers=ups,
        meter=meter,
        ordering=_ordering(settings, journal),
        clock=clock,
        write=CycleJournal(journal=journal, shadow=settings.shadow),
        given={} if settings.shadow else record.read(clock.wall(), clock.monotonic()),
        remember=_remembering_given(record, clock, shadow=settings.shadow),
        quiet_s=_quiet_s(equipment),
    )
    stop = stopped_by_signal()
    leave_start_uncollected()
    kept = dict(await run(controller, stop, cycles=cycles, failed=lambda error: tell_failed(journal, error)))
    if isinstance(meter, ShadowMeter):
        _tell_shadow(journal, meter.on_paper, {ups_id: each.moved for ups_id, each in on_paper.items()})
    journal.write("stopped", system_clock(), not_released=kept)
    journal.close()
    return kept


def _remembering_given(record: GivenRecord, clock: SteadyClock, *, shadow: bool) -> Callable[[GivenToAll], None]:
    """What keeps the setpoints that are given; a dry run gives none."""

    def remember(given: GivenToAll) -> None:
        if shadow:
            return
        with suppress(
            OSError
        ):  # a full disk stops no cycle: after a restart these are taken as another's, and waited for
            record.write(given, clock.wall(), clock.monotonic())

    return remember


def _quiet_s(equipment: SiteEquipment) -> float:
    """How long this controller waits after it saw another one: between once and twice `requalify_s`, each its own."""
    return equipment.requalify_s * (1 + secrets.randbelow(_STEPS) / _STEPS)


def _ordering(settings: ControlSettings, journal: Journal) -> Ordering:
    """Setpoints of the service, or of plans that are made here; both go on from what the journal knows."""
    site, service = settings.inputs.site, settings.service
    if service is None:
        return _remembering(_of_own_plans(settings, journal), settings, journal)
    local = LocalOrdering(
        site=site, plan=lambda _: "plans are the service's", held=lambda: held_because(settings.folder)
    )
    return ServiceOrdering(site=site, url=service.url, key=service.key, local=_remembering(local, settings, journal))


def _of_own_plans(settings: ControlSettings, journal: Journal) -> LocalOrdering:
    plans = ControlPlans(
        inputs=settings.inputs,
        folder=settings.folder,
        executor=settings.executor,
        tell=lambda what, at, why: journal.write(what, at, why=why),
    )
    return LocalOrdering(
        site=settings.inputs.site,
        plan=plans.in_force,
        held=lambda: held_because(settings.folder),
        overlap=timedelta(seconds=equipment_of(settings.inputs).setpoint_s),
        seen=plans.see,
    )


def _remembering(ordering: LocalOrdering, settings: ControlSettings, journal: Journal) -> LocalOrdering:
    """Go on from what the journal knows: the last reading, an outage and the year's discharge are not forgotten.

    A dry run discharges on paper: what it counts is not written.
    """
    known = last_known(journal)
    ordering.last_outage_at, ordering.metered = known.outage_at, known.metered
    if not settings.shadow:
        ordering.counted = WearJournal(journal=journal)
    if known.reading is not None:
        ordering.history.add(known.reading)
    return ordering


def tell_failed(journal: Journal, error: Exception) -> None:
    """Say that a cycle failed, also where the journal cannot be written."""
    why = f"{type(error).__name__}: {error}"
    typer.echo(f"a cycle failed: {why}", err=True)
    try:
        journal.write("cycle_failed", datetime.now(UTC), why=why)
    except OSError as second:  # the disk is full, say: equipment is controlled all the same
        typer.echo(f"the journal cannot be written: {second}", err=True)


def _tell_never_commanded(drivers: Mapping[str, Driver]) -> None:
    """Name the systems that are given setpoints in a dry run alone."""
    for ups_id, each in drivers.items():
        if not (each.capabilities.dispatches and each.capabilities.expires):
            lacks = "does not end a setpoint by itself" if each.capabilities.dispatches else "takes no setpoints"
            typer.echo(f"{ups_id}: its device {lacks}, so it is commanded on paper only, and never without --shadow")


def _tell_shadow(journal: Journal, meter: MeterOnPaper, systems: dict[str, Moved]) -> None:
    """Say what a dry run would have done."""
    meter.close()
    for ups_id, each in systems.items():
        typer.echo(f"{ups_id} would have given {each.discharged_kwh:,.1f} kWh and taken {each.charged_kwh:,.1f} kWh")
    peaks = f"{meter.without_kw:,.0f} kW as it was, {meter.with_kw:,.0f} kW as it would have been"
    typer.echo(f"the highest interval at the meter: {peaks}")
    moved = {ups_id: asdict(each) for ups_id, each in systems.items()}
    journal.write(
        "shadow", datetime.now(UTC), moved=moved, peak_without_kw=meter.without_kw, peak_with_kw=meter.with_kw
    )
