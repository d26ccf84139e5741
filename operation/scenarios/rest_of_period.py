"""The rest of a billing period: the peak that it brings in any case, and so the real cost of a higher peak today.

A peak of today costs only what it adds to the peak of the whole billing period. With `R` the highest peak of the days
after the horizon, one more kW at a peak of `x` is billed with the probability that R stays below `x`:

    expected cost of x = rate * E[max(x, R)]            its slope at x is rate * P(R <= x), which rises with x

The charge therefore keeps the form of rising steps. The peak of a coming day is learned from past days. It is a
weighted mean of the peak that batteries could have held with perfect foresight (`achievable_peak_kw`), and the peak
without batteries.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import UpsSystem
from ridethrough.tariffs.horizon.charges import DemandStep, DemandTerm

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_HALVINGS = 24
_STEPS = 6
_LEAST_DAYS = 5
_LOW_PERCENTILE = 20
_SILVERMAN = 0.85
"""The factor on the normal rule for kernel widths; below 1, because days are not normal and their low end matters."""
_FAR_ABOVE = 3.0
"""The distance above the highest day on record, in kernel widths."""
_FREE_RECHARGE = 1.05
"""Outside the charge's hours batteries recharge while the load is below this share of the day's mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterBattery:
    """All batteries of a site as one battery at the meter: tradable energy (kWh) and power (kW).

    `round_trip` is the fraction of energy that is left after storing and discharging it.
    """

    energy_kwh: float
    discharge_kw: float
    charge_kw: float
    round_trip: float

    @classmethod
    def of(cls, tradable: Sequence[tuple[UpsSystem, float]]) -> "MeterBattery":
        """The batteries of the given systems, each with its tradable energy (kWh stored)."""
        return cls(
            energy_kwh=sum(kwh * ups.battery.discharge_efficiency / ups.rectifier_efficiency for ups, kwh in tradable),
            discharge_kw=sum(ups.discharge_limit_kw / ups.rectifier_efficiency for ups, _ in tradable),
            charge_kw=sum(ups.charge_limit_kw / ups.rectifier_efficiency for ups, _ in tradable),
            round_trip=min(ups.battery.charge_efficiency * ups.battery.discharge_efficiency for ups, _ in tradable),
        )


def achievable_peak_kw(load_kw: FloatArray, metered: BoolArray, battery: MeterBattery, interval_h: float) -> float:
    """The lowest peak in the metered intervals of a day that batteries could have held, full at its start."""
    if not metered.any():
        return 0.0
    low_kw, high_kw = 0.0, float(load_kw[metered].max())
    free_kw = float(load_kw.mean()) * _FREE_RECHARGE
    day = [(float(kw), bool(each)) for kw, each in zip(load_kw, metered, strict=True)]
    for _ in range(_HALVINGS):
        level_kw = (low_kw + high_kw) / 2
        if _holds(day, level_kw, free_kw, battery, interval_h):
            high_kw = level_kw
        else:
            low_kw = level_kw
    return high_kw


def _holds(
    day: Sequence[tuple[float, bool]], level_kw: float, free_kw: float, battery: MeterBattery, interval_h: float
) -> bool:
    """Whether the batteries hold the metered intervals of a day at a level."""
    left_kwh = battery.energy_kwh
    for load_kw, metered in day:
        above_kw = load_kw - (level_kw if metered else free_kw)
        if above_kw <= 0:
            gained_kwh = min(battery.charge_kw, -above_kw) * battery.round_trip * interval_h
            left_kwh = min(battery.energy_kwh, left_kwh + gained_kwh)
        elif metered:
            left_kwh -= above_kw * interval_h
            if above_kw > battery.discharge_kw or left_kwh < 0:
                return False
    return True


def with_rest_of_period(term: DemandTerm, day_peaks_kw: FloatArray, days_left: int) -> DemandTerm:
    """The charge when `days_left` more days follow, each with a peak like one of the past.

    It always has the same number of steps, with rising rates. The full rates apply if no day is left, if the past is
    short, and for a charge whose demand is not its own metered peak (a ratchet, a share).
    """
    plain = term.own_fraction == 1 and not term.links and not term.day and term.apart is None
    known = plain and days_left > 0 and len(day_peaks_kw) >= _LEAST_DAYS
    begun_kw = term.peak_so_far_kw
    highest_kw = max(float(day_peaks_kw.max()) if known else 0.0, begun_kw + 1)
    lowest_kw = (
        max(begun_kw, min(float(np.percentile(day_peaks_kw, _LOW_PERCENTILE)), highest_kw)) if known else begun_kw
    )
    edges_kw = np.concatenate([[begun_kw], np.linspace(lowest_kw, max(lowest_kw + 1, highest_kw), _STEPS)])
    middles_kw = (edges_kw[1:] + edges_kw[:-1]) / 2
    beyond_kw = edges_kw[-1] + _FAR_ABOVE * _width_kw(day_peaks_kw) if known else edges_kw[-1]
    levels_kw = np.array([*middles_kw, beyond_kw])  # a peak above all past peaks is almost surely billed
    rates = np.array([_rate_at(term.steps, kw) for kw in levels_kw])
    if known:
        rates *= _stays_below(day_peaks_kw, levels_kw) ** days_left
    rates = np.maximum.accumulate(rates)
    ends_kw = [begun_kw, *edges_kw[1:].tolist(), math.inf]
    steps = zip(ends_kw, [rates[0], *rates], strict=True)
    return replace(term, steps=tuple(DemandStep(up_to_kw=end, rate_per_kw=float(rate)) for end, rate in steps))


def _width_kw(day_peaks_kw: FloatArray) -> float:
    """The width of the kernels that smooth past peaks."""
    return max(1.0, _SILVERMAN * float(day_peaks_kw.std() * len(day_peaks_kw) ** -0.2))


def _stays_below(day_peaks_kw: FloatArray, levels_kw: FloatArray) -> FloatArray:
    """The smoothed share of days whose peak stays below each level."""
    away = (levels_kw[:, None] - day_peaks_kw[None, :]) / _width_kw(day_peaks_kw) / math.sqrt(2)
    return np.array([np.mean([0.5 * (1 + math.erf(each)) for each in row]) for row in away])


def _rate_at(steps: Sequence[DemandStep], demand_kw: float) -> float:
    return next(step.rate_per_kw for step in steps if demand_kw <= step.up_to_kw)
