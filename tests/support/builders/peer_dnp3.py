"""DNP3 outstations on loopback, each in a process of its own that tests may kill: dnp3-outstation, and dnp3py's own.

The first is another maker's and tells analog inputs only; the second tells the other kinds of points. Run by itself it
serves: `python peer_dnp3.py other|own PORT`. Values come by its standard input, a line of JSON each, answered by a
line: `{"place", "value", "flag"}`.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from dnp3.core.flags import AnalogQuality, BinaryQuality
from dnp3.database import (
    AnalogInputConfig,
    AnalogOutputConfig,
    BinaryInputConfig,
    BinaryOutputConfig,
    CounterConfig,
    Database,
)
from dnp3.outstation import Outstation, OutstationConfig, OutstationTcpRunner
from dnp3_outstation import AsyncOutstation
from peer_programs import accepts, free_port, wait_until

MASTER, OUTSTATION = 1, 10
ANALOG = {"stored_percent": "analog-input,3", "load_kw": "analog-input,4", "mode": "analog-input,9"}
VALUES = {"analog-input,3": 80.0, "analog-input,4": 400_000.0, "analog-input,9": 1}
OTHER_KINDS = {
    "load_kw": "analog-input,0",
    "stored_kwh": "analog-output,2",
    "battery_operable": "binary-input,0",
    "inverter_on": "binary-input,1",
    "overloaded": "binary-output,5",
    "mode": "counter,7",
}


class Dnp3Ups:
    """A running outstation at `port`."""

    def __init__(self, maker: str) -> None:
        self._maker = maker
        self.port = free_port()
        self._running: subprocess.Popen[str] | None = None
        self.start()

    def start(self) -> None:
        """Start it, and wait until it serves."""
        command = [sys.executable, __file__, self._maker, str(self.port)]
        pipe = subprocess.PIPE
        self._running = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)
        self._heard()
        wait_until(lambda: accepts(self.port), "the start of the outstation")

    def reset(self) -> None:
        """Let it tell what it told at the beginning."""
        for place, value in VALUES.items():
            self.tell(place, value)

    def tell(self, place: str, value: float, flag: int = 0x01) -> None:
        """Let a point have another value, or other flags."""
        assert self._running is not None
        assert self._running.stdin is not None
        self._running.stdin.write(json.dumps({"place": place, "value": value, "flag": flag}) + "\n")
        self._running.stdin.flush()
        self._heard()

    def kill(self) -> None:
        """End it without a goodbye."""
        running, self._running = self._running, None
        if running is not None:
            running.kill()
            running.communicate()

    def _heard(self) -> None:
        assert self._running is not None
        assert self._running.stdout is not None
        if self._running.stdout.readline() != "done\n":
            self.kill()
            pytest.fail("the outstation ended")


@contextlib.contextmanager
def dnp3_ups(maker: str) -> Iterator[Dnp3Ups]:
    """Run an outstation for as long as the block lasts."""
    ups = Dnp3Ups(maker)
    try:
        yield ups
    finally:
        ups.kill()


async def _serve_other(port: int) -> None:
    outstation = AsyncOutstation(host="127.0.0.1", port=port, master_addr=MASTER, outstation_addr=OUTSTATION)

    def tell(place: str, value: float, flag: int) -> None:
        outstation.set_analog(int(place.partition(",")[2]), value, flag)

    for place, value in VALUES.items():
        tell(place, value, 0x01)
    await outstation.start()
    await _obey(tell)


async def _serve_own(port: int) -> None:
    database = Database()
    database.add_analog_input(0, AnalogInputConfig())
    database.add_analog_output(2, AnalogOutputConfig())
    database.add_counter(7, CounterConfig())
    for index in (0, 1):
        database.add_binary_input(index, BinaryInputConfig())
    database.add_binary_output(5, BinaryOutputConfig())

    def tell(place: str, value: float, flag: int) -> None:
        kind, _, index = place.partition(",")
        update: Callable[..., Any] = getattr(database, f"update_{kind.replace('-', '_')}")
        quality = BinaryQuality(flag) if kind.startswith("binary") else AnalogQuality(flag)
        if kind == "counter":
            update(int(index), int(value))
        else:
            update(int(index), bool(value) if kind.startswith("binary") else value, quality)

    outstation = Outstation(database=database, config=OutstationConfig(address=OUTSTATION, master_address=MASTER))
    runner = OutstationTcpRunner(outstation=outstation, host="127.0.0.1", port=port)
    serving = asyncio.ensure_future(runner.run())
    await _obey(tell)
    serving.cancel()


async def _obey(tell: Callable[[str, float, int], None]) -> None:
    _done()
    while line := await asyncio.to_thread(sys.stdin.readline):
        tell(**json.loads(line))
        _done()


def _done() -> None:
    sys.stdout.write("done\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run({"other": _serve_other, "own": _serve_own}[sys.argv[1]](int(sys.argv[2])))
