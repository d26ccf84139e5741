"""Kills processes that run jobs, over and over, and counts what was lost, seen half, or stuck.

PYTHONPATH=$(make -s support) python tests/support/campaigns/kill_campaign.py sqlite|postgresql KILLS [SEED]

Prints what it found, and fails if that is anything.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from tempfile import TemporaryDirectory
from typing import Any

import job_process
from postgresql import postgresql_server

from ridethrough.store.database import Database, open_database
from ridethrough.store.running.job_parts import file_of
from ridethrough.store.running.jobs import JobState, job_id_of, job_of

REPOSITORY = Path(__file__).parents[3]
OLD, NEW = ("chain",), ("chain", "next")
"""The kinds that two versions of the program know."""
LINKS = 30
_MOST_OPEN = 3
_START_S = 60.0
_END_S = 90.0


class Process:
    """One process that runs jobs. Its output is read by a thread."""

    def __init__(self, url: str, kinds: tuple[str, ...], *, dead_after_s: float, dies_reaping: str = "") -> None:
        self.kinds = kinds
        self.dies_reaping = dies_reaping
        paths = (REPOSITORY, *(REPOSITORY / "tests" / "support").glob("*/"))
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), "DEAD_AFTER_S": str(dead_after_s)}
        if dies_reaping:
            environment["DIE_REAPING"] = dies_reaping
        self._process = subprocess.Popen(
            [sys.executable, job_process.__file__, url, *kinds],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
            bufsize=1,
        )
        self._said: Queue[list[str]] = Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._said.put(line.split())

    def wait_ready(self) -> None:
        """Wait until it runs jobs."""
        self.heard("ready", _START_S)

    def heard(self, word: str, within_s: float) -> list[str] | None:
        """What follows a word that it says in time; None if it does not."""
        until = time.monotonic() + within_s
        with suppress(Empty):
            while (left_s := until - time.monotonic()) > 0:
                said = self._said.get(timeout=left_s)
                if said[0] == word:
                    return said[1:]
        return None

    def tell(self, *words: object) -> bool:
        """Say a line to it; False if it is gone."""
        try:
            stdin: Any = self._process.stdin
            stdin.write(" ".join(map(str, words)) + "\n")
            stdin.flush()
        except OSError:
            return False
        return True

    def submit(self, kind: str, seed: str, links: int) -> bool:
        """Submit a job, and say whether it was acknowledged."""
        return self.tell("submit", kind, seed, links) and self.heard("accepted", 30.0) == [seed]

    def workers(self) -> list[int]:
        """The ids of its workers."""
        return [int(each) for each in (self.tell("workers") and self.heard("workers", 10.0)) or []]

    @property
    def lives(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """Kill it with signal 9."""
        self._process.kill()
        self._close()

    def stop(self) -> int:
        """Let it end in order; its exit code."""
        with suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr]
        code = self._process.wait(30)
        self._close()
        return code

    def _close(self) -> None:
        """Wait for its end, and close what it was heard and told by."""
        self._process.wait()
        self._reader.join()
        for each in (self._process.stdin, self._process.stdout):
            if each is not None:
                with suppress(OSError):
                    each.close()


@dataclass(slots=True)
class Found:
    """What a campaign found."""

    kills: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    done: int = 0
    lost: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)
    longest_still_s: float = 0.0

    def __str__(self) -> str:
        """One line a figure."""
        kills = ", ".join(f"{count} {name}" for name, count in sorted(self.kills.items()))
        return (
            f"kills: {sum(self.kills.values())} ({kills})\nacknowledged: {self.acknowledged}, done: {self.done}, "
            f"lost: {len(self.lost)}, seen half: {len(self.half)}\n"
            f"longest without progress: {self.longest_still_s:.1f} s"
        )


class Watcher:
    """Looks at every acknowledged job all the time: how long it has not moved, and whether it is whole."""

    def __init__(self, database: Database, found: Found) -> None:
        self._database = database
        self._found = found
        self._jobs: dict[str, tuple[str, object, float]] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def take(self, kind: str, seed: str) -> None:
        """Watch a job that was acknowledged."""
        with self._lock:
            self._jobs[job_id_of(kind, job_process.SITE, seed)] = (seed, None, time.monotonic())
            self._found.acknowledged += 1

    @property
    def open(self) -> int:
        """The number of jobs that have not ended."""
        with self._lock:
            return len(self._jobs)

    def end(self) -> None:
        """Watch no more; what has not ended is lost."""
        self._ended.set()
        self._thread.join()
        self._found.lost += [seed for seed, _, _ in self._jobs.values()]

    def _watch(self) -> None:
        while not self._ended.is_set():
            with self._lock:
                jobs = dict(self._jobs)
            for job_id, seen in jobs.items():
                with suppress(Exception):  # the database is being restarted: it is looked at again
                    self._look(job_id, *seen)
            self._ended.wait(0.2)

    def _look(self, job_id: str, seed: str, before: object, since: float) -> None:
        with self._database.reading() as connection:
            job = job_of(connection, job_id)
            files = [file_of(connection, job_id, name) for name in job_process.FILES]
        now = time.monotonic()
        if job is None:
            self._found.lost.append(seed)
        elif job.state is JobState.DONE:
            answer = job_process.answer_of(seed, LINKS)
            if [file.content if file else None for file in files] != [answer] * len(files):
                self._found.half.append(seed)
            self._found.done += 1
        else:
            if any(files) or not job.state.is_open:
                self._found.half.append(seed)
            shown = (job.state, job.done, job.round, job.owner)
            since = since if shown == before else now
            self._found.longest_still_s = max(self._found.longest_still_s, now - since)
            with self._lock:
                self._jobs[job_id] = (seed, shown, since)
            return
        with self._lock:
            del self._jobs[job_id]


class KillCampaign:
    """A process of each version at work; they die one after the other, each in one of the ways, and others follow."""

    def __init__(
        self, url: str, *, seed: int = 0, dead_after_s: float = 3.0, restart: Callable[[], None] | None = None
    ) -> None:
        self._url = url
        self._random = random.Random(seed)  # noqa: S311 - a campaign that can be repeated
        self._dead_after_s = dead_after_s
        self._restart = restart
        self._database = open_database(url)
        self.found = Found()
        self._watcher = Watcher(self._database, self.found)
        self._submitted = 0
        self._processes = [self._started(OLD), self._started(NEW)]
        for each in self._processes:
            each.wait_ready()

    def _started(self, kinds: tuple[str, ...], dies_reaping: str = "") -> Process:
        return Process(self._url, kinds, dead_after_s=self._dead_after_s, dies_reaping=dies_reaping)

    def run(self, kills: int) -> Found:
        """Kill so often, then let everything end."""
        ways = [
            self._kill_process,
            self._kill_worker,
            self._kill_reaper,
            *([self._kill_and_restart] if self._restart else []),
        ]
        while sum(self.found.kills.values()) < kills:
            self._submit()
            time.sleep(self._random.uniform(0.0, 0.5))
            ways[self._random.randrange(len(ways))]()
            time.sleep(self._random.uniform(0.0, self._dead_after_s / 2))
        until = time.monotonic() + _END_S
        while self._watcher.open and time.monotonic() < until:
            time.sleep(0.2)
        self._watcher.end()
        for each in self._processes:
            each.stop()
        self._database.close()
        return self.found

    def _submit(self) -> None:
        while self._watcher.open < _MOST_OPEN:
            process = self._random.choice(self._processes)
            kind, seed = self._random.choice(process.kinds), f"seed-{os.getpid()}-{self._submitted}"
            self._submitted += 1
            if process.submit(kind, seed, LINKS):
                self._watcher.take(kind, seed)
            elif not process.lives:
                self._replace(process)

    def _kill_process(self) -> None:
        """Kill a process, sometimes in the middle of a submission."""
        process = self._random.choice(self._processes)
        if self._random.random() < 0.5:
            process.tell("submit", process.kinds[0], f"unheard-{self._submitted}", LINKS)
        process.kill()
        self._count("process")
        self._replace(process)

    def _kill_worker(self) -> None:
        workers = self._random.choice(self._processes).workers()
        if workers:
            with suppress(ProcessLookupError):
                os.kill(self._random.choice(workers), signal.SIGKILL)
            self._count("worker")

    def _kill_reaper(self) -> None:
        """Kill a process while it gives back what another dead one had claimed, if there is anything to give back."""
        dying = self._started(NEW, self._random.choice(("before", "after")))
        dying.wait_ready()
        victim = self._random.choice(self._processes)
        victim.kill()
        self._count("process")
        until = time.monotonic() + 2 * self._dead_after_s
        while dying.lives and time.monotonic() < until:
            time.sleep(0.1)
        self._count("process" if dying.lives else "reaper")
        dying.kill()
        self._replace(victim)

    def _kill_and_restart(self) -> None:
        """Kill a process, and restart the database while the others find that out."""
        victim = self._random.choice(self._processes)
        victim.kill()
        self._count("process before a restart")
        time.sleep(self._random.uniform(0.7, 1.3) * self._dead_after_s)
        if self._restart is not None:
            self._restart()
        self._replace(victim)

    def _count(self, name: str) -> None:
        self.found.kills[name] += 1

    def _replace(self, process: Process) -> None:
        index = self._processes.index(process)
        self._processes[index] = self._started(process.kinds)
        self._processes[index].wait_ready()


@contextmanager
def campaign(kind: str, folder: Path, **options: Any) -> Iterator[KillCampaign]:  # noqa: ANN401 - of the campaign
    """A campaign on a database of its own."""
    if kind == "sqlite":
        yield KillCampaign(f"sqlite:///{folder}/ridethrough.db", **options)
        return
    with postgresql_server() as server:

        def restart() -> None:
            server.stop(signal.SIGQUIT)
            server.start()

        yield KillCampaign(server.new_database(), restart=restart, **options)


def main() -> None:
    """Run a campaign, and fail if it found anything."""
    kind, kills, *seed = sys.argv[1:]
    with TemporaryDirectory() as folder, campaign(kind, Path(folder), seed=int(seed[0]) if seed else 0) as given:
        found = given.run(int(kills))
    sys.stdout.write(f"{found}\n")
    sys.exit(bool(found.lost or found.half or found.longest_still_s > 60))


if __name__ == "__main__":
    main()
