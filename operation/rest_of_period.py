"""The rest of a billing period: what peak it will bring anyway, and so what a higher peak today really costs.

A peak that is set today only costs what it adds to the peak of the whole billing period. With `R` the highest peak that
the days after the horizon will bring, one more kW at a peak of `x` is billed with the probability that R stays below:

    expected cost of x = rate * E[max(x, R)]            its slope at x is rate * P(R <= x), which rises with x

so that the charge stays a charge by rising steps. The peak of a day to come is learned from past days: what the
batteries could have held it to, had they known the day (`achievable_peak_kw`), blended with what it was without them.
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
"""Of the normal rule for the width of a kernel: days are not quite normal, and their low end matters."""
_FAR_ABOVE = 3.0
"""Kernel widths above the highest day on record."""
_FREE_RECHARGE = 1.05
"""Outside the charge's hours the batteries recharge up to this share of the day's mean load."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterBattery:
    """All batteries of a site as the meter sees them: tradable energy (kWh) and power (kW) at the meter.

    `round_trip` is the share of energy that is left after it was stored and given back.
    """

    energy_kwh: float
    discharge_kw: float
    charge_kw: float
    round_trip: float

    @classmethod
    def of(cls, tradable: Sequence[tuple[UpsSystem, float]]) -> "MeterBattery":
        """The batteries of some systems, each with its tradable energy (kWh stored)."""
        return cls(
            energy_kwh=sum(kwh * ups.battery.discharge_efficiency / ups.rectifier_efficiency for ups, kwh in tradable),
            discharge_kw=sum(ups.discharge_limit_kw / ups.rectifier_efficiency for ups, _ in tradable),
            charge_kw=sum(ups.charge_limit_kw / ups.rectifier_efficiency for ups, _ in tradable),
            round_trip=min(ups.battery.charge_efficiency * ups.battery.discharge_efficiency for ups, _ in tradable),
        )


def achievable_peak_kw(load_kw: FloatArray, metered: BoolArray, battery: MeterBattery, interval_h: float) -> float:
    """The lowest peak within the metered intervals of a day that its batteries could have held, full at its start."""
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
    """The charge as it looks with `days_left` such days to come, each with a peak like one of the past.

    It has the same number of steps whatever the days are, with rates that rise. The rates are whole where no day is
    left or the past is short, and for a charge whose demand is not its own metered peak (a ratchet, a share).
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
    levels_kw = np.array([*middles_kw, beyond_kw])  # a peak above all of the past is billed almost surely
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
    """The share of days whose peak stays below each level, smoothed."""
    away = (levels_kw[:, None] - day_peaks_kw[None, :]) / _width_kw(day_peaks_kw) / math.sqrt(2)
    return np.array([np.mean([0.5 * (1 + math.erf(each)) for each in row]) for row in away])


def _rate_at(steps: Sequence[DemandStep], demand_kw: float) -> float:
    return next(step.rate_per_kw for step in steps if demand_kw <= step.up_to_kw)
