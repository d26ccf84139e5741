"""How soon Now is painted, and a week on a wall: what a page and the server hold after it.

PYTHONPATH=$(make -s support) python -m benchmarks.dashboard.wall [--changes 2000] [--loads 10]

The week is accelerated: the stream looks for changes fifty times as often, the clock moves on by five minutes for each
change, readings come, and the link is lost again and again as when the service restarts. The heap of the page is
measured after its garbage is collected, after a tenth of the changes and at the end; so is the memory of the server,
which is this process.

Exits with 1 where Now needs 300 ms or more until it is painted (the median), the page's heap grows by 2 MB, or the
server's memory by 5 %.
"""

import argparse
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from browser import chromium
from dashboard_history import SITE_ID, send_reading, service_with_history
from playwright.sync_api import CDPSession, Page
from service import service_in_thread
from stored_sites import Client, Clock

from benchmarks.timing import say, say_load, table
from ridethrough.api.http.dashboard import live_streams
from ridethrough.store.database import open_database

_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
MOST_PAINT_MS = 300.0
MOST_HEAP_MB = 2.0
MOST_GROWTH = 0.05
_TIMES_FASTER = 50
_STEP = timedelta(minutes=5)
_LOSES_LINK_EVERY = 100


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--changes", type=int, default=2000)
    arguments.add_argument("--loads", type=int, default=10)
    asked = arguments.parse_args()
    say_load()
    with tempfile.TemporaryDirectory() as data:
        database = open_database(f"sqlite:///{data}/ridethrough.db")
        client, clock = service_with_history(database)
        with service_in_thread(client.app) as running, chromium() as browser:
            address = f"{str(running.base_url).rstrip('/')}/sites/{SITE_ID}"
            page = browser.new_page()
            paints = [paint_ms(page, address) for _ in range(asked.loads)]
            live_streams.LOOKED_EVERY_S /= _TIMES_FASTER
            page.goto(address)
            session = page.context.new_cdp_session(page)
            live(page, client, clock, asked.changes // 10)
            before = heap_mb(session), resident_mb()
            live(page, client, clock, asked.changes - asked.changes // 10)
            after = heap_mb(session), resident_mb()
        database.close()
    paint, heap, growth = statistics.median(paints), after[0] - before[0], after[1] / before[1] - 1
    rows = [
        ("first paint of Now, median", f"{paint:.0f} ms", f"below {MOST_PAINT_MS:.0f} ms"),
        ("heap of the page", f"{before[0]:.2f} to {after[0]:.2f} MB", f"grows by less than {MOST_HEAP_MB:.0f} MB"),
        ("memory of the server", f"{before[1]:.0f} to {after[1]:.0f} MB", f"grows by less than {MOST_GROWTH:.0%}"),
    ]
    table(("what", "measured", "allowed"), rows)
    say(f"{asked.changes} changes, the link lost {asked.changes // _LOSES_LINK_EVERY} times")
    return 0 if paint < MOST_PAINT_MS and heap < MOST_HEAP_MB and growth < MOST_GROWTH else 1


def paint_ms(page: Page, address: str) -> float:
    """How long a load of the page takes until something is painted."""
    page.goto(address)
    while (painted := page.evaluate(_PAINTED)) is None:  # the page's policy forbids that it evaluates a wait itself
        page.wait_for_timeout(20)
    return float(painted)


def live(page: Page, client: Client, clock: Clock, changes: int) -> None:
    """Let time go on, with a reading for each step, and wait until the page shows the last one."""
    for index in range(changes):
        clock.pass_by(_STEP)
        send_reading(client, clock.now)
        if index % _LOSES_LINK_EVERY == 0:
            client.app.state.streams.end()
        page.wait_for_timeout(1000 * live_streams.LOOKED_EVERY_S)
    shown = clock.now.isoformat()
    until = time.monotonic() + 60
    while page.locator("#now-age time").get_attribute("datetime") != shown and time.monotonic() < until:
        page.wait_for_timeout(50)


def heap_mb(session: CDPSession) -> float:
    """What the page's scripts hold, after their garbage is collected."""
    session.send("HeapProfiler.collectGarbage")
    used: float = session.send("Runtime.getHeapUsage")["usedSize"]
    return used / 1e6


def resident_mb() -> float:
    """The memory of this process (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return float(status.split("VmRSS:")[1].split()[0]) / 1e3


if __name__ == "__main__":
    sys.exit(main())
