"""A process that runs jobs, small enough to be killed a thousand times: a store, the engine, a worker for each kind.

`python job_process.py URL KIND...` runs until it is killed or its input ends. It reads `submit KIND SEED LINKS`, and
answers `accepted SEED` when the job is acknowledged. `DIE_REAPING=before` or `after` lets it kill itself when it gives
a dead process's claim back.

A job is a chain of hashes, so that its answer is known, and keeps what it has after every link.
"""

import asyncio
import hashlib
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from ridethrough.api.http.running.background import BackgroundWorkers
from ridethrough.api.jobs.engine import Claim, Engine
from ridethrough.api.jobs.jobs import Jobs
from ridethrough.api.jobs.task import Kind, Task
from ridethrough.store.database import Database, UnableToStore, open_database
from ridethrough.store.running.job_parts import JobFile, file_of
from ridethrough.store.running.jobs import keep_file, note_progress

LINK_S = 0.03
FILES = ("answer", "witness")
SITE = "site"
_KEPT = ".chain"


def clock() -> datetime:
    """The time."""
    return datetime.now(UTC)


def link(content: bytes) -> bytes:
    """The hash that follows another."""
    return hashlib.sha256(content).digest()


def answer_of(seed: str, links: int) -> bytes:
    """The end of a chain."""
    content = seed.encode()
    for _ in range(links):
        content = link(content)
    return content


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """One attempt at a chain."""

    database: Database
    job_id: str
    owner: str
    links: int

    def go_on(self, seed: str) -> bytes:
        """Add the links that are missing, from what is kept."""
        with self.database.reading() as connection:
            kept = file_of(connection, self.job_id, _KEPT)
        done, content = (int(kept.content[:8]), kept.content[8:]) if kept else (0, seed.encode())
        for number in range(done + 1, self.links + 1):
            content = link(content)
            time.sleep(LINK_S)
            self._keep(number, content)
        return content

    def _keep(self, number: int, content: bytes) -> None:
        file = JobFile(name=_KEPT, media_type="application/octet-stream", content=b"%08d" % number + content)
        with self.database.writing() as connection:
            if not keep_file(connection, self.job_id, self.owner, file, clock()):
                raise RuntimeError("another process has the job")
            note_progress(connection, self.job_id, self.owner, done=number, total=self.links, now=clock())


def work_on_chain(url: str, job_id: str, owner: str, seed: str, links: int) -> bytes:
    """Go on with a chain in a worker."""
    database = open_database(url)
    try:
        return Chain(database=database, job_id=job_id, owner=owner, links=links).go_on(seed)
    finally:
        database.close()


def run_chain(task: Task) -> tuple[JobFile, ...]:
    """Run a chain; both of its files must be there, or none."""
    given = task.job.arguments
    ended = task.work(work_on_chain, task.database_url, task.job.job_id, task.owner, given["seed"], given["links"])
    return tuple(JobFile(name=name, media_type="text/plain", content=ended) for name in FILES)


def say(*words: object) -> None:
    """Print a line at once."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def die_reaping(moment: str) -> None:
    """Let this process die when it gives a claim back: before it is written, or after."""
    give_back = Engine.give_back

    def dying(engine: Engine, claim: Claim) -> bool:
        if moment == "after":
            give_back(engine, claim)
        os.kill(os.getpid(), signal.SIGKILL)
        return False

    Engine.give_back = dying  # type: ignore[method-assign]


def answer_input(jobs: Jobs, background: BackgroundWorkers) -> None:
    """Take jobs until the input ends."""
    for line in sys.stdin:
        word, *rest = line.split()
        if word == "submit":
            kind, seed, links = rest
            try:
                jobs.submit(kind, site_id=SITE, key=seed, arguments={"seed": seed, "links": int(links)})
            except UnableToStore:
                say("accepted")  # nothing
            else:
                say("accepted", seed)
        else:
            say("workers", *background.process_ids)


def main() -> None:
    """Run jobs until the input ends."""
    url, *kinds = sys.argv[1:]
    if "DIE_REAPING" in os.environ:
        die_reaping(os.environ["DIE_REAPING"])
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()

    async def workers() -> BackgroundWorkers:
        return BackgroundWorkers(len(kinds))

    background = asyncio.run_coroutine_threadsafe(workers(), loop).result()
    database = open_database(url)
    jobs = Jobs(
        database,
        [Kind(name=kind, run=run_chain) for kind in kinds],
        clock=clock,
        in_workers=dict.fromkeys(kinds, background),
        most_failures=1000,
        dead_after_s=float(os.environ.get("DEAD_AFTER_S", "12")),
    )
    jobs.start()
    say("ready", *background.process_ids)
    answer_input(jobs, background)
    jobs.stop()
    background.close()
    database.close()


if __name__ == "__main__":
    main()
