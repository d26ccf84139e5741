"""The way to one BACnet device, over UDP: properties are read, and written at a priority.

Only this module knows how bacpypes3 reports errors: they are no `Exception`, and a device that does not answer is an
abort like any other. A request is sent once. After a time-out the socket is closed, and the next call has another one,
so that a late answer reaches nobody.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bacpypes3.apdu import AbortPDU, ErrorRejectAbortNack, SubscribeCOVRequest
from bacpypes3.basetypes import ErrorType, PropertyIdentifier
from bacpypes3.ipv4.app import NormalApplication
from bacpypes3.local.device import DeviceObject
from bacpypes3.pdu import Address, IPv4Address
from bacpypes3.primitivedata import Null, ObjectIdentifier

from ridethrough.bms.drivers.driver import UnableToApply, UnableToReach, UnableToRead
from ridethrough.bms.drivers.telling import within

PORT = 47_808
PRESENT_VALUE, STATUS_FLAGS, PRIORITY_ARRAY = "present-value", "status-flags", "priority-array"
_AT_ONCE = 8
"""Objects in one question: an answer of a device with small frames has to fit into one."""
_OUR_INSTANCE = 4_194_302
"""The highest instance of a device: we answer no one, and it is asked by no one."""
_PROCESS = 1
"""Our number as a subscriber; a socket is one driver's."""
_NO_ANSWER = ("no-response", "apdu-timeout", "tsm-timeout")
_UNKNOWN_SERVICE = ("unrecognized-service", "segmentation-not-supported", "buffer-overflow")


class BacnetLink:
    """One device at a host and port; `local` is our own address and the network mask."""

    def __init__(self, *, host: str, port: int, timeout_s: float, local: str = "0.0.0.0/0") -> None:
        self.address = f"bacnet {host}:{port}"
        self._peer, self._local, self._timeout_s = f"{host}:{port}", local, timeout_s
        self._app: Any = None
        self._by_one = False
        self._heard: Callable[[], None] | None = None
        self.sockets = 0
        """How many sockets there were: a subscription belongs to one."""

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[None]:
        """Do what is inside within the time limit; where it fails to reach the device, begin anew next time."""
        try:
            async with within(self._timeout_s, self.address):
                yield
        except UnableToReach:
            self.close()
            raise

    async def read(self, wanted: Mapping[str, Sequence[str]]) -> dict[tuple[str, str], Any]:
        """The values of properties by object and property; one that the device does not have is left out."""
        names = list(wanted)
        found: dict[tuple[str, str], Any] = {}
        if not self._by_one:
            try:
                for first in range(0, len(names), _AT_ONCE):
                    found |= await self._read_some({name: wanted[name] for name in names[first : first + _AT_ONCE]})
            except UnableToRead as error:
                if not any(word in str(error) for word in _UNKNOWN_SERVICE):
                    raise
                self._by_one = True
            else:
                return found
        for name, properties in wanted.items():
            for each in properties:
                value = await self._read_one(name, each)
                found |= {} if value is None else {(name, each): value}
        return found

    async def write(self, name: str, value: object, *, priority: int | None, prop: str = PRESENT_VALUE) -> None:
        """Write one property; raises `UnableToApply` where the device refuses."""
        try:
            await self._application().write_property(
                self._peer_address(),
                ObjectIdentifier(name),
                PropertyIdentifier(prop),
                value,
                None,
                priority,
            )
        except BaseException as error:
            raise self._translated(error, UnableToApply, f"{name} {prop}") from error

    async def subscribe(self, name: str, *, lifetime_s: int) -> None:
        """Ask the device to say when an object changes; raises `UnableToRead` where it refuses."""
        question = SubscribeCOVRequest(
            subscriberProcessIdentifier=_PROCESS,
            monitoredObjectIdentifier=ObjectIdentifier(name),
            issueConfirmedNotifications=False,
            lifetime=lifetime_s,
            destination=self._peer_address(),
        )
        try:
            answer = await self._application().request(question)
        except BaseException as error:
            raise self._translated(error, UnableToRead, f"to tell changes of {name}") from error
        if isinstance(answer, ErrorRejectAbortNack):
            raise self._translated(answer, UnableToRead, f"to tell changes of {name}")

    def hear(self, told: Callable[[], None]) -> None:
        """Call `told` whenever the device says that an object changed."""
        self._heard = told

    def null(self) -> object:
        """What is written to give a priority back."""
        return Null(())

    def close(self) -> None:
        """Close the socket."""
        app, self._app = self._app, None
        if app is not None:
            app.close()

    async def _read_some(self, wanted: Mapping[str, Sequence[str]]) -> dict[tuple[str, str], Any]:
        asked: list[object] = []
        for name, properties in wanted.items():
            asked += [ObjectIdentifier(name), [PropertyIdentifier(each) for each in properties]]
        try:
            answer = await self._application().read_property_multiple(self._peer_address(), asked)
        except BaseException as error:
            raise self._translated(error, UnableToRead, ", ".join(wanted)) from error
        told = {(_name(object_id), str(prop)): value for object_id, prop, _, value in answer}
        if set(told) != {(name, each) for name, properties in wanted.items() for each in properties}:
            raise UnableToRead(f"{self.address} answered other properties than it was asked for")
        return {key: value for key, value in told.items() if not isinstance(value, ErrorType)}

    async def _read_one(self, name: str, prop: str) -> Any:  # noqa: ANN401 - a BACnet value
        try:
            return await self._application().read_property(
                self._peer_address(), ObjectIdentifier(name), PropertyIdentifier(prop)
            )
        except BaseException as error:
            translated = self._translated(error, UnableToRead, f"{name} {prop}")
            if isinstance(translated, UnableToRead):
                return None
            raise translated from error

    def _translated(self, error: BaseException, kind: type[Exception], what: str) -> BaseException:
        """The error to raise in place of one of the library's; others go on as they are."""
        if isinstance(error, ErrorRejectAbortNack):
            text = str(error)
            if isinstance(error, AbortPDU) and any(word in text for word in _NO_ANSWER):
                return UnableToReach(f"{self.address} gave no answer: {text}")
            return kind(f"{self.address} refused {what}: {text}")
        if isinstance(error, Exception) and not isinstance(error, OSError | TimeoutError):
            return kind(f"{self.address} cannot be understood about {what}: {error!r}")
        return error

    def _application(self) -> Any:  # noqa: ANN401 - the library's
        if self._app is None:
            ours = DeviceObject(
                objectIdentifier=("device", _OUR_INSTANCE),
                objectName="ridethrough",
                vendorIdentifier=999,
                maxApduLengthAccepted=1476,
                segmentationSupported="segmentedBoth",
                apduTimeout=int(self._timeout_s * 1000),
                numberOfApduRetries=0,
            )
            self._app = _Application(ours, IPv4Address(f"{self._local}:0"))
            self._app.told = self._told_of_change
            self.sockets += 1
        return self._app

    def _told_of_change(self, notification: Any) -> None:  # noqa: ANN401 - the library's
        """Somebody else's notifications, and those to somebody else, are none to us."""
        ours = notification.subscriberProcessIdentifier == _PROCESS
        if self._heard is not None and ours and notification.pduSource == self._peer_address():
            self._heard()

    def _peer_address(self) -> object:
        return Address(self._peer)


class _Application(NormalApplication):  # type: ignore[misc]
    """Hears notifications of changes."""

    told: Callable[[Any], None]

    async def do_UnconfirmedCOVNotificationRequest(self, apdu: Any) -> None:  # noqa: ANN401, N802 - the library's
        """A device says that an object changed."""
        self.told(apdu)


def _name(object_id: Any) -> str:  # noqa: ANN401 - the library's
    kind, instance = object_id
    return f"{kind},{instance}"
