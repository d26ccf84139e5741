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

    `worst` is the outage with the smallest margin. `violations` are limits that the plan breaks, and statements of the
    plan that do not agree with the site, its series and its state. Those that the loads alone break, whatever batteries
    do, stand in `loads_beyond_limits` too. `ride_through_s[ups_id][boundary]` is the shortest ride-through over the
    tolerated failures, at each interval boundary of the plan. `required_s[ups_id]` is the ride-through that the policy
    requires.

    `assumes` lists what the certificate assumes without a measurement. `not_checked` lists what could not be checked;
    a plan with an entry there is not certified. Hashes (SHA-256, hexadecimal) bind the certificate: `site_sha256` to
    the site and its series, `state_sha256` to the state (None without a state), `plan_sha256` to the plan
    (`optimizer.certificate.binding`). It holds from `issued_at` (None if no time was given) until `expires_at`, the end
    of the plan.
    """

    outages_replayed: int
    failures: int
    worst: Outage
    violations: tuple[str, ...]
    ride_through_s: Mapping[str, tuple[float, ...]]
    required_s: Mapping[str, float]
    expires_at: datetime
    issued_at: datetime | None = None
    assumes: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()
    loads_beyond_limits: tuple[str, ...] = ()
    site_sha256: str = ""
    state_sha256: str | None = None
    plan_sha256: str = ""

    @property
    def certified(self) -> bool:
        """Whether every outage is ridden through, the plan keeps every limit, and nothing was left unchecked."""
        return self.failures == 0 and not self.violations and not self.not_checked

    @property
    def plan_is_at_fault(self) -> bool:
        """Whether the plan itself is to be refused: not where nothing is wrong but what the loads alone break."""
        own = [each for each in self.violations if each not in self.loads_beyond_limits]
        return self.failures > 0 or bool(own) or bool(self.not_checked)

    @property
    def worst_ride_through_s(self) -> float:
        """Seconds of the outage of least margin."""
        return self.worst.ride_through_s

    @property
    def worst_required_s(self) -> float:
        """Seconds that this outage had to last."""
        return self.worst.required_s
