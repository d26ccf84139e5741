"""The systems on a broker, and as sensors of Home Assistant (`bms.drivers.mqtt.publishing`)."""

from ridethrough.bms.drivers.mqtt.link import Broker
from ridethrough.bms.drivers.mqtt.publishing import MqttPublisher
from ridethrough.bms.drivers.settings import Settings
from ridethrough.bms.publishing.publisher import Published
from ridethrough.domain import Site


class OnBroker:
    """Publishes states with our last will."""

    name = "mqtt"

    def __init__(self, publisher: MqttPublisher) -> None:
        self._publisher = publisher

    async def publish(self, published: Published) -> None:
        """Publish the state of each system."""
        await self._publisher.publish(published.states)

    async def close(self) -> None:
        """Say that we are gone."""
        await self._publisher.close()


def from_settings(given: Settings, site: Site) -> OnBroker:
    """The publisher of a site file's settings; raises `UnableToAccept` with all their faults."""
    broker, timeout_s = Broker.of(given), given.timeout_s()
    given.finish()
    return OnBroker(MqttPublisher(broker, site_id=site.id, timeout_s=timeout_s))
