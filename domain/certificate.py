"""What the replay of outages against a plan found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """An outage that starts at `start` with `failed_units` of a UPS system already lost, and how long it was ridden."""

    ups_id: str
    start: datetime
    failed_units: int
    ride_through_s: float
    required_s: float

    @property
    def margin_s(self) -> float:
        """Seconds beyond the policy; negative where the load is lost too early."""
        return self.ride_through_s - self.required_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Proof by replay that every outage is ridden through, or what stands against it.

    `worst` is the outage of least margin. `violations` are limits or balances that the plan itself breaks.
    `ride_through_s[ups_id][boundary]` is the worst over the tolerated failures, at each of the plan's interval
    boundaries; `required_s[ups_id]` what the policy asks for.
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
