"""The IEC 61850 driver, on a server of open61850; inside TLS on one of its own library."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from driver_conformance import Bench, beside, use
from peer_certificates import make_certificate
from peer_iec61850 import (
    BLOCKED,
    INVALID,
    OLD,
    PLACES,
    QUESTIONABLE,
    SUBSTITUTED,
    TEST,
    Iec61850Ups,
    iec61850_ups,
    iec61850_with_tls,
)
from peer_relays import tcp_relay
from telling_conformance import TellingConformance, relayed

from ridethrough.bms.drivers.driver import UnableToReach
from ridethrough.bms.drivers.iec61850.ups import Iec61850Driver, from_settings
from ridethrough.domain import UpsMode
from ridethrough.domain.validation import UnableToAccept

pytestmark = pytest.mark.long


def driver_of(port: int, **changes: object) -> Iec61850Driver:
    settings = {
        "host": "127.0.0.1",
        "port": port,
        "points": PLACES,
        "scale": {"load_kw": 0.001},
        "full_kwh": 500.0,
        "timeout_s": 2.0,
    }
    return from_settings({**settings, **changes})


def run(port: int, test: Callable[[Iec61850Driver], Awaitable[None]], **changes: object) -> None:
    use(lambda: driver_of(port, **{"timeout_s": 20.0, **changes}), test)


@pytest.fixture
def ups(tmp_path: Path) -> Iterator[Iec61850Ups]:
    with iec61850_ups(tmp_path) as ups:
        yield ups


class TestIec61850(TellingConformance):
    ups: Iec61850Ups

    @pytest.fixture(autouse=True)
    def _server(self, ups: Iec61850Ups) -> None:
        self.ups = ups

    @contextlib.asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        ups = self.ups
        async with tcp_relay(ups.port) as relay:
            yield relayed(
                driver_of(relay.port),
                relay,
                kill=beside(ups.stop),
                revive=beside(ups.start),
                lose=beside(ups.tell, "stored_percent", quality=INVALID),
            )


def test_a_value_whose_quality_is_not_good_is_not_known(ups: Iec61850Ups) -> None:
    words = {INVALID: "invalid", QUESTIONABLE | OLD: "questionable, old", OLD: "old", SUBSTITUTED: "substituted"}
    words |= {TEST: "a test", BLOCKED: "blocked by an operator"}
    qualities = dict(zip(PLACES, words, strict=True))

    async def test(driver: Iec61850Driver) -> None:
        reading = await driver.read()
        assert reading.ups is not None
        assert (reading.ups.stored_kwh, reading.ups.load_kw, reading.ups.mode) == (None, None, None)
        assert reading.battery_operable is reading.inverter_on is reading.overloaded is None
        told = {point.name: point.problem for point in await driver.points()}
        assert told == {name: f"the server calls it {words[quality]}" for name, quality in qualities.items()}

    for name, quality in qualities.items():
        ups.tell(name, quality=quality)
    run(ups.port, test)


def test_modes_and_flags_are_read_and_an_attribute_that_is_not_there_is_named(ups: Iec61850Ups) -> None:
    async def test(driver: Iec61850Driver) -> None:
        reading = await driver.read()
        assert reading.ups is not None
        assert reading.ups.mode is UpsMode.STORED_ENERGY
        assert (reading.overloaded, reading.battery_operable, reading.inverter_on) == (True, False, True)
        assert reading.ups.on_generator
        problems = {point.name: point.problem for point in await driver.points() if point.problem}
        assert list(problems) == ["on_generator"]
        assert problems["on_generator"].startswith("the server refuses it: ")

    for name, value in (("mode", 2), ("overloaded", True), ("battery_operable", False)):
        ups.tell(name, value)
    run(ups.port, test, points={**PLACES, "on_generator": "UPS1LD0/GGIO1.Ind9.stVal"})


def test_only_who_trust_each_other_talk(tmp_path: Path) -> None:
    signs = {name: make_certificate(tmp_path, name, key_bits=2048) for name in ("authority", "other")}
    made = {
        name: make_certificate(tmp_path, name, key_bits=2048, signed_by=signs[by])
        for name, by in (("device", "authority"), ("controller", "authority"), ("stranger", "other"))
    }

    def tls(*, trusts: str, presents: str) -> dict[str, object]:
        files = {"ca_file": signs[trusts][0], "certificate_file": made[presents][0], "key_file": made[presents][1]}
        return {"tls": True, **{name: str(path) for name, path in files.items()}}

    async def reads(driver: Iec61850Driver) -> None:
        reading = await driver.read()
        assert reading.ups is not None
        assert reading.ups.load_kw == 400.0

    async def refuses(driver: Iec61850Driver) -> None:
        with pytest.raises(UnableToReach):
            await driver.read()

    with iec61850_with_tls(*made["device"], made["controller"][0], signs["authority"][0]) as port:
        load = {"points": {"load_kw": PLACES["load_kw"]}}
        run(port, reads, **load, **tls(trusts="authority", presents="controller"))
        run(port, refuses, **load, **tls(trusts="other", presents="controller"))
        run(port, refuses, **load, **tls(trusts="authority", presents="stranger"))
        run(port, refuses, **load)


def test_every_fault_of_settings_is_named_once() -> None:
    with pytest.raises(UnableToAccept) as refused:
        from_settings({
            "host": "h", "tls": True, "ca_file": "/none", "points": {"load_kw": "LD0/MMXU1.TotW", "x": "y"}, "hots": 1,
        })  # fmt: skip
    assert sorted(fault.field for fault in refused.value.faults) == [
        "ca_file", "certificate_file", "hots", "key_file", "points.load_kw", "points.x",
    ]  # fmt: skip
    with pytest.raises(UnableToAccept, match="left out without tls"):
        from_settings({"host": "h", "ca_file": "/none", "points": {"load_kw": PLACES["load_kw"]}})
