"""Rolling plans: what to do now, when the load of the coming hours is known only as scenarios.

A rolling plan is a two-stage program over one or two days. In its first intervals batteries do the same in every
scenario; later they respond to the scenario. A new plan is made every hour, or when the load leaves the expected range,
so that only its first decisions are executed. Two parts stand for the time beyond its horizon: its charges
(`operation.scenarios.rest_of_period`), and the value of stored energy at its end.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, Site, SiteState
from ridethrough.optimizer.formulation.model import model_data
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.optimizer.problem.scenarios import Scenarios
from ridethrough.optimizer.solvers.engine import Engine
from ridethrough.tariffs.horizon.charges import HorizonCharges

FloatArray = NDArray[np.float64]

_EARLY_CHARGE = 2e-4
"""The value of storing a kWh one hour earlier, as a fraction of a price.

Among schedules of equal cost it prefers the one with more stored energy, which is safer.
"""
_TIME_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The inputs of a rolling plan.

    `load_kw` is the expected load of each UPS system in each interval of the horizon. `resting_kw` (scenarios x
    intervals) is the possible meter power with every battery at rest. All scenarios are equally likely.
    """

    site: Site
    horizon: Horizon
    charges: HorizonCharges
    load_kw: Mapping[str, tuple[float, ...]]
    resting_kw: FloatArray
    state: SiteState
    shared_intervals: int = 1
    risk_weight: float = 0.4
    tail_probability: float = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The power of every battery in the first interval (kW at its terminals), and the resulting meter (kW).

    `grid_target_kw` is the level that the meter must stay below, the lowest peak that is expected to be paid for.
    `solved` is False if the solver had no answer; every battery then rests.
    """

    charge_kw: Mapping[str, float]
    discharge_kw: Mapping[str, float]
    grid_kw: float
    grid_target_kw: float
    solved: bool


def decide(outlook: Outlook, engine: Engine) -> Decision:
    """Make a rolling plan, and return its first decisions."""
    problem = problem_of(outlook)
    data = model_data(basis_of(problem))
    prepared = engine.prepared(data.sets)
    program = prepared.program(data.parameters)
    solution = prepared.solve(program, time_limit_s=_TIME_LIMIT_S)
    if solution.values is None:
        resting = dict.fromkeys(outlook.load_kw, 0.0)
        return Decision(
            charge_kw=resting,
            discharge_kw=resting,
            grid_kw=float(outlook.resting_kw[:, 0].mean()),
            grid_target_kw=outlook.site.interconnection.import_limit_kw,
            solved=False,
        )
    return _first_decision(outlook, problem, prepared.compiled.columns, solution.values)


def problem_of(outlook: Outlook) -> DispatchProblem:
    """The two-stage problem of an outlook."""
    site, horizon = outlook.site, outlook.horizon
    limit_kw = site.interconnection.import_limit_kw
    drawn_kw = np.zeros(horizon.intervals)
    for ups in site.ups:
        drawn_kw += np.array([ups.input_kw(kw) for kw in outlook.load_kw[ups.id]])
    unprotected_kw = np.minimum(outlook.resting_kw, limit_kw) - drawn_kw
    count = len(unprotected_kw)
    return DispatchProblem(
        site=site,
        horizon=horizon,
        charges=outlook.charges,
        load_kw=outlook.load_kw,
        unprotected_load_kw=tuple(unprotected_kw.mean(axis=0).tolist()),
        state=outlook.state,
        uncertain=Scenarios(
            probability=np.full(count, 1 / count),
            unprotected_load_kw=unprotected_kw,
            shared_intervals=outlook.shared_intervals,
            risk_weight=outlook.risk_weight,
            tail_probability=outlook.tail_probability,
        ),
        stored_value_per_kwh=tuple(_stored_value(outlook).tolist()),
    )


def _stored_value(outlook: Outlook) -> FloatArray:
    """The value of a stored kWh at each boundary; at the end it is the saving at the mean price of the horizon."""
    price = float(outlook.charges.energy_per_kwh.mean())
    given_back = min(ups.battery.discharge_efficiency / ups.rectifier_efficiency for ups in outlook.site.ups)
    value = np.full(outlook.horizon.intervals + 1, max(0.0, _EARLY_CHARGE * price * outlook.horizon.interval_h))
    value[0] = 0.0
    value[-1] = max(0.0, price) * given_back
    return value


def _first_decision(
    outlook: Outlook, problem: DispatchProblem, columns: Mapping[str, slice], values: FloatArray
) -> Decision:
    systems, count = outlook.site.ups, problem.scenarios.count
    shape = (count, len(systems), outlook.horizon.intervals)
    power_kw = (values[columns["charge_kw"]] - values[columns["discharge_kw"]]).reshape(shape)[0, :, 0].tolist()
    net_kw = dict(zip((ups.id for ups in systems), power_kw, strict=True))
    drawn_kw = sum(net_kw[ups.id] / ups.rectifier_efficiency for ups in systems)
    levels_kw = list(_levels_kw(problem, {name: values[columns[name]].reshape(count, -1) for name in _LEVELS}))
    planned_kw = float(outlook.resting_kw[:, 0].mean()) + drawn_kw
    limit_kw = outlook.site.interconnection.import_limit_kw
    return Decision(
        charge_kw={ups_id: max(0.0, kw) for ups_id, kw in net_kw.items()},
        discharge_kw={ups_id: max(0.0, -kw) for ups_id, kw in net_kw.items()},
        grid_kw=planned_kw,
        grid_target_kw=min(limit_kw, max(planned_kw, min(levels_kw))) if levels_kw else limit_kw,
        solved=True,
    )


_LEVELS = ("peak_kw", "level_kw", "above_kw")


def _levels_kw(problem: DispatchProblem, planned: Mapping[str, FloatArray]) -> Iterator[float]:
    """The level that each charge which meters the first interval is planned to be held at, as a mean over scenarios.

    Where several days are averaged, that is the level of the day: that of all days, and what is planned above it.
    """
    peaks_kw, common_kw, above_kw = (planned[name].mean(axis=0).tolist() for name in _LEVELS)
    means, first_day = 0, 0
    for index, term in enumerate(problem.charges.demand):
        held = not term.is_expected and 0 in term.intervals[:1] and term.steps[-1].rate_per_kw > 0
        if term.apart is None:
            if held:
                yield peaks_kw[index]
            continue
        if held:
            yield common_kw[means] + above_kw[first_day + int(term.apart.day[0])]
        means, first_day = means + 1, first_day + len(term.apart.so_far_kw)
