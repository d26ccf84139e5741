"""A lower bound of each peak, which spares the model most of its binaries.

Over successive metered intervals, batteries can lower the mean of the meter only by their energy above the lowest
reserve, because charging in between adds more to the meter than it later removes. The peak is at least that mean.

    peak >= mean(resting) - sum over systems of eta_d * (E_max - min reserve) / (eta_rect * hours of it)
"""

import numpy as np
from numpy.typing import NDArray

from ridethrough.optimizer.problem.plan_basis import PlanBasis
from ridethrough.tariffs.horizon.charges import DemandTerm

FloatArray = NDArray[np.float64]


def least_billed_kw(basis: PlanBasis, terms: tuple[DemandTerm, ...]) -> list[float]:
    """The lowest demand that each term can bill, in kW."""
    resting_kw = np.array(basis.powers.resting_kw)  # without the standby charge, because a plan may omit it
    spare_kwh = sum(
        ups.battery.discharge_efficiency
        * (ups.max_stored_kwh - min(basis.problem.stored_at_start_kwh(ups), *basis.floors.floor_kwh[ups.id]))
        / ups.rectifier_efficiency
        for ups in basis.problem.site.ups
    )
    h = basis.problem.horizon.interval_h
    return [
        max(term.floor_kw, term.added_kw + term.own_fraction * _least_peak_kw(term, resting_kw, spare_kwh, h))
        for term in terms
    ]


def _least_peak_kw(term: DemandTerm, resting_kw: FloatArray, spare_kwh: float, interval_h: float) -> float:
    """The highest bound over runs of metered intervals: windows if the charge has them, else 1, 2, 4 ... intervals.

    An interval that lies partly in a window has less weight there, and its discharge lowers the mean by less.
    """
    if term.apart is not None:
        return 0.0
    stretches = [(window, len(window)) for window in term.windows]
    most_often = max((int(np.unique(window, return_counts=True)[1].max()) for window in term.windows), default=1)
    if not term.windows and len(term.intervals):
        runs = np.split(term.intervals, np.flatnonzero(np.diff(term.intervals) > 1) + 1)
        stretches = [(run, length) for run in runs for length in _lengths(len(run))]
    least_kw = term.peak_so_far_kw
    for intervals, length in stretches:
        summed = np.concatenate([[0.0], np.cumsum(resting_kw[intervals])])
        means_kw = (summed[length:] - summed[:-length]) / length
        least_kw = max(least_kw, float(means_kw.max()) - spare_kwh * most_often / (length * interval_h))
    return least_kw


def _lengths(intervals: int) -> set[int]:
    return {intervals, *(2**power for power in range(intervals.bit_length()))}
