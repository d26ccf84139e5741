"""The charges of the plan as dated events in a schedule object of each device (`bms.drivers.bacnet.schedule`).

A device follows its schedule by its own clock, also when we are gone, and no guard stands between. So only charges are
written, never a discharge; only those of the next `ahead_h` hours, of a plan whose certificate covers them; and a site
that holds, or a controller that ends, writes that there are none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ridethrough.bms.drivers.bacnet.link import PORT, BacnetLink
from ridethrough.bms.drivers.bacnet.schedule import DatedOrder, write_schedule
from ridethrough.bms.drivers.settings import Settings
from ridethrough.bms.publishing.publisher import Published
from ridethrough.domain import Site
from ridethrough.operation.live.plan_in_force import PlanInForce
from ridethrough.operation.live.situation import SetpointMode

_LONGEST_H = 24.0
_USUAL_H = 2.0
_FIRST_PRIORITY, _LAST_PRIORITY, _USUAL_PRIORITY = 3, 16, 10


@dataclass(slots=True, kw_only=True)
class InSchedule:
    """Writes the charges of one system where they changed."""

    ups_id: str
    link: BacnetLink
    schedule: str
    timezone: str
    priority: int
    sign: float
    ahead: timedelta
    _written: tuple[DatedOrder, ...] | None = None

    @property
    def name(self) -> str:
        """What it is called in the journal."""
        return f"schedule of {self.ups_id}"

    async def publish(self, published: Published) -> None:
        """Write the charges to come, if they are others than those that were written."""
        plan = published.plan if published.cycle.mode is SetpointMode.PLAN else None
        now = published.cycle.at
        orders = () if plan is None else tuple(charges(plan, self.ups_id, now, now + self.ahead))
        if orders != self._written:
            await self._write(orders)

    async def close(self) -> None:
        """Leave a schedule without events."""
        try:
            if self._written != ():
                await self._write(())
        finally:
            self.link.close()

    async def _write(self, orders: tuple[DatedOrder, ...]) -> None:
        self._written = None  # whatever fails now, the schedule is not known
        await write_schedule(
            self.link, self.schedule, orders, timezone=self.timezone, priority=self.priority, sign=self.sign
        )
        self._written = orders


def charges(plan: PlanInForce, ups_id: str, now: datetime, until: datetime) -> Iterator[DatedOrder]:
    """The charges of a plan from `now`, of intervals that begin before `until`, as far as its certificate reaches.

    Equal neighbours are one, so that an order changes with the plan and with the interval only.
    """
    horizon, powers = plan.orders.horizon, plan.orders.systems[ups_id].charge_kw
    current = None
    for index, charge_kw in enumerate(powers):
        start = horizon.start + index * horizon.step
        end = min(start + horizon.step, plan.expires_at)
        if start + horizon.step <= now or start >= min(end, until):
            continue
        if current is not None and current.end == start and current.net_discharge_kw == -charge_kw:
            current = DatedOrder(start=current.start, end=end, net_discharge_kw=-charge_kw)
            continue
        if current is not None:
            yield current
        current = DatedOrder(start=start, end=end, net_discharge_kw=-charge_kw) if charge_kw > 0 else None
    if current is not None:
        yield current


def from_settings(given: Settings, site: Site, ups_id: str) -> InSchedule:
    """The publisher of a site file's settings; raises `UnableToAccept` with all their faults."""
    host, port = given.address(PORT)
    schedule = given.text("schedule")
    allowed = "a schedule object such as schedule,1"
    kind, _, instance = schedule.partition(",")
    given.require(kind == "schedule" and instance.isdigit(), "schedule", schedule, allowed)
    made = InSchedule(
        ups_id=ups_id,
        link=BacnetLink(host=host, port=port, timeout_s=given.timeout_s()),
        schedule=schedule,
        timezone=site.timezone,
        priority=given.whole("priority", _USUAL_PRIORITY, least=_FIRST_PRIORITY, most=_LAST_PRIORITY),
        sign=-1.0 if given.choice("discharge_is", ("positive", "negative"), "positive") == "negative" else 1.0,
        ahead=timedelta(hours=given.number("ahead_h", _USUAL_H, most=_LONGEST_H)),
    )
    given.finish()
    return made
