"""Ways to a server that can be told to swallow what passes, or to hold answers back until the next question.

Where a server itself cannot be made to stall or to answer late, a relay before it can.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Relay:
    """A way to a server at `port`. `stalls`: no answer passes. `holds`: answers wait until the next question."""

    def __init__(self) -> None:
        self.port = 0
        self.stalls = False
        self.holds = False
        self.seen = 0

    async def stall(self) -> None:
        """Let questions pass, and no answer."""
        self.stalls = True

    async def resume(self) -> None:
        """Let everything pass."""
        self.stalls = self.holds = False

    async def hold(self) -> None:
        """Keep the next answer back until another question comes."""
        self.holds = True


class _Udp(Relay, asyncio.DatagramProtocol):
    def __init__(self, server: tuple[str, int]) -> None:
        super().__init__()
        self._server = server
        self._transport: asyncio.DatagramTransport | None = None
        self._outs: dict[object, asyncio.DatagramTransport] = {}
        self._held: list[tuple[bytes, object]] = []
        self._pending: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.seen += 1
        if self._held:
            self.holds = False
            for answer, client in self._held:
                self._transport.sendto(answer, client)  # type: ignore[union-attr, arg-type]
                self._transport.sendto(answer, addr)  # type: ignore[union-attr, arg-type]
            self._held = []
        task = asyncio.get_running_loop().create_task(self._forward(data, addr))
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def _forward(self, data: bytes, addr: object) -> None:
        if addr not in self._outs:
            relay = self

            class Back(asyncio.DatagramProtocol):
                def datagram_received(self, data: bytes, _: object) -> None:
                    relay.answered(data, addr)

            out, _ = await asyncio.get_running_loop().create_datagram_endpoint(Back, remote_addr=self._server)
            self._outs[addr] = out
        self._outs[addr].sendto(data)

    def answered(self, data: bytes, addr: object) -> None:
        if self.stalls:
            return
        if self.holds:
            self._held.append((data, addr))
        elif self._transport is not None:
            self._transport.sendto(data, addr)  # type: ignore[arg-type]

    def end(self) -> None:
        for out in self._outs.values():
            out.close()
        if self._transport is not None:
            self._transport.close()


@contextlib.asynccontextmanager
async def udp_relay(port: int) -> AsyncIterator[Relay]:
    """A relay to a UDP port of this machine. Held answers go to who asked, and to who asks next."""
    loop = asyncio.get_running_loop()
    transport, relay = await loop.create_datagram_endpoint(
        lambda: _Udp(("127.0.0.1", port)), local_addr=("127.0.0.1", 0)
    )
    relay.port = transport.get_extra_info("sockname")[1]
    try:
        yield relay
    finally:
        relay.end()


@contextlib.asynccontextmanager
async def tcp_relay(port: int) -> AsyncIterator[Relay]:
    """A relay to a TCP port of this machine. Held answers come when there is another connection."""
    relay = Relay()
    open_ways: set[asyncio.Task[None]] = set()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay.seen += 1
        relay.holds = False
        way = asyncio.ensure_future(_both_ways(relay, port, reader, writer))
        open_ways.add(way)
        way.add_done_callback(open_ways.discard)
        await asyncio.wait([way])

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()
        for way in open_ways:
            way.cancel()
        await asyncio.gather(*open_ways, return_exceptions=True)


async def _both_ways(relay: Relay, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    ends = [writer]
    try:
        there, out = await asyncio.open_connection("127.0.0.1", port)
        ends.append(out)
        ways = [asyncio.ensure_future(each) for each in (_back(relay, there, writer), _forth(reader, out))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in ways:
                each.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
    except OSError:
        pass
    finally:
        for end in ends:
            end.close()
        for end in ends:
            with contextlib.suppress(OSError):
                await end.wait_closed()


async def _forth(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)


async def _back(relay: Relay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        while relay.stalls or relay.holds:  # noqa: ASYNC110 - tests set them at any time
            await asyncio.sleep(0.02)
        writer.write(data)
