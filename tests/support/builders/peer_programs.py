"""Servers of other makers, for tests: found, started on loopback with folders of their own, and stopped."""

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

STARTS_WITHIN_S = 30.0
_DONE = "done\n"


def program(name: str, *, package: str, folders: tuple[str, ...] = ("/usr/sbin", "/usr/local/sbin")) -> str:
    """Where a program is; the test is skipped without it, and fails where all tests must run."""
    path = os.pathsep.join((*folders, os.environ.get("PATH", "")))
    found = shutil.which(name, path=path)
    if found:
        return found
    missing = f"{name} is not installed: {package}"
    if os.environ.get("RIDETHROUGH_REQUIRE_SERVICES") == "1":
        pytest.fail(missing)
    pytest.skip(missing)


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    with socket.socket(socket.AF_INET, kind) as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def wait_until(true: Callable[[], bool], what: str) -> None:
    """Ask again and again until it is true."""
    until = time.monotonic() + STARTS_WITHIN_S
    while not true():
        if time.monotonic() > until:
            pytest.fail(f"{what} did not happen within {STARTS_WITHIN_S:g} s")
        time.sleep(0.02)


async def soon(true: Callable[[], bool], what: str) -> None:
    """Ask again and again until it is true, and let other tasks work meanwhile."""
    until = time.monotonic() + STARTS_WITHIN_S
    while not true():
        if time.monotonic() > until:
            pytest.fail(f"{what} did not happen within {STARTS_WITHIN_S:g} s")
        await asyncio.sleep(0.02)


def accepts(port: int) -> bool:
    """Whether something listens on a port of 127.0.0.1."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


class Process:
    """A program that runs; it can be killed and started again with the same arguments."""

    def __init__(self, command: list[str], *, cwd: Path, env: dict[str, str] | None = None) -> None:
        self._command, self._cwd, self._env = command, cwd, {**os.environ, **(env or {})}
        self._running: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it."""
        log = (self._cwd / "log").open("ab")
        with log:
            self._running = subprocess.Popen(
                self._command, cwd=self._cwd, env=self._env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def kill(self) -> None:
        """End it without a goodbye."""
        if self._running is not None:
            self._running.kill()
            self._running.wait()
            self._running = None

    def start_again(self) -> None:
        """Start it if it does not run."""
        if self._running is None:
            self.start()

    @property
    def log(self) -> str:
        """What it wrote."""
        return (self._cwd / "log").read_text(errors="replace")


class Obeying:
    """A program of tests: `path` with a port and arguments. It takes orders, and answers its start and each order.

    An order is a line of JSON on its standard input, an answer a line on its standard output. In the program itself
    `obey` reads orders.
    """

    def __init__(self, path: str, *arguments: object) -> None:
        self.port = free_port()
        self._command = [sys.executable, path, str(self.port), *map(str, arguments)]
        self._running: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, and wait until it serves."""
        pipe = subprocess.PIPE
        self._running = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)
        self._heard()

    def order(self, **named: object) -> None:
        """Let it do something, and wait until it has."""
        assert self._running is not None
        assert self._running.stdin is not None
        self._running.stdin.write(json.dumps(named) + "\n")
        self._running.stdin.flush()
        self._heard()

    def kill(self) -> None:
        """End it without a goodbye."""
        running, self._running = self._running, None
        if running is not None:
            running.kill()
            running.communicate()

    def _heard(self) -> None:
        assert self._running is not None
        assert self._running.stdout is not None
        if self._running.stdout.readline() != _DONE:
            self.kill()
            pytest.fail(f"{' '.join(self._command)} ended")


async def obey(do: Callable[..., Awaitable[None]]) -> None:
    """Say that this program serves, then do what its standard input orders, until it ends."""
    say_done()
    while line := await asyncio.to_thread(sys.stdin.readline):
        await do(**json.loads(line))
        say_done()


def say_done() -> None:
    """Say, in the program itself, that it serves, or that it did what was ordered."""
    sys.stdout.write(_DONE)
    sys.stdout.flush()


@contextlib.contextmanager
def running(command: list[str], *, cwd: Path, env: dict[str, str] | None = None) -> Iterator[Process]:
    """Run a program for as long as the block lasts."""
    process = Process(command, cwd=cwd, env=env)
    try:
        yield process
    finally:
        process.kill()
