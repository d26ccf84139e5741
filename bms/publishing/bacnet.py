"""The systems as objects of a BACnet device of ours, which nobody can write (`bms.drivers.bacnet.plan_server`)."""

from ridethrough.bms.drivers.bacnet.link import PORT
from ridethrough.bms.drivers.bacnet.plan_server import PlanServer
from ridethrough.bms.drivers.settings import Settings
from ridethrough.bms.publishing.publisher import Published
from ridethrough.domain import Site

_LAST_INSTANCE = 4_194_301


class AsDevice:
    """Opens the device with the first cycle; a port that is taken is tried again."""

    name = "bacnet"

    def __init__(self, server: PlanServer) -> None:
        self._server, self._open = server, False

    async def publish(self, published: Published) -> None:
        """Show the state of each system."""
        if not self._open:
            await self._server.open()
            self._open = True
        self._server.show(published.states)

    async def close(self) -> None:
        """Stop listening: who asks then gets no answer, and no old value."""
        await self._server.close()


def from_settings(given: Settings, site: Site) -> AsDevice:
    """The publisher of a site file's settings; raises `UnableToAccept` with all their faults."""
    host, port = given.address(PORT)
    instance = given.whole("instance", least=0, most=_LAST_INSTANCE)
    given.finish()
    return AsDevice(PlanServer([ups.id for ups in site.ups], instance=instance, host=host, port=port))
