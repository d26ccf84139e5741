"""A service with an open stream stops at once, and the stream's client sees its end."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

MOST_LINES = 200
"""Those of 5 s: two a tick. Without an end of its own the stream goes on until it is cut."""
_SERVICE = """
import asyncio
from fastapi.sse import EventSourceResponse
from ridethrough.api.http.access.roles import OPEN
from ridethrough.api.http.answering.strict_requests import service_router
from ridethrough.api.http.running.serving import run
from ridethrough.api.http.server import create_app

async def tick():
    number = 0
    while True:
        number += 1
        yield {"number": number}
        await asyncio.sleep(0.05)

if __name__ == "__main__":
    app, router = create_app(), service_router()
    router.get("/ticks", dependencies=[OPEN], response_class=EventSourceResponse)(tick)
    app.include_router(router)
    run(app, host="127.0.0.1", port=0, workers=1)
"""


@pytest.mark.long
def test_an_open_stream_ends_with_the_service(tmp_path: Path) -> None:
    script, log = tmp_path / "ticking.py", tmp_path / "log"
    script.write_text(_SERVICE)
    with log.open("w") as written:
        process = subprocess.Popen([sys.executable, script], stdout=written, stderr=written)
        try:
            with httpx.stream("GET", f"{_address(process, log)}/ticks", timeout=10) as answer:
                lines = answer.iter_lines()
                assert next(lines) == 'data: {"number": 1}'
                process.send_signal(signal.SIGTERM)
                rest = list(lines)
            process.wait(60)
        finally:
            process.kill()
            process.wait()
    assert process.returncode == 0
    assert 0 < len(rest) < MOST_LINES
    assert "Traceback" not in log.read_text()
    assert '"GET /ticks" 200' in log.read_text()


def _address(process: "subprocess.Popen[bytes]", log: Path) -> str:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        found = re.search(r"running on (http://\S+)", log.read_text())
        if found:
            return found[1]
        time.sleep(0.05)
    raise AssertionError(log.read_text())
