"""A PostgreSQL server of the tests' own: in a folder that goes with it, on loopback, with a database for each test."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

_STARTS_WITHIN_S = 30.0
_numbers = count(1)


class PostgresServer:
    """A running server. `stop` and `start` let tests see it go and come back, `kill` without a goodbye."""

    def __init__(self, binaries: Path, folder: Path, user: str | None) -> None:
        self._binaries, self._folder, self._user = binaries, folder, user
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [binaries / "initdb", "--pgdata", folder / "data", "--username", "tests", "--auth", "trust"]
        subprocess.run([*command, "--no-sync"], check=True, stdout=subprocess.DEVNULL, user=user, cwd=folder)
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = ("fsync=off", "listen_addresses=127.0.0.1", f"unix_socket_directories={self._folder}")
        command = [self._binaries / "postgres", "-D", self._folder / "data", "-p", str(self.port)]
        command += [part for option in (*options, "max_connections=200") for part in ("-c", option)]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL, user=self._user, cwd=self._folder)
        until = time.monotonic() + _STARTS_WITHIN_S
        while True:
            try:
                psycopg.connect(self._address("postgres")).close()
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop: at once and in order by SIGINT; SIGQUIT leaves what a crash would leave."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(_STARTS_WITHIN_S)
            self._process = None

    def new_database(self, copy_of: str = "template1") -> str:
        """The URL of a new database: an empty one, or a copy of one that nobody is connected with."""
        name = f"test_{next(_numbers)}"
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {copy_of}")
        return self._address(name)

    def _address(self, name: str) -> str:
        return f"postgresql://tests@127.0.0.1:{self.port}/{name}"


@contextmanager
def postgresql_server() -> Iterator[PostgresServer]:
    """Run a server for as long as the block lasts.

    Skips the test where PostgreSQL is not installed, and fails it with RIDETHROUGH_REQUIRE_SERVICES.
    """
    binaries = _binaries()
    if binaries is None:
        missing = "PostgreSQL is not installed: apt-get install postgresql"
        if os.environ.get("RIDETHROUGH_REQUIRE_SERVICES"):
            pytest.fail(missing)
        pytest.skip(missing)
    user = "nobody" if os.getuid() == 0 else None  # PostgreSQL does not run as root
    folder = Path(tempfile.mkdtemp(prefix="ridethrough-postgresql-", dir="/tmp"))
    if user:
        shutil.chown(folder, user)
    server = None
    try:
        server = PostgresServer(binaries, folder, user)
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    return Path(on_path).resolve().parent if on_path else None
