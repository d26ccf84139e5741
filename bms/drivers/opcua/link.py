"""A session with one OPC UA server, which fails in our words: values are read with their status and source's time.

Only this module knows asyncua. After any failure the session is closed, and the next question makes a new one. With
security the server must present exactly the certificate in `server_certificate_file`: no other is trusted.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from asyncua import ua
from asyncua.client.client import Client
from asyncua.crypto import security_policies
from asyncua.crypto.uacrypto import CertProperties
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.uaerrors import UaStatusCodeError
from cryptography import x509

from ridethrough.bms.drivers.driver import UnableToReach, UnableToRead
from ridethrough.bms.drivers.named_points import ToldValue
from ridethrough.bms.drivers.opcua.nodes import NAMESPACES, Namespaces, nodes_of
from ridethrough.bms.drivers.telling import within

POLICIES = ("Aes128Sha256RsaOaep", "Aes256Sha256RsaPss", "Basic256Sha256")
"""Older ones (Basic128Rsa15, Basic256) are broken, and not offered."""
_GONE = ("ConnectionClosed", "SecureChannelClosed", "ServerHalted", "SessionClosed", "Shutdown", "Timeout")
"""Refusals that mean that the server is not there, after `Bad`."""
_PEM = b"-----BEGIN"
_SESSION_MS = 120_000
_GOODBYE_S = 1.0
_WHICH, _SET_BY_HAND = 0xFFFF0000, 0x00960000
"""The bits of a status that say which it is (those below tell of limits and history), and `GoodLocalOverride`."""
logging.getLogger("asyncua").setLevel(logging.CRITICAL + 1)  # it prints what we raise


@dataclass(frozen=True, slots=True, kw_only=True)
class Secured:
    """A connection that is signed and encrypted: by which policy, who we are, and which server alone is trusted."""

    policy: str
    certificate_file: str
    key_file: str
    server_certificate_file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpcUaServer:
    """Where a server is, and who we are to it."""

    url: str
    username: str = ""
    password: str = ""
    secured: Secured | None = None

    def __repr__(self) -> str:
        """The server without the password."""
        return f"OpcUaServer({self.url})"


class OpcUaLink:
    """A session that is made at the first question."""

    def __init__(self, server: OpcUaServer, *, timeout_s: float) -> None:
        place = urlsplit(server.url)
        self.address = f"opcua {place.hostname}:{place.port}{place.path}"
        self._server, self._timeout_s = server, timeout_s
        self._client: Client | None = None
        self._namespaces = Namespaces()

    async def read(self, nodes: Mapping[str, str]) -> dict[str, ToldValue]:
        """The values of nodes by name, all in one question.

        Raises `UnableToReach`, or `UnableToRead` where the server refuses the question as a whole.
        """
        async with self._asking() as client:
            wanted, missing = nodes_of(nodes, self._namespaces)
            answers = await _read(client, list(wanted.values())) if wanted else []
        if len(answers) != len(wanted):
            await self.close()
            raise UnableToRead(f"{self.address}: {len(answers)} values came, {len(wanted)} were asked for")
        told = {name: _told(answer) for name, answer in zip(wanted, answers, strict=True)}
        return told | {name: ToldValue(problem=why) for name, why in missing.items()}

    async def close(self) -> None:
        """Close the session, and with it the tasks that the library keeps for it."""
        client, self._client = self._client, None
        if client is None:
            return
        with contextlib.suppress(Exception):
            async with asyncio.timeout(_GOODBYE_S):
                await client.disconnect()
        client.disconnect_socket()

    async def _drop(self) -> None:
        """Close a session that failed without a word to the server, which may not answer."""
        if self._client is not None:
            self._client.disconnect_socket()
        await self.close()

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[Client]:
        try:
            async with within(self._timeout_s, self.address):
                yield self._client or await self._connect()
        except (UnableToReach, UnableToRead, asyncio.CancelledError):
            await self._drop()
            raise
        except UaStatusCodeError as error:
            await self._drop()
            word = type(error).__name__
            if word.removeprefix("Bad") in _GONE:
                raise UnableToReach(f"{self.address} cannot be reached: {word}") from error
            raise UnableToRead(f"{self.address} refuses: {word}") from error
        except Exception as error:  # the library raises bare ones, as for an answer that it cannot read
            await self._drop()
            raise UnableToReach(f"{self.address} cannot be reached: {str(error) or type(error).__name__}") from error

    async def _connect(self) -> Client:
        client = Client(self._server.url, timeout=self._timeout_s, watchdog_intervall=_SESSION_MS / 1000)
        client.name, client.session_timeout = "ridethrough", _SESSION_MS
        self._client = client
        if self._server.secured is not None:
            await _secure(client, self._server.secured)
        if self._server.username:
            client.set_user(self._server.username)
            client.set_password(self._server.password)
        await client.connect()
        spaces = await _read(client, [NAMESPACES])
        self._namespaces.begin(spaces[0].Value.Value if spaces and spaces[0].Value is not None else None)
        return client


async def _secure(client: Client, secured: Secured) -> None:
    for each in (secured.certificate_file, secured.server_certificate_file):
        certificate = _certificate(Path(each))
        if not certificate.not_valid_before_utc <= datetime.now(UTC) <= certificate.not_valid_after_utc:
            raise UnableToReach(f"the certificate in {each} is valid until {certificate.not_valid_after_utc}")
        if each == secured.certificate_file:
            client.application_uri = _application_of(certificate) or client.application_uri
    await client.set_security(
        getattr(security_policies, f"SecurityPolicy{secured.policy}"),
        _file(secured.certificate_file),
        _file(secured.key_file),
        server_certificate=_file(secured.server_certificate_file),
        mode=ua.MessageSecurityMode.SignAndEncrypt,
    )


async def _read(client: Client, nodes: Sequence[ua.NodeId]) -> Sequence[ua.DataValue]:
    wanted = [ua.ReadValueId(NodeId=each, AttributeId=AttributeIds.Value) for each in nodes]
    question = ua.ReadParameters(NodesToRead=wanted, TimestampsToReturn=ua.TimestampsToReturn.Source)
    return list(await client.uaclient.read(question))


def _told(answer: ua.DataValue) -> ToldValue:
    """A value whose status is good; with any other status, or where a person set it by hand, it is not known."""
    status = answer.StatusCode or ua.StatusCode()
    good = status.is_good() and status.value & _WHICH != _SET_BY_HAND
    value = answer.Value.Value if good and answer.Value is not None else None
    return ToldValue(
        value=value,
        measured_at=_zoned(answer.SourceTimestamp),
        problem="" if good else f"the server calls it {status.name}",
    )


def _zoned(moment: datetime | None) -> datetime | None:
    return moment if moment is None or moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _file(path: str) -> CertProperties:
    """A file as the library takes it, which else judges by the ending of its name whether it is PEM or DER."""
    return CertProperties(Path(path), "pem" if _PEM in Path(path).read_bytes() else "der")


def _certificate(path: Path) -> x509.Certificate:
    data = path.read_bytes()
    return x509.load_pem_x509_certificate(data) if _PEM in data else x509.load_der_x509_certificate(data)


def _application_of(certificate: x509.Certificate) -> str:
    """The name of our application, which servers compare with the certificate; empty where it has none."""
    with contextlib.suppress(x509.ExtensionNotFound):
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return next(iter(names.get_values_for_type(x509.UniformResourceIdentifier)), "")
    return ""
