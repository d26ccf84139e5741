"""A BACnet device that shows our systems to a building management system. It is read only: every write is refused.

| object of the n-th system | shows |
|---|---|
| analog-input 10 n + 1, 2, 3, 4 | charge (kW), discharge (kW), stored energy (kWh), reserve (kWh) |
| characterstring-value 10 n + 1, 2, 3 | mode, why it holds, until when the setpoint is valid |

A value that is not known has the reliability `no-sensor`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bacpypes3.errors import ExecutionError
from bacpypes3.ipv4.app import NormalApplication
from bacpypes3.local.analog import AnalogInputObject
from bacpypes3.local.device import DeviceObject
from bacpypes3.local.object import Object
from bacpypes3.object import CharacterStringValueObject
from bacpypes3.pdu import IPv4Address
from bacpypes3.primitivedata import CharacterString, Real

from ridethrough.bms.drivers.bacnet.link import PORT
from ridethrough.bms.drivers.published_state import PublishedState

NUMBERS = (
    ("charge_kw", "kilowatts"),
    ("discharge_kw", "kilowatts"),
    ("stored_kwh", "kilowatt-hours"),
    ("reserve_kwh", "kilowatt-hours"),
)
TEXTS = ("mode", "why", "valid_until")
_PER_SYSTEM = 10
_NO_SENSOR, _NO_FAULT = "no-sensor", "no-fault-detected"


class _Text(Object, CharacterStringValueObject):  # type: ignore[misc]  # the library has no types
    """A text that is shown."""


class _ReadOnly(NormalApplication):  # type: ignore[misc]  # the library has no types
    """A device of the library, which by itself lets everybody write everything."""

    async def do_WritePropertyRequest(self, _: object) -> None:  # noqa: N802 - the library's name
        """Refuse."""
        raise ExecutionError(errorClass="property", errorCode="writeAccessDenied")

    async def do_WritePropertyMultipleRequest(self, _: object) -> None:  # noqa: N802 - the library's name
        """Refuse."""
        raise ExecutionError(errorClass="property", errorCode="writeAccessDenied")


class PlanServer:
    """The device, from `open` to `close`; its systems have the order of `ups_ids`."""

    def __init__(self, ups_ids: Sequence[str], *, instance: int, host: str, port: int = PORT) -> None:
        self._ups_ids, self._instance = tuple(ups_ids), instance
        self._place = f"{host}:{port}"
        self._app: Any = None
        self._shown: dict[tuple[str, str], Any] = {}

    async def open(self) -> None:
        """Listen, and show that nothing is known yet."""
        device = DeviceObject(
            objectIdentifier=("device", self._instance),
            objectName=f"ridethrough {self._instance}",
            vendorIdentifier=999,
        )
        self._app = _ReadOnly(device, IPv4Address(self._place))
        for number, ups_id in enumerate(self._ups_ids):
            for index, (name, unit) in enumerate(NUMBERS, 1):
                self._add(ups_id, name, _number_object(_PER_SYSTEM * number + index, f"{ups_id} {name}", unit))
            for index, name in enumerate(TEXTS, 1):
                self._add(ups_id, name, _text_object(_PER_SYSTEM * number + index, f"{ups_id} {name}"))

    def show(self, states: Mapping[str, PublishedState]) -> None:
        """Show these states; a system that is not among them is not known."""
        for ups_id in self._ups_ids:
            state = states.get(ups_id)
            for name, _ in NUMBERS:
                value = None if state is None else getattr(state, name)
                shown = self._shown[ups_id, name]
                shown.reliability = _NO_SENSOR if value is None else _NO_FAULT
                shown.presentValue = Real(0.0 if value is None else value)
            texts = ("unknown", "nothing is known of it", "") if state is None else _texts(state)
            for name, text in zip(TEXTS, texts, strict=True):
                self._shown[ups_id, name].presentValue = CharacterString(text)

    async def close(self) -> None:
        """Stop listening."""
        app, self._app = self._app, None
        if app is not None:
            app.close()

    def _add(self, ups_id: str, name: str, shown: object) -> None:
        self._app.add_object(shown)
        self._shown[ups_id, name] = shown


def _texts(state: PublishedState) -> tuple[str, str, str]:
    return state.mode, state.why, state.valid_until.isoformat()


def _number_object(instance: int, name: str, unit: str) -> object:
    return AnalogInputObject(
        objectIdentifier=("analog-input", instance),
        objectName=name,
        presentValue=0.0,
        statusFlags=[0, 0, 0, 0],
        eventState="normal",
        outOfService=False,
        reliability=_NO_SENSOR,
        units=unit,
        covIncrement=1.0,
    )


def _text_object(instance: int, name: str) -> object:
    return _Text(
        objectIdentifier=("characterstring-value", instance),
        objectName=name,
        presentValue="unknown",
        statusFlags=[0, 0, 0, 0],
    )
