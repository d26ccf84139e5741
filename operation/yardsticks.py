"""Reference planners: one knows the coming loads, one assumes that loads repeat those of the day before."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon
from ridethrough.domain.plan import PlanStatus
from ridethrough.operation.control.orders import Orders
from ridethrough.operation.known.record import Record
from ridethrough.operation.planner import Information, Known, Planned, orders_of
from ridethrough.optimizer import DispatchProblem, plan_dispatch
from ridethrough.optimizer.problem.limits.reserves import reserves_asked
from ridethrough.optimizer.solvers.engine import Engine

FloatArray = NDArray[np.float64]

HORIZON = timedelta(hours=48)
"""At midnight: this day and the next."""

_MINUTES_PER_DAY = 1440
_SATURDAY, _MONDAY = 5, 0
_WITHIN_REACH = 0.5
"""The fraction of the charger's power that is assumed available when the load on the rectifier is unknown."""


@dataclass(slots=True, kw_only=True)
class PerfectPlanner:
    """Plans each block from the real loads and prices of the next 48 hours; no real planner has this knowledge."""

    record: Record
    engine: Engine = field(default_factory=lambda: Engine(warm=True))

    information = Information.PERFECT
    fingerprint = "perfect foresight, 48 h"
    assumptions = ("plans know every load and price of the next 48 hours: no one has that",)

    def begin_period(self) -> None:
        """Start with a new solver."""
        self.engine.start_afresh()

    def plan(self, known: Known) -> Planned:
        """Plan from the real loads and prices."""
        horizon = known.horizon(HORIZON)
        first = self.record.index_of(horizon)
        here = slice(first, first + horizon.intervals)
        prices = None if self.record.price_per_kwh is None else self.record.price_per_kwh[here]
        loads = _Loads(self.record.load_kw[:, here], self.record.unprotected_load_kw[here])
        return _planned(known, horizon, loads, prices, self.engine)


@dataclass(slots=True, kw_only=True)
class PersistencePlanner:
    """Assumes the load of the same time a day before, and from Saturday to Monday a week before if it is known.

    Prices that are not yet published are assumed equal to those of the day before. A day has 24 hours: after a clock
    change the time of day is shifted. Without an earlier day, batteries stay full and rest.
    """

    engine: Engine = field(default_factory=lambda: Engine(warm=True))

    information = Information.PERSISTENCE
    fingerprint = "persistence, 48 h"
    assumptions = (
        "plans take each load for that of the same time a day before, from Saturday to Monday a week before if known",
        "market prices are known to the end of the day, from 14:00 also of the next; later ones are as the day before",
        "a day without a day before on record is not traded on",
    )

    def begin_period(self) -> None:
        """Start with a new solver."""
        self.engine.start_afresh()

    def plan(self, known: Known) -> Planned:
        """Plan from past loads."""
        horizon = known.horizon(HORIZON)
        day = _MINUTES_PER_DAY // horizon.interval_minutes
        measured = len(known.unprotected_load_kw)
        if measured < day:
            return Planned(
                orders=Orders.float_at_full(len(known.site.ups), known.block.intervals),
                status=PlanStatus.HOLD,
                warnings=("no day before is on record: batteries float",),
            )
        same = same_time_before(known, horizon)
        loads = _Loads(known.load_kw[:, same], known.unprotected_load_kw[same])
        return _planned(known, horizon, loads, known_prices(known, horizon), self.engine)


def same_time_before(known: Known, horizon: Horizon) -> NDArray[np.intp]:
    """For each interval of a horizon that starts now: the measured interval at the same time a day or a week before."""
    measured, day = len(known.unprotected_load_kw), _MINUTES_PER_DAY // horizon.interval_minutes
    ahead = measured + np.arange(horizon.intervals)
    before = ahead - day * (1 + (ahead - measured) // day)
    week = ahead - 7 * day * (1 + (ahead - measured) // (7 * day))
    start = horizon.start_of(0)
    minutes = start.hour * 60 + start.minute + horizon.interval_minutes * np.arange(horizon.intervals)
    weekday = (start.weekday() + minutes // _MINUTES_PER_DAY) % 7
    weekly = ((weekday >= _SATURDAY) | (weekday == _MONDAY)) & (week >= 0)
    return np.where(weekly, week, before)


def known_prices(known: Known, horizon: Horizon) -> FloatArray | None:
    """Market prices of a horizon that starts now, with the record's step or a multiple of it.

    Prices that are not yet published are those of the day before. None if energy is not indexed to a market.
    """
    if known.price_per_kwh is None:
        return None
    step = known.block.interval_minutes
    each, day = horizon.interval_minutes // step, _MINUTES_PER_DAY // step
    prices = _prices(known.price_per_kwh, len(known.unprotected_load_kw), horizon.intervals * each, day)
    return np.asarray(prices.reshape(-1, each).mean(axis=1))


def _prices(published: FloatArray, measured: int, intervals: int, day: int) -> FloatArray:
    """The prices of a horizon: as published, and later ones as a day before."""
    prices = np.empty(intervals)
    ahead = published[measured : measured + intervals]
    prices[: len(ahead)] = ahead
    for index in range(len(ahead), intervals):
        prices[index] = prices[index - day] if index >= day else published[measured + index - day]
    return prices


@dataclass(frozen=True, slots=True)
class _Loads:
    """The loads of a plan: by UPS system (rows), and the unprotected load."""

    load_kw: FloatArray
    unprotected_load_kw: FloatArray

    def by_system(self, ids: list[str]) -> Mapping[str, tuple[float, ...]]:
        """Loads in the form of a `DispatchProblem`."""
        return {ups_id: tuple(row) for ups_id, row in zip(ids, self.load_kw.tolist(), strict=True)}


def _planned(known: Known, horizon: Horizon, loads: _Loads, prices: FloatArray | None, engine: Engine) -> Planned:
    problem = DispatchProblem(
        site=known.site,
        horizon=horizon,
        charges=known.charges(horizon, prices),
        load_kw=loads.by_system([ups.id for ups in known.site.ups]),
        unprotected_load_kw=tuple(loads.unprotected_load_kw.tolist()),
        state=known.state,
        plan_intervals=known.block.intervals,
    )
    returning = returning_by_the_end(problem, known)
    plan = plan_dispatch(returning or problem, issued_at=known.issued_at, engine=engine)
    if returning is not None and plan.status is PlanStatus.HOLD:
        plan = plan_dispatch(problem, issued_at=known.issued_at, engine=engine)
    return Planned(
        orders=orders_of(plan, known.site),
        status=plan.status,
        certified=plan.certificate.certified,
        warnings=plan.warnings,
    )


def returning_by_the_end(problem: DispatchProblem, known: Known) -> DispatchProblem | None:
    """The same problem with full batteries at the end of the study.

    None if the study ends later, or if the batteries cannot be full by then.

    Otherwise a saving could come from stored energy that must be bought back after the last studied day.
    """
    end = int((known.study_end - problem.horizon.start) / problem.horizon.step)
    required = reserves_asked(problem).requirement
    if end > problem.horizon.intervals or not all(each.feasible for each in required.values()):
        return None
    hours = end * problem.horizon.interval_h
    profiles = {}
    for ups in known.site.ups:
        missing_kwh = ups.max_stored_kwh - problem.stored_at_start_kwh(ups)
        if missing_kwh > _WITHIN_REACH * ups.charge_limit_kw * ups.battery.charge_efficiency * hours:
            return None
        floor_kwh = [required[ups.id].reserve_kwh] * (problem.horizon.intervals + 1)
        floor_kwh[end] = ups.max_stored_kwh
        profiles[ups.id] = tuple(floor_kwh)
    return replace(problem, reserve_profile_kwh=profiles)
