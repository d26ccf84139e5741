"""`ridethrough control`: the control loop of one site, alone or with the service."""

import asyncio
import fcntl
import getpass
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ridethrough.domain import Fault, UnableToAccept

if TYPE_CHECKING:
    from ridethrough.api.reading.site_file import SiteInputs
    from ridethrough.bms.journal import Journal
    from ridethrough.bms.ordering import LocalOrdering, Ordering
    from ridethrough.bms.shadow import MeterOnPaper, Moved


def control(  # noqa: PLR0917 - one parameter an option
    site: Annotated[Path, typer.Argument(metavar="SITE.yaml", help="The site file.", show_default=False)],
    data: Annotated[Path, typer.Option(metavar="DIR", help="Its journal, plan and hold.")] = Path(
        "ridethrough-control"
    ),
    service: Annotated[str | None, typer.Option(metavar="URL", help="Take setpoints from this service.")] = None,
    key: Annotated[
        str | None, typer.Option(envvar="RIDETHROUGH_KEY", help="A key of the service; better given by its variable.")
    ] = None,
    shadow: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--shadow", help="A dry run: read, decide and write the journal, and write no equipment.")
    ] = False,
    hold: Annotated[
        str | None, typer.Option(metavar="WHY", help="Hold the site, also while its controller runs, and end.")
    ] = None,
    release: Annotated[bool, typer.Option("--release", help="End the hold, and end.")] = False,  # noqa: FBT002 - a flag
    cycles: Annotated[int | None, typer.Option(min=1, help="End after so many cycles.")] = None,
) -> None:
    """Drive the batteries of a site until it is stopped (Ctrl-C); every UPS then returns to normal operation."""
    from ridethrough.api.reading.site_file import read_site_file  # noqa: PLC0415 - each command imports what it needs
    from ridethrough.bms import operator_hold  # noqa: PLC0415

    if hold is not None or release:
        if hold is not None:
            operator_hold.hold(data, why=hold, by=getpass.getuser(), now=datetime.now(UTC))
            typer.echo("held")
        else:
            typer.echo("released" if operator_hold.release(data) else "it was not held")
        return
    if service is not None and key is None:
        raise UnableToAccept([Fault(field="--key", value=None, allowed="given with --service")])
    inputs = read_site_file(site)
    with _alone(data), ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        kept = asyncio.run(_run(inputs, data, service, key, executor, shadow=shadow, cycles=cycles))
    for ups_id, why in kept.items():
        typer.echo(f"{ups_id} could not be released: {why}; its own watchdog returns it to normal operation", err=True)


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Refuse a second controller on the same folder; the lock ends with the process, however that ends."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "lock").open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            allowed = "a folder that no other controller runs on"
            raise UnableToAccept([Fault(field="--data", value=str(data), allowed=allowed)]) from error
        file.write(str(os.getpid()))
        file.flush()
        yield


async def _run(
    inputs: "SiteInputs",
    data: Path,
    service: str | None,
    key: str | None,
    executor: ProcessPoolExecutor,
    *,
    shadow: bool,
    cycles: int | None,
) -> dict[str, str]:
    from ridethrough.api.cases.equipment import drivers_of, equipment_of  # noqa: PLC0415
    from ridethrough.bms.controller import Controller  # noqa: PLC0415
    from ridethrough.bms.cycle_journal import CycleJournal  # noqa: PLC0415
    from ridethrough.bms.drivers.driver import Driver, system_clock  # noqa: PLC0415
    from ridethrough.bms.journal import Journal  # noqa: PLC0415
    from ridethrough.bms.running import run  # noqa: PLC0415
    from ridethrough.bms.shadow import ShadowMeter, ShadowUps  # noqa: PLC0415

    equipment = equipment_of(inputs)
    drivers = drivers_of(equipment)
    ups: dict[str, Driver] = dict(drivers.ups)
    meter: Driver = drivers.meter
    on_paper: dict[str, ShadowUps] = {}
    if shadow:
        on_paper = {each.id: ShadowUps(drivers.ups[each.id], each) for each in inputs.site.ups}
        ups = dict(on_paper)
        meter = ShadowMeter(drivers.meter, tuple(on_paper.values()), interval_s=inputs.site.interval_minutes * 60.0)
    journal = Journal(data / "journal.jsonl")
    journal.write("started", system_clock(), site=inputs.site.id, shadow=shadow, service=service)
    controller = Controller(
        site=inputs.site,
        equipment=equipment,
        drivers=ups,
        meter=meter,
        ordering=_ordering(inputs, data, service, key, executor, journal),
        clock=system_clock,
        write=CycleJournal(journal=journal, shadow=shadow),
    )
    kept = dict(await run(controller, _stop(), cycles=cycles, failed=lambda error: _failed(journal, error)))
    if isinstance(meter, ShadowMeter):
        _tell_shadow(journal, meter.on_paper, {ups_id: each.moved for ups_id, each in on_paper.items()})
    journal.write("stopped", system_clock(), not_released=kept)
    journal.close()
    return kept


def _ordering(  # noqa: PLR0917
    inputs: "SiteInputs",
    data: Path,
    service: str | None,
    key: str | None,
    executor: ProcessPoolExecutor,
    journal: "Journal",
) -> "Ordering":
    from ridethrough.api.cases.equipment import equipment_of  # noqa: PLC0415
    from ridethrough.api.operating.control_plans import ControlPlans  # noqa: PLC0415
    from ridethrough.api.operating.service_orders import ServiceOrdering  # noqa: PLC0415
    from ridethrough.bms.operator_hold import held_because  # noqa: PLC0415
    from ridethrough.bms.ordering import LocalOrdering  # noqa: PLC0415

    def made_here() -> LocalOrdering:
        plans = ControlPlans(
            inputs=inputs,
            folder=data,
            executor=executor,
            tell=lambda what, at, why: journal.write(what, at, why=why),
        )
        return LocalOrdering(
            site=inputs.site,
            plan=plans.in_force,
            held=lambda: held_because(data),
            overlap=timedelta(seconds=equipment_of(inputs).setpoint_s),
            seen=plans.see,
        )

    if service is None or key is None:
        return _remembering(made_here(), journal)
    local = LocalOrdering(site=inputs.site, plan=lambda _: "plans are the service's", held=lambda: held_because(data))
    return ServiceOrdering(site=inputs.site, url=service, key=key, local=_remembering(local, journal))


def _remembering(ordering: "LocalOrdering", journal: "Journal") -> "LocalOrdering":
    """Go on from what the journal knows: the last reading bounds the next ones, an outage is not forgotten."""
    from ridethrough.bms.cycle_journal import last_known  # noqa: PLC0415

    known = last_known(journal)
    ordering.last_outage_at = known.outage_at
    if known.reading is not None:
        ordering.history.add(known.reading)
    return ordering


def _stop() -> asyncio.Event:
    stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    return stop


def _failed(journal: "Journal", error: Exception) -> None:
    journal.write("cycle_failed", datetime.now(UTC), why=f"{type(error).__name__}: {error}")
    typer.echo(f"a cycle failed: {type(error).__name__}: {error}", err=True)


def _tell_shadow(journal: "Journal", meter: "MeterOnPaper", systems: "dict[str, Moved]") -> None:
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
