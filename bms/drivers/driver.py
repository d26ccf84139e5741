"""The protocol of a driver: the five things that the controller asks of a device, and how each of them may fail.

A driver is asynchronous, so that one loop serves many devices. Each call ends within the driver's time limit
(`timeout_s`), with an answer or with one of the errors here; no error of a library leaves a driver. After a time-out
the connection is closed and made again at the next call: a late answer to an earlier question is never believed.
A driver keeps nothing that must survive, starts no task that outlives `close`, and never retries a write by itself.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Protocol, runtime_checkable

from ridethrough.bms.drivers.readings import (
    Capabilities,
    DeviceReading,
    DeviceSetpoint,
    Point,
    SetpointInForce,
)

Clock = Callable[[], datetime]
SAME_KW = 0.5
SAME_FRACTION = 0.01
"""A setpoint that is read back may differ by the larger of these: registers hold whole steps of their scale."""


def system_clock() -> datetime:
    """The time of this machine, in UTC."""
    return datetime.now(UTC)


class UnableToDrive(Exception):
    """A device did not do what it was asked; every error of a driver is one of the kinds below."""


class UnableToReach(UnableToDrive):
    """There is no connection to the device, or it did not answer in time."""


class UnableToRead(UnableToDrive):
    """The device answered, and what it said cannot be read."""


class UnableToApply(UnableToDrive):
    """The device refused a setpoint, or a part of it: it may follow the old one, the new one, or none."""


class UnableToAcknowledge(UnableToDrive):
    """The device took a setpoint, and reads back another one."""


class Driver(Protocol):
    """One device: a UPS system, or a meter."""

    @property
    def capabilities(self) -> Capabilities:
        """What can be done with the device; it is known without asking it."""

    @property
    def address(self) -> str:
        """Where the device is, for people."""

    def read(self) -> Awaitable[DeviceReading]:
        """Read the device once; nothing is taken from an earlier answer.

        Raises `UnableToReach` or `UnableToRead`. A value that the device does not have or reports as lost is None.
        """

    def apply(self, setpoint: DeviceSetpoint) -> Awaitable[SetpointInForce]:
        """Write a setpoint with its expiry, read it back, and return what was read back.

        The order is value, expiry, enable: at no moment does the device follow a new value without an expiry. Writing
        the same setpoint again starts its time again: that is the watchdog's heartbeat.

        Raises `UnableToReach`, `UnableToApply`, or `UnableToAcknowledge` where the device reads back another value.
        """

    def release(self) -> Awaitable[None]:
        """Bring the device to its own normal operation now, and see that it did; it is safe to call at any time.

        Raises `UnableToReach`, `UnableToApply` or `UnableToAcknowledge`.
        """

    def points(self) -> Awaitable[tuple[Point, ...]]:
        """Read every point that the driver uses, one by one, and write none; a point that fails says why.

        Raises `UnableToReach` where the device is not there at all.
        """

    def close(self) -> Awaitable[None]:
        """Close the connection; it raises nothing, and may be called twice."""


@runtime_checkable
class TellsChanges(Protocol):
    """A driver whose device may say by itself that something changed: a hint to read it, and nothing to rely on."""

    @property
    def changed(self) -> asyncio.Event:
        """Set when the device said so, until it is read."""


def check_read_back(wanted: DeviceSetpoint, told: SetpointInForce | None) -> SetpointInForce:
    """The setpoint that was read back, if it is the one that was written.

    Raises `UnableToAcknowledge` where it is another one, or none.
    """
    if told is None:
        raise UnableToAcknowledge(f"the device follows no setpoint after {_written(wanted)} was written")
    got_kw = told.discharge_kw - told.charge_kw
    if not abs(got_kw - wanted.net_discharge_kw) <= max(SAME_KW, SAME_FRACTION * abs(wanted.net_discharge_kw)):
        raise UnableToAcknowledge(f"{_written(wanted)} was written, and {_written(told)} is read back")
    if told.left_s is not None and not 0 < told.left_s <= wanted.valid_for_s + 1:
        raise UnableToAcknowledge(
            f"{wanted.valid_for_s:g} s were written as its expiry, and {told.left_s:g} s are read back"
        )
    return told


def _written(setpoint: DeviceSetpoint | SetpointInForce) -> str:
    return f"charge {setpoint.charge_kw:,.1f} kW, discharge {setpoint.discharge_kw:,.1f} kW"
