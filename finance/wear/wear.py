"""The wear of a battery: counted cycles, judged by the maker's table of cycle life.

A cycle uses 1/N of the life, where N is the number of cycles of its depth that the battery lasts (rule of Palmgren and
Miner). Without a table or a cost the result is unknown, with the reason. Ageing by time alone is not counted.
"""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from ridethrough.domain.validation import Checks
from ridethrough.finance.figure import Figure
from ridethrough.finance.wear.rainflow import Cycle, rainflow

_ROUNDING = 1e-9
"""Depths whose relative difference is at most this are equal."""

_LEAST_DEPTH = 1e-6
"""A move of at most this fraction of the capacity is rounding of a solver or a meter, not a cycle."""
_HOURS_A_YEAR = 8760.0


class BetweenPoints(StrEnum):
    """How to read a table of cycle life between its depths."""

    NEXT_DEEPER = "next_deeper"
    """Use the next deeper entry: the table's depths are upper limits, as in DER-VET.

    Even the smallest ripple then wears like the table's first depth, and a metered series has many ripples.
    """

    POWER_LAW = "power_law"
    """Interpolate linearly between logarithms (N = a * depth ** -b), also below the shallowest depth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleLife:
    """The number of cycles by depth (fraction of capacity) until the end of life as its maker defines it.

    `source` names the origin of the table.
    """

    cycles_by_depth: Mapping[float, float]
    source: str
    between: BetweenPoints = BetweenPoints.POWER_LAW

    def __post_init__(self) -> None:
        checks = Checks()
        table = dict(sorted(self.cycles_by_depth.items()))
        least = 1 if self.between is BetweenPoints.NEXT_DEEPER else 2
        checks.require(len(table) >= least, "cycles_by_depth", f"{len(table)} depths", f"at least {least}")
        for depth, cycles in table.items():
            checks.efficiency(f"cycles_by_depth.{depth:g}", depth)
            checks.positive(f"cycles_by_depth.{depth:g}", cycles)
        for (_, before), (depth, cycles) in pairwise(table.items()):
            checks.require(cycles <= before, f"cycles_by_depth.{depth:g}", cycles, f"at most {before:g}, as shallower")
        checks.require(bool(self.source), "source", self.source, "the name of the table's origin")
        checks.raise_faults()
        object.__setattr__(self, "cycles_by_depth", table)

    @property
    def deepest(self) -> float:
        """The deepest cycle in the table."""
        return max(self.cycles_by_depth)

    def life_used(self, depth: float) -> float:
        """The fraction of the life that one cycle of a depth above 0 uses.

        A cycle deeper than the table counts like the deepest entry.

        >>> table = {0.5: 7000, 1.0: 3500}
        >>> round(1 / CycleLife(cycles_by_depth=table, source="maker").life_used(0.6), 3)
        5833.333
        >>> upper_limits = CycleLife(cycles_by_depth=table, source="maker", between=BetweenPoints.NEXT_DEEPER)
        >>> round(1 / upper_limits.life_used(0.6), 3)
        3500.0
        """
        depths = list(self.cycles_by_depth)
        above = min(bisect_left(depths, depth * (1 - _ROUNDING)), len(depths) - 1)
        if self.between is BetweenPoints.NEXT_DEEPER:
            return 1 / self.cycles_by_depth[depths[above]]
        high = max(1, above)
        (low_depth, most), (high_depth, least) = list(self.cycles_by_depth.items())[high - 1 : high + 1]
        steepness = math.log(most / least) / math.log(high_depth / low_depth)
        return float((min(depth, high_depth) / low_depth) ** steepness / most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wear:
    """The wear of a battery over a series of stored energy.

    The depth of a cycle is a fraction of capacity. `throughput_kwh` is the energy that left storage, standby losses
    included. `equivalent_full_cycles` is the sum of depth times count over all cycles. `life_used` is a fraction of the
    life, `cost` the same fraction of a replacement's cost, and `life_years` the length of the life at this rate of
    wear.
    """

    cycles: tuple[Cycle, ...]
    throughput_kwh: float
    equivalent_full_cycles: float
    life_used: Figure
    cost: Figure
    life_years: Figure


def battery_wear(
    stored_kwh: Sequence[float],
    *,
    capacity_kwh: float,
    duration_h: float,
    cycle_life: CycleLife | None = None,
    replacement_cost: float | None = None,
) -> Wear:
    """Count the wear of stored energy at boundaries (kWh), over `duration_h` hours.

    The table's depths are fractions of `capacity_kwh`, the nominal energy. The series, `capacity_kwh` and
    `replacement_cost` describe the same batteries: one, or all of a system. UnableToAccept lists every fault.
    """
    checks = Checks()
    checks.positive("capacity_kwh", capacity_kwh)
    checks.positive("duration_h", duration_h)
    if replacement_cost is not None:
        checks.not_negative("replacement_cost", replacement_cost)
    checks.raise_faults()
    cycles = rainflow([energy / capacity_kwh for energy in stored_kwh])
    used = life_used(cycles, cycle_life)
    return Wear(
        cycles=cycles,
        throughput_kwh=math.fsum(max(0.0, before - after) for before, after in pairwise(stored_kwh)),
        equivalent_full_cycles=math.fsum(cycle.depth * cycle.count for cycle in cycles),
        life_used=used,
        cost=_cost(used, replacement_cost),
        life_years=_life_years(used, duration_h),
    )


def life_used(cycles: Sequence[Cycle], cycle_life: CycleLife | None) -> Figure:
    """The fraction of the life that cycles use; their depths are fractions of capacity."""
    if cycle_life is None:
        return Figure.unknown("no table says how many cycles the battery lasts")
    deepest = max((cycle.depth for cycle in cycles), default=0.0)
    if deepest > cycle_life.deepest * (1 + _ROUNDING):
        return Figure.unknown(
            f"a cycle is {deepest:.1%} deep, and the table of {cycle_life.source} ends at {cycle_life.deepest:.1%}"
        )
    moved = (cycle for cycle in cycles if cycle.depth > _LEAST_DEPTH)
    return Figure.known(math.fsum(cycle.count * cycle_life.life_used(cycle.depth) for cycle in moved))


def _cost(used: Figure, replacement_cost: float | None) -> Figure:
    if used.value is None:
        return used
    if replacement_cost is None:
        return Figure.unknown("no cost of a replacement is given")
    return Figure.known(used.value * replacement_cost)


def _life_years(used: Figure, duration_h: float) -> Figure:
    if used.value is None:
        return used
    if used.value == 0:
        return Figure.unknown("the battery was not cycled, so cycles do not end its life")
    return Figure.known(duration_h / _HOURS_A_YEAR / used.value)
