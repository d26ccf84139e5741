"""The expected change of a billing period's bill by a plan, over its simulated futures.

To the end of the period, the change is the cost with the ceilings less the cost with every battery at rest from now on.
A plan of some hours counts its own energy, wear and daily peaks, and a share of the change of the whole period's
peaks. Late hours have more of it: a peak is saved only if it is held to the end, and what will be held is known better
from day to day. Of a month of 30 days the first 10 have 4 %, the last 10 have 70 %, and the last day 10 %. So the plans
of a month add up to about its change, and the whole price of a peak is never the saving of one day.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ridethrough.operation.ceilings.policy import CeilingPlan
from ridethrough.operation.ceilings.search import Ceilings
from ridethrough.operation.ceilings.simulate import Outcomes, Simulation
from ridethrough.tariffs.horizon.charges import DemandStep

FloatArray = NDArray[np.float64]

_P10, _P90 = 10, 90
_LATE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedChange:
    """A change of a bill in its currency, below zero where it falls: its mean, and what one future in ten is beyond.

    >>> ExpectedChange.of([-3.0, -1.0]).mean
    -2.0
    """

    mean: float
    p10: float
    p90: float

    @classmethod
    def of(cls, changes: FloatArray | list[float]) -> "ExpectedChange":
        """The change over equally likely futures."""
        p10, p90 = np.percentile(changes, [_P10, _P90])
        return cls(mean=float(np.mean(changes)), p10=float(p10), p90=float(p90))


def changes_of_plan(plan: CeilingPlan, hours: int, period_hours: int, resting_peak_kw: FloatArray) -> FloatArray:
    """The change by the first `hours` of the rest in each future; the whole billing period has `period_hours`.

    `resting_peak_kw` is the peak so far of each charge with every battery at rest since the billing period began.
    """
    energy = _changes(_energy_only(plan.simulation.first(hours)), plan.ceilings)
    begun = max(0, period_hours - plan.simulation.rest.hours)
    share = _share_before(begun + hours, period_hours) - _share_before(begun, period_hours)
    return np.asarray(energy + share * _changes_by_peaks(plan, resting_peak_kw))


def _share_before(hours: int, period_hours: int) -> float:
    """The share of the change by peaks that the first hours of a billing period have."""
    return min(1.0, hours / period_hours) ** _LATE


def _changes_by_peaks(plan: CeilingPlan, resting_peak_kw: FloatArray) -> FloatArray:
    """The cost of the whole period's peaks in each future, less their cost with every battery at rest."""
    held = _held(plan.simulation, plan.ceilings).peak_kw[0]
    resting = _resting(replace(plan.simulation, peak_so_far_kw=resting_peak_kw), plan.ceilings).peak_kw[0]
    total = np.zeros(len(held))
    for index, charge in enumerate(plan.simulation.rest.charges):
        if not charge.daily:
            total += charge.cost(held[:, index]) - charge.cost(resting[:, index])
    return total


def changes_to_period_end(plan: CeilingPlan) -> FloatArray:
    """The change in each future by holding the ceilings to the end of the billing period."""
    return _changes(plan.simulation, plan.ceilings)


def _changes(simulation: Simulation, ceilings: Ceilings) -> FloatArray:
    """The cost of each future with the ceilings, less that with every battery at rest."""
    return np.asarray(_held(simulation, ceilings).cost[0] - _resting(simulation, ceilings).cost[0])


def _held(simulation: Simulation, ceilings: Ceilings) -> Outcomes:
    return simulation.outcomes(ceilings.candidates)


def _resting(simulation: Simulation, ceilings: Ceilings) -> Outcomes:
    asleep = replace(simulation.store, discharge_kw=0.0, charge_kw=0.0)
    return _held(replace(simulation, store=asleep), ceilings)


def _energy_only(simulation: Simulation) -> Simulation:
    """The same with peaks of the period that cost nothing; those of a day still do."""
    free = (DemandStep(up_to_kw=float("inf"), rate_per_kw=0.0),)
    charges = tuple(charge if charge.daily else replace(charge, steps=free) for charge in simulation.rest.charges)
    return replace(simulation, rest=replace(simulation.rest, charges=charges))
