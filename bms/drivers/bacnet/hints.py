"""What a device says by itself: that one of its points changed (BACnet's notifications of change of value, COV).

It is a hint to ask again, and its value is not used: notifications get lost, and a device forgets who subscribed when
it restarts. So a subscription has a lifetime, is made again at half of it and with each new socket, and a device that
refuses one is asked at the controller's pace, as without.
"""

import asyncio
from collections.abc import Callable, Sequence

from ridethrough.bms.drivers.bacnet.link import BacnetLink
from ridethrough.bms.drivers.driver import UnableToDrive

_OF_THE_TIME_LEFT = 0.5


class ChangeHints:
    """Subscriptions to `objects` for `lifetime_s`; `changed` is set when the device says that one of them did."""

    def __init__(self, link: BacnetLink, objects: Sequence[str], *, lifetime_s: int) -> None:
        self.changed = asyncio.Event()
        self.refused: dict[str, str] = {}
        self._link, self._objects, self._lifetime_s = link, objects, lifetime_s
        self._until = 0.0
        self._socket = 0
        link.hear(self.changed.set)

    async def keep(self, *, until: float, now: Callable[[], float]) -> None:
        """Subscribe where that is due, before `until` by the clock of the loop; it raises no error of the device."""
        due = now() >= self._until or self._socket != self._link.sockets
        if not due:
            return
        self._until, self._socket = now() + self._lifetime_s / 2, self._link.sockets
        self.refused.clear()
        try:
            async with asyncio.timeout_at(now() + _OF_THE_TIME_LEFT * (until - now())):
                for place in self._objects:
                    await self._subscribe(place)
        except TimeoutError:
            self.refused = dict.fromkeys(self._objects, "the device does not answer to it")

    async def _subscribe(self, place: str) -> None:
        try:
            await self._link.subscribe(place, lifetime_s=self._lifetime_s)
        except UnableToDrive as error:
            self.refused[place] = str(error)
