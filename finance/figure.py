"""A number that may be unknown, with the reason when it is."""

import math
from dataclasses import dataclass

from ridethrough.domain.validation import Checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Either a number (`value`) or the reason why it is unknown (`reason`): exactly one of the two.

    >>> Figure.known(0.064)
    Figure(value=0.064, reason='')
    >>> Figure.unknown("no cost is followed by a saving").value is None
    True
    """

    value: float | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        checks = Checks()
        finite = self.value is None or math.isfinite(self.value)
        checks.require(finite, "value", self.value, "a finite number, or None with a reason")
        explained = (self.value is None) == bool(self.reason)
        checks.require(explained, "reason", self.reason, "given if and only if value is None")
        checks.raise_faults()

    @classmethod
    def known(cls, value: float) -> "Figure":
        """Make a figure from a known number."""
        return cls(value=value)

    @classmethod
    def unknown(cls, reason: str) -> "Figure":
        """Make a figure from the reason why the number is unknown."""
        return cls(reason=reason)
