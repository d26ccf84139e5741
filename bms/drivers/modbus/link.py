"""A connection of Modbus TCP that fails in our words: one question at a time, each with a time limit.

Only this module knows pymodbus. Nothing is retried. After a time-out, or an answer with another transaction's number,
the connection is closed, and the next question makes a new one: what comes late on the old one is never read.
"""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

from pymodbus import FramerType
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
)
from pymodbus.transport import CommParams, CommType

from ridethrough.bms.drivers.driver import UnableToApply, UnableToDrive, UnableToReach, UnableToRead

MOST_REGISTERS = 125
"""One question reads at most so many registers (the protocol's limit)."""
_EXCEPTIONS = {
    1: "illegal function",
    2: "illegal address",
    3: "illegal value",
    4: "device failure",
    6: "device busy",
    10: "gateway path unavailable",
    11: "gateway target did not respond",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """The files for Modbus/TCP Security: who signs devices, and this controller's own certificate and key."""

    ca_file: str
    certificate_file: str
    key_file: str
    server_name: str | None = None

    def context(self) -> ssl.SSLContext:
        """The context of a client that proves itself and checks the device.

        Raises `OSError` where a file cannot be read or used.
        """
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=self.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = self.server_name is not None
        context.load_cert_chain(self.certificate_file, self.key_file)
        return context


class ModbusLink:
    """A connection to one device (`unit`) at an address; `tls` makes it Modbus/TCP Security, with the usual header."""

    def __init__(self, host: str, port: int, *, unit: int, timeout_s: float, tls: TlsFiles | None = None) -> None:
        self.address = f"{'modbus+tls' if tls else 'modbus'}://{host}:{port}/{unit}"
        self._host, self._port, self._unit, self._timeout_s, self._tls = host, port, unit, timeout_s, tls
        self._client: AsyncModbusTcpClient | None = None
        self._turn: asyncio.Lock | None = None

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        return self._client is not None and self._client.connected

    async def read(self, first: int, count: int, *, inputs: bool = False) -> list[int]:
        """The values of `count` registers from `first` on; `inputs` reads input registers.

        Raises `UnableToReach`, or `UnableToRead` where the device refuses.
        """
        kind = ReadInputRegistersRequest if inputs else ReadHoldingRegistersRequest
        answer = await self._ask(kind(address=first, count=count, dev_id=self._unit))
        if answer.isError():
            raise UnableToRead(f"{self.address}: registers {first} to {first + count - 1}: {_refusal(answer)}")
        if len(answer.registers) != count:
            raise UnableToRead(f"{self.address}: {len(answer.registers)} registers came, {count} were asked for")
        return list(answer.registers)

    async def write(self, first: int, values: Sequence[int]) -> None:
        """Write registers from `first` on, in one message.

        Raises `UnableToReach`, or `UnableToApply` where the device refuses.
        """
        answer = await self._ask(
            WriteMultipleRegistersRequest(address=first, registers=list(values), dev_id=self._unit)
        )
        if answer.isError():
            raise UnableToApply(f"{self.address}: writing register {first}: {_refusal(answer)}")

    async def close(self) -> None:
        """Close the connection."""
        client, self._client = self._client, None
        if client is not None:
            client.close()
            await asyncio.sleep(0)

    async def _ask(self, question: ModbusPDU) -> ModbusPDU:
        """Ask, and believe only the answer to this question."""
        self._turn = self._turn or asyncio.Lock()
        async with self._turn:
            try:
                async with asyncio.timeout(self._timeout_s):
                    client = await self._connection()
                    answer: ModbusPDU = await client.execute(no_response_expected=False, request=question)
            except (TimeoutError, OSError, ModbusException, asyncio.CancelledError) as error:
                await self.close()
                if isinstance(error, asyncio.CancelledError):
                    raise
                raise UnableToReach(f"{self.address}: {_in_words(error, self._timeout_s)}") from error
            except UnableToDrive:
                await self.close()
                raise
            if answer.transaction_id != question.transaction_id:
                await self.close()
                raise UnableToReach(f"{self.address}: an answer to another question came")
            return answer

    async def _connection(self) -> AsyncModbusTcpClient:
        if self._client is not None and self._client.connected:
            return self._client
        await self.close()
        client = _TlsClient(self._host, self._port, self._tls.context()) if self._tls else self._plain()
        self._client = client
        if not await client.connect():
            await self.close()
            raise UnableToReach(f"{self.address}: the connection is refused")
        return client

    def _plain(self) -> AsyncModbusTcpClient:
        return AsyncModbusTcpClient(self._host, port=self._port, timeout=self._timeout_s, retries=0, reconnect_delay=0)


class _TlsClient(AsyncModbusTcpClient):
    """TLS around the usual messages: Modbus/TCP Security keeps the header with its transaction number."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext) -> None:
        self.comm_params = CommParams(
            comm_type=CommType.TLS,
            host=host,
            port=port,
            comm_name="modbus+tls",
            sslctx=context,
            reconnect_delay=0.0,
            reconnect_delay_max=0.0,
            timeout_connect=60.0,
        )
        super().__init__(host, framer=FramerType.SOCKET, port=port, retries=0)


def _refusal(answer: ModbusPDU) -> str:
    code = getattr(answer, "exception_code", 0)
    return f"the device refuses it ({_EXCEPTIONS.get(code, f'exception {code}')})"


def _in_words(error: Exception, timeout_s: float) -> str:
    return f"there is no answer within {timeout_s:g} s" if isinstance(error, TimeoutError) else str(error)
