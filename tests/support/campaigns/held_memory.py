"""How much a service holds more after some days of readings, in pieces of memory that Python has given out.

python held_memory.py FOLDER

Without coverage beside it: that holds something of every line that it sees.
"""

import gc
import sys
from datetime import timedelta

from living_sites import SITE, living_service, reading
from stored_sites import Client, Clock

from ridethrough.store.database import open_database

APART = timedelta(minutes=5)
WARM_UP = 100
READINGS = 600
"""Two days and two hours of readings. What is held goes up and down by some 150 pieces."""


def take_readings(client: Client, clock: Clock, count: int) -> None:
    """Send readings as time goes by, and ask for setpoints after some of them."""
    for number in range(count):
        now = clock.pass_by(APART)
        sent = client.post(f"{SITE}/telemetry", json=reading(now, stored_kwh=900.0 - number % 5))
        assert sent.status_code == 201, sent.text
        if number % 10 == 0:
            assert client.get(f"{SITE}/setpoints/now").status_code == 200


def held() -> int:
    """How many pieces of memory Python holds."""
    gc.collect()
    return sys.getallocatedblocks()


def main() -> None:
    database = open_database(f"sqlite:///{sys.argv[1]}/ridethrough.db")
    clock = Clock()
    client = living_service(database, clock)
    take_readings(client, clock, WARM_UP)
    before = held()
    take_readings(client, clock, READINGS)
    sys.stdout.write(f"{held() - before}\n")


if __name__ == "__main__":
    main()
