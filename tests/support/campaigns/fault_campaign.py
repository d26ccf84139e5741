"""The fault campaign: random plans on random sites, then outages at random instants in the simulation."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from outage_simulation import (
    AS_PROMISED,
    Blackout,
    FloatArray,
    Harsher,
    ceiling_kw,
    seconds_carried,
    stored_at,
    worst_carried_s,
)
from random_sites import random_problem
from sites import NOW

from ridethrough.domain import UpsSystem
from ridethrough.domain.plan import DispatchPlan, UpsTrajectory
from ridethrough.optimizer import DispatchProblem, plan_dispatch

SHORT_S = 2e-3
"""Less than this is no loss: the certificate rounds to the millisecond."""
OUTAGES = 8
HARSHER = {
    "unusable energy lies at the bottom": Harsher(unusable_is_stranded=True),
}
EARLIER = "the unit failed when the plan began, and setpoints went on"


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a campaign counted; `lost` names every certified plan that lost its load, by the seed that makes it."""

    plans: Counter[str] = field(default_factory=Counter)
    outages: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    tightest_s: float = np.inf
    boundaries_compared: int = 0
    overstated_s: float = 0.0
    harsher: dict[str, list[float]] = field(default_factory=dict)

    def add(self, other: "Tally") -> None:
        """Take in what another part of the campaign counted."""
        self.plans += other.plans
        self.outages += other.outages
        self.lost += other.lost
        self.tightest_s = min(self.tightest_s, other.tightest_s)
        self.boundaries_compared += other.boundaries_compared
        self.overstated_s = max(self.overstated_s, other.overstated_s)
        for name, seconds in other.harsher.items():
            self.harsher.setdefault(name, []).extend(seconds)


def certified_plans(seed: int, numbers: range) -> Iterator[tuple[int, DispatchProblem, DispatchPlan]]:
    """The certified plans among these numbers of a campaign."""
    for number in numbers:
        problem, plan = planned(seed, number)
        if plan.certificate.certified:
            yield number, problem, plan


def planned(seed: int, number: int) -> tuple[DispatchProblem, DispatchPlan]:
    """One plan of a campaign; the same for the same seed and number."""
    problem = random_problem(np.random.default_rng([seed, number]))
    return problem, plan_dispatch(problem, issued_at=NOW)


def run(seed: int, numbers: range, *, harsher_every: int = 10) -> Tally:
    """Make these plans, and let the utility fail in each that is certified."""
    tally = Tally()
    for number in numbers:
        problem, plan = planned(seed, number)
        tally.plans[f"{plan.status.value}, {'certified' if plan.certificate.certified else 'not certified'}"] += 1
        compare_with_certificate(tally, problem, plan, f"seed {seed}, plan {number}")
        if plan.certificate.certified:
            rng = np.random.default_rng([seed, number, 1])
            fail_at_random(tally, rng, problem, plan, f"seed {seed}, plan {number}")
            if number % harsher_every == 0:
                measure_harsher(tally, problem, plan)
    return tally


def compare_with_certificate(tally: Tally, problem: DispatchProblem, plan: DispatchPlan, name: str) -> None:
    """Start the worst tolerated outage at every boundary, of plans without a certificate too.

    The certificate may speak of fewer seconds than the simulation finds, never of more.
    """
    for trajectory in plan.ups:
        ups = problem.site.ups_system(trajectory.ups_id)
        carried = worst_carried_s(ups, plan.horizon, trajectory, _stored_kwh(problem, plan, trajectory))
        needed_s = ups.reserve.ride_through_s
        claimed = np.minimum(plan.certificate.ride_through_s[ups.id], needed_s)
        tally.boundaries_compared += len(carried)
        tally.overstated_s = max(tally.overstated_s, float(np.max(claimed - carried)))
        if plan.certificate.certified:
            tally.outages["worst, from a boundary"] += len(carried)
            tally.tightest_s = min(tally.tightest_s, float(carried.min()) - needed_s)
            if carried.min() < needed_s - SHORT_S:
                tally.lost.append(f"{name}, {ups.id}: {carried.min():.3f} s of {needed_s:.3f} s from a boundary")


def _stored_kwh(problem: DispatchProblem, plan: DispatchPlan, trajectory: UpsTrajectory) -> list[float]:
    ups = problem.site.ups_system(trajectory.ups_id)
    return [
        stored_at(
            ups,
            plan.horizon,
            trajectory,
            boundary * plan.horizon.interval_h,
            stored_at_start_kwh=problem.stored_at_start_kwh(ups),
        )
        for boundary in range(plan.horizon.intervals + 1)
    ]


def fail_at_random(
    tally: Tally, rng: np.random.Generator, problem: DispatchProblem, plan: DispatchPlan, name: str
) -> None:
    """Let the utility fail `OUTAGES` times, at random and at the plan's lowest instants, spread over its systems."""
    step_s = float(rng.choice([0.5, 1.0]))
    of_system = rng.integers(0, len(plan.ups), OUTAGES)
    for index, trajectory in enumerate(plan.ups):
        ups = problem.site.ups_system(trajectory.ups_id)
        starts = [_start_h(rng, plan, trajectory) for _ in range(int(np.sum(of_system == index)))]
        if not starts:
            continue
        needed_s, measured_kwh = ups.reserve.ride_through_s, problem.stored_at_start_kwh(ups)
        blackouts = [
            _blackout(
                rng,
                ups,
                ceiling_kw(ups, plan.horizon, trajectory, start_h, step_s),
                stored_at(ups, plan.horizon, trajectory, start_h, stored_at_start_kwh=measured_kwh),
            )
            for start_h in starts
        ]
        carried = seconds_carried(ups, blackouts, step_s=step_s, until_s=needed_s)
        for start_h, blackout, seconds in zip(starts, blackouts, carried, strict=True):
            inside = (start_h / plan.horizon.interval_h) % 1 > 0
            tally.outages["random, inside an interval" if inside else "random, at a boundary"] += 1
            tally.outages["of these with failed units"] += bool(blackout.fails_at_s)
            if seconds < needed_s - SHORT_S:
                tally.lost.append(f"{name}, {ups.id}: {seconds:.3f} s of {needed_s:.3f} s at {start_h:.5f} h")


def _start_h(rng: np.random.Generator, plan: DispatchPlan, trajectory: UpsTrajectory) -> float:
    horizon = plan.horizon
    lowest = int(np.argmin(trajectory.stored_kwh))
    at_random = rng.uniform(0, horizon.intervals)
    chosen = rng.choice([lowest, rng.integers(0, horizon.intervals + 1), at_random], p=[0.3, 0.1, 0.6])
    return float(chosen) * horizon.interval_h


def _blackout(rng: np.random.Generator, ups: UpsSystem, most_kw: FloatArray, stored_kwh: float) -> Blackout:
    """The most that the load may be, a constant part of it, or a restless one that touches it now and then."""
    shape = rng.integers(3)
    constant = np.full(len(most_kw), rng.uniform(0.2, 1.0))
    restless = np.minimum(rng.uniform(0.5, 1.3, len(most_kw)), 1.0)
    return Blackout(
        stored_kwh=stored_kwh,
        load_kw=most_kw * (np.ones(len(most_kw)), constant, restless)[shape],
        fails_at_s=_fails_at_s(rng, ups),
        soc_error_fraction=ups.reserve.soc_error_fraction,
    )


def _fails_at_s(rng: np.random.Generator, ups: UpsSystem) -> tuple[float, ...]:
    """Any number of tolerated failures, mostly all; each before the outage or on the way."""
    failures = ups.tolerated_failures if rng.random() < 0.6 else int(rng.integers(0, ups.tolerated_failures + 1))
    on_the_way = rng.uniform(0, ups.reserve.ride_through_s, failures)
    return tuple(np.where(rng.random(failures) < 0.6, 0.0, on_the_way).tolist())


def measure_harsher(tally: Tally, problem: DispatchProblem, plan: DispatchPlan) -> None:
    """Measure what lies beyond the promise: the part of the ride-through that is left in harsher physics."""
    for trajectory in plan.ups:
        ups = problem.site.ups_system(trajectory.ups_id)
        lowest_h = int(np.argmin(trajectory.stored_kwh)) * plan.horizon.interval_h
        measured_kwh = problem.stored_at_start_kwh(ups)
        shared_kwh = stored_at(ups, plan.horizon, trajectory, lowest_h, stored_at_start_kwh=measured_kwh)
        most_kw = ceiling_kw(ups, plan.horizon, trajectory, lowest_h, 1.0)
        for name, physics in HARSHER.items():
            tally.harsher.setdefault(name, []).append(_part_carried(ups, most_kw, shared_kwh, physics))
        if ups.tolerated_failures:
            lone_kwh = min(
                stored_at(
                    ups,
                    plan.horizon,
                    trajectory,
                    boundary * plan.horizon.interval_h,
                    stored_at_start_kwh=measured_kwh,
                    working_units=ups.units - ups.tolerated_failures,
                )
                for boundary in range(plan.horizon.intervals + 1)
            )
            part = _part_carried(ups, most_kw, lone_kwh, AS_PROMISED)
            tally.harsher.setdefault(EARLIER, []).append(part)


def _part_carried(ups: UpsSystem, load_kw: FloatArray, stored_kwh: float, physics: Harsher) -> float:
    blackout = Blackout(
        stored_kwh=stored_kwh,
        load_kw=load_kw,
        fails_at_s=(0.0,) * ups.tolerated_failures,
        soc_error_fraction=ups.reserve.soc_error_fraction,
    )
    needed_s = ups.reserve.ride_through_s
    return float(seconds_carried(ups, [blackout], step_s=1.0, until_s=needed_s, harsher=physics)[0] / needed_s)
