"""The yearly limit of a warranty: what is left of it, and the price of using it faster than the year goes by.

The price is the value of a kWh of the limit later in the year, as far as the past shows it: 0 while no more was
discharged than the part of the limit that belongs to the time gone by. It rises evenly to twice the spread of energy
prices where a month's part more was discharged, above what any trade on energy earns. It follows from the state alone,
so it carries from plan to plan. Source: the virtual queue of Lyapunov optimization (Urgaonkar et al., SIGMETRICS 2011).
"""

from ridethrough.domain import UpsSystem
from ridethrough.domain.wear.warranty import haste, year_of
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem

_OF_SPREAD = 2.0


def throughput_left_kwh(problem: DispatchProblem, ups: UpsSystem) -> float:
    """What a system may still discharge in the year that the horizon starts in; infinite without a limit."""
    limit = ups.throughput_limit_kwh
    used = problem.state.throughput_kwh.get(ups.id, 0.0)
    return float("inf") if limit is None else max(0.0, limit - used)


def intervals_of_the_year(problem: DispatchProblem) -> int:
    """The number of intervals before the next calendar year begins."""
    horizon = problem.horizon
    _, ends = year_of(horizon.start, horizon.timezone)
    return min(horizon.intervals, -((horizon.start - ends) // horizon.step))


def price_of_haste_per_kwh(problem: DispatchProblem, ups: UpsSystem) -> float:
    """The price of a kWh discharged, from how far the year's discharge is ahead of the year."""
    used, horizon = problem.state.throughput_kwh.get(ups.id, 0.0), problem.horizon
    energy = problem.charges.energy_per_kwh
    spread = float(energy.max() - energy.min())
    return _OF_SPREAD * spread * haste(used, ups.throughput_limit_kwh, horizon.start, horizon.timezone)
