"""The Modbus driver against the simulated equipment's server, and against servers that lie, stall and answer late."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from driver_conformance import Bench, DriverConformance
from simulated_benches import GRID_KW, UPS_ID, meter_faults_of, simulated_site, ups_told
from sites import START

from ridethrough.bms.drivers.modbus.driver import from_settings
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

    async def stall(self) -> None:
        self.stalled = True

    async def resume(self) -> None:
        self.stalled = False

    async def answer_late(self) -> None:
        """Keep the next answer back, and give it in place of the answer to the question after it."""
        self.delay_next.set()

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
async def served(kind: str) -> AsyncIterator[tuple[SimulatedSite, Gateway, Any]]:
    premises = simulated_site()
    server = ModbusSite(premises)
    await server.start()
    gateway = Gateway(server.port)
    await gateway.start()
    document = equipment_document(premises, "127.0.0.1", gateway.port)
    device = document["meter"] if kind == "meter" else document["ups"][UPS_ID]
    driver = from_settings({**device["settings"], "timeout_s": 0.5}, clock=premises.clock)
    try:
        yield premises, gateway, driver
    finally:
        await driver.close()
        await gateway.stop()
        await server.close()


class TestModbusUps(DriverConformance):
    @contextlib.asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        async with served("ups") as (premises, gateway, driver):
            yield Bench(driver=driver, **reached_by(gateway), **ups_told(premises))


class TestModbusMeter(DriverConformance):
    @contextlib.asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        async with served("meter") as (premises, gateway, driver):
            lose = meter_faults_of(premises, lost=True)
            yield Bench(driver=driver, grid_kw=GRID_KW, now=START, lose=lose, **reached_by(gateway))


def reached_by(gateway: Gateway) -> dict[str, Any]:
    """The parts of a bench that the way to the device can do."""
    return {
        "kill": gateway.stop,
        "revive": gateway.start,
        "stall": gateway.stall,
        "resume": gateway.resume,
        "answer_late": gateway.answer_late,
    }
