"""The yearly limit of a warranty: what is left of it, and the price of using it faster than the year goes by."""

from ridethrough.domain import UpsSystem
from ridethrough.domain.wear import warranty
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem


def throughput_left_kwh(problem: DispatchProblem, ups: UpsSystem) -> float:
    """What a system may still discharge in the year that the horizon starts in; infinite without a limit."""
    limit = ups.throughput_limit_kwh
    used = problem.state.throughput_kwh.get(ups.id, 0.0)
    return float("inf") if limit is None else max(0.0, limit - used)


def intervals_of_the_year(problem: DispatchProblem) -> int:
    """The number of intervals before the next calendar year begins."""
    horizon = problem.horizon
    _, ends = warranty.year_of(horizon.start, horizon.timezone)
    return min(horizon.intervals, -((horizon.start - ends) // horizon.step))


def price_of_haste_per_kwh(problem: DispatchProblem, ups: UpsSystem) -> float:
    """The price of a kWh discharged, from how far the year's discharge is ahead of the year."""
    used, horizon = problem.state.throughput_kwh.get(ups.id, 0.0), problem.horizon
    energy = problem.charges.energy_per_kwh
    spread = float(energy.max() - energy.min())
    limit_kwh = ups.throughput_limit_kwh
    return warranty.price_of_haste_per_kwh(used, limit_kwh, spread, horizon.start, horizon.timezone)
