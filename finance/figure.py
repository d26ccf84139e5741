"""A figure, or the reason why there is none."""

import math
from dataclasses import dataclass

from ridethrough.domain.validation import Checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number that may be unknown: `value`, or `reason`, never both and never neither.

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
        checks.require(finite, "value", self.value, "a finite number, or nothing and a reason")
        explained = (self.value is None) == bool(self.reason)
        checks.require(explained, "reason", self.reason, "given where there is no value, and only there")
        checks.raise_faults()

    @classmethod
    def known(cls, value: float) -> "Figure":
        """The number."""
        return cls(value=value)

    @classmethod
    def unknown(cls, reason: str) -> "Figure":
        """The reason why there is no number."""
        return cls(reason=reason)
