"""Times in which the usual reserve is not enough: storms, alerts, tests, generators out of service."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from ridethrough.domain.horizon import Horizon, Interval, zone
from ridethrough.domain.validation import Checks

HOLD_OFF_MINUTES = 120.0
"""How long before a storm or a grid alert nothing is discharged, where the condition does not say."""
RAMP_MINUTES = 120.0
"""How long batteries take from rest to full power after a storm or a grid alert, where neither it nor the site says."""
MOST_MINUTES = 7 * 24 * 60
"""The longest hold-off and the longest ramp."""
_YEARS = range(1900, 3000)


class ConditionKind(StrEnum):
    """Why the usual reserve is not enough."""

    GENERATOR_UNAVAILABLE = "generator_unavailable"
    GENERATOR_TEST = "generator_test"
    STORM = "storm"
    GRID_ALERT = "grid_alert"
    MAINTENANCE = "maintenance"


_ALWAYS_FULL = (ConditionKind.STORM, ConditionKind.GRID_ALERT)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveCondition:
    """From `start` until before `end` the batteries are not discharged, and are full or hold a longer ride-through.

    Times without an offset are on the site's local clock. If a clock change makes such a time ambiguous or skips it,
    the longer interval counts. `ride_through_s` is at the full protected load. Without it the batteries must be full,
    which a storm and a grid alert always require. `ups` names one system; without it the condition holds for the whole
    site.

    For `hold_off_minutes` before the start nothing is discharged; charging is free. For `ramp_minutes` after the end
    batteries return to trading: in so long, and not faster, the meter may change by their whole power. A storm and a
    grid alert that say nothing take 120 minutes for both; the ramp then is the site's own limit where it has one. The
    other kinds have neither unless they say so.
    """

    start: datetime
    end: datetime
    kind: ConditionKind
    ride_through_s: float | None = None
    ups: str | None = None
    hold_off_minutes: float | None = None
    ramp_minutes: float | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        alike = (self.start.tzinfo is None) == (self.end.tzinfo is None)
        checks.require(alike, "end", str(self.end), "with a UTC offset if the start has one, otherwise without")
        for name in ("start", "end"):
            moment: datetime = getattr(self, name)
            checks.require(moment.year in _YEARS, name, str(moment), f"in the years {_YEARS[0]} to {_YEARS[-1]}")
        checks.raise_faults()
        checks.require(self.start < self.end, "end", str(self.end), f"after the start {self.start}")
        if self.ride_through_s is not None:
            checks.positive("ride_through_s", self.ride_through_s)
            allowed = f"left out, because a {self.kind.value} requires full batteries"
            checks.require(self.kind not in _ALWAYS_FULL, "ride_through_s", self.ride_through_s, allowed)
        for name in ("hold_off_minutes", "ramp_minutes"):
            minutes: float | None = getattr(self, name)
            fits = minutes is None or 0 <= minutes <= MOST_MINUTES
            checks.require(fits, name, minutes, f"from 0 to {MOST_MINUTES} minutes (7 days)")
        checks.raise_faults()

    @property
    def hold_off(self) -> timedelta:
        """The time before the start in which nothing is discharged."""
        usual = HOLD_OFF_MINUTES if self.kind in _ALWAYS_FULL else 0.0
        return timedelta(minutes=usual if self.hold_off_minutes is None else self.hold_off_minutes)

    def ramp(self, *, site_has_limit: bool) -> timedelta:
        """The time after the end that batteries take to their whole power; none where only the site's limit holds."""
        usual = RAMP_MINUTES if self.kind in _ALWAYS_FULL and not site_has_limit else 0.0
        return timedelta(minutes=usual if self.ramp_minutes is None else self.ramp_minutes)

    @property
    def full_charge(self) -> bool:
        """Whether the batteries must be full."""
        return self.ride_through_s is None

    def interval(self, timezone: str) -> Interval:
        """The interval of the condition, at a site in this time zone."""
        if self.start.tzinfo is not None:
            return Interval(start=self.start.astimezone(UTC), end=self.end.astimezone(UTC))
        local = zone(timezone)
        starts, ends = (
            [moment.replace(tzinfo=local, fold=fold).astimezone(UTC) for fold in (0, 1)]
            for moment in (self.start, self.end)
        )
        return Interval(start=min(starts), end=max(ends))

    def concerns(self, ups_id: str) -> bool:
        """Whether the condition holds for this UPS system."""
        return self.ups in (None, ups_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionsOnHorizon:
    """The conditions of one UPS system, by interval of a horizon and by boundary between intervals.

    A condition touches an interval if it holds at any instant of it. It touches a boundary if it touches an interval
    beside the boundary, also the one after the end of the horizon. The reason: stored energy is linear inside an
    interval, so energy that must be there at an instant inside must be there at both ends. `before` holds, for each
    interval, the conditions whose hold-off touches it.
    """

    intervals: tuple[tuple[ReserveCondition, ...], ...]
    boundaries: tuple[tuple[ReserveCondition, ...], ...]
    before: tuple[tuple[ReserveCondition, ...], ...]

    def __bool__(self) -> bool:
        return any(self.boundaries)

    @property
    def locked(self) -> tuple[bool, ...]:
        """The intervals in which nothing is traded by discharging: a condition holds, or its hold-off does."""
        return tuple(bool(here or soon) for here, soon in zip(self.intervals, self.before, strict=True))


def conditions_on(
    horizon: Horizon, conditions: Iterable[ReserveCondition], *, ups_id: str, timezone: str
) -> ConditionsOnHorizon:
    """Lay the conditions of one UPS system on a horizon.

    `timezone` is the site's time zone, for times without an offset.
    """
    held = [(each, each.interval(timezone)) for each in conditions if each.concerns(ups_id)]
    if not held:
        none = ((),) * horizon.intervals
        return ConditionsOnHorizon(intervals=none, boundaries=(*none, ()), before=none)
    starts = [horizon.start + index * horizon.step for index in range(horizon.intervals)]
    inside = [
        tuple(each for each, when in held if when.start < start + horizon.step and start < when.end) for start in starts
    ]
    last = tuple(each for each, when in held if when.start < horizon.end + horizon.step and horizon.end < when.end)
    beside = zip([(), *inside], [*inside, last], strict=True)
    return ConditionsOnHorizon(
        intervals=tuple(inside),
        boundaries=tuple((*before, *(each for each in after if each not in before)) for before, after in beside),
        before=tuple(
            tuple(
                each for each, when in held if when.start - each.hold_off < start + horizon.step and start < when.start
            )
            for start in starts
        ),
    )


def ramp_minutes_on(
    horizon: Horizon, conditions: Iterable[ReserveCondition], *, timezone: str, site_has_limit: bool
) -> tuple[float, ...]:
    """How long batteries take from rest to full power where they return from conditions; 0 in all other intervals.

    An interval belongs to a return if it begins in the ramp after the end of a condition; of several the longest
    counts.
    All batteries share the meter: a condition of one system counts for the site.
    """
    returns = [
        (when.end, ramp)
        for each in conditions
        for when, ramp in [(each.interval(timezone), each.ramp(site_has_limit=site_has_limit))]
        if ramp and when.end < horizon.end and horizon.start < when.end + ramp
    ]
    if not returns:
        return (0.0,) * horizon.intervals
    starts = [horizon.start + index * horizon.step for index in range(horizon.intervals)]
    return tuple(
        max((ramp / timedelta(minutes=1) for end, ramp in returns if end <= start < end + ramp), default=0.0)
        for start in starts
    )


class ConditionPhase(StrEnum):
    """The part of the time about a condition that an instant lies in."""

    HOLD_OFF = "hold-off"
    HOLDS = "holds"
    RAMP = "ramp"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionTimes:
    """A condition on the local clock, with the time before and after it; `ups` is None for the whole site."""

    kind: ConditionKind
    ups: str | None
    full_charge: bool
    hold_off_from: datetime
    start: datetime
    end: datetime
    ramp_until: datetime

    @property
    def name(self) -> str:
        """Its kind in words, with the system that it is for."""
        words = self.kind.value.replace("_", " ")
        return words if self.ups is None else f"{words} ({self.ups})"

    def phase_of(self, start: datetime, end: datetime) -> ConditionPhase | None:
        """The phase of an interval: hold-off and condition count if they touch it, the ramp if it begins in it."""
        if start < self.end and self.start < end:
            return ConditionPhase.HOLDS
        if start < self.start and self.hold_off_from < end:
            return ConditionPhase.HOLD_OFF
        return ConditionPhase.RAMP if self.end <= start < self.ramp_until else None


def condition_times(
    horizon: Horizon, conditions: Iterable[ReserveCondition], *, timezone: str, at_limit: timedelta | None
) -> tuple[ConditionTimes, ...]:
    """The conditions whose times touch a horizon, in order.

    `at_limit` is the time that batteries take to their whole power at the site's ramp limit, if it has one.
    """
    local, found = zone(timezone), []
    for each in conditions:
        when, ramp = each.interval(timezone), each.ramp(site_has_limit=at_limit is not None)
        if at_limit is not None and each.ramp_minutes is None and each.kind in _ALWAYS_FULL:
            ramp = at_limit
        times = (when.start - each.hold_off, when.start, when.end, when.end + ramp)
        before, start, end, after = (moment.astimezone(local) for moment in times)
        if before < horizon.end and horizon.start < after:
            found.append(
                ConditionTimes(
                    kind=each.kind,
                    ups=each.ups,
                    full_charge=each.full_charge,
                    hold_off_from=before,
                    start=start,
                    end=end,
                    ramp_until=after,
                )
            )
    return tuple(sorted(found, key=lambda each: (each.start, each.end, each.kind, each.ups or "")))


def check_systems(checks: Checks, conditions: Iterable[ReserveCondition], known: Collection[str]) -> None:
    """Note a fault for each condition that names a UPS system the site does not have."""
    for index, each in enumerate(conditions):
        is_known = each.ups is None or each.ups in known
        checks.require(is_known, f"conditions.{index}.ups", each.ups, f"one of the site's systems: {', '.join(known)}")
