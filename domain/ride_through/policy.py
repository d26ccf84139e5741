"""The reserve policy: how long an outage must be ridden through, and at what load."""

import math
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Final

from ridethrough.domain.ride_through.duty import BackupDuty
from ridethrough.domain.ride_through.generator import GeneratorSequence, GeneratorStarts, losses_per_year
from ridethrough.domain.ride_through.shutdown import CleanShutdown
from ridethrough.domain.validation import Checks

_SOURCES: Final = ("ride_through_s", "generator_sequence", "generator_starts", "clean_shutdown")
_MOST_OUTAGES = 100
_LONGEST_S = 7 * 86_400.0


class Combination(StrEnum):
    """The choice between two duties, by the energy that they take."""

    LARGER = "larger"
    SMALLER = "smaller"


class _FollowingSeconds(float):
    """Seconds that follow from other sources; they keep the given value, so that a copy is built the same way."""

    given: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservePolicy:
    """The duty that the reserve must carry, and the error of the measured state of charge (a fraction of capacity).

    The duty of one outage has one source: `ride_through_s` of the protected load, a `generator_sequence`, the
    `generator_starts`, or a `clean_shutdown`. With `combine` it has two. If `ride_through_s` is not the source, it is
    the duration that follows from the source. `outages_before_recharge` is the number of outages in a row that must be
    ridden through without a recharge. `recharge_limit_h` is the longest recharge after them.

    `duties` must be proven: the `duty`, and with `combine: larger` also the other one.
    """

    ride_through_s: float = field(default_factory=_FollowingSeconds)
    soc_error_fraction: float = 0.0
    generator_sequence: GeneratorSequence | None = None
    generator_starts: GeneratorStarts | None = None
    clean_shutdown: CleanShutdown | None = None
    combine: Combination | None = None
    outages_before_recharge: int = 1
    recharge_limit_h: float | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        seconds = self._given_s
        if seconds is not None:
            checks.positive("ride_through_s", seconds)
            checks.require(
                not _LONGEST_S < seconds < math.inf, "ride_through_s", seconds, f"at most {_LONGEST_S:,.0f} s, a week"
            )
        doubt = self.soc_error_fraction
        checks.require(0 <= doubt < 1, "soc_error_fraction", doubt, "a fraction from 0 below 1")
        outages = self.outages_before_recharge
        allowed = f"a whole number from 1 to {_MOST_OUTAGES}"
        checks.require(1 <= outages <= _MOST_OUTAGES, "outages_before_recharge", outages, allowed)
        if self.recharge_limit_h is not None:
            checks.positive("recharge_limit_h", self.recharge_limit_h)
        self._check_sources(checks)
        checks.raise_faults()
        following = _FollowingSeconds(self.outage.duration_s)
        following.given = seconds
        object.__setattr__(self, "ride_through_s", seconds if following == seconds else following)

    def _check_sources(self, checks: Checks) -> None:
        given = [name for name in _SOURCES[1:] if getattr(self, name) is not None]
        given = ["ride_through_s", *given] if self._given_s is not None else given
        one = f"one of {', '.join(_SOURCES)}"
        if self.combine is None:
            checks.require(len(given) == 1, "", given, f"exactly {one}, or two of them with combine")
        else:
            allowed = f"left out, or given together with two sources: {one}"
            checks.require(len(given) == 2, "combine", self.combine.value, allowed)  # noqa: PLR2004 - two

    @property
    def _given_s(self) -> float | None:
        seconds = self.ride_through_s
        return seconds.given if isinstance(seconds, _FollowingSeconds) else seconds

    @property
    def _sources(self) -> tuple[BackupDuty, ...]:
        """The duty of one outage, for each source."""
        seconds = self._given_s
        plain = () if seconds is None else (BackupDuty.at_full_load(seconds),)
        others = (self.generator_sequence, self.generator_starts, self.clean_shutdown)
        return (*plain, *(each.duty for each in others if each is not None))

    @property
    def outage(self) -> BackupDuty:
        """The duty of one outage; of two combined sources, the one that counts."""
        pick = min if self.combine is Combination.SMALLER else max
        return pick(self._sources, key=lambda duty: duty.full_load_s)

    @property
    def duty(self) -> BackupDuty:
        """The duty before a recharge: one outage, `outages_before_recharge` times in a row."""
        return _duty_of(self)

    @property
    def duties(self) -> tuple[BackupDuty, ...]:
        """Every duty that must be ridden through: the one that counts, and with `larger` also the other one.

        A shorter duty at full load may need more energy than a longer one with a falling load, if the discharge rate
        matters.
        """
        if self.combine is Combination.LARGER:
            return tuple(duty.repeated(self.outages_before_recharge) for duty in self._sources)
        return (self.duty,)

    @property
    def name(self) -> str:
        """The name of the policy.

        >>> sequence = {"detection_s": 2, "run_up_s": 5, "synchronization_s": 0, "transfer_s": 1, "walk_in_s": 10}
        >>> built_up = GeneratorSequence(**sequence, margin_s=5)
        >>> ReservePolicy(ride_through_s=300, generator_sequence=built_up, combine=Combination.LARGER).name
        'ride_through: the larger of ride_through, generator_sequence'
        """
        return self.name_of(self.outage)

    def with_ride_through(self, change_s: float) -> "ReservePolicy":
        """The policy with so many seconds of full load more (less, below 0), for each outage before a recharge.

        What the duties ask for is counted as seconds of full load that take the same energy.

        >>> twice = ReservePolicy(ride_through_s=100, outages_before_recharge=2)
        >>> twice.with_ride_through(60).duty.full_load_s
        260.0
        """
        longest_s = max(duty.full_load_s for duty in self.duties)
        return ReservePolicy(
            ride_through_s=longest_s + change_s,
            soc_error_fraction=self.soc_error_fraction,
            recharge_limit_h=self.recharge_limit_h,
        )

    def name_of(self, duty: BackupDuty) -> str:
        """The name of the policy that requires a duty."""
        name = duty.name
        if self.combine is not None:
            name += f": the {self.combine.value} of {', '.join(source.name for source in self._sources)}"
        if self.outages_before_recharge > 1:
            name += f", {self.outages_before_recharge} times before a recharge"
        return name

    def build_up_s(self, duty: BackupDuty) -> dict[str, float]:
        """The terms of the duration of one outage; terms of 0 s are left out."""
        sources = {
            "generator_sequence": self.generator_sequence,
            "generator_starts": self.generator_starts,
            "clean_shutdown": self.clean_shutdown,
        }
        source = sources.get(duty.name)
        if source is None:
            return {"ride-through": duty.duration_s / self.outages_before_recharge}
        return {term: seconds for term, seconds in source.build_up_s.items() if seconds > 0}

    @property
    def loss_probability(self) -> float | None:
        """The probability that generators do not carry the load at the end of the ride-through, if it is known.

        It is None with a clean shutdown, which ends without generators.
        """
        if self.generator_starts is None or self.clean_shutdown is not None:
            return None
        return self.generator_starts.not_carried(self.ride_through_s)

    @property
    def losses_per_year(self) -> float | None:
        """The expected number of lost loads a year, if it is known."""
        probability = self.loss_probability
        outages = self.generator_starts.outages_per_year if self.generator_starts is not None else None
        return None if probability is None or outages is None else losses_per_year(outages, probability)


@lru_cache(maxsize=1024)
def _duty_of(policy: ReservePolicy) -> BackupDuty:
    """The duty of a policy, cached because every plan and every certificate uses it."""
    return policy.outage.repeated(policy.outages_before_recharge)
