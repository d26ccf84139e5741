"""`ridethrough control` with publishers: a broker and a BACnet client of other makers see what it does."""

import asyncio
import json
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import control_kills
import pytest
import rusty_bacnet as rusty
import yaml
from peer_mqtt import PASSWORD, USER, mosquitto
from peer_programs import free_port, wait_until
from vtn import SECRET, event, quarter_before, settings_of, vtn

from ridethrough.api.commands.cli import main
from ridethrough.bms.journal import records_of


def with_equipment(site: Path, **sections: Any) -> Path:  # noqa: ANN401
    """The same site with more sections of its equipment."""
    document = yaml.safe_load(site.read_text(encoding="utf-8"))
    document["equipment"] |= sections
    changed = site.with_name("publishing.yaml")
    changed.write_text(yaml.safe_dump(document), encoding="utf-8")
    return changed


async def _discharge_kw(port: int) -> float:
    """What a client of another maker reads of the device that shows our plan."""
    client = rusty.BACnetClient(interface="127.0.0.1", port=0, broadcast_address="127.0.0.1", apdu_timeout_ms=10_000)
    async with client as open_client:
        what = rusty.ObjectIdentifier(rusty.ObjectType.ANALOG_INPUT, 2)
        told = await open_client.read_property(f"127.0.0.1:{port}", what, rusty.PropertyIdentifier.PRESENT_VALUE)
        return float(told.value)


@pytest.mark.long
def test_a_broker_and_a_bms_see_setpoints_an_alert_of_the_grid_and_that_it_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKER_PASSWORD", PASSWORD)
    monkeypatch.setenv("VTN_SECRET", SECRET)
    data, port = tmp_path / "data", free_port(socket.SOCK_DGRAM)
    with control_kills.simulated(tmp_path) as plain, mosquitto() as broker, vtn() as grid:
        reached = {"host": "127.0.0.1", "port": broker.port}
        publish = {
            "mqtt": {**reached, "username": USER, "password_variable": "BROKER_PASSWORD"},
            "bacnet": {"host": "127.0.0.1", "port": port, "instance": 4001},
        }
        site = with_equipment(plain, publish=publish, openadr=settings_of(grid))
        control_kills.write_plan(site, data)
        process = control_kills.start(site, data)
        try:
            wait_until(lambda: json.loads(broker.told("ridethrough/hall/pod-1/state"))["discharge_kw"] > 0, "its state")
            assert broker.told("ridethrough/hall/status") == "online"
            state = json.loads(broker.told("ridethrough/hall/pod-1/state"))
            assert state["discharge_kw"] == pytest.approx(200.0)
            assert state["mode"] == "plan"
            assert 0 < state["reserve_kwh"] < state["stored_kwh"]
            sensor = json.loads(broker.told("homeassistant/sensor/ridethrough_hall_pod-1/discharge_kw/config"))
            assert sensor["state_topic"] == "ridethrough/hall/pod-1/state"
            assert asyncio.run(_discharge_kw(port)) == pytest.approx(200.0)
            grid.events = [event("ALERT_GRID_EMERGENCY", "low frequency", quarter_before(datetime.now(UTC)))]
            wait_until(
                lambda: json.loads(broker.told("ridethrough/hall/pod-1/state"))["discharge_kw"] == 0,
                "the alert's end of it",
            )
            assert not control_kills.discharges(control_kills.read_device(site))
            grid.events = []
        finally:
            process.kill()
            process.wait()
        wait_until(lambda: broker.told("ridethrough/hall/status") == "offline", "our last will")
        broker.process.kill()
        before = len(records_of(data / "journal.jsonl"))
        ended = control_kills.start(site, data)
        try:
            wait_until(lambda: "publish_failed" in kinds(data)[before:], "the failure of the dead broker")
            wait_until(lambda: control_kills.discharges(control_kills.read_device(site)), "a discharge all the same")
        finally:
            ended.terminate()
            assert ended.wait(120) == 0
    records = records_of(data / "journal.jsonl")[before:]
    failed = [each for each in records if each["what"] == "publish_failed"]
    assert len(failed) == 1, "it is told once"
    assert failed[0]["publisher"] == "mqtt"
    told = [each["ups"]["pod-1"]["told"] for each in records if each["what"] == "cycle"]
    assert any(each is not None and each["discharge_kw"] == pytest.approx(200.0) for each in told)


def kinds(data: Path) -> list[str]:
    return [each["what"] for each in records_of(data / "journal.jsonl")]


def test_faults_of_devices_and_of_publishers_are_named_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    meter = {"driver": "modbus", "settings": {"host": "h", "points": {"grid_kw": {"register": -1}}}}
    pod = {"driver": "modbus", "settings": {"host": "h", "sunspec": True, "port": 99999}}
    publish = {"mqtt": {"host": "h", "colour": "red"}, "fax": {"host": "h"}}
    site = tmp_path / "site.yaml"
    written = json.dumps({"meter": meter, "ups": {"pod-1": pod}, "publish": publish})
    site.write_text(f"{control_kills.SITE}equipment: {written}\n", encoding="utf-8")
    for command in (["control", str(site), "--data", str(tmp_path / "data")], ["check", str(site), "--equipment"]):
        with pytest.raises(SystemExit) as ended:
            main(command)
        assert ended.value.code == 2
        told = capsys.readouterr().err
        assert "equipment.ups.pod-1.settings.port" in told
        assert "equipment.publish.mqtt.colour" in told
        assert "equipment.publish.fax" in told


def test_what_the_service_cannot_follow_is_refused_at_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    device = {"driver": "modbus", "settings": {"host": "127.0.0.1", "port": 1, "sunspec": True}}
    meter = {"driver": "modbus", "settings": {"host": "127.0.0.1", "port": 1, "points": {"grid_kw": {"register": 1}}}}
    publish = {"schedules": {"pod-1": {"host": "127.0.0.1", "schedule": "schedule,1"}}}
    openadr = {"url": "http://127.0.0.1:1/openadr3/3.0.1"}
    site = tmp_path / "site.yaml"
    for sections, named in (
        ({"publish": publish}, {"equipment.publish.schedules"}),
        ({"openadr": openadr}, {"equipment.openadr"}),
        ({"publish": publish, "openadr": openadr}, {"equipment.publish.schedules", "equipment.openadr"}),
    ):
        written = json.dumps({"meter": meter, "ups": {"pod-1": device}, **sections})
        site.write_text(f"{control_kills.SITE}equipment: {written}\n", encoding="utf-8")
        with pytest.raises(SystemExit) as ended:
            main(["control", str(site), "--data", str(tmp_path), "--service", "http://127.0.0.1:1", "--key", "rt_x"])
        assert ended.value.code == 2
        told = capsys.readouterr().err
        assert {line.split(" is ")[0].split()[-1] for line in told.splitlines() if " is " in line} == named
        assert "left out with --service" in told
