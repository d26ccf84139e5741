"""What each page costs the server: CPU of the first view, and of the views after it.

PYTHONPATH=$(make -s support) python -m benchmarks.dashboard.page_cost [--views 15]

The service stands in this process, over the same past in every run; nothing else runs in it. Exits with 1 where a page
that reads no series costs more than 30 ms at a later view.
"""

import argparse
import statistics
import sys
import tempfile
import time

from dashboard_history import SITE_ID, service_with_history
from stored_sites import Client

from benchmarks.timing import say, table
from ridethrough.store.database import open_database

MOST_MS = 30.0
PAGES = (
    ("Now", ""),
    ("Plan", "/plan"),
    ("An earlier plan", "/plan?plan=plan-1"),
    ("Fleet", "/fleet"),
    ("Explorer, a day", "/explorer"),
    ("Explorer, a month", "/explorer?from=2026-06-16&to=2026-07-14"),
    ("What if", "/what-if"),
    ("Savings", "/savings"),
    ("Tariffs", "/tariffs"),
    ("Set-up", "/set-up"),
    ("Log", "/log"),
)
KEPT = ("Now", "Plan", "An earlier plan", "Fleet", "Savings", "Tariffs", "Log")
"""The pages that must be cheap at a later view; the others read the site's series anew."""


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--views", type=int, default=15)
    views: int = arguments.parse_args().views
    with tempfile.TemporaryDirectory() as data:
        database = open_database(f"sqlite:///{data}/ridethrough.db")
        client, _ = service_with_history(database)
        client.get(f"/sites/{SITE_ID}/log?at=2026-07-14T09:20")  # templates and filters are loaded
        costs = {name: [cost_ms(client, path) for _ in range(views + 1)] for name, path in PAGES}
        database.close()
    later = {name: statistics.median(each[1:]) for name, each in costs.items()}
    table(
        ("page", "first view, CPU ms", "later views, CPU ms"),
        [(name, f"{each[0]:.0f}", f"{later[name]:.1f}") for name, each in costs.items()],
    )
    slow = [name for name in KEPT if later[name] > MOST_MS]
    for name in slow:
        say(f"{name} costs more than {MOST_MS:g} ms at a later view")
    return 1 if slow else 0


def cost_ms(client: Client, path: str) -> float:
    """The CPU of one view, in milliseconds."""
    before = time.process_time()
    answer = client.get(f"/sites/{SITE_ID}{path}")
    after = time.process_time()
    if answer.status_code != 200:
        raise RuntimeError(answer.text)
    return 1000 * (after - before)


if __name__ == "__main__":
    sys.exit(main())
