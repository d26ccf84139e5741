"""The charges of the plan as dated events in a schedule object of each device (`bms.drivers.bacnet.schedule`).

A device follows its schedule by its own clock, also when we are gone, and no guard stands between. So only charges are
written, never a discharge; none after the next `ahead_h` hours, nor after the plan's certificate ends; and a site that
holds, or a controller that ends, writes that there are none. So a controller that is killed leaves at most `ahead_h`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ridethrough.bms.drivers.bacnet.link import PORT, BacnetLink
from ridethrough.bms.drivers.bacnet.schedule import DatedOrder, write_schedule
from ridethrough.bms.drivers.settings import Settings
from ridethrough.bms.publishing.publisher import Published
from ridethrough.domain import Site
from ridethrough.operation.live.plan_in_force import PlanInForce
from ridethrough.operation.live.situation import SetpointMode

_LONGEST_H = 24.0
_USUAL_H = 0.5
_MINUTE = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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
        orders = () if plan is None else tuple(charges(plan, self.ups_id, now, last_moment(now, self.ahead)))
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
    """The charges of a plan from `now` until `until`, as far as its certificate reaches; equal neighbours are one."""
    horizon, powers = plan.orders.horizon, plan.orders.systems[ups_id].charge_kw
    current = None
    for index, charge_kw in enumerate(powers):
        start = horizon.start + index * horizon.step
        end = min(start + horizon.step, plan.expires_at, until)
        if start + horizon.step <= now or start >= end:
            continue
        if current is not None and current.end == start and current.net_discharge_kw == -charge_kw:
            current = DatedOrder(start=current.start, end=end, net_discharge_kw=-charge_kw)
            continue
        if current is not None:
            yield current
        current = DatedOrder(start=start, end=end, net_discharge_kw=-charge_kw) if charge_kw > 0 else None
    if current is not None:
        yield current


def last_moment(now: datetime, ahead: timedelta) -> datetime:
    """Until when charges are written: at most `ahead` from now, and at least half of it.

    It moves on in steps of half of `ahead`, so that a device is written to twice in that time, and not each cycle.
    """
    step = max(ahead / 2 // _MINUTE * _MINUTE, _MINUTE)
    return _EPOCH + (now + ahead - _EPOCH) // step * step


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
