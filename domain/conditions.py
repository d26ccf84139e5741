"""Times in which the usual reserve is not enough: storms, alerts, tests, generators out of service."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from ridethrough.domain.horizon import Horizon, Interval, zone
from ridethrough.domain.validation import Checks

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
    """

    start: datetime
    end: datetime
    kind: ConditionKind
    ride_through_s: float | None = None
    ups: str | None = None

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
        checks.raise_faults()

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
    interval, so energy that must be there at an instant inside must be there at both ends.
    """

    intervals: tuple[tuple[ReserveCondition, ...], ...]
    boundaries: tuple[tuple[ReserveCondition, ...], ...]

    def __bool__(self) -> bool:
        return any(self.boundaries)


def conditions_on(
    horizon: Horizon, conditions: Iterable[ReserveCondition], *, ups_id: str, timezone: str
) -> ConditionsOnHorizon:
    """Lay the conditions of one UPS system on a horizon.

    `timezone` is the site's time zone, for times without an offset.
    """
    held = [(each, each.interval(timezone)) for each in conditions if each.concerns(ups_id)]
    if not held:
        return ConditionsOnHorizon(intervals=((),) * horizon.intervals, boundaries=((),) * (horizon.intervals + 1))
    starts = [horizon.start + index * horizon.step for index in range(horizon.intervals)]
    inside = [
        tuple(each for each, when in held if when.start < start + horizon.step and start < when.end) for start in starts
    ]
    last = tuple(each for each, when in held if when.start < horizon.end + horizon.step and horizon.end < when.end)
    beside = zip([(), *inside], [*inside, last], strict=True)
    return ConditionsOnHorizon(
        intervals=tuple(inside),
        boundaries=tuple((*before, *(each for each in after if each not in before)) for before, after in beside),
    )


def check_systems(checks: Checks, conditions: Iterable[ReserveCondition], known: Collection[str]) -> None:
    """Note a fault for each condition that names a UPS system the site does not have."""
    for index, each in enumerate(conditions):
        is_known = each.ups is None or each.ups in known
        checks.require(is_known, f"conditions.{index}.ups", each.ups, f"one of the site's systems: {', '.join(known)}")
