"""What others may know of our systems: states on a broker, and sensors that Home Assistant finds by itself.

A state is retained, so that who comes later sees the last one. Whether it still counts is told by its `valid_until`
and by the topic `ridethrough/<site>/status`, which our last will sets to `offline`. Nobody is listened to: this is no
way to command us.
"""

from collections.abc import Mapping

from ridethrough.bms.drivers.driver import UnableToReach
from ridethrough.bms.drivers.mqtt.link import OFFLINE, ONLINE, Broker, MqttLink
from ridethrough.bms.drivers.published_state import PublishedState
from ridethrough.bms.drivers.settings import DEFAULT_TIMEOUT_S

SENSORS: Mapping[str, tuple[str, str, str]] = {
    "charge_kw": ("Charge", "kW", "power"),
    "discharge_kw": ("Discharge", "kW", "power"),
    "stored_kwh": ("Stored energy", "kWh", "energy_storage"),
    "reserve_kwh": ("Reserve", "kWh", "energy_storage"),
    "mode": ("Mode", "", ""),
    "why": ("Why", "", ""),
    "valid_until": ("Valid until", "", "timestamp"),
}
"""The sensors of a system: name, unit and class in Home Assistant."""


class MqttPublisher:
    """Publishes the systems of one site."""

    def __init__(self, broker: Broker, *, site_id: str, timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        self._site_id = site_id
        self._presence = f"ridethrough/{site_id}/status"
        self._link = MqttLink(broker, presence=self._presence, timeout_s=timeout_s)
        self._announced: set[str] = set()

    async def publish(self, states: Mapping[str, PublishedState]) -> None:
        """Publish the state of each system, and the sensors of those that are new.

        Raises `UnableToReach`. Then sensors are told again: a broker that was started again has forgotten them.
        """
        try:
            await self._publish(states)
        except UnableToReach:
            self._announced.clear()
            raise

    async def close(self) -> None:
        """Say that we are gone, and close the connection."""
        await self._link.close()

    async def _publish(self, states: Mapping[str, PublishedState]) -> None:
        async with self._link.asking():
            for ups_id, state in states.items():
                if ups_id not in self._announced:
                    for name in SENSORS:
                        await self._link.publish(*self._sensor(ups_id, name), retain=True)
                    self._announced.add(ups_id)
                content = {name: getattr(state, name) for name in SENSORS}
                content["valid_until"] = state.valid_until.isoformat()
                await self._link.publish(self._state_topic(ups_id), content, retain=True)

    def _state_topic(self, ups_id: str) -> str:
        return f"ridethrough/{self._site_id}/{ups_id}/state"

    def _sensor(self, ups_id: str, name: str) -> tuple[str, dict[str, object]]:
        """The topic and the message by which Home Assistant finds a sensor."""
        title, unit, kind = SENSORS[name]
        system = f"ridethrough_{self._site_id}_{ups_id}"
        content: dict[str, object] = {
            "name": title,
            "unique_id": f"{system}_{name}",
            "state_topic": self._state_topic(ups_id),
            "value_template": f"{{{{ value_json.{name} }}}}",
            "availability_topic": self._presence,
            "payload_available": ONLINE,
            "payload_not_available": OFFLINE,
            "device": {"identifiers": [system], "name": f"{self._site_id} {ups_id}", "manufacturer": "Ridethrough"},
        }
        content |= {"unit_of_measurement": unit} if unit else {}
        content |= {"device_class": kind} if kind else {}
        return f"homeassistant/sensor/{system}/{name}/config", content
