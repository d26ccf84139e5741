"""`ridethrough control`: the control loop of one site, alone or with the service."""

import asyncio
import getpass
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ridethrough.api.commands.control.alone import alone_on_devices, alone_on_folder, runs_on
from ridethrough.domain import Fault, UnableToAccept


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
    from ridethrough.bms import operator_hold  # noqa: PLC0415 - each command imports what it needs

    if hold is not None or release:
        if hold is not None:
            operator_hold.hold(data, why=hold, by=getpass.getuser(), now=datetime.now(UTC))
            typer.echo("held")
            if not runs_on(data):
                where = f"no controller runs on {data.resolve()} now"
                typer.echo(f"{where}: one that runs on another folder is not held (--data)", err=True)
        else:
            typer.echo("released" if operator_hold.release(data) else "it was not held")
        return
    from ridethrough.api.cases.equipment import equipment_of, read_driven_site  # noqa: PLC0415
    from ridethrough.api.commands.control.control_loop import ControlSettings, Service, run_control  # noqa: PLC0415
    from ridethrough.api.commands.control.planner_process import PlannerProcess  # noqa: PLC0415

    if service is not None and key is None:
        raise UnableToAccept([Fault(field="--key", value=None, allowed="given with --service")])
    asked = Service(url=service, key=key) if service is not None and key is not None else None
    inputs = read_driven_site(site)
    with (
        alone_on_folder(data),
        nullcontext() if shadow else alone_on_devices(equipment_of(inputs)),
        PlannerProcess() as executor,
    ):
        settings = ControlSettings(inputs=inputs, folder=data, service=asked, executor=executor, shadow=shadow)
        kept = asyncio.run(run_control(settings, cycles=cycles))
    for ups_id, why in kept.items():
        typer.echo(f"{ups_id} could not be released: {why}; its own watchdog returns it to normal operation", err=True)
