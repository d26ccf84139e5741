"""Simulated equipment of a site, served in real time, under the loads of the site's series."""

import asyncio
from datetime import UTC, datetime, timedelta

import typer

from ridethrough.api.commands.control.stop_signals import stopped_by_signal
from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.bms.simulated.events import Scenario
from ridethrough.bms.simulated.faults import TellingFaults
from ridethrough.bms.simulated.modbus.server import ModbusSite, UnableToServe
from ridethrough.bms.simulated.site import SimulatedSite
from ridethrough.domain import Fault, UnableToAccept

_STEP_S = 0.5


def simulated_site(inputs: SiteInputs, *, stored: float, generator_start_s: float, noise: float) -> SimulatedSite:
    """The simulated equipment of a site, under the load of now, its batteries filled to the fraction `stored`."""
    now = datetime.now(UTC)
    simulated = SimulatedSite(
        inputs.site,
        now=now,
        loads_kw={ups_id: _load_at(load, now) for ups_id, load in inputs.loads.items()},
        unprotected_load_kw=_load_at(inputs.unprotected_load, now),
        stored_fraction=stored,
        generator_start_s=generator_start_s,
    )
    for ups in simulated.ups.values():
        ups.faults = TellingFaults(noise_fraction=noise)
    return simulated


async def serve(inputs: SiteInputs, simulated: SimulatedSite, scenario: Scenario, host: str, port: int) -> None:
    """Serve equipment on Modbus TCP, and let time pass as it does, until a signal comes."""

    def go_on() -> None:
        scenario.advance_to(datetime.now(UTC))

    server = ModbusSite(simulated, before=go_on)
    try:
        await server.start(host, port)
    except UnableToServe as error:
        raise UnableToAccept([Fault(field="--port", value=port, allowed=f"free ({error})")]) from error
    stop = stopped_by_signal()
    typer.echo(f"simulated equipment of {inputs.site.id} on modbus://{host}:{server.port}", err=True)
    while not stop.is_set():
        now = datetime.now(UTC)
        for ups_id, load in inputs.loads.items():
            simulated.ups[ups_id].change(load_kw=_load_at(load, now))
        simulated.unprotected_load_kw = _load_at(inputs.unprotected_load, now)
        go_on()
        try:
            async with asyncio.timeout(_STEP_S):
                await stop.wait()
        except TimeoutError:
            continue
    await server.close()


def _load_at(load: TimeSeries | float, now: datetime) -> float:
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
