"""Scenarios: possible loads behind the meter, and the part of a plan that is decided before the load is known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain.validation import Checks

FloatArray = NDArray[np.float64]
_WHOLE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scenarios:
    """Possible loads, each with its probability.

    `unprotected_load_kw` (scenarios x intervals) is everything behind the meter except the UPS systems, plus the
    deviation of all loads from their forecast. In the first `shared_intervals` batteries do the same in every scenario.
    `risk_weight` (0 to 1) is the share of demand costs that counts by its mean over the worst scenarios, which have
    `tail_probability` together, instead of its mean over all scenarios (conditional value at risk).
    """

    probability: FloatArray
    unprotected_load_kw: FloatArray
    shared_intervals: int = 0
    risk_weight: float = 0.0
    tail_probability: float = 0.25

    def __post_init__(self) -> None:
        checks = Checks()
        shape = self.unprotected_load_kw.shape
        checks.require(
            len(shape) == 2 and shape[0] == len(self.probability),  # noqa: PLR2004 - scenarios and intervals
            "unprotected_load_kw",
            shape,
            f"{len(self.probability)} scenarios x intervals",
        )
        sums_up = abs(float(self.probability.sum()) - 1) <= _WHOLE and bool((self.probability >= 0).all())
        checks.require(sums_up, "probability", self.probability.tolist(), "values of at least 0 that sum to 1")
        checks.require(
            0 <= self.shared_intervals <= (shape[1] if len(shape) > 1 else 0),
            "shared_intervals",
            self.shared_intervals,
            "from 0 to the number of intervals",
        )
        checks.fraction("risk_weight", self.risk_weight)
        checks.efficiency("tail_probability", self.tail_probability)
        checks.raise_faults()

    @classmethod
    def certain(cls, unprotected_load_kw: tuple[float, ...]) -> "Scenarios":
        """One load, known."""
        return cls(probability=np.ones(1), unprotected_load_kw=np.array([unprotected_load_kw], dtype=float))

    @property
    def count(self) -> int:
        """The number of scenarios."""
        return len(self.probability)
