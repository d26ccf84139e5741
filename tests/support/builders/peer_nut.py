"""Debian's `upsd` with its `dummy-ups`: a UPS whose variables tests write, on loopback."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from peer_programs import Process, accepts, free_port, program, wait_until

_FOLDERS = ("/lib/nut", "/usr/lib/nut", "/usr/sbin")
_PACKAGE = "apt-get install nut-server"


class NutServer:
    """A running `upsd` at `port`; `driver` is the process between it and the UPS."""

    def __init__(self, folder: Path, variables: Mapping[str, str], *, password: str) -> None:
        upsd = program("upsd", package=_PACKAGE, folders=_FOLDERS)
        dummy = program("dummy-ups", package=_PACKAGE, folders=_FOLDERS)
        self.port = free_port()
        self._values = folder / "ups-a.dev"
        self.tell(variables)
        settings = {
            "ups.conf": "pollinterval = 1\n[ups-a]\n driver = dummy-ups\n port = ups-a.dev\n mode = dummy-loop\n",
            "upsd.conf": f"LISTEN 127.0.0.1 {self.port}\nMAXAGE 10\n",
            "upsd.users": f"[tests]\n password = {password}\n upsmon primary\n",
        }
        for name, text in settings.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o600)
        env = {f"NUT_{name}": str(folder) for name in ("CONFPATH", "STATEPATH", "ALTPIDPATH")}
        self.driver = Process([dummy, "-D", "-a", "ups-a", "-u", "root"], cwd=folder, env=env)
        wait_until(lambda: any(folder.glob("dummy-ups-*")), "the start of dummy-ups")
        self.upsd = Process([upsd, "-D", "-u", "root"], cwd=folder, env=env)
        wait_until(lambda: accepts(self.port), "the start of upsd")

    def tell(self, variables: Mapping[str, str]) -> None:
        """Let the UPS tell other values from its next poll on."""
        self._values.write_text("".join(f"{name}: {value}\n" for name, value in variables.items()) + "TIMER 1\n")

    def stop(self) -> None:
        """End both processes."""
        self.upsd.kill()
        self.driver.kill()


@contextlib.contextmanager
def nut_server(variables: Mapping[str, str], *, password: str = "secret") -> Iterator[NutServer]:  # noqa: S107
    """Run a server for as long as the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix="ridethrough-nut-", dir="/tmp"))
    server = None
    try:
        server = NutServer(folder, variables, password=password)
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
