"""An association with one IEC 61850 server, which fails in our words: attributes are read with their quality.

Only this module knows the library iec61850. After any failure the association is dropped, and the next question makes
a new one.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from iec61850 import FC, DataAccessFailure, IedConnection, IedConnectionError, IedError, IedTimeoutError, TlsConfig

from ridethrough.bms.drivers.driver import UnableToReach, UnableToRead
from ridethrough.bms.drivers.named_points import ToldValue
from ridethrough.bms.drivers.telling import within

PORT = 102
_STATUS, _MEASURED = ("stVal", "actVal"), ("mag", "instMag", "cVal", "instCVal", "mxVal")
_PLACE = re.compile(rf"^(\w+/\w+(?:\.\w+)+?)\.({'|'.join((*_STATUS, *_MEASURED))})((?:\.\w+)*)$")
_GOODBYE_S = 1.0
_BROKEN = "iso protocol error"
"""In the words of the library: the connection below the question ended."""
_VALIDITY = {0: "", 1: "invalid", 2: "reserved", 3: "questionable"}
_BITS = {7: "old", 10: "substituted", 11: "a test", 12: "blocked by an operator"}
"""Bits of a quality besides its validity with which a value is not known (IEC 61850-7-3)."""
_QUALITY_BYTES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """Files for TLS: who signs servers, our own certificate and key, and the name that the server's must have."""

    ca_file: str
    certificate_file: str
    key_file: str
    server_name: str

    def read(self) -> TlsConfig:
        """What the files hold. Raises `OSError` where one cannot be read."""
        return TlsConfig(
            ca_pem=Path(self.ca_file).read_bytes(),
            client_cert_pem=Path(self.certificate_file).read_bytes(),
            client_key_pem=Path(self.key_file).read_bytes(),
        )


class Iec61850Link:
    """An association that is made at the first question."""

    def __init__(self, host: str, port: int, *, timeout_s: float, tls: TlsFiles | None = None) -> None:
        self.address = f"iec61850 {host}:{port}"
        self._peer, self._timeout_s, self._tls = f"{host}:{port}", timeout_s, tls
        self._connection: IedConnection | None = None

    async def read(self, places: Mapping[str, str]) -> dict[str, ToldValue]:
        """Attributes by name, each with the quality of its data object, all in one question."""
        wanted = [each for place in places.values() for each in _with_quality(place)]
        async with self._asking() as connection:
            found = await connection.read_multiple(wanted, strict=False)
        if len(found) != len(wanted):
            await self.close()
            raise UnableToRead(f"{self.address}: {len(found)} values came, {len(wanted)} were asked for")
        return {
            name: _told(value, quality) for name, value, quality in zip(places, found[::2], found[1::2], strict=True)
        }

    async def close(self) -> None:
        """End the association."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with suppress(Exception):
            async with asyncio.timeout(_GOODBYE_S):
                await connection.disconnect()
        with suppress(Exception):
            await connection.abort()

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[IedConnection]:
        try:
            async with within(self._timeout_s, self.address):
                yield self._connection or await self._connect()
        except (IedError, ValueError) as error:
            await self._drop()
            gone = isinstance(error, IedConnectionError | IedTimeoutError) or _BROKEN in str(error)
            if gone:
                raise UnableToReach(f"{self.address} cannot be reached: {error}") from error
            raise UnableToRead(f"{self.address} refuses or cannot be read: {error}") from error
        except (UnableToReach, UnableToRead, asyncio.CancelledError, KeyboardInterrupt, SystemExit):
            await self._drop()
            raise
        except BaseException as error:  # a panic of the library is no Exception
            await self._drop()
            raise UnableToRead(f"{self.address} cannot be read: {error!r}") from error

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                await connection.abort()

    async def _connect(self) -> IedConnection:
        limit_ms = max(1, int(self._timeout_s * 1000))
        if self._tls is None:
            made = await IedConnection.connect(self._peer, timeout_ms=limit_ms, request_timeout_ms=limit_ms)
        else:
            made = await IedConnection.connect_tls(
                self._peer, self._tls.read(), self._tls.server_name, timeout_ms=limit_ms, request_timeout_ms=limit_ms
            )
        self._connection = made
        return made


def is_place(text: str) -> bool:
    """Whether a text names an attribute with a value, as `LD0/MMXU1.TotW.mag.f` or `LD0/GGIO1.Ind1.stVal`.

    >>> is_place("LD0/MMXU1.TotW.mag.f"), is_place("LD0/GGIO1.Ind1.stVal"), is_place("LD0/MMXU1.TotW")
    (True, True, False)
    """
    return _PLACE.match(text) is not None


def _with_quality(place: str) -> list[tuple[str, FC]]:
    """The attribute of a place, and the quality of its data object."""
    match = _PLACE.match(place)
    if match is None:
        raise ValueError(f"{place} names no attribute")
    kind = FC.ST if match[2] in _STATUS else FC.MX
    return [(place, kind), (f"{match[1]}.q", kind)]


def _told(value: object, quality: object) -> ToldValue:
    if isinstance(value, DataAccessFailure):
        return ToldValue(problem=f"the server refuses it: {value.error}")
    if not isinstance(quality, bytes) or len(quality) != _QUALITY_BYTES:
        return ToldValue(problem="the server does not tell its quality")
    bits = int.from_bytes(quality, "big")
    wrong = [_VALIDITY[bits >> 14], *(word for bit, word in _BITS.items() if bits & (1 << 15 - bit))]
    problem = ", ".join(filter(None, wrong))
    return ToldValue(problem=f"the server calls it {problem}") if problem else ToldValue(value=value)
