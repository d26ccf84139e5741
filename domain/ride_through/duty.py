"""The duty of a UPS system in an outage: how long it carries what fraction of the protected load."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from ridethrough.domain.validation import Checks

_MOST_STEPS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyStep:
    """`seconds` at a constant `load_fraction` of the protected load."""

    seconds: float
    load_fraction: float

    def __post_init__(self) -> None:
        checks = Checks()
        checks.positive("seconds", self.seconds)
        checks.fraction("load_fraction", self.load_fraction)
        checks.raise_faults()


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupDuty:
    """A load profile to carry from the batteries: steps in order, from the moment the utility fails.

    `name` is the policy that it comes from. A simple ride-through of 300 s is one step of 300 s at full load.
    """

    name: str
    steps: tuple[DutyStep, ...]

    def __post_init__(self) -> None:
        checks = Checks()
        carries = any(step.load_fraction > 0 for step in self.steps)
        checks.require(carries, "steps", f"{len(self.steps)} steps", "at least one step that carries a load")
        checks.raise_faults()

    @classmethod
    def at_full_load(cls, seconds: float, name: str = "ride_through") -> "BackupDuty":
        """A duty of the full protected load for `seconds`."""
        return cls(name=name, steps=(DutyStep(seconds=seconds, load_fraction=1.0),))

    @property
    def duration_s(self) -> float:
        """Seconds from the failure of the utility to the end of the duty."""
        return math.fsum(step.seconds for step in self.steps)

    @property
    def full_load_s(self) -> float:
        """The seconds at the full protected load that take the same energy.

        >>> falling = (DutyStep(seconds=120, load_fraction=1.0), DutyStep(seconds=60, load_fraction=0.5))
        >>> BackupDuty(name="clean_shutdown", steps=falling).full_load_s
        150.0
        """
        return math.fsum(step.seconds * step.load_fraction for step in self.steps)

    def load_fraction_at(self, seconds: float) -> float:
        """The fraction of the protected load to carry `seconds` after the failure; 0 before it and after the duty.

        Steps are half-open: at the instant where one ends, the next one holds.
        """
        if seconds < 0:
            return 0.0
        ends = accumulate(step.seconds for step in self.steps)
        return next((step.load_fraction for step, end in zip(self.steps, ends, strict=True) if seconds < end), 0.0)

    def repeated(self, times: int) -> "BackupDuty":
        """The same duty repeated `times` times, without a recharge between."""
        return BackupDuty(name=self.name, steps=self.steps * times)


def falling_steps(seconds: float, *, from_fraction: float, to_fraction: float) -> Iterator[DutyStep]:
    """A load that falls linearly over `seconds`, as steps that are never below the line.

    There are at most 60 steps of whole seconds; the last step is the rest.

    >>> [step.load_fraction for step in falling_steps(4, from_fraction=1.0, to_fraction=0.0)]
    [1.0, 0.75, 0.5, 0.25]
    """
    length_s = max(1, math.ceil(seconds / _MOST_STEPS))
    for begin_s in range(0, math.ceil(seconds), length_s):
        fallen = (from_fraction - to_fraction) * begin_s / seconds
        yield DutyStep(seconds=min(length_s, seconds - begin_s), load_fraction=max(0.0, from_fraction - fallen))
