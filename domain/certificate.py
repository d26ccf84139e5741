"""The result of replaying outages against a plan."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """An outage at `start` with `failed_units` of a UPS system already failed, and how long the load was carried."""

    ups_id: str
    start: datetime
    failed_units: int
    ride_through_s: float
    required_s: float

    @property
    def margin_s(self) -> float:
        """Seconds beyond the policy; negative if the load is lost too early."""
        return self.ride_through_s - self.required_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Proof by replay that every outage is ridden through, or the reasons why there is no proof.

    `worst` is the outage with the smallest margin. `violations` are limits or balances that the plan itself breaks.
    `ride_through_s[ups_id][boundary]` is the shortest ride-through over the tolerated failures, at each interval
    boundary of the plan. `required_s[ups_id]` is the ride-through that the policy requires.
    """

    outages_replayed: int
    failures: int
    worst: Outage
    violations: tuple[str, ...]
    ride_through_s: Mapping[str, tuple[float, ...]]
    required_s: Mapping[str, float]

    @property
    def certified(self) -> bool:
        """Whether every outage is ridden through and the plan keeps every limit."""
        return self.failures == 0 and not self.violations
