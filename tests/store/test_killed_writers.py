"""A process that writes is killed: all that it had acknowledged is there, and nothing is there by half."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from ridethrough.store.database import open_database
from ridethrough.store.sites import read_stored_site

WRITER = """
import sys
from datetime import UTC, datetime
from ridethrough.store.database import open_database
from ridethrough.store.sites import put_site, read_stored_site

database = open_database(sys.argv[1])
while True:
    with database.writing() as connection:
        site = read_stored_site(connection, "a")
        count = site.document["count"] + 1 if site else 1
        for site_id in ("a", "b"):
            put_site(connection, site_id, {"count": count}, now=datetime.now(UTC), by="writer")
    print(count, flush=True)
"""


def _killed_after(url: str, seconds: float) -> int:
    """Let a process write, kill it, and give the last count that it acknowledged."""
    process = subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read()
    process.wait()
    process.stdout.close()
    whole = [line for line in (first + rest).splitlines(keepends=True) if line.endswith("\n")]
    return int(whole[-1])


def _check(url: str, rounds: int) -> None:
    database = open_database(url)
    chance, acknowledged = np.random.default_rng(5), 0
    for _ in range(rounds):
        last = _killed_after(url, chance.uniform(0.0, 0.1))
        with database.reading() as connection:
            counts = [read_stored_site(connection, site_id) for site_id in ("a", "b")]
        (kept, other) = (site.document["count"] for site in counts if site)
        assert kept == other, "both or none"
        assert acknowledged < last <= kept <= last + 1, "all that was acknowledged, and at most the one under way"
        acknowledged = last
    database.close()


def test_nothing_acknowledged_is_lost_by_a_kill(database_address: str) -> None:
    _check(database_address, rounds=3)


@pytest.mark.long
def test_nothing_acknowledged_is_lost_by_many_kills(database_address: str) -> None:
    _check(database_address, rounds=12)
