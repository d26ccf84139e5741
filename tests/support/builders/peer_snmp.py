"""snmpsim, a simulator of SNMP agents, with a UPS of the UPS-MIB that asks for SNMPv3 on loopback."""

import contextlib
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from peer_programs import Process, free_port, wait_until

USER, AUTHENTICATION_KEY, PRIVACY_KEY, CONTEXT = "ridethrough", "authentication-1", "privacy-key-1", "ups"
MIB = "1.3.6.1.2.1.33.1"
_INTEGER, _OBJECT = 2, 6
_ALARM = f"{MIB}.6.2.1.2."


class SnmpAgent:
    """A running agent at `port`."""

    def __init__(self, folder: Path, values: Mapping[str, int | str]) -> None:
        self.port = free_port(socket.SOCK_DGRAM)
        data = folder / "data"
        data.mkdir()
        lines = [f"{oid}|{_OBJECT if isinstance(value, str) else _INTEGER}|{value}\n" for oid, value in values.items()]
        (data / f"{CONTEXT}.snmprec").write_text("".join(sorted(lines, key=_place)))
        command_line = [
            sys.executable, "-m", "snmpsim.commands.responder",
            f"--data-dir={data}", f"--cache-dir={folder}", f"--agent-udpv4-endpoint=127.0.0.1:{self.port}",
            f"--v3-user={USER}", f"--v3-auth-key={AUTHENTICATION_KEY}", "--v3-auth-proto=SHA256",
            f"--v3-priv-key={PRIVACY_KEY}", "--v3-priv-proto=AES",
        ]  # fmt: skip
        if os.getuid() == 0:  # it asks root for a user to become; another one may not be able to read this Python
            command_line += ["--process-user=root", "--process-group=root"]
        self.process = Process(command_line, cwd=folder)
        self.wait()

    def wait(self) -> None:
        """Wait until it listens."""
        wait_until(self._listens, "the start of snmpsim")

    def _listens(self) -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
            try:
                trial.bind(("127.0.0.1", self.port))
            except OSError:
                return True
        return False


@contextlib.contextmanager
def snmp_agent(values: Mapping[str, int | str]) -> Iterator[SnmpAgent]:
    """Run an agent for as long as the block lasts: numbers, and names of objects as text, by OID."""
    folder = Path(tempfile.mkdtemp(prefix="ridethrough-snmp-", dir="/tmp"))
    agent = None
    try:
        agent = SnmpAgent(folder, values)
        yield agent
    finally:
        if agent is not None:
            agent.process.kill()
        shutil.rmtree(folder, ignore_errors=True)


def ups_values(
    *,
    charge: int | None = 80,
    source: int = 3,
    status: int = 2,
    powers_w: tuple[int, ...] = (),
    alarms: tuple[int, ...] = (),
) -> dict[str, int | str]:
    """The objects of a UPS."""
    values: dict[str, int | str] = {
        f"{MIB}.2.1.0": status,
        f"{MIB}.4.1.0": source,
        f"{MIB}.4.3.0": len(powers_w),
        f"{MIB}.6.1.0": len(alarms),
    }
    if charge is not None:
        values[f"{MIB}.2.4.0"] = charge
    values |= {f"{MIB}.4.4.1.4.{line}": power for line, power in enumerate(powers_w, 1)}
    values |= {f"{_ALARM}{row}": f"{MIB}.6.3.{alarm}" for row, alarm in enumerate(alarms, 1)}
    return values


def _place(line: str) -> tuple[int, ...]:
    return tuple(int(each) for each in line.partition("|")[0].split("."))
