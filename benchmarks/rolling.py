"""A year of daily plans, each from the stored energy and the month-to-date peaks that the day before left.

PYTHONPATH=. python -m benchmarks.rolling [--days 365] [--rounds 3]

The whole path of the product: tariff to charges, problem, model, solver, cost, certificate. Exits with 1 where a plan
is not certified, or where a year by the dynamic program costs something else.
"""

import argparse
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from benchmarks.timing import cpu_s, keep, say_load, table
from ridethrough.api.cases.bench.problem import TIMEZONE, example_load_kw, example_problem
from ridethrough.domain import Horizon, Site, SiteState
from ridethrough.optimizer import DispatchProblem, plan_dispatch
from ridethrough.optimizer.dynamic_program import cheapest_plan, reasons_against
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.optimizer.solvers.engine import Engine
from ridethrough.tariffs import catalog
from ridethrough.tariffs.calendar.local_calendar import FloatArray
from ridethrough.tariffs.horizon.charges import charges_over
from ridethrough.tariffs.tariff import Tariff

_FIRST = date(2026, 1, 1)
_TARIFFS = ("dominion-gs-4", "pge-b-20")
_UNPROTECTED_KW = 900.0
_REHEARSED_DAYS = 2
_AGREE = 1e-6
"""A day may have several optima, which leave other peaks and energy to the next: years agree, but not to rounding."""
_LOAD_KW = example_load_kw(36_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a plan of one day leaves to the next: the meter, stored energy, and its objective where it is known."""

    grid_kw: FloatArray
    stored_kwh: float
    certified: bool = True


Planner = Callable[[DispatchProblem], Done]


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--days", type=int, default=365)
    arguments.add_argument("--rounds", type=int, default=3)
    asked = arguments.parse_args()
    say_load()
    rows, agreed = [], True
    for name in _TARIFFS:
        ways = year(name, asked.days, asked.rounds)
        costs = [cost for _, cost, _ in ways.values()]
        agreed &= max(costs) - min(costs) <= _AGREE * abs(costs[0])
        for way, (total_s, cost, certified) in ways.items():
            rows.append((name, way, f"{total_s:.2f} s", f"{total_s / asked.days * 1e3:.2f} ms", f"{cost:,.4f}"))
            agreed &= certified
    table(("tariff", "way", f"CPU of {asked.days} plans", "a plan", "cost of the year"), rows)
    keep("rolling", {f"{row[0]}, {row[1]}": row[2] for row in rows})
    return 0 if agreed else 1


def year(name: str, days: int, rounds: int) -> dict[str, tuple[float, float, bool]]:
    """Median CPU seconds of all days by each way, what the year costs, and whether every day was certified."""
    tariff = catalog.load(name)
    site = example_problem(tariff).site
    ways: dict[str, Callable[[], Planner]] = {"whole path, certified": by_product}
    if not reasons_against(basis_of(example_problem(tariff))):
        ways |= {
            "whole path by the dynamic program, audited, certified": lambda: by_product(dynamic_program=True),
            "problem and dynamic program alone": by_dynamic_program,
        }
    taken: dict[str, list[float]] = {way: [] for way in ways}
    ends: dict[str, tuple[float, bool]] = {}
    for planner in ways.values():
        roll(site, tariff, _REHEARSED_DAYS, planner())
    for _ in range(rounds):
        for way, planner in ways.items():
            plan = planner()
            ends[way], seconds = cpu_s(lambda plan=plan: roll(site, tariff, days, plan))  # type: ignore[misc]
            taken[way].append(seconds)
    return {way: (statistics.median(taken[way]), *ends[way]) for way in ways}


def roll(site: Site, tariff: Tariff, days: int, plan: Planner) -> tuple[float, bool]:
    """Plan day after day; what the meter is charged for energy and demand, and whether all was certified."""
    at, month, cost, certified = 0, 0, 0.0, True
    peaks_kw: dict[str, float] = {}
    stored_kwh: dict[str, float] = {}
    for day in (_FIRST + timedelta(days=index) for index in range(days)):
        horizon = Horizon.of_local_day(day, TIMEZONE, 15)
        if day.month != month:
            peaks_kw, month = {}, day.month
        state = SiteState(peaks_kw=dict(peaks_kw), stored_kwh=stored_kwh)
        problem = DispatchProblem(
            site=site,
            horizon=horizon,
            charges=charges_over(tariff, horizon, state=state),
            load_kw={"pod-1": tuple(_LOAD_KW[at : at + horizon.intervals].tolist())},
            unprotected_load_kw=(_UNPROTECTED_KW,) * horizon.intervals,
            state=state,
        )
        done = plan(problem)
        cost += carry(problem, done, peaks_kw)
        stored_kwh = {"pod-1": done.stored_kwh}
        certified &= done.certified
        at += horizon.intervals
    return cost, certified


def carry(problem: DispatchProblem, done: Done, peaks_kw: dict[str, float]) -> float:
    """Raise the peaks of the month to those of a day; what its energy costs, and what the peaks rise by."""
    cost = float(problem.charges.energy_per_kwh @ done.grid_kw) * problem.horizon.interval_h
    for term in problem.charges.demand:
        if len(term.intervals):
            metered = [done.grid_kw[window].mean() for window in term.windows] or done.grid_kw[term.intervals]
            peak_kw = max(peaks_kw.get(term.charge, 0.0), float(np.max(metered)))
            cost += (peak_kw - peaks_kw.get(term.charge, 0.0)) * term.steps[-1].rate_per_kw
            peaks_kw[term.charge] = peak_kw
    return cost


def by_product(*, dynamic_program: bool = False) -> Planner:
    """`plan_dispatch`, as the command and the service make plans, with a warm engine."""
    engine = Engine(warm=True, dynamic_program=dynamic_program)

    def plan(problem: DispatchProblem) -> Done:
        made = plan_dispatch(problem, issued_at=problem.horizon.start, engine=engine)
        return Done(
            grid_kw=np.array(made.grid_kw),
            stored_kwh=made.ups[0].stored_kwh[-1],
            certified=made.certificate.certified,
        )

    return plan


def by_dynamic_program() -> Planner:
    """The dynamic program in place of model and solver, without a certificate."""

    def plan(problem: DispatchProblem) -> Done:
        optimum = cheapest_plan(basis_of(problem))
        assert optimum is not None
        meter_kw = basis_of(problem).grid_kw(optimum.trajectories)
        return Done(grid_kw=meter_kw, stored_kwh=optimum.trajectories[0].stored_kwh[-1])

    return plan


if __name__ == "__main__":
    sys.exit(main())
