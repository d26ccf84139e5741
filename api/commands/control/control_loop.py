"""The control loop of one site: its drivers, where its setpoints come from, its journal, and its dry run."""

import secrets
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import typer

from ridethrough.api.cases.equipment import Drivers, drivers_of, equipment_of
from ridethrough.api.commands.control.dry_run import DryRun
from ridethrough.api.commands.control.publishing import Publishing
from ridethrough.api.commands.control.stop_signals import stopped_by_signal
from ridethrough.api.operating.control_plans import ControlPlans
from ridethrough.api.operating.measured_series import MeasuredSeries
from ridethrough.api.operating.openadr.polling import OpenAdrPolling
from ridethrough.api.operating.service_orders import ServiceOrdering
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.bms.commanding import GivenToAll
from ridethrough.bms.controller import Controller
from ridethrough.bms.cycle_journal import CycleJournal, WearJournal, last_known
from ridethrough.bms.drivers.driver import system_clock
from ridethrough.bms.given_record import GivenRecord
from ridethrough.bms.journal import Journal, records_of
from ridethrough.bms.load_record import LoadRecord, MeasuredLoads
from ridethrough.bms.operator_hold import held_because
from ridethrough.bms.ordering import LocalOrdering, Ordering
from ridethrough.bms.publishing.beside import Beside
from ridethrough.bms.publishing.settings import SCHEDULES
from ridethrough.bms.running import leave_start_uncollected, run
from ridethrough.bms.steady_clock import SteadyClock, counted_s
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.domain.site_equipment import SiteEquipment
from ridethrough.operation.live.situation import Situation

_STEPS = 1000
_LOADS = "loads"


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
    executor: Executor
    shadow: bool


async def run_control(settings: ControlSettings, *, cycles: int | None) -> dict[str, str]:
    """Run so many cycles, or until a signal; the answer names systems that could not be released, and why."""
    site, equipment = settings.inputs.site, equipment_of(settings.inputs)
    drivers = drivers_of(equipment, site)
    _check_sections(settings)
    path = settings.folder / "journal.jsonl"
    journal = Journal(path)
    dry_run = DryRun.of(site, equipment, drivers.meter, drivers.ups, journal) if settings.shadow else None
    url = settings.service.url if settings.service is not None else None
    journal.write("started", system_clock(), site=site.id, shadow=settings.shadow, service=url)
    grid = None if drivers.openadr is None else OpenAdrPolling(settings=drivers.openadr)
    local = _local(settings, journal)
    if grid is not None:
        local.signals = grid.signals
    publishing = Publishing(
        write=CycleJournal(journal=journal, shadow=settings.shadow),
        journal=journal,
        beside=Beside(() if settings.shadow else drivers.publishers),
        plan=local.plan,
        grid=grid,
    )
    controller = _controller(settings, drivers, dry_run, _ordering(settings, local), publishing)
    stop = stopped_by_signal()
    leave_start_uncollected()
    publishing.start()
    kept = dict(await run(controller, stop, cycles=cycles, failed=lambda error: tell_failed(journal, error)))
    publishing.stop()
    if dry_run is not None:
        dry_run.tell(settings.inputs, journal, path)
    journal.write("stopped", system_clock(), not_released=kept)
    journal.close()
    return kept


def _controller(
    settings: ControlSettings, drivers: Drivers, dry_run: DryRun | None, ordering: Ordering, write: Publishing
) -> Controller:
    """The controller of the equipment, or of the equipment on paper; it goes on from what the one before it gave."""
    equipment = equipment_of(settings.inputs)
    clock = SteadyClock(wall=system_clock, monotonic=counted_s)
    record = None if settings.shadow else GivenRecord(folder=settings.folder)
    return Controller(
        site=settings.inputs.site,
        equipment=equipment,
        drivers=drivers.ups if dry_run is None else dry_run.ups,
        meter=drivers.meter if dry_run is None else dry_run.meter,
        ordering=ordering,
        clock=clock,
        write=write,
        given={} if record is None else record.read(clock.wall(), clock.monotonic()),
        remember=_remembering_given(record, clock),
        quiet_s=_quiet_s(equipment),
    )


def _check_sections(settings: ControlSettings) -> None:
    """Refuse with the service what needs a plan here (schedules), and what it is not told of (grid events)."""
    equipment, faults = equipment_of(settings.inputs), []
    if settings.service is not None and SCHEDULES in equipment.publish:
        allowed = "left out with --service: plans are the service's, and it gives setpoints of now only"
        faults.append(Fault(field=f"equipment.publish.{SCHEDULES}", value="given", allowed=allowed))
    if settings.service is not None and equipment.openadr is not None:
        allowed = (
            "left out with --service, which would not keep import limits of grid events: run without --service, "
            "or take the section out and hold the site by hand in an event"
        )
        faults.append(Fault(field="equipment.openadr", value="given", allowed=allowed))
    if faults:
        raise UnableToAccept(faults)


def _remembering_given(record: GivenRecord | None, clock: SteadyClock) -> Callable[[GivenToAll], None]:
    """What keeps the setpoints that are given; a dry run gives none.

    A full disk stops no cycle: after a restart these setpoints are taken as another's, and waited for.
    """

    def remember(given: GivenToAll) -> None:
        if record is not None:
            with suppress(OSError):
                record.write(given, clock.wall(), clock.monotonic())

    return remember


def _quiet_s(equipment: SiteEquipment) -> float:
    """How long this controller waits after it saw another one: between once and twice `requalify_s`, each its own."""
    return equipment.requalify_s * (1 + secrets.randbelow(_STEPS) / _STEPS)


def _ordering(settings: ControlSettings, local: LocalOrdering) -> Ordering:
    """Setpoints of the service, or of plans that are made here."""
    service = settings.service
    if service is None:
        return local
    return ServiceOrdering(site=settings.inputs.site, url=service.url, key=service.key, local=local)


def _local(settings: ControlSettings, journal: Journal) -> LocalOrdering:
    """The site's own rules, which go on from what the journal knows."""
    if settings.service is None:
        return _remembering(_of_own_plans(settings, journal), settings, journal)
    held = lambda: held_because(settings.folder)  # noqa: E731
    site = settings.inputs.site
    local = LocalOrdering(site=site, plan=lambda _: "plans are the service's", held=held)
    return _remembering(local, settings, journal)


def _of_own_plans(settings: ControlSettings, journal: Journal) -> LocalOrdering:
    site = settings.inputs.site
    series = MeasuredSeries(step=timedelta(minutes=site.interval_minutes))
    for each in records_of(settings.folder / "journal.jsonl"):
        if each["what"] == _LOADS:
            series.add(MeasuredLoads.of(each["loads"]))

    def keep(loads: MeasuredLoads) -> None:
        series.add(loads)
        with suppress(OSError):  # a full disk: the loads are known until the end of the process
            journal.write(_LOADS, loads.start, loads=loads.document())

    record = LoadRecord(site=site, cycle_s=equipment_of(settings.inputs).cycle_s, tell=keep)

    def see(situation: Situation) -> None:
        if situation.telemetry is not None:
            record.add(situation.telemetry)
        plans.see(situation)

    plans = ControlPlans(
        measured=series,
        inputs=settings.inputs,
        folder=settings.folder,
        executor=settings.executor,
        tell=_telling(journal),
    )
    return LocalOrdering(
        site=settings.inputs.site,
        plan=plans.in_force,
        held=lambda: held_because(settings.folder),
        overlap=timedelta(seconds=equipment_of(settings.inputs).setpoint_s),
        seen=see,
    )


def _telling(journal: Journal) -> Callable[[str, datetime, str], None]:
    """What writes of plans; a full disk stops no cycle, whose own record says so."""

    def tell(what: str, at: datetime, why: str) -> None:
        with suppress(OSError):
            journal.write(what, at, why=why)

    return tell


def _remembering(ordering: LocalOrdering, settings: ControlSettings, journal: Journal) -> LocalOrdering:
    """Go on from what the journal knows: the last reading, an outage and the year's discharge are not forgotten.

    A dry run discharges on paper: what it counts is not written.
    """
    known = last_known(journal).by(system_clock())
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
