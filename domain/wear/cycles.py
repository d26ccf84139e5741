"""The share of its life that a cycle takes from a battery, as a power of the cycle's depth."""

from dataclasses import dataclass
from itertools import pairwise

from ridethrough.domain.validation import Checks

MOST_SEGMENTS = 64
_STEEPEST = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleStress:
    """A cycle of depth `d` (fraction of nominal energy) takes `coefficient * d ** exponent` of the life.

    An exponent of 1 says that only throughput counts. Below 1 the cost would not be convex, and is refused.

    >>> nmc = CycleStress(coefficient=5.24e-4, exponent=2.03)
    >>> round(1 / nmc.life_used(0.8), 1)
    3001.9
    """

    coefficient: float
    exponent: float

    def __post_init__(self) -> None:
        checks = Checks()
        checks.not_negative("coefficient", self.coefficient)
        checks.require(self.coefficient < 1, "coefficient", self.coefficient, "below 1: a cycle does not end a life")
        allowed = f"from 1 (only throughput counts) to {_STEEPEST:g}"
        checks.require(1 <= self.exponent <= _STEEPEST, "exponent", self.exponent, allowed)
        checks.raise_faults()

    def life_used(self, depth: float) -> float:
        """The share of the life that one cycle of a depth takes."""
        return float(self.coefficient * depth**self.exponent)

    def segment_costs(self, price_per_kwh: float, discharge_efficiency: float, segments: int) -> tuple[float, ...]:
        """The cost of a kWh discharged (at the terminals) from each of equal segments of depth, the shallowest first.

            c[j] = price / eta_d * J * (Phi(j / J) - Phi((j - 1) / J))

        `price_per_kwh` is the worth of a whole life per kWh of nominal energy. Source: Xu et al., "Factoring the cycle
        aging cost of batteries participating in electricity markets", IEEE Trans. Power Systems 33 (2018), eq. 10.

        >>> nmc = CycleStress(coefficient=5.24e-4, exponent=2.03)
        >>> [round(1000 * cost, 3) for cost in nmc.segment_costs(300, 0.95, 4)]
        [39.683, 122.385, 207.048, 292.778]
        """
        used = [self.life_used(j / segments) for j in range(segments + 1)]
        scale = price_per_kwh / discharge_efficiency * segments
        return tuple(scale * (after - before) for before, after in pairwise(used))
