"""The time until generators carry the load: step by step, or as a distribution of successful starts."""

import math
from dataclasses import dataclass
from itertools import pairwise

from ridethrough.domain.ride_through.duty import BackupDuty
from ridethrough.domain.validation import Checks

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorSequence:
    """The steps from the failure of the utility to the load on generators; the last of `attempts` cranks succeeds.

    Every term except the cranks must be given, because a missing term would lower the reserve unnoticed. The default of
    three cranks of 15 s with rests of 15 s is that of NFPA 110.
    """

    detection_s: float
    run_up_s: float
    synchronization_s: float
    transfer_s: float
    walk_in_s: float
    margin_s: float
    attempts: int = 3
    crank_s: float = 15.0
    rest_s: float = 15.0

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(self.attempts >= 1, "attempts", self.attempts, "a whole number of at least 1")
        checks.positive("crank_s", self.crank_s)
        for name in (
            "rest_s", "detection_s", "run_up_s", "synchronization_s", "transfer_s", "walk_in_s", "margin_s",
        ):  # fmt: skip
            checks.not_negative(name, getattr(self, name))
        checks.raise_faults()

    @property
    def build_up_s(self) -> dict[str, float]:
        """The terms in their order, in seconds."""
        return {
            "detection": self.detection_s,
            f"cranks ({self.attempts} x {self.crank_s:g} s)": self.attempts * self.crank_s,
            f"rests ({self.attempts - 1} x {self.rest_s:g} s)": (self.attempts - 1) * self.rest_s,
            "run-up": self.run_up_s,
            "synchronization": self.synchronization_s,
            "transfer": self.transfer_s,
            "walk-in": self.walk_in_s,
            "margin": self.margin_s,
        }

    @property
    def duty(self) -> BackupDuty:
        """The full protected load until the generators carry it."""
        return BackupDuty.at_full_load(math.fsum(self.build_up_s.values()), "generator_sequence")


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAttempt:
    """One attempt to start a generator, with its probability of success if all earlier attempts failed.

    `ready_s` is the time from the failure of the utility until a generator that starts at this attempt carries the
    load.
    """

    ready_s: float
    success_probability: float

    def __post_init__(self) -> None:
        checks = Checks()
        checks.positive("ready_s", self.ready_s)
        checks.fraction("success_probability", self.success_probability)
        checks.raise_faults()


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorStarts:
    """A distribution of generator starts, and the accepted probability of losing the load in an outage.

    `generators_needed` of `generators` must start. `common_cause_probability` is the probability that all fail together
    (fuel, controls, switchgear). `never_starts_probability` is the probability that one generator fails at every
    attempt. Failures without a common cause count as independent, which is optimistic. Only the report uses
    `outages_per_year`.
    """

    attempts: tuple[StartAttempt, ...]
    common_cause_probability: float
    target_probability: float
    generators: int = 1
    generators_needed: int = 1
    never_starts_probability: float = 0.0
    margin_s: float = 0.0
    outages_per_year: float | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        ready = [attempt.ready_s for attempt in self.attempts]
        checks.require(bool(ready), "attempts", [], "at least one attempt")
        in_order = all(earlier < later for earlier, later in pairwise(ready))
        checks.require(in_order, "attempts", ready, "in order of ready_s, each later than the one before")
        checks.require(self.generators >= 1, "generators", self.generators, "a whole number of at least 1")
        most = max(1, self.generators)
        allowed = f"from 1 to {most}, the number of generators"
        checks.require(1 <= self.generators_needed <= most, "generators_needed", self.generators_needed, allowed)
        for name in ("common_cause_probability", "never_starts_probability"):
            checks.fraction(name, getattr(self, name))
        target = self.target_probability
        checks.require(0 < target < 1, "target_probability", target, "a probability above 0 and below 1")
        checks.not_negative("margin_s", self.margin_s)
        if self.outages_per_year is not None:
            checks.not_negative("outages_per_year", self.outages_per_year)
        checks.raise_faults()
        self._check_target()

    def _check_target(self) -> None:
        """Note a fault for a target that no ride-through can reach, because the generators fail more often."""
        remains = self.not_carried(math.inf)
        checks = Checks()
        checks.require(
            self._within_target(remains),
            "target_probability",
            self.target_probability,
            f"at least {remains:.6g}: the probability that generators never carry the load, even with endless "
            f"batteries (common cause {self.common_cause_probability:g})",
        )
        checks.raise_faults()

    def _within_target(self, probability: float) -> bool:
        return probability <= self.target_probability * (1 + _ROUNDING)

    def not_carried(self, seconds: float) -> float:
        """The probability that the generators do not carry the load `seconds` after the utility failed."""
        own = 1 - self.never_starts_probability
        tries = math.prod(1 - each.success_probability for each in self.attempts if each.ready_s <= seconds)
        failed = self.never_starts_probability + own * tries
        too_few = math.fsum(
            math.comb(self.generators, down) * failed**down * (1 - failed) ** (self.generators - down)
            for down in range(self.generators - self.generators_needed + 1, self.generators + 1)
        )
        return self.common_cause_probability + (1 - self.common_cause_probability) * too_few

    @property
    def ready_s(self) -> float:
        """The earliest time in seconds at which the probability of no carried load is at most the target."""
        return next(each.ready_s for each in self.attempts if self._within_target(self.not_carried(each.ready_s)))

    @property
    def build_up_s(self) -> dict[str, float]:
        """The quantile of the distribution and the margin, in seconds."""
        likely = f"ready with not carried at most {self.target_probability:g}"
        return {likely: self.ready_s, "margin": self.margin_s}

    @property
    def duty(self) -> BackupDuty:
        """The full protected load until the generators carry it with the required probability."""
        return BackupDuty.at_full_load(self.ready_s + self.margin_s, "generator_starts")


def losses_per_year(outages_per_year: float, loss_probability: float) -> float:
    """The expected number of lost loads a year.

    >>> round(losses_per_year(3, 1.3e-3), 6)
    0.0039
    """
    return outages_per_year * loss_probability
