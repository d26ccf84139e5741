"""The fault campaign: random plans on random sites, then outages at random instants in the simulation.

What a site asks for beside its outages is judged too (`rule_campaign`), and each plan is certified once more from what
a file keeps of it.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from outage_simulation import (
    AS_PROMISED,
    Blackout,
    FloatArray,
    OutageDemand,
    Physics,
    capacities_kwh,
    ceiling_kw,
    failures_left,
    seconds_carried,
    stored_at,
    units_at,
    worst_carried_s,
)
from random_features import random_featured_problem
from random_sites import Rng
from rule_campaign import broken_rules, certified_again
from sites import NOW
from storm_rules import held_off, step_limits_kw

from ridethrough.domain import UpsMode, UpsSystem
from ridethrough.domain.plan import DispatchPlan, UpsTrajectory
from ridethrough.optimizer import DispatchProblem, plan_dispatch

SHORT_S = 2e-3
"""Less than this is no loss: the certificate rounds to the millisecond."""
OUTAGES = 8
HARSHER = {
    "unusable energy lies at the bottom": Physics(unusable_is_stranded=True),
}
EARLIER = "the unit failed when the plan began, and setpoints went on"


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a campaign counted.

    `lost` names every certified plan that lost its load, `broken` every certified plan that breaks a rule of its site,
    `disagreed` every plan that is judged otherwise when it is read from a file: each by the seed that makes it.
    """

    plans: Counter[str] = field(default_factory=Counter)
    outages: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    disagreed: list[str] = field(default_factory=list)
    withheld: list[str] = field(default_factory=list)
    features: Counter[str] = field(default_factory=Counter)
    tightest_s: float = np.inf
    boundaries_compared: int = 0
    overstated_s: float = 0.0
    harsher: dict[str, list[float]] = field(default_factory=dict)

    def add(self, other: "Tally") -> None:
        """Take in what another part of the campaign counted."""
        self.plans += other.plans
        self.outages += other.outages
        self.lost += other.lost
        self.broken += other.broken
        self.disagreed += other.disagreed
        self.withheld += other.withheld
        self.features += other.features
        self.tightest_s = min(self.tightest_s, other.tightest_s)
        self.boundaries_compared += other.boundaries_compared
        self.overstated_s = max(self.overstated_s, other.overstated_s)
        for name, seconds in other.harsher.items():
            self.harsher.setdefault(name, []).extend(seconds)


def certified_plans(
    seed: int, numbers: range, draw: Callable[[Rng], DispatchProblem] = random_featured_problem
) -> Iterator[tuple[int, DispatchProblem, DispatchPlan]]:
    """The certified plans among these numbers of a campaign."""
    for number in numbers:
        problem, plan = planned(seed, number, draw)
        if plan.certificate.certified:
            yield number, problem, plan


def planned(
    seed: int, number: int, draw: Callable[[Rng], DispatchProblem] = random_featured_problem
) -> tuple[DispatchProblem, DispatchPlan]:
    """One plan of a campaign; the same for the same seed and number."""
    problem = draw(np.random.default_rng([seed, number]))
    return problem, plan_dispatch(problem, issued_at=NOW)


def run(seed: int, numbers: range, *, harsher_every: int = 10) -> Tally:
    """Make these plans, and let the utility fail in each that is certified."""
    tally = Tally()
    for number in numbers:
        problem, plan = planned(seed, number)
        tally.plans[f"{plan.status.value}, {'certified' if plan.certificate.certified else 'not certified'}"] += 1
        name = f"seed {seed}, plan {number}"
        tally.features.update(features_of(problem))
        tally.withheld += [name] if any("withheld" in each for each in plan.warnings) else []
        compare_with_certificate(tally, problem, plan, name)
        again = certified_again(problem, plan)
        if again.certified != plan.certificate.certified:
            tally.disagreed.append(f"{name}: {again.violations[:2]} {again.failures}")
        if plan.certificate.certified:
            tally.broken += [f"{name}, {each}" for each in broken_rules(problem, plan)]
        if plan.certificate.certified:
            rng = np.random.default_rng([seed, number, 1])
            fail_at_random(tally, rng, problem, plan, f"seed {seed}, plan {number}")
            if number % harsher_every == 0:
                measure_harsher(tally, problem, plan)
    return tally


def features_of(problem: DispatchProblem) -> Iterator[str]:
    """What of a site's features this problem has."""
    for ups in problem.site.ups:
        battery = ups.battery
        has = {
            "Peukert": battery.peukert is not None,
            "rate table": bool(battery.usable_fraction_by_c_rate),
            "charge taper": bool(battery.charge_taper_by_fraction),
            "power that falls near empty": bool(battery.power_by_fraction),
            "temperature tables": battery.temperature_c is not None,
            "inverter curve": bool(ups.inverter_efficiency_by_load_fraction),
            "unequal units": bool(ups.unit_state_of_health),
            "units out of service": bool(ups.unit_modes),
            "duties of several steps": len(ups.reserve.outage.steps) > 1,
            "two outages before a recharge": ups.reserve.outages_before_recharge > 1,
            "load swings": ups.swing is not None,
            "loads above the protected load": max(problem.load_kw[ups.id]) > ups.protected_load_kw,
        }
        yield from (name for name, there in has.items() if there)
    if problem.site.interconnection.ramp_limit_kw_per_min is not None:
        yield "ramp limit"
    if problem.site.conditions or problem.state.conditions:
        yield "conditions"
    conditions = (*problem.site.conditions, *problem.state.conditions)
    if any(any(held_off(problem.horizon, conditions, ups.id)) for ups in problem.site.ups):
        yield "hold-off before a condition"
    without = replace(problem.site, conditions=())
    usual, returning = (step_limits_kw(without, problem.horizon, each) for each in ((), conditions))
    if usual != returning:
        yield "return from a condition"


def known_kw(problem: DispatchProblem, ups: UpsSystem) -> tuple[float, ...]:
    """The load of a system as far as it is known."""
    return (*problem.load_kw[ups.id], *problem.load_after_kw.get(ups.id, ()))


def compare_with_certificate(tally: Tally, problem: DispatchProblem, plan: DispatchPlan, name: str) -> None:
    """Start the worst tolerated outage at every boundary, of plans without a certificate too.

    The certificate may speak of fewer seconds than the simulation finds, never of more.
    """
    for trajectory in plan.ups:
        ups = problem.site.ups_system(trajectory.ups_id)
        stored = [
            units_stored(problem, plan, trajectory, boundary * plan.horizon.interval_h)
            for boundary in range(plan.horizon.intervals + 1)
        ]
        carried = worst_carried_s(ups, plan.horizon, known_kw(problem, ups), stored)
        needed_s = OutageDemand.by_policy(ups).until_s
        claimed = np.minimum(plan.certificate.ride_through_s[ups.id], needed_s)
        tally.boundaries_compared += len(carried)
        tally.overstated_s = max(tally.overstated_s, float(np.max(claimed - carried)))
        if plan.certificate.certified:
            tally.outages["worst, from a boundary"] += len(carried)
            tally.tightest_s = min(tally.tightest_s, float(carried.min()) - needed_s)
            if carried.min() < needed_s - SHORT_S:
                tally.lost.append(f"{name}, {ups.id}: {carried.min():.3f} s of {needed_s:.3f} s from a boundary")


def units_stored(
    problem: DispatchProblem, plan: DispatchPlan, trajectory: UpsTrajectory, start_h: float
) -> float | tuple[float, ...]:
    """What a system holds some hours into the plan; by unit where units are not alike."""
    ups = problem.site.ups_system(trajectory.ups_id)
    system_kwh = stored_at(ups, plan.horizon, trajectory, start_h, stored_at_start_kwh=problem.stored_at_start_kwh(ups))
    given = problem.state.unit_stored_kwh.get(ups.id)
    if given is None:
        return system_kwh
    modes = ups.unit_modes or (UpsMode.NORMAL,) * ups.units
    measured = np.array([kwh for kwh, mode in zip(given, modes, strict=True) if mode is UpsMode.NORMAL])
    surplus = measured - problem.stored_at_start_kwh(ups) / len(capacities_kwh(ups))
    return tuple(units_at(ups, start_h, system_kwh, surplus).tolist())


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
        asked = OutageDemand.by_policy(ups)
        blackouts = [
            _blackout(
                rng,
                ups,
                ceiling_kw(ups, plan.horizon, known_kw(problem, ups), start_h, step_s, asked),
                units_stored(problem, plan, trajectory, start_h),
                asked.until_s,
            )
            for start_h in starts
        ]
        carried = seconds_carried(ups, blackouts, step_s=step_s, until_s=asked.until_s)
        for start_h, blackout, seconds in zip(starts, blackouts, carried, strict=True):
            inside = (start_h / plan.horizon.interval_h) % 1 > 0
            tally.outages["random, inside an interval" if inside else "random, at a boundary"] += 1
            tally.outages["of these with failed units"] += bool(blackout.fails_at_s)
            if seconds < asked.until_s - SHORT_S:
                tally.lost.append(f"{name}, {ups.id}: {seconds:.3f} s of {asked.until_s:.3f} s at {start_h:.5f} h")


def _start_h(rng: np.random.Generator, plan: DispatchPlan, trajectory: UpsTrajectory) -> float:
    horizon = plan.horizon
    lowest = int(np.argmin(trajectory.stored_kwh))
    at_random = rng.uniform(0, horizon.intervals)
    chosen = rng.choice([lowest, rng.integers(0, horizon.intervals + 1), at_random], p=[0.3, 0.1, 0.6])
    return float(chosen) * horizon.interval_h


def _blackout(
    rng: np.random.Generator,
    ups: UpsSystem,
    most_kw: FloatArray,
    stored_kwh: float | tuple[float, ...],
    until_s: float,
) -> Blackout:
    """The most that the load may be, a constant part of it, or a restless one that touches it now and then."""
    shape = rng.integers(3)
    constant = np.full(len(most_kw), rng.uniform(0.2, 1.0))
    restless = np.minimum(rng.uniform(0.5, 1.3, len(most_kw)), 1.0)
    return Blackout(
        stored_kwh=stored_kwh,
        load_kw=most_kw * (np.ones(len(most_kw)), constant, restless)[shape],
        fails_at_s=_fails_at_s(rng, ups, until_s),
        soc_error_fraction=ups.reserve.soc_error_fraction,
    )


def _fails_at_s(rng: np.random.Generator, ups: UpsSystem, until_s: float) -> tuple[float, ...]:
    """Any number of tolerated failures, mostly all; each before the outage or on the way."""
    most = failures_left(ups)
    failures = most if rng.random() < 0.6 else int(rng.integers(0, most + 1))
    on_the_way = rng.uniform(0, until_s, failures)
    return tuple(np.where(rng.random(failures) < 0.6, 0.0, on_the_way).tolist())


def measure_harsher(tally: Tally, problem: DispatchProblem, plan: DispatchPlan) -> None:
    """Measure what lies beyond the promise: the part of the ride-through that is left in harsher physics."""
    for trajectory in plan.ups:
        ups = problem.site.ups_system(trajectory.ups_id)
        if ups.unit_modes or ups.unit_state_of_health:
            continue
        lowest_h = int(np.argmin(trajectory.stored_kwh)) * plan.horizon.interval_h
        measured_kwh = problem.stored_at_start_kwh(ups)
        shared_kwh = stored_at(ups, plan.horizon, trajectory, lowest_h, stored_at_start_kwh=measured_kwh)
        most_kw = ceiling_kw(ups, plan.horizon, known_kw(problem, ups), lowest_h, 1.0)
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


def _part_carried(ups: UpsSystem, load_kw: FloatArray, stored_kwh: float, physics: Physics) -> float:
    blackout = Blackout(
        stored_kwh=stored_kwh,
        load_kw=load_kw,
        fails_at_s=(0.0,) * failures_left(ups),
        soc_error_fraction=ups.reserve.soc_error_fraction,
    )
    needed_s = OutageDemand.by_policy(ups).until_s
    return float(seconds_carried(ups, [blackout], step_s=1.0, until_s=needed_s, harsher=physics)[0] / needed_s)
