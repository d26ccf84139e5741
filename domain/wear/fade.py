"""How a chemistry loses capacity: by time at a charge and a temperature, and by cycles; both losses are added.

Each loss is a power law with a rate that follows from the conditions (`rate * x ** exponent`, with `x` in days or in
equivalent full cycles), or for time one that comes to an end (`limit * tanh((pace * days) ** exponent / 2)`). Where
conditions change, a loss goes on from where it stands on the law of the new conditions.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ridethrough.domain.wear.cycles import CycleStress

DAYS_A_YEAR = 365.0
_KELVIN = 273.15
_HOURS_A_DAY = 24.0
_SHALLOW = 0.2
_FRACTIONS = tuple(percent / 100 for percent in range(10, 101, 10))
_YEARS = 10.0
_SMALL_RATE = 1e-2
"""Changes of charge below this rate (1/h) are rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What a battery does in a day: its charge in equal steps from the first moment to the last, and its temperature.

    >>> day = Day(charge=(1.0, 0.6, 1.0), temperature_c=25.0)
    >>> round(day.full_cycles, 2), round(day.depth, 2)
    (0.4, 0.4)
    """

    charge: Sequence[float]
    temperature_c: float

    @property
    def kelvin(self) -> float:
        """The temperature above absolute zero."""
        return self.temperature_c + _KELVIN

    @property
    def full_cycles(self) -> float:
        """Equivalent full cycles: half of all changes of charge."""
        return sum(abs(after - before) for before, after in pairwise(self.charge)) / 2

    @property
    def depth(self) -> float:
        """The highest charge less the lowest."""
        return max(self.charge) - min(self.charge)

    @property
    def c_rate(self) -> float:
        """The mean rate of charging and discharging over the day (1/h), rest included."""
        step_h = _HOURS_A_DAY / (len(self.charge) - 1)
        rates = [abs(after - before) / step_h for before, after in pairwise(self.charge)]
        return sum(rate for rate in rates if rate >= _SMALL_RATE) * step_h / _HOURS_A_DAY

    def mean(self, rate_at: Callable[[float], float]) -> float:
        """The mean over the day of a rate that follows the charge."""
        rates = [rate_at(charge) for charge in self.charge]
        return (sum(rates) - (rates[0] + rates[-1]) / 2) / (len(rates) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fade:
    """The loss of capacity of one chemistry.

    `by_time` and `by_cycles` give the rates of a day; `tested` is the range of the data behind them, by stressor. With
    `time_pace_per_day` the loss by time comes to an end, and `by_time` is its limit.
    """

    by_time: Callable[[Day], float]
    time_exponent: float | Callable[[Day], float]
    by_cycles: Callable[[Day], float]
    cycles_exponent: float
    tested: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    time_pace_per_day: float | None = None

    def lost_by_time(self, lost: float, day: Day, days: float) -> float:
        """A loss by time after so many days like one."""
        exponent = self.time_exponent(day) if callable(self.time_exponent) else self.time_exponent
        if self.time_pace_per_day is None:
            return grown(lost, self.by_time(day), exponent, days)
        return saturated(lost, self.by_time(day), self.time_pace_per_day, exponent, days)

    def cycle_stress(self, end_of_life_fraction: float, temperature_c: float) -> CycleStress:
        """The share of a life that one cycle a day takes, as a power of its depth through 20 % and 100 %.

        A cycle of depth `d` takes `d * (rate / (1 - end of life)) ** (1 / exponent)`: one part in the number of cycles
        that alone end the life.
        """
        deep, shallow = (self._life_used(d, end_of_life_fraction, temperature_c) for d in (1.0, _SHALLOW))
        if deep == 0:
            return CycleStress(coefficient=0.0, exponent=1.0)
        exponent = math.log(deep / shallow) / math.log(1.0 / _SHALLOW)
        return CycleStress(coefficient=deep, exponent=max(1.0, exponent))

    def _life_used(self, depth: float, end_of_life_fraction: float, temperature_c: float) -> float:
        rate = self.by_cycles(Day(charge=(1.0, 1.0 - depth, 1.0), temperature_c=temperature_c))
        return float(depth * (rate / (1 - end_of_life_fraction)) ** (1 / self.cycles_exponent))

    def resting_fade_per_year(self, temperature_c: float) -> dict[float, float]:
        """What a year at rest takes by charge: the mean of ten years."""

        def after_years(charge: float) -> float:
            return self.lost_by_time(
                0.0, Day(charge=(charge, charge), temperature_c=temperature_c), _YEARS * DAYS_A_YEAR
            )

        return {charge: min(0.99, after_years(charge) / _YEARS) for charge in _FRACTIONS}

    def doubts(self, day: Day) -> tuple[str, ...]:
        """Each condition of a day that lies outside the data."""
        found = {"temperature": day.temperature_c}
        if day.full_cycles > 0:
            found |= {"depth": day.depth, "c_rate": peak_rate(day)}
        return tuple(
            f"{name} {value:.3g} is outside the tested {low:g} to {high:g}"
            for name, value in found.items()
            for low, high in [self.tested.get(name, (-math.inf, math.inf))]
            if not low - 1e-9 <= value <= high + 1e-9
        )


def peak_rate(day: Day) -> float:
    """The highest rate of charging or discharging in a day (1/h)."""
    step_h = _HOURS_A_DAY / (len(day.charge) - 1)
    return max(abs(after - before) for before, after in pairwise(day.charge)) / step_h


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """The fractions of nominal capacity that time and cycles have taken."""

    by_time: float = 0.0
    by_cycles: float = 0.0

    @property
    def state_of_health(self) -> float:
        """What is left."""
        return max(0.0, 1.0 - self.by_time - self.by_cycles)

    def after(self, fade: Fade, day: Day, days: float) -> "Lost":
        """The losses after so many days like this one; what cycles move shrinks with the capacity that is left."""
        full_cycles = day.full_cycles * days * self.state_of_health
        return Lost(
            by_time=fade.lost_by_time(self.by_time, day, days),
            by_cycles=grown(self.by_cycles, fade.by_cycles(day), fade.cycles_exponent, full_cycles),
        )


def grown(lost: float, rate: float, exponent: float, more: float) -> float:
    """A loss after `more`, on the law `rate * x ** exponent` from the `x` where it stands.

    >>> round(grown(grown(0.0, 0.01, 0.5, 100.0), 0.01, 0.5, 300.0), 6)
    0.2
    """
    if rate <= 0 or more <= 0:
        return lost
    stands = (lost / rate) ** (1 / exponent)
    return float(rate * (stands + more) ** exponent)


def saturated(lost: float, limit: float, pace: float, exponent: float, more: float) -> float:
    """A loss after `more`, on the law `limit * tanh((pace * x) ** exponent / 2)` from the `x` where it stands.

    >>> round(saturated(saturated(0.0, 0.2, 0.01, 0.5, 100.0), 0.2, 0.01, 0.5, 300.0), 6)
    0.152319
    """
    if lost >= limit or more <= 0:
        return lost
    stands = (2 * math.atanh(lost / limit)) ** (1 / exponent) / pace
    return float(limit * math.tanh((pace * (stands + more)) ** exponent / 2))
