"""MQTT inside TLS, on Debian's mosquitto: both sides prove who they are."""

import asyncio
from pathlib import Path

import pytest
from peer_certificates import make_certificate
from peer_mqtt import PASSWORD, TOPIC, USER, Mosquitto, mosquitto

from ridethrough.bms.drivers.driver import UnableToReach
from ridethrough.bms.drivers.mqtt.link import Broker, MqttLink
from ridethrough.bms.drivers.mqtt.ups import from_settings
from ridethrough.domain.validation import UnableToAccept

pytestmark = pytest.mark.long

Files = dict[str, tuple[Path, Path]]


def talk(
    broker: Mosquitto, made: Files, *, trusts: str, presents: str, password: str = PASSWORD, timeout_s: float = 20.0
) -> list[object]:
    """What a connection hears of what it sends itself."""
    settings = Broker(
        host="127.0.0.1",
        port=broker.port,
        username=USER,
        password=password,
        tls=True,
        ca_file=str(made[trusts][0]) if trusts else "",
        certificate_file=str(made[presents][0]) if presents else "",
        key_file=str(made[presents][1]) if presents else "",
    )

    async def inside() -> list[object]:
        link = MqttLink(settings, presence=f"{TOPIC}/controller", topics=[f"{TOPIC}/ask"], timeout_s=timeout_s)
        try:
            async with link.asking():
                await link.publish(f"{TOPIC}/ask", {"id": 7})
                async for _, told in link.messages():
                    return [told]
            return []
        finally:
            await link.close()

    return asyncio.run(inside())


def test_only_who_trust_each_other_and_know_the_password_talk(tmp_path: Path) -> None:
    made = {name: make_certificate(tmp_path, name) for name in ("broker", "controller", "stranger")}
    with mosquitto(*made["broker"], made["controller"][0]) as broker:
        assert talk(broker, made, trusts="broker", presents="controller") == [{"id": 7}]
        for trusts, presents in (
            ("stranger", "controller"),
            ("", "controller"),
            ("broker", "stranger"),
            ("broker", ""),
        ):
            with pytest.raises(UnableToReach):
                talk(broker, made, trusts=trusts, presents=presents, timeout_s=2.0)
        with pytest.raises(UnableToReach):
            talk(broker, made, trusts="broker", presents="controller", password="wrong")  # noqa: S106 - it is wrong


def test_every_fault_of_the_files_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.pem").touch()
    with pytest.raises(UnableToAccept) as refused:
        from_settings({
            "host": "h", "topic": "t", "ca_file": str(tmp_path / "none.pem"),
            "certificate_file": str(tmp_path / "a.pem"),
        })  # fmt: skip
    assert [fault.field for fault in refused.value.faults] == ["ca_file", "ca_file", "certificate_file", "key_file"]
