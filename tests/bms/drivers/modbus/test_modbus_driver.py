"""The Modbus driver against the simulated equipment's server, and against servers that lie, stall and answer late."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from driver_conformance import Bench, DriverConformance
from sites import START, site

from ridethrough.bms.drivers.modbus.driver import from_settings
from ridethrough.bms.simulated.faults import NO_FAULTS
from ridethrough.bms.simulated.modbus.server import ModbusSite, equipment_document
from ridethrough.bms.simulated.site import SimulatedSite


class Gateway:
    """A gateway between driver and device that can stall, answer late, or go away."""

    def __init__(self, port: int) -> None:
        self._to, self._server = port, None
        self.port, self.stalled, self.delay_next = 0, False, asyncio.Event()
        self._late: list[bytes] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)  # type: ignore[assignment]
        self.port = self._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._writers:
            writer.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.close()
            return
        try:
            while question := await reader.read(4096):
                back.write(question)
                answer = await there.read(4096)
                if self.stalled:
                    continue
                if self.delay_next.is_set():
                    self.delay_next.clear()
                    self._late.append(answer)
                    continue
                if self._late:
                    # what should have been answered long ago comes in place of the answer to this question
                    answer = self._late.pop()
                writer.write(answer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            back.close()
            writer.close()
            self._tasks.discard(task)


@contextlib.asynccontextmanager
async def served(kind: str) -> AsyncIterator[tuple[SimulatedSite, ModbusSite, Gateway, Any]]:
    premises = SimulatedSite(site(), now=START, loads_kw={"pod-1": 4300.0}, unprotected_load_kw=900.0)
    server = ModbusSite(premises)
    await server.start()
    gateway = Gateway(server.port)
    await gateway.start()
    document = equipment_document(premises, "127.0.0.1", gateway.port)
    device = document["meter"] if kind == "meter" else document["ups"]["pod-1"]
    driver = from_settings({**device["settings"], "timeout_s": 0.5}, clock=premises.clock)
    try:
        yield premises, server, gateway, driver
    finally:
        await driver.close()
        await gateway.stop()
        await server.close()


class TestModbusUps(DriverConformance):
    @contextlib.asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        async with served("ups") as (premises, _, gateway, driver):
            ups = premises.ups["pod-1"]
            ups.state = replace(ups.state, units=tuple(replace(unit, stored_kwh=150.0) for unit in ups.state.units))

            def with_faults(**faults: Any):  # noqa: ANN202, ANN401
                async def set_faults() -> None:
                    ups.faults = replace(NO_FAULTS, **faults)

                return set_faults

            async def stall() -> None:
                gateway.stalled = True

            async def resume() -> None:
                gateway.stalled = False

            async def answer_late() -> None:
                gateway.delay_next.set()

            async def expire(seconds: float) -> None:
                premises.advance(seconds)

            async def discharging_kw() -> float | None:
                ordered = ups.state.ordered
                return None if ordered is None else ordered.discharge_kw - ordered.charge_kw

            yield Bench(
                driver=driver,
                stored_kwh=750.0,
                load_kw=4300.0,
                now=START,
                discharging_kw=discharging_kw,
                kill=gateway.stop,
                revive=gateway.start,
                stall=stall,
                resume=resume,
                answer_late=answer_late,
                lie=with_faults(wrong_read_back_kw=80.0),
                refuse=with_faults(refuses=True),
                lose=with_faults(lost=True),
                expire=expire,
            )


class TestModbusMeter(DriverConformance):
    @contextlib.asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        async with served("meter") as (premises, _, gateway, driver):

            async def lose() -> None:
                premises.meter_faults = replace(NO_FAULTS, lost=True)

            async def stall() -> None:
                gateway.stalled = True

            async def resume() -> None:
                gateway.stalled = False

            async def answer_late() -> None:
                gateway.delay_next.set()

            yield Bench(
                driver=driver,
                grid_kw=900.0 + 4300.0 / 0.95 / 0.97,
                now=START,
                kill=gateway.stop,
                revive=gateway.start,
                stall=stall,
                resume=resume,
                answer_late=answer_late,
                lose=lose,
            )
