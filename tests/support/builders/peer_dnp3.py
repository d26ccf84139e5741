"""DNP3 outstations on loopback, each in a process of its own that tests may kill: dnp3-outstation, and dnp3py's own.

The first is another maker's and tells analog inputs only; the second tells the other kinds of points. Run by itself it
serves: `python peer_dnp3.py PORT other|own`. Values come by its standard input, a line of JSON each, answered by a
line: `{"place", "value", "flag"}`.
"""

import asyncio
import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

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
from peer_programs import Obeying, accepts, obey, wait_until

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


class Dnp3Ups(Obeying):
    """A running outstation at `port`."""

    def __init__(self, maker: str) -> None:
        super().__init__(__file__, maker)
        self.start()

    def start(self) -> None:
        """Start it, and wait until it serves."""
        super().start()
        wait_until(lambda: accepts(self.port), "the start of the outstation")

    def reset(self) -> None:
        """Let it tell what it told at the beginning."""
        for place, value in VALUES.items():
            self.tell(place, value)

    def tell(self, place: str, value: float, flag: int = 0x01) -> None:
        """Let a point have another value, or other flags."""
        self.order(place=place, value=value, flag=flag)


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

    async def tell(place: str, value: float, flag: int) -> None:
        outstation.set_analog(int(place.partition(",")[2]), value, flag)

    for place, value in VALUES.items():
        await tell(place, value, 0x01)
    await outstation.start()
    await obey(tell)


async def _serve_own(port: int) -> None:
    database = Database()
    database.add_analog_input(0, AnalogInputConfig())
    database.add_analog_output(2, AnalogOutputConfig())
    database.add_counter(7, CounterConfig())
    for index in (0, 1):
        database.add_binary_input(index, BinaryInputConfig())
    database.add_binary_output(5, BinaryOutputConfig())

    async def tell(place: str, value: float, flag: int) -> None:
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
    await obey(tell)
    serving.cancel()


if __name__ == "__main__":
    asyncio.run({"other": _serve_other, "own": _serve_own}[sys.argv[2]](int(sys.argv[1])))
