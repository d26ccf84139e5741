"""Modbus with programs that others wrote: the npm server modbus-serial, and Debian's client mbpoll."""

import asyncio
import contextlib
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from programs_needed import REQUIRED, needs
from sites import START, site

from ridethrough.bms.drivers.modbus.driver import from_settings
from ridethrough.bms.drivers.readings import DeviceSetpoint
from ridethrough.bms.simulated.modbus.registers import UpsRegisters
from ridethrough.bms.simulated.modbus.server import ModbusSite, equipment_document
from ridethrough.bms.simulated.site import SimulatedSite

pytestmark = pytest.mark.long

MBPOLL, needs_mbpoll = needs("mbpoll")
NODE = shutil.which("node")
MODULES = Path(os.environ.get("RIDETHROUGH_NODE_MODULES", "/opt/ridethrough-peers/node_modules"))
needs_modbus_serial = pytest.mark.skipif(
    not REQUIRED and (NODE is None or not (MODULES / "modbus-serial").is_dir()),
    reason=f"node with modbus-serial is not installed ({MODULES})",
)
SERVER = """
const {ServerTCP} = require("modbus-serial");
const image = JSON.parse(process.env.IMAGE), base = 40000;
const known = at => {
  if (at >= base && at < base + image.length) return;
  throw Object.assign(new Error("no such register"), {modbusErrorCode: 2});
};
const server = new ServerTCP({
  getHoldingRegister: at => { known(at); return image[at - base]; },
  setRegister: (at, value) => { known(at); image[at - base] = value; },
}, {host: "127.0.0.1", port: Number(process.env.PORT), unitID: 1});
server.on("initialized", () => console.log("ready"));
"""


def simulated() -> SimulatedSite:
    return SimulatedSite(site(), now=START, loads_kw={"pod-1": 4300.0}, unprotected_load_kw=900.0)


@contextlib.contextmanager
def modbus_serial(image: list[int], port: int) -> Iterator[None]:
    """A server of registers by modbus-serial, with the SunSpec models of `image`."""
    assert NODE is not None
    environment = {**os.environ, "NODE_PATH": str(MODULES), "IMAGE": str(image), "PORT": str(port)}
    process = subprocess.Popen([NODE, "-e", SERVER], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


@needs_modbus_serial
def test_the_driver_reads_and_writes_a_server_of_modbus_serial() -> None:
    registers = UpsRegisters(simulated().ups["pod-1"], "pod-1")
    image, base = list(registers.image), 40000
    for first, words in registers.refreshed():
        if first < base + len(image):
            image[first - base : first - base + len(words)] = words
    port = free_port()
    extra = {"load_kw": {"register": base + len(image), "type": "int32", "scale": 0.001}}
    image += [4_300_000 >> 16, 4_300_000 & 0xFFFF]

    async def talk() -> Any:  # noqa: ANN401
        settings = {"host": "127.0.0.1", "port": port, "sunspec": True, "points": extra, "timeout_s": 10.0}
        driver = from_settings(settings)
        try:
            reading = await driver.read()
            # the image counts no time down, so what is left of the setpoint cannot be read back
            await driver._link.write(driver._map.setpoint["left_s"].register, [0, 20])  # type: ignore[union-attr]  # noqa: SLF001
            told = await driver.apply(DeviceSetpoint(charge_kw=0.0, discharge_kw=250.0, valid_for_s=20.0))
            after = await driver.read()
            await driver.release()
            return reading, told, after, (await driver.read()).in_force
        finally:
            await driver.close()

    with modbus_serial(image, port):
        reading, told, after, released = asyncio.run(talk())
    assert reading.ups.stored_kwh == pytest.approx(920.0, abs=0.1)
    assert reading.ups.load_kw == pytest.approx(4300.0)
    assert reading.battery_operable is True
    assert told.discharge_kw == pytest.approx(250.0)
    assert after.in_force.discharge_kw == pytest.approx(250.0)
    assert released is None


@needs_mbpoll
def test_mbpoll_reads_the_simulated_equipment_and_writes_a_setpoint() -> None:
    """What mbpoll reads, decoded here by hand, is what the equipment is; what it writes is followed."""

    async def serve() -> tuple[str, str, float]:
        premises = simulated()
        server = ModbusSite(premises)
        await server.start()
        settings = equipment_document(premises, "127.0.0.1", server.port)["ups"]["pod-1"]["settings"]
        load_at = settings["points"]["load_kw"]["register"]
        try:
            mark = await mbpoll(server.port, 40000, "-t", "4:hex", "-c", "2")
            load = await mbpoll(server.port, load_at, "-t", "4:int", "-B", "-c", "1")
            at = await setpoint_register(server.port)
            await mbpoll(server.port, at + 2, "-t", "4:int", "-B", write=["250000"])
            await mbpoll(server.port, at + 9, "-t", "4:int", "-B", write=["60"])
            await mbpoll(server.port, at, "-t", "4", write=["1"])
            ordered = premises.ups["pod-1"].state.ordered
            return mark, load, 0.0 if ordered is None else ordered.discharge_kw
        finally:
            await server.close()

    mark, load, discharge_kw = asyncio.run(serve())
    assert "0x5375" in mark
    assert "0x6E53" in mark
    assert re.search(r"\t4300000\b", load)
    assert discharge_kw == 250.0


async def setpoint_register(port: int) -> int:
    """Where model 704 has its point WSetEna, found as its specification says: by walking the chain of models."""
    at = 40002
    while True:
        text = await mbpoll(port, at, "-t", "4", "-c", "2")
        number, length = (int(each) for each in re.findall(r"\]:\s*\t?(\d+)", text))
        if number == 704:
            return at + 22
        at += 2 + length


async def mbpoll(port: int, register: int, *options: str, write: list[str] | None = None) -> str:
    """Run mbpoll once, on the register by its number from 0."""
    command = [MBPOLL, "-m", "tcp", "-p", str(port), "-a", "1", "-0", "-r", str(register), "-1", "-o", "10", *options]
    process = await asyncio.create_subprocess_exec(
        *command, "127.0.0.1", *(write or []), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    return out.decode()
