"""One controller on a folder, and one on the devices of a site: two would give them orders in turn.

Both locks end with the process, however that ends. That of the devices is one of this machine: it knows of no
controller on another one, nor in another container.
"""

import fcntl
import hashlib
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ridethrough.domain import Fault, UnableToAccept
from ridethrough.domain.site_equipment import Device, SiteEquipment


@contextmanager
def alone_on_folder(data: Path) -> Iterator[None]:
    """Refuse a second controller on the same folder."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "lock").open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            allowed = "a folder that no other controller runs on"
            raise UnableToAccept([Fault(field="--data", value=str(data), allowed=allowed)]) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def runs_on(data: Path) -> bool:
    """Whether a controller runs on a folder now."""
    try:
        with (data / "lock").open("r", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


@contextmanager
def alone_on_devices(equipment: SiteEquipment) -> Iterator[None]:
    """Refuse a second controller of this machine on the same UPS system, whatever its folder is."""
    held: list[socket.socket] = []
    try:
        if sys.platform == "linux":
            held.extend(_locks(equipment))
        yield
    finally:
        for each in held:
            each.close()


def _locks(equipment: SiteEquipment) -> Iterator[socket.socket]:
    """A name for each device that only one process has: it is on no disk, and nobody must clear it away."""
    for name in sorted({_name(each) for each in equipment.ups.values()}):
        lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            lock.bind(f"\0ridethrough-control-{name}")
        except OSError as error:
            lock.close()
            taken = [ups_id for ups_id, each in equipment.ups.items() if _name(each) == name]
            allowed = "a device that no other controller of this machine drives: it runs in another folder (--data)"
            fault = Fault(field="equipment.ups", value=", ".join(taken), allowed=allowed)
            raise UnableToAccept([fault]) from error
        yield lock


def _name(device: Device) -> str:
    written = json.dumps([device.driver, dict(device.settings)], sort_keys=True, default=str)
    return hashlib.sha256(written.encode()).hexdigest()[:32]
