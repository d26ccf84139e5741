"""Workers that die, hang or are busy: the request fails with its reason, and the next one is served."""

import asyncio
import os
import resource
import signal
import threading
import time
from collections.abc import Iterator
from multiprocessing import Pipe, get_start_method, set_start_method
from pathlib import Path

import pytest
from documents import DAY, site_document
from service import children_of, is_alive, service

from ridethrough.api.http.running.solvers import Solvers, UnableToSolve, answer_calls
from ridethrough.api.reading.site_file import read_site_file
from ridethrough.domain import UnableToAccept


@pytest.fixture
def solvers() -> Iterator[Solvers]:
    made = Solvers(1, limit_s=20, patience_s=0.2)
    yield made
    made.close()
    assert not any(is_alive(process_id) for process_id in made.process_ids)


def test_work_is_done_in_another_process(solvers: Solvers) -> None:
    assert asyncio.run(solvers.run(os.getpid)) == solvers.process_ids[0] != os.getpid()


def test_a_worker_that_dies_at_work_is_replaced(solvers: Solvers) -> None:
    async def work() -> int:
        with pytest.raises(UnableToSolve, match="the solver process died"):
            await solvers.run(os._exit, 1)
        return await solvers.run(os.getpid)

    assert asyncio.run(work()) == solvers.process_ids[0]


def test_a_worker_that_was_killed_while_idle_is_replaced_unseen(solvers: Solvers) -> None:
    before = solvers.process_ids[0]
    os.kill(before, signal.SIGKILL)
    time.sleep(0.1)
    assert asyncio.run(solvers.run(os.getpid)) not in (before, os.getpid())


def test_a_worker_that_hangs_is_ended_at_its_limit() -> None:
    solvers = Solvers(1, limit_s=0.5, patience_s=5)
    hung = solvers.process_ids[0]

    async def work() -> None:
        with pytest.raises(UnableToSolve, match=r"no plan within 0\.5 s"):
            await solvers.run(time.sleep, 60)

    asyncio.run(work())
    assert not is_alive(hung)
    solvers.close()


def test_work_that_takes_too_much_memory_fails_alone() -> None:
    solvers = Solvers(1, limit_s=20, patience_s=5, memory_limit_bytes=2**30)

    async def work() -> int:
        with pytest.raises(UnableToSolve, match="takes more memory than a solver may use"):
            await solvers.run(bytearray, 2**30)
        return len(await solvers.run(bytearray, 2**20))

    assert asyncio.run(work()) == 2**20
    solvers.close()


def test_work_that_finds_no_free_worker_is_turned_away(solvers: Solvers) -> None:
    async def work() -> None:
        busy = asyncio.ensure_future(solvers.run(time.sleep, 1))
        await asyncio.sleep(0.05)
        assert solvers.idle == 0
        with pytest.raises(UnableToSolve, match=r"every solver was busy for 0\.2 s"):
            await solvers.run(os.getpid)
        await busy
        assert solvers.idle == 1

    asyncio.run(work())


def test_a_caller_that_goes_away_does_not_free_a_worker_that_still_solves(solvers: Solvers) -> None:
    async def work() -> None:
        busy = asyncio.ensure_future(solvers.run(time.sleep, 1))
        await asyncio.sleep(0.05)
        busy.cancel()
        await asyncio.sleep(0)
        assert solvers.idle == 0

    asyncio.run(work())


def test_work_that_nobody_waits_for_is_ended_and_its_solver_is_free_again() -> None:
    solvers = Solvers(1, limit_s=60, patience_s=20, grace_s=0.2)
    busy = solvers.process_ids[0]

    async def work() -> int:
        given_up = asyncio.ensure_future(solvers.run(time.sleep, 60))
        await asyncio.sleep(0.5)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        return await solvers.run(os.getpid)

    began = time.monotonic()
    assert asyncio.run(work()) == solvers.process_ids[0] != busy
    assert time.monotonic() - began < 20
    assert not is_alive(busy)
    solvers.close()


def test_work_that_is_nearly_done_when_its_caller_goes_away_keeps_its_solver() -> None:
    solvers = Solvers(1, limit_s=20, patience_s=20, grace_s=5)
    before = solvers.process_ids[0]

    async def work() -> int:
        given_up = asyncio.ensure_future(solvers.run(time.sleep, 0.3))
        await asyncio.sleep(0.1)
        given_up.cancel()
        return await solvers.run(os.getpid)

    assert asyncio.run(work()) == before
    solvers.close()


def test_a_caller_that_goes_away_while_it_waits_takes_no_solver(solvers: Solvers) -> None:
    async def work() -> int:
        busy = asyncio.ensure_future(solvers.run(time.sleep, 0.3))
        await asyncio.sleep(0.05)
        waiting = asyncio.ensure_future(solvers.run(os._exit, 1))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await busy
        return await solvers.run(os.getpid)

    assert asyncio.run(work()) == solvers.process_ids[0]


def test_a_solver_warms_up_before_its_first_work_and_after_it_was_replaced() -> None:
    solvers = Solvers(1, limit_s=20, patience_s=5, warm_up=remember)

    async def work() -> list[int]:
        await solvers.warm()
        first = await solvers.run(recalled)
        with pytest.raises(UnableToSolve, match="died"):
            await solvers.run(os._exit, 1)
        return [first, await solvers.run(recalled)]

    assert asyncio.run(work()) == [1, 1]
    solvers.close()


def test_waiting_and_work_have_one_budget() -> None:
    solvers = Solvers(1, limit_s=20, patience_s=20)

    async def work() -> float:
        await solvers.run(os.getpid)
        busy = asyncio.ensure_future(solvers.run(time.sleep, 3))
        await asyncio.sleep(0.05)
        began = time.monotonic()
        with pytest.raises(UnableToSolve, match=r"no plan within 3\.5 s"):
            await solvers.run(time.sleep, 60, within_s=3.5)
        await busy
        return time.monotonic() - began

    assert 3.4 < asyncio.run(work()) < 6, "it does not wait 3 s and then work for 3.5 s more"
    solvers.close()


def test_where_too_many_wait_one_more_is_turned_away_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ridethrough.api.http.running.solvers.MOST_WAITING", 1)
    solvers = Solvers(1, limit_s=20, patience_s=20)

    async def work() -> None:
        admitted = []
        for _ in range(2):
            admitted.append(asyncio.ensure_future(solvers.run(time.sleep, 0.3)))
            await asyncio.sleep(0.05)
        with pytest.raises(UnableToSolve, match="1 requests wait; ask again"):
            await solvers.run(os.getpid)
        await asyncio.gather(*admitted)

    asyncio.run(work())
    solvers.close()


def test_when_the_service_stops_work_at_hand_is_done_and_no_more_is_taken() -> None:
    solvers = Solvers(1, limit_s=20, patience_s=20)

    async def work() -> None:
        at_work = asyncio.ensure_future(solvers.run(time.sleep, 0.5))
        waiting = asyncio.ensure_future(solvers.run(os.getpid))
        await asyncio.sleep(0.05)
        stopping = asyncio.ensure_future(solvers.stop(grace_s=5))
        with pytest.raises(UnableToSolve, match="the service is stopping"):
            await asyncio.wait_for(waiting, 0.2)
        with pytest.raises(UnableToSolve, match="the service is stopping"):
            await solvers.run(os.getpid)
        assert await at_work is None
        await stopping

    asyncio.run(work())
    assert not any(is_alive(process_id) for process_id in solvers.process_ids)


def test_work_that_outlasts_the_grace_is_ended_with_the_service() -> None:
    solvers = Solvers(1, limit_s=20, patience_s=20)

    async def work() -> None:
        at_work = asyncio.ensure_future(solvers.run(time.sleep, 60))
        await asyncio.sleep(0.5)
        await solvers.stop(grace_s=0.2)
        with pytest.raises(UnableToSolve, match="the service is stopping"):
            await at_work

    asyncio.run(work())
    assert not any(is_alive(process_id) for process_id in solvers.process_ids)


def test_a_warm_up_that_fails_is_told_when_the_service_starts() -> None:
    solvers = Solvers(1, limit_s=20, patience_s=5, warm_up=fail)
    with pytest.raises(ValueError, match="no tariff"):
        asyncio.run(solvers.warm())
    solvers.close()


def test_a_warm_up_without_end_is_told_and_work_is_turned_away() -> None:
    solvers = Solvers(1, limit_s=0.3, patience_s=5, warm_up=sleep_long)

    async def work() -> None:
        with pytest.raises(UnableToSolve, match=r"did not start within 0\.3 s"):
            await solvers.warm()
        with pytest.raises(UnableToSolve, match=r"no plan within 0\.3 s"):
            await solvers.run(os.getpid)

    asyncio.run(work())
    solvers.close()


def remember() -> None:
    os.environ["WARMED"] = str(recalled() + 1)


def recalled() -> int:
    return int(os.environ.get("WARMED", "0"))


def fail() -> None:
    raise ValueError("no tariff")


def sleep_long() -> None:
    time.sleep(60)


def test_what_work_raises_travels_back_whole(solvers: Solvers) -> None:
    with pytest.raises(UnableToAccept) as refused:
        asyncio.run(solvers.run(read_site_file, Path("absent.yaml")))
    assert [fault.source for fault in refused.value.faults] == ["absent.yaml"]


def test_a_worker_answers_until_its_pipe_closes() -> None:
    ours, theirs = Pipe()
    ours.send((int, ("7",)))
    ours.send((int, ("seven",)))
    method = get_start_method()
    before, memory = signal.getsignal(signal.SIGINT), resource.getrlimit(resource.RLIMIT_AS)
    try:
        threading.Timer(0.2, ours.close).start()
        answer_calls(theirs, 2**40)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, memory)
        set_start_method(method, force=True)
        signal.signal(signal.SIGINT, before)
        theirs.close()


def test_a_worker_dies_with_its_service() -> None:
    with service() as client:
        address = client.base_url
        assert client.get("/healthz").status_code == 200
        server = next(pid for pid in children_of(os.getpid()) if f"{address.port}" in _ports(pid))
        workers = children_of(server)
        assert workers
        os.kill(server, signal.SIGKILL)
    until = time.monotonic() + 10
    while any(is_alive(pid) for pid in workers) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(is_alive(pid) for pid in workers)


def _ports(process_id: int) -> set[str]:
    """The ports that a process listens on (Linux)."""
    inodes = {str(entry.readlink()) for entry in Path(f"/proc/{process_id}/fd").iterdir() if entry.is_symlink()}
    rows = [line.split() for line in Path(f"/proc/{process_id}/net/tcp").read_text().splitlines()[1:]]
    return {str(int(row[1].split(":")[1], 16)) for row in rows if f"socket:[{row[9]}]" in inodes}


@pytest.mark.long
def test_the_service_answers_again_after_its_worker_was_killed() -> None:
    request = {"site": site_document(), "date": DAY}
    with service() as client:
        assert client.post("/v1/plans", json=request).status_code == 200
        server = next(pid for pid in children_of(os.getpid()) if f"{client.base_url.port}" in _ports(pid))
        for worker in children_of(server):
            os.kill(worker, signal.SIGKILL)
        assert client.get("/healthz").status_code == 200
        assert client.post("/v1/plans", json=request).status_code in (200, 503)
        assert client.post("/v1/plans", json=request).status_code == 200
