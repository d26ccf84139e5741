"""Who says what batteries should do: the rules of operation at the site itself, from a plan that is at hand.

`Ordering` is the protocol; the service is another implementation (`api`). The controller does not know which it has.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from ridethrough.domain import Site
from ridethrough.domain.telemetry import CLOCK_TOLERANCE_S, Telemetry
from ridethrough.operation.live.grid_signals import NO_SIGNALS, GridSignals
from ridethrough.operation.live.history import ReadingHistory
from ridethrough.operation.live.judging import Judgement, judge
from ridethrough.operation.live.metered_wear import MeteredWear, metered_wear
from ridethrough.operation.live.plan_in_force import PlanInForce
from ridethrough.operation.live.setpoints import setpoints_now
from ridethrough.operation.live.situation import SetpointMode, Setpoints, Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """What batteries should do, the reading judged, and until when a discharge may be relied on (None: not at all)."""

    setpoints: Setpoints
    judgement: Judgement
    reliable_until: datetime | None
    site: Site
    """The site as it holds now, with what the grid asks for."""


class Ordering(Protocol):
    """Says at every cycle what batteries should do."""

    def orders(self, reading: Telemetry, now: datetime) -> Awaitable[Ordered]:
        """The orders for a reading."""

    def clock_was_set(self, by: timedelta) -> None:
        """Told that the clock of this machine was set, before it is asked again."""


@dataclass(slots=True, kw_only=True)
class LocalOrdering:
    """The same rules as the service's, at the site: a plan, the readings so far, and whether an operator holds.

    `plan` gives the certified plan in force at a moment, or the reason why there is none; `held` why an operator holds
    the site (empty: nobody does). Setpoints that end within `overlap` are those that hold after their end too.
    """

    site: Site
    plan: Callable[[datetime], PlanInForce | str]
    held: Callable[[], str]
    history: ReadingHistory = field(init=False)
    overlap: timedelta = timedelta()
    signals: Callable[[datetime], GridSignals] = lambda _: NO_SIGNALS
    """What the grid asks for at a moment."""
    seen: Callable[[Situation], None] = lambda _: None
    """Told of every situation: whoever makes plans sees here when one is wanted."""
    last_outage_at: datetime | None = None
    metered: Mapping[str, MeteredWear] = field(default_factory=dict)
    """What readings told of discharge and open cycles, of systems with a wear model."""
    counted: Callable[[Mapping[str, MeteredWear], datetime], None] = lambda _, __: None
    """Told of every change of `metered`: whoever keeps it over a restart."""

    def __post_init__(self) -> None:
        self.history = ReadingHistory(site=self.site)

    async def orders(self, reading: Telemetry, now: datetime) -> Ordered:
        """The setpoints of now by the plan in force and the reading."""
        before = self.history.before()
        self.history.add(reading)
        if any(each.in_outage for each in reading.ups.values()):
            self.last_outage_at = reading.measured_at
        self._count(reading, now)
        signals = self.signals(now)
        site = signals.on(self.site)
        plan = self.plan(now)
        in_force = plan if isinstance(plan, PlanInForce) else None
        situation = Situation(
            site=site,
            site_version=0 if in_force is None else in_force.site_version,
            now=now,
            telemetry=reading,
            before=before,
            plan=in_force,
            no_plan_because=plan if isinstance(plan, str) else "",
            held_because="; ".join(each for each in (self.held(), signals.held_because) if each),
            import_limit_kw=signals.import_limit_kw,
            last_outage_at=self.last_outage_at,
            metered=self.metered,
        )
        self.seen(situation)
        judgement = judge(site, reading, before, now)
        setpoints = self._over_the_boundary(situation, judgement)
        until = None if in_force is None else min(setpoints.valid_until, in_force.expires_at)
        return Ordered(setpoints=setpoints, judgement=judgement, reliable_until=until, site=site)

    def holds(self, now: datetime) -> str:
        """Why nothing may be traded, whatever a plan says: an operator, or the grid (empty: it may)."""
        return "; ".join(each for each in (self.held(), self.signals(now).held_because) if each)

    def clock_was_set(self, by: timedelta) -> None:
        """Move what was measured before with the clock, so that no time seems to have passed."""
        self.history.clock_was_set(by)
        if self.last_outage_at is not None:
            self.last_outage_at += by
        self.metered = {ups_id: each.moved(by) for ups_id, each in self.metered.items()}

    def _count(self, reading: Telemetry, now: datetime) -> None:
        """Count what the reading tells of wear. One of the future is not counted: its clock is wrong."""
        if (reading.measured_at - now).total_seconds() > CLOCK_TOLERANCE_S:
            return
        counted = metered_wear(self.site, self.metered, reading)
        if counted != self.metered:
            self.metered = counted
            self.counted(counted, now)

    def _over_the_boundary(self, situation: Situation, judgement: Judgement) -> Setpoints:
        """The setpoints of now; near the end of an interval the smaller powers of it and the next, for both.

        So no battery is told to rest between two intervals in which it gives or takes.
        """
        setpoints = setpoints_now(situation, judgement)
        if setpoints.mode is SetpointMode.HOLD or setpoints.valid_until - situation.now >= self.overlap:
            return setpoints
        after = setpoints_now(replace(situation, now=setpoints.valid_until))
        if after.mode is SetpointMode.HOLD:
            return setpoints
        return replace(
            setpoints,
            valid_until=after.valid_until,
            ups={
                ups_id: replace(
                    each,
                    charge_kw=min(each.charge_kw, after.ups[ups_id].charge_kw),
                    discharge_kw=min(each.discharge_kw, after.ups[ups_id].discharge_kw),
                )
                for ups_id, each in setpoints.ups.items()
            },
        )
