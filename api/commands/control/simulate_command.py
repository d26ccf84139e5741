"""`ridethrough simulate`: the UPS systems and the meter of a site, simulated, on a real protocol."""

import asyncio
import json
import signal
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ridethrough.domain import Fault, UnableToAccept

if TYPE_CHECKING:
    from ridethrough.api.reading.series.time_series import TimeSeries
    from ridethrough.api.reading.site_file import SiteInputs
    from ridethrough.bms.simulated.events import Scenario
    from ridethrough.bms.simulated.site import SimulatedSite

_STEP_S = 0.5


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
    from ridethrough.api.reading.site_file import read_site_file  # noqa: PLC0415 - each command imports what it needs
    from ridethrough.bms.simulated.events import Event, Scenario  # noqa: PLC0415

    if protocol is not Protocol.MODBUS:  # pragma: no cover - there is one
        raise UnableToAccept([Fault(field="--protocol", value=protocol, allowed="modbus")])
    inputs, events = read_site_file(site), tuple(Event.parse(each) for each in event or ())
    simulated = _simulated(inputs, stored=stored, generator_start_s=generator_start_s, noise=noise)
    if print_equipment:
        typer.echo(f"equipment: {json.dumps(_equipment(simulated, host, port))}")
        return
    scenario = Scenario(simulated, events, tell=lambda text: typer.echo(text, err=True))
    asyncio.run(_serve(inputs, simulated, scenario, host, port))


def _equipment(simulated: "SimulatedSite", host: str, port: int) -> dict[str, Any]:
    from ridethrough.bms.simulated.modbus.server import equipment_document  # noqa: PLC0415

    return equipment_document(simulated, host, port)


def _simulated(inputs: "SiteInputs", *, stored: float, generator_start_s: float, noise: float) -> "SimulatedSite":
    from ridethrough.bms.simulated.faults import TellingFaults  # noqa: PLC0415
    from ridethrough.bms.simulated.site import SimulatedSite  # noqa: PLC0415

    now = datetime.now(UTC)
    simulated = SimulatedSite(
        inputs.site,
        now=now,
        loads_kw={ups_id: load_at(load, now) for ups_id, load in inputs.loads.items()},
        unprotected_load_kw=load_at(inputs.unprotected_load, now),
        stored_fraction=stored,
        generator_start_s=generator_start_s,
    )
    for ups in simulated.ups.values():
        ups.faults = TellingFaults(noise_fraction=noise)
    return simulated


async def _serve(inputs: "SiteInputs", simulated: "SimulatedSite", scenario: "Scenario", host: str, port: int) -> None:
    """Serve, and let time pass as it does, until a signal comes."""
    from ridethrough.bms.simulated.modbus.server import ModbusSite, UnableToServe  # noqa: PLC0415

    def go_on() -> None:
        scenario.advance_to(datetime.now(UTC))

    server = ModbusSite(simulated, before=go_on)
    try:
        await server.start(host, port)
    except UnableToServe as error:
        raise UnableToAccept([Fault(field="--port", value=port, allowed=f"free ({error})")]) from error
    stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    typer.echo(f"simulated equipment of {inputs.site.id} on modbus://{host}:{server.port}", err=True)
    while not stop.is_set():
        now = datetime.now(UTC)
        for ups_id, load in inputs.loads.items():
            simulated.ups[ups_id].change(load_kw=load_at(load, now))
        simulated.unprotected_load_kw = load_at(inputs.unprotected_load, now)
        go_on()
        try:
            async with asyncio.timeout(_STEP_S):
                await stop.wait()
        except TimeoutError:
            continue
    await server.close()


def load_at(load: "TimeSeries | float", now: datetime) -> float:
    """The load of a moment; of a series that does not reach it, that of the same time on its last day, or its first."""
    if isinstance(load, float | int):
        return float(load)
    day = timedelta(days=1)
    place = now - load.start
    if now >= load.end:
        place -= ((now - load.end) // day + 1) * day
    elif place < timedelta():
        place += (-place // day + 1) * day
    return float(load.values[min(max(0, place // load.step), len(load.values) - 1)])
