"""The yearly limit of a warranty: what is left of it, and the price of using it faster than the year goes by.

The price is the value of a kWh of the limit later in the year, as far as the past shows it: 0 while no more was
discharged than the part of the limit that belongs to the time gone by. It rises evenly to the whole spread of energy
prices where a month's part more was discharged. It follows from the state alone, so it carries from plan to plan.
Source: the virtual queue of Lyapunov optimization (Urgaonkar et al., SIGMETRICS 2011).
"""

from datetime import datetime

from ridethrough.domain import UpsSystem
from ridethrough.domain.horizon import zone
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem

_MONTHS = 12


def throughput_left_kwh(problem: DispatchProblem, ups: UpsSystem) -> float:
    """What a system may still discharge in the year that the horizon starts in; infinite without a limit."""
    limit = ups.throughput_limit_kwh
    used = problem.state.throughput_kwh.get(ups.id, 0.0)
    return float("inf") if limit is None else max(0.0, limit - used)


def intervals_of_the_year(problem: DispatchProblem) -> int:
    """The number of intervals before the next calendar year begins."""
    _, ends = _year(problem)
    horizon = problem.horizon
    return min(horizon.intervals, -((horizon.start - ends) // horizon.step))


def price_of_haste_per_kwh(problem: DispatchProblem, ups: UpsSystem) -> float:
    """The price of a kWh discharged, from how far the year's discharge is ahead of the year."""
    limit = ups.throughput_limit_kwh
    if not limit:
        return 0.0
    begins, ends = _year(problem)
    gone = (problem.horizon.start - begins) / (ends - begins)
    ahead = problem.state.throughput_kwh.get(ups.id, 0.0) / limit - gone
    energy = problem.charges.energy_per_kwh
    return min(1.0, max(0.0, ahead * _MONTHS)) * float(energy.max() - energy.min())


def _year(problem: DispatchProblem) -> tuple[datetime, datetime]:
    local = zone(problem.horizon.timezone)
    year = problem.horizon.start.astimezone(local).year
    return datetime(year, 1, 1, tzinfo=local), datetime(year + 1, 1, 1, tzinfo=local)
