"""`ridethrough simulate`: the UPS systems and the meter of a site, simulated, on a real protocol."""

import asyncio
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ridethrough.domain import Fault, UnableToAccept


class Protocol(StrEnum):
    """The protocols that simulated equipment is served on."""

    MODBUS = "modbus"


def simulate(  # noqa: PLR0917 - one parameter an option
    site: Annotated[Path, typer.Argument(metavar="SITE.yaml", help="The site file.", show_default=False)],
    protocol: Annotated[Protocol, typer.Option(help="What it is served on.")] = Protocol.MODBUS,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0: any that is free.")] = 5020,
    stored: Annotated[float, typer.Option(min=0, max=1, help="How full batteries are at first, as a fraction.")] = 1.0,
    generator_start_s: Annotated[float, typer.Option(min=0, help="Until generators carry the site.")] = 60.0,
    noise: Annotated[float, typer.Option(min=0, max=1, help="Random error of what is told, as a fraction.")] = 0.0,
    event: Annotated[
        list[str] | None, typer.Option(metavar="AT:KIND:FOR", help="What happens: 30:outage:120 (repeat it).")
    ] = None,
    print_equipment: Annotated[  # noqa: FBT002 - a flag
        bool, typer.Option("--print-equipment", help="Print the equipment section of a site file for it, and end.")
    ] = False,
) -> None:
    """Serve the simulated equipment of a site, until it is stopped (Ctrl-C)."""
    from ridethrough.api.commands.control.simulated_equipment import serve, simulated_site  # noqa: PLC0415
    from ridethrough.api.reading.site_file import read_site_file  # noqa: PLC0415 - each command imports what it needs
    from ridethrough.bms.simulated.events import Event, Scenario  # noqa: PLC0415
    from ridethrough.bms.simulated.modbus.server import equipment_document  # noqa: PLC0415

    if protocol is not Protocol.MODBUS:  # pragma: no cover - there is one
        raise UnableToAccept([Fault(field="--protocol", value=protocol, allowed="modbus")])
    inputs, events = read_site_file(site), tuple(Event.parse(each) for each in event or ())
    simulated = simulated_site(inputs, stored=stored, generator_start_s=generator_start_s, noise=noise)
    if print_equipment:
        typer.echo(f"equipment: {json.dumps(equipment_document(simulated, host, port))}")
        return
    scenario = Scenario(simulated, events, tell=lambda text: typer.echo(text, err=True))
    asyncio.run(serve(inputs, simulated, scenario, host, port))
