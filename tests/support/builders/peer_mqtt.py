"""Debian's mosquitto with a password, and a UPS behind it that speaks by paho in a thread of its own."""

import contextlib
import json
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from peer_programs import Process, accepts, free_port, program, wait_until

USER, PASSWORD, TOPIC = "ridethrough", "broker-secret", "site/pod-1"
_PACKAGE = "apt-get install mosquitto mosquitto-clients"


class Mosquitto:
    """A running broker at `port`, which lets nobody in without the password.

    With `files` (its certificate, its key, and the certificate of the one client that it trusts) it speaks TLS only.
    """

    def __init__(self, folder: Path, *files: Path) -> None:
        broker = program("mosquitto", package=_PACKAGE)
        self._subscribe = program("mosquitto_sub", package=_PACKAGE)
        passwords = folder / "passwords"
        passwords.touch()
        command = [program("mosquitto_passwd", package=_PACKAGE), "-b", str(passwords), USER, PASSWORD]
        subprocess.run(command, check=True, capture_output=True)
        passwords.chmod(0o644)  # it reads them as another user where root started it
        folder.chmod(0o755)
        self.port = free_port()
        settings = (
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\npersistence false\n"
        )
        if files:
            told = zip(("certfile", "keyfile", "cafile"), map(Path.read_bytes, files), strict=True)
            for name, content in told:
                (folder / name).write_bytes(content)
                (folder / name).chmod(0o644)  # it reads them as another user, too
                settings += f"{name} {folder / name}\n"
            settings += "require_certificate true\n"
        (folder / "mosquitto.conf").write_text(settings)
        self.process = Process([broker, "-c", str(folder / "mosquitto.conf")], cwd=folder)
        self.wait()

    def wait(self) -> None:
        """Wait until it accepts connections."""
        wait_until(lambda: accepts(self.port), "the start of mosquitto")

    def told(self, topic: str) -> str:
        """The next message of a topic, or the retained one, as mosquitto's own client hears it."""
        command = [self._subscribe, "-h", "127.0.0.1", "-p", str(self.port), "-u", USER, "-P", PASSWORD]
        answer = subprocess.run([*command, "-t", topic, "-C", "1", "-W", "30"], check=True, capture_output=True)
        return answer.stdout.decode().strip()


@contextlib.contextmanager
def mosquitto(*files: Path) -> Iterator[Mosquitto]:
    """Run a broker for as long as the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix="ridethrough-mqtt-", dir="/tmp"))
    broker = None
    try:
        broker = Mosquitto(folder, *files)
        yield broker
    finally:
        if broker is not None:
            broker.process.kill()
        shutil.rmtree(folder, ignore_errors=True)


class MqttUps:
    """A UPS at `TOPIC`: it follows a setpoint until its time is over, by its own clock, which tests may move on."""

    def __init__(self, port: int) -> None:
        self.passed_s = 0.0
        self.ordered: tuple[dict[str, Any], datetime] | None = None
        self.refuses = self.silent = self.answers_late = False
        self.lies_kw = 0.0
        self.stored_kwh: float | None = 400.0
        self._late: tuple[str, dict[str, Any]] | None = None
        self._subscribed = threading.Event()
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self._client.username_pw_set(USER, PASSWORD)
        self._client.on_message = self._answer
        self._client.on_connect = lambda *_: self._client.subscribe(f"{TOPIC}/+")
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.reconnect_delay_set(min_delay=1, max_delay=1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._subscribed.wait(30)

    @property
    def now(self) -> datetime:
        """The time of its own clock."""
        return datetime.now(UTC) + timedelta(seconds=self.passed_s)

    def in_force(self) -> dict[str, float] | None:
        """The setpoint that it follows."""
        if self.ordered is None or self.ordered[1] <= self.now:
            return None
        order, until = self.ordered
        return {
            "charge_kw": order["charge_kw"],
            "discharge_kw": order["discharge_kw"] + self.lies_kw,
            "left_s": (until - self.now).total_seconds(),
        }

    def telemetry(self) -> dict[str, Any]:
        """What it tells."""
        return {
            "measured_at": datetime.now(UTC).isoformat(),
            "stored_kwh": self.stored_kwh,
            "load_kw": 1200.0,
            "mode": "normal",
            "battery_operable": True,
            "inverter_on": True,
            "overloaded": False,
            "in_force": self.in_force(),
        }

    def say(self, topic: str, content: object, *, retain: bool = False) -> None:
        """Publish something of its own accord."""
        text = content if isinstance(content, str) else json.dumps(content)
        self._client.publish(f"{TOPIC}/{topic}", text, retain=retain).wait_for_publish(30)

    def stop(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def _answer(self, _: object, __: object, message: paho.MQTTMessage) -> None:
        what = message.topic.rpartition("/")[2]
        if what not in ("ask", "setpoint", "release") or self.silent:
            return
        asked = json.loads(message.payload)
        topic, content = self._follow(what, asked)
        content["answers"] = asked["id"]
        if self._late is not None:
            self._send(*self._late)
            self._late = None
        if self.answers_late:
            self.answers_late = False
            content["load_kw"] = 1.0
            self._late = (topic, content)
        else:
            self._send(topic, content)

    def _follow(self, what: str, asked: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        if what == "ask":
            return "telemetry", self.telemetry()
        if self.refuses:
            return "acknowledged", {"refused": "local control", "in_force": self.in_force()}
        until = self.now + timedelta(seconds=asked.get("valid_for_s", 0))
        self.ordered = (asked, until) if what == "setpoint" else None
        return "acknowledged", {"in_force": self.in_force()}

    def _send(self, topic: str, content: dict[str, Any]) -> None:
        self._client.publish(f"{TOPIC}/{topic}", json.dumps(content))
