"""The way of a master to one DNP3 outstation over TCP, which fails in our words: static points are read by their index.

Only this module knows dnp3py. Events are not asked for: an outstation forgets those that a master confirmed, and they
may be meant for another. After any failure the connection is closed, and the next question makes a new one.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress

from dnp3.core.flags import IIN
from dnp3.master import DefaultSOEHandler, Master, MasterConfig, MasterTcpRunner
from dnp3.master.handler import AnalogValue, BinaryValue, CounterValue
from dnp3.master.tcp_runner import MasterRunnerError

from ridethrough.bms.drivers.driver import UnableToReach, UnableToRead
from ridethrough.bms.drivers.named_points import ToldValue
from ridethrough.bms.drivers.telling import within

PORT = 20_000
LAST_ADDRESS = 65_519
GROUPS = {"binary-input": 1, "binary-output": 10, "counter": 20, "analog-input": 30, "analog-output": 40}
"""The kinds of points, and the group of their static objects."""
_PLACE = re.compile(rf"^({'|'.join(GROUPS)}),(\d{{1,5}})$")
_LAST_INDEX = 65_535
_ANY_VARIATION = 0
_ONLINE, _JUDGED = 0x01, 0x7F
_FLAGS = {
    0x02: "not told since a restart",
    0x04: "lost",
    0x08: "forced",
    0x10: "forced",
    0x20: "out of range or unsteady",
    0x40: "without a reference",
}
_GOODBYE_S = 1.0
_Told = AnalogValue | BinaryValue | CounterValue


class Dnp3Link:
    """A master at `master`, which asks the outstation at `outstation`."""

    def __init__(self, host: str, port: int, *, master: int, outstation: int, timeout_s: float) -> None:
        self.address = f"dnp3 {outstation}@{host}:{port}"
        self.trouble = False
        self._host, self._port, self._timeout_s = host, port, timeout_s
        self._master, self._outstation = master, outstation
        self._runner: MasterTcpRunner | None = None
        self._told = DefaultSOEHandler()

    async def read(self, places: Mapping[str, str]) -> dict[str, ToldValue]:
        """Points by name, in one question for each kind and run of indexes."""
        async with self._asking() as runner:
            self._told.clear()
            self.trouble = False
            for group, indexes in _runs(places.values()):
                question = runner.master.build_range_poll(group, _ANY_VARIATION, indexes.start, indexes.stop - 1)
                for answer in await runner.request(question):
                    self.trouble |= bool(answer.iin & IIN.DEVICE_TROUBLE)
                    if answer.truncation is not None:
                        raise UnableToRead(f"{self.address} sent an answer that cannot be read to its end")
        return {name: self._value(place) for name, place in places.items()}

    async def close(self) -> None:
        """Close the connection."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        with suppress(MasterRunnerError, OSError, TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):
                await runner.close()

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[MasterTcpRunner]:
        try:
            async with within(self._timeout_s, self.address):
                yield self._runner or await self._connect()
        except (UnableToReach, UnableToRead, asyncio.CancelledError):
            await self.close()
            raise
        except Exception as error:  # of the library's many kinds all mean that nothing usable came
            await self.close()
            raise UnableToReach(f"{self.address} cannot be reached: {error}") from error

    async def _connect(self) -> MasterTcpRunner:
        config = MasterConfig(
            address=self._master, outstation_address=self._outstation, response_timeout=self._timeout_s
        )
        self._told = DefaultSOEHandler()
        runner = MasterTcpRunner(
            master=Master(handler=self._told, config=config),
            host=self._host,
            port=self._port,
            response_timeout=self._timeout_s,
        )
        self._runner = runner
        await runner.open()
        return runner

    def _value(self, place: str) -> ToldValue:
        kind, index = _parts(place)
        found: Mapping[str, Callable[[int], _Told | None]] = {
            "binary-input": self._told.get_binary_input,
            "binary-output": self._told.get_binary_output,
            "counter": self._told.get_counter,
            "analog-input": self._told.get_analog_input,
            "analog-output": self._told.get_analog_output,
        }
        told = found[kind](index)
        if told is None:
            return ToldValue(problem="the outstation does not tell it")
        if told.quality & _JUDGED == _ONLINE:
            return ToldValue(value=told.value)
        words = dict.fromkeys(word for bit, word in _FLAGS.items() if told.quality & bit)
        return ToldValue(problem=f"the outstation calls it {', '.join(words) or 'offline'}")


def is_place(text: str) -> bool:
    """Whether a text names a point.

    >>> is_place("analog-input,3"), is_place("analog-input"), is_place("analog-input,70000")
    (True, False, False)
    """
    match = _PLACE.match(text)
    return match is not None and int(match[2]) <= _LAST_INDEX


def _parts(place: str) -> tuple[str, int]:
    kind, _, index = place.partition(",")
    return kind, int(index)


def _runs(places: Iterable[str]) -> Iterator[tuple[int, range]]:
    """The group and the indexes of each question: an index that nobody named is not asked for."""
    wanted = sorted({(GROUPS[kind], index) for kind, index in map(_parts, places)})
    while wanted:
        group, first = wanted[0]
        last = first
        while (group, last + 1) in wanted:
            last += 1
        yield group, range(first, last + 1)
        wanted = [each for each in wanted if each > (group, last)]
