"""What a battery's life lost: cycles counted after the fact, judged by the maker's table of cycle life.

Every cycle uses up 1/N of the life, with N the number of cycles of its depth that the battery lasts (Palmgren and
Miner's rule). What no table or no cost says stays unknown, with the reason. Ageing by time alone is not counted.
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
"""Depths that differ by no more of themselves are the same."""

_LEAST_DEPTH = 1e-6
"""A move of no more of the capacity is what a solver or a meter rounds, not a cycle that wears."""


class BetweenPoints(StrEnum):
    """How a table of cycle life is read between the depths it names."""

    NEXT_DEEPER = "next_deeper"
    """As the next deeper one: the table's depths are upper limits, as DER-VET reads them. Every ripple, however small,
    wears as the table's first depth, which a metered series makes much of."""

    POWER_LAW = "power_law"
    """Straight between points of the logarithms (N = a * depth ** -b), also below the shallowest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleLife:
    """How many cycles of a depth (fraction of capacity) the battery lasts, to the end of life its maker means.

    `source` says who says so.
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
        checks.require(bool(self.source), "source", self.source, "a name: who says so")
        checks.raise_faults()
        object.__setattr__(self, "cycles_by_depth", table)

    @property
    def deepest(self) -> float:
        """The deepest cycle that the table speaks of."""
        return max(self.cycles_by_depth)

    def life_used(self, depth: float) -> float:
        """The fraction of the life that one cycle of a depth above 0 uses up; as the deepest beyond the table.

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
    """What a run of stored energy did to a battery.

    `cycles` have depths as fractions of capacity. `throughput_kwh` is what came out of storage, losses while idle
    included; `equivalent_full_cycles` are the cycles by depth times count, half of all ups and downs. `life_used` is a
    fraction of the life, `cost` that fraction of a replacement's, and `life_years` what the life comes to at this pace.
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

    `capacity_kwh` is what the table's depths are fractions of: the nominal energy, of one battery or of all whose
    energy the series is, as `replacement_cost` is that of the same. UnableToAccept lists every fault.
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
    """The fraction of the life that cycles (of depths as fractions of capacity) use up."""
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
        return Figure.unknown("not cycled at all: the life does not end by cycles")
    return Figure.known(duration_h / _HOURS_A_YEAR / used.value)


_HOURS_A_YEAR = 8760.0
