"""The HTTP service on a free port of this machine."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import httpx
import uvicorn
from fastapi import FastAPI

from ridethrough.api.http.running.serving import PatientProtocol

_COMMAND = Path(sys.executable).with_name("ridethrough")
_PATIENCE_S = 30.0
_STARTS_WITHIN_S = 120.0
"""Every worker plans a day first; a machine that runs many tests at once takes its time over that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """`ridethrough serve` in a process of its own."""

    client: httpx.Client
    process: "subprocess.Popen[bytes]"
    log: IO[str]

    def logged(self) -> str:
        """What it has logged so far."""
        self.log.seek(0)
        return self.log.read()


@contextmanager
def running_service(
    *options: str, descriptors: int = 1024, command: Sequence[str | Path] = (_COMMAND,)
) -> Iterator[Running]:
    """Start `ridethrough serve`, and end it afterwards by the signal that an operator sends."""
    limited = ["sh", "-c", f'ulimit -n {descriptors}; exec "$@"', "sh"]
    with TemporaryFile("w+") as log:
        process = subprocess.Popen([*limited, *command, "serve", "--port", "0", *options], stderr=log, stdout=log)
        try:
            with httpx.Client(base_url=_address(process, log), timeout=_PATIENCE_S) as client:
                yield Running(client=client, process=process, log=log)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise


@contextmanager
def service(*options: str) -> Iterator[httpx.Client]:
    """Start `ridethrough serve` for its clients."""
    with running_service(*options) as running:
        yield running.client


@contextmanager
def service_in_thread(app: FastAPI) -> Iterator[httpx.Client]:
    """Serve an application from a thread of this process, on a free port."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", http=PatientProtocol))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until = time.monotonic() + _PATIENCE_S
        while not server.started and time.monotonic() < until:
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=_PATIENCE_S) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(_PATIENCE_S)


def _address(process: "subprocess.Popen[bytes]", log: IO[str]) -> str:
    """Read the address from the log, where the service says it once it listens."""
    until = time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < until and process.poll() is None:
        log.seek(0)
        found = re.search(r"running on (http://\S+)", log.read())
        if found:
            return found[1]
        time.sleep(0.05)
    log.seek(0)
    raise AssertionError(f"the service did not start:\n{log.read()}")


def children_of(process_id: int) -> list[int]:
    """The processes that a process has started (Linux)."""
    children = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) == process_id:
                children.append(int(entry.name))
    return children


def is_alive(process_id: int) -> bool:
    """Whether a process still runs."""
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True
