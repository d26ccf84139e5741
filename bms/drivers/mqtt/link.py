"""One connection to a broker, with a last will: whoever listens learns that we are gone.

The only module that knows aiomqtt. A connection that failed is closed, and made again at the next call.
"""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiomqtt

from ridethrough.bms.drivers.driver import UnableToReach, UnableToRead
from ridethrough.bms.drivers.settings import Settings
from ridethrough.bms.drivers.telling import within

PORT = 1883
ONLINE, OFFLINE = "online", "offline"
_FILES = ("ca_file", "certificate_file", "key_file")
_MOST_WAITING = 1000
_LONGEST_MESSAGE = 65_536
_GOODBYE_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where a broker is, and who we are to it.

    With `tls` the broker must prove itself by `ca_file`, or by whom the system trusts. We prove ourselves by a
    password, a certificate, or both.
    """

    host: str
    port: int = PORT
    username: str = ""
    password: str = ""
    tls: bool = False
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""

    def __repr__(self) -> str:
        """The broker without the password."""
        return f"Broker({self.host}:{self.port})"

    @classmethod
    def of(cls, given: Settings) -> "Broker":
        """The broker of settings."""
        host, port = given.address(PORT)
        tls = given.flag("tls", default=False)
        files = {name: given.text(name, "") for name in _FILES}
        for name, path in files.items():
            given.require(tls or not path, name, path, "left out without tls")
            given.require(not path or Path(path).is_file(), name, path, "a file that can be read (PEM)")
        pair = bool(files["certificate_file"]) == bool(files["key_file"])
        given.require(pair, "key_file", files["key_file"], "given with certificate_file, and only with it")
        return cls(
            host=host,
            port=port,
            username=given.text("username", ""),
            password=given.secret("password"),
            tls=tls,
            **files,
        )

    def context(self) -> ssl.SSLContext | None:
        """How the connection is encrypted; None where it is not. Raises `OSError` where a file cannot be used."""
        if not self.tls:
            return None
        context = ssl.create_default_context(cafile=self.ca_file or None)
        context.sslsocket_class = _ClosedWhenRefused
        if self.certificate_file:
            context.load_cert_chain(self.certificate_file, self.key_file)
        return context


class _ClosedWhenRefused(ssl.SSLSocket):
    """A socket that is closed where one side refuses the other; the library forgets it."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - as the standard library has it
        """Make the connection secure."""
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


class MqttLink:
    """A connection that subscribes to `topics`, and tells at `presence` whether we are there (retained)."""

    def __init__(self, broker: Broker, *, presence: str, topics: Sequence[str] = (), timeout_s: float) -> None:
        self.address = f"mqtt {broker.host}:{broker.port}"
        self._broker, self._presence, self._topics, self._timeout_s = broker, presence, topics, timeout_s
        self._client: aiomqtt.Client | None = None

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[None]:
        """Do what is inside within the time limit, on a connection that is made where there is none."""
        try:
            async with within(self._timeout_s, self.address):
                if self._client is None:
                    await self._connect()
                self._forget_what_waits()
                yield
        except aiomqtt.MqttError as error:
            await self.close()
            raise UnableToReach(f"{self.address} cannot be reached: {error}") from error
        except BaseException:
            await self.close()
            raise

    async def publish(self, topic: str, content: object, *, retain: bool = False) -> None:
        """Send a JSON message, or a text as it is.

        Without acknowledgement (QoS 0): a broker keeps no such message for a device that is away, which would follow
        an old setpoint when it comes back.
        """
        text = content if isinstance(content, str) else json.dumps(content)
        await self._connected().publish(topic, text, qos=1 if retain else 0, retain=retain)

    async def messages(self) -> AsyncIterator[tuple[str, Mapping[str, object]]]:
        """The messages that come from now on, with their topics; retained ones are of the past and left out.

        Raises `UnableToRead` for one that is no JSON object.
        """
        async for message in self._connected().messages:
            if not message.retain:
                yield str(message.topic), _object_of(message.payload, self.address)

    async def close(self) -> None:
        """Say that we are gone, and close the connection."""
        client, self._client = self._client, None
        if client is None:
            return
        with contextlib.suppress(aiomqtt.MqttError, OSError, TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):
                try:
                    await client.publish(self._presence, OFFLINE, qos=1, retain=True)
                finally:
                    await client.__aexit__(None, None, None)
        client._client._sock_close()  # noqa: SLF001 - the library forgets one that it could not leave in order

    async def _connect(self) -> None:
        broker = self._broker
        client = aiomqtt.Client(
            broker.host,
            broker.port,
            username=broker.username or None,
            password=broker.password or None,
            tls_context=broker.context(),
            will=aiomqtt.Will(self._presence, OFFLINE, qos=1, retain=True),
            timeout=self._timeout_s,
            max_queued_incoming_messages=_MOST_WAITING,
        )
        client._client.connect_timeout = self._timeout_s  # noqa: SLF001 - else a dead host holds a thread for a minute
        self._client = client
        await client.__aenter__()
        for topic in self._topics:
            await client.subscribe(topic, qos=0)
        await client.publish(self._presence, ONLINE, qos=1, retain=True)

    def _connected(self) -> aiomqtt.Client:
        if self._client is None:
            raise UnableToReach(f"{self.address} is not connected")
        return self._client

    def _forget_what_waits(self) -> None:
        """Drop what came since the last call: it answers nothing that is asked now."""
        queue = self._connected()._queue  # noqa: SLF001 - the library offers no way to look without waiting
        while not queue.empty():
            queue.get_nowait()


def _object_of(payload: object, address: str) -> Mapping[str, object]:
    try:
        text = payload.decode() if isinstance(payload, bytes) and len(payload) <= _LONGEST_MESSAGE else ""
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnableToRead(f"{address} sent a message that is no JSON") from error
    if not isinstance(content, dict):
        raise UnableToRead(f"{address} sent a message that is no JSON object")
    return content
