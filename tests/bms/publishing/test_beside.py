"""Publishers beside the control loop: one that blocks, fails or is slow delays no cycle, and says so once."""

import asyncio
import socket
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from control_benches import control_bench
from peer_programs import wait_until

from ridethrough.bms.drivers.mqtt.link import Broker
from ridethrough.bms.drivers.mqtt.publishing import MqttPublisher
from ridethrough.bms.publishing.beside import Beside
from ridethrough.bms.publishing.mqtt import OnBroker
from ridethrough.bms.publishing.publisher import Published
from ridethrough.bms.running import run

CYCLES = 25


class Listener:
    """A publisher of the test; `act` is what it does with each cycle."""

    name = "listener"

    def __init__(self, act: Callable[[Published], None] = lambda _: None) -> None:
        self.act = act
        self.heard: list[Published] = []
        self.closed = threading.Event()

    async def publish(self, published: Published) -> None:
        self.act(published)
        self.heard.append(published)

    async def close(self) -> None:
        self.closed.set()


def cycles_beside(beside: Beside, cycles: int = CYCLES) -> Any:  # noqa: ANN401
    """Run cycles of a controller with publishers beside it; the bench, when they are done."""
    bench = control_bench(cycle_s=0.001, setpoint_s=1.0)
    done = []

    def write(cycle: Any) -> None:  # noqa: ANN401
        done.append(cycle)
        bench.simulated.advance(0.001)
        beside.offer(Published(cycle=cycle, plan=None))

    bench.controller.write = write
    failed: list[Exception] = []
    asyncio.run(run(bench.controller, asyncio.Event(), cycles=cycles, failed=failed.append))
    assert failed == []
    return done


def test_every_publisher_hears_of_the_latest_cycle_and_is_closed_at_the_end() -> None:
    listeners = [Listener(), Listener()]
    beside = Beside(listeners, every_s=0.0)
    beside.start()
    done = cycles_beside(beside)
    for each in listeners:
        wait_until(lambda each=each: each.heard and each.heard[-1].cycle is done[-1], "the last cycle")  # type: ignore[misc]
        state = each.heard[-1].states["pod-1"]
        assert state.discharge_kw == pytest.approx(300.0)
        assert state.stored_kwh == pytest.approx(920.0, abs=1.0)
        assert state.reserve_kwh == pytest.approx(done[-1].ups["pod-1"].reserve_kwh)
        assert state.valid_until > done[-1].at
    beside.stop()
    assert all(each.closed.is_set() for each in listeners)


def test_a_publisher_that_blocks_its_thread_delays_no_cycle_and_no_other_publisher() -> None:
    free, inside = threading.Event(), threading.Event()

    def block(_: Published) -> None:
        inside.set()
        free.wait(120)

    blocked, other = Listener(block), Listener()
    beside = Beside([blocked, other], every_s=0.0)
    beside.start()
    done = cycles_beside(beside)
    assert len(done) == CYCLES
    assert inside.wait(60)
    wait_until(lambda: bool(other.heard) and other.heard[-1].cycle is done[-1], "the last cycle")
    assert blocked.heard == [], "all cycles were done while it was busy with the first"
    free.set()
    beside.stop()


def test_a_publisher_that_does_not_end_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ridethrough.bms.publishing.beside._GOODBYE_S", 0.05)
    free, inside = threading.Event(), threading.Event()

    def block(_: Published) -> None:
        inside.set()
        free.wait(120)

    blocked = Listener(block)
    beside = Beside([blocked])
    beside.start()
    cycles_beside(beside, 1)
    assert inside.wait(60)
    beside.stop()
    assert not blocked.closed.is_set()
    free.set()
    assert blocked.closed.wait(60)


def test_a_failure_is_told_once_and_so_is_its_end() -> None:
    fails = [True]

    def act(_: Published) -> None:
        if fails[0]:
            raise ValueError("no such broker")

    listener = Listener(act)
    beside = Beside([listener], every_s=0.0, again_s=0.0)
    beside.start()
    for _ in range(3):
        cycles_beside(beside, 3)
    said: list[tuple[str, str]] = []
    wait_until(lambda: bool(said.extend(beside.told()) or said), "its failure")
    cycles_beside(beside, 3)
    assert said == [("listener", "no such broker")]
    fails[0] = False
    said.clear()
    cycles_beside(beside, 3)
    wait_until(lambda: bool(said.extend(beside.told()) or said), "the end of its failure")
    assert said == [("listener", "")]
    beside.stop()


@pytest.mark.parametrize("answers", [False, True], ids=["refused", "silent"])
def test_a_dead_broker_stops_no_cycle(answers: bool) -> None:  # noqa: FBT001 - a case
    """A port that refuses, and one that takes connections and never says a word."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        if answers:
            silent.listen()
        broker = Broker(host="127.0.0.1", port=silent.getsockname()[1])
        beside = Beside([OnBroker(MqttPublisher(broker, site_id="hall", timeout_s=0.2))], every_s=0.0)
        beside.start()
        assert len(cycles_beside(beside)) == CYCLES
        said: list[tuple[str, str]] = []
        wait_until(lambda: bool(said.extend(beside.told()) or said), "its failure")
        assert said[0][0] == "mqtt"
        assert said[0][1].startswith("mqtt 127.0.0.1")
        beside.stop()


def test_a_publisher_whom_nobody_answers_is_told_of_and_tries_again() -> None:
    class Waits(Listener):
        """Waits for ever the first time."""

        waited = False

        async def publish(self, published: Published) -> None:
            if not self.waited:
                self.waited = True
                await asyncio.Event().wait()
            await super().publish(published)

    cycle = Published(cycle=control_bench().cycle(), plan=None)
    waits = Waits()
    beside = Beside([waits], every_s=0.0, again_s=0.0, longest_s=0.1)
    told: list[tuple[str, str]] = []
    beside.start()

    def hears() -> bool:
        beside.offer(cycle)
        told.extend(beside.told())
        return len(told) > 1

    wait_until(hears, "its failure and the end of it")
    beside.stop()
    assert [bool(why) for _, why in told] == [True, False]
    assert "did not end within 0.1 s" in told[0][1]


def test_a_failure_is_told_whichever_instructions_it_is_asked_between() -> None:
    said: list[tuple[str, str]] = []
    went_on = threading.Event()

    def asking(frame: FrameType, event: str, _: object) -> Callable[..., Any] | None:
        """Ask, as another thread might, before each instruction by which the failure is told."""
        if not frame.f_code.co_filename.endswith("beside.py"):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            said.extend(beside.told())
        return asking

    traced_before: list[Any] = []

    def act(_: Published) -> None:
        if traced_before:
            sys.settrace(traced_before[0])
            went_on.set()
        else:
            traced_before.append(sys.gettrace())
            sys.settrace(asking)
            raise ValueError("no such broker")

    beside = Beside([Listener(act)], every_s=0.0, again_s=0.0)
    beside.start()
    cycle = Published(cycle=control_bench().cycle(), plan=None)
    wait_until(lambda: bool(beside.offer(cycle) or went_on.is_set()), "its second cycle")
    assert said == [("listener", "no such broker")]
    beside.stop()
