"""Plans whose setpoints are moved about: what the certificate still lets pass must be safe by the simulation.

A forger moves charge and discharge of random plans in time and between systems, and keeps what the plan states in line
with that. Most of it breaks something. What is certified is judged by `rule_campaign` and by outages in the simulation.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from certificates import stated
from fault_campaign import Tally, compare_with_certificate, planned
from outage_simulation import FloatArray, inverter_efficiency
from random_sites import Rng
from rule_campaign import broken_rules

from ridethrough.domain import UpsSystem
from ridethrough.domain.plan import DispatchPlan, UpsTrajectory
from ridethrough.optimizer import DispatchProblem
from ridethrough.optimizer.certificate.certify import certify
from ridethrough.optimizer.dispatch import evidence_in

Powers = dict[str, FloatArray]
"""The power into the batteries of each system, per interval (kW); negative where they give."""


@dataclass(slots=True, kw_only=True)
class Moved:
    """How many plans were moved, how many of them are still certified, and each of those that is not safe."""

    made: int = 0
    certified: int = 0
    unsafe: list[str] = field(default_factory=list)


def with_powers(problem: DispatchProblem, plan: DispatchPlan, powers: Powers) -> DispatchPlan:
    """The plan with these powers of the batteries, the energy and the meter that follow, and its new certificate."""
    n = plan.horizon.intervals
    grid_kw = np.array(problem.unprotected_load_kw[:n])
    systems = []
    for each in plan.ups:
        ups = problem.site.ups_system(each.ups_id)
        systems.append(_following(problem, ups, each, powers[each.ups_id]))
        units = ups.units_in_service
        load_kw = np.array(each.load_kw)
        drawn_kw = load_kw / inverter_efficiency(ups, load_kw / units) + powers[each.ups_id]
        grid_kw += np.where(drawn_kw > 0, drawn_kw / ups.rectifier_efficiency, drawn_kw * ups.rectifier_efficiency)
    moved = replace(plan, ups=tuple(systems), grid_kw=tuple(grid_kw.tolist()))
    return replace(moved, certificate=certify(evidence_in(problem, n), stated(moved)))


def _following(problem: DispatchProblem, ups: UpsSystem, each: UpsTrajectory, into_kw: FloatArray) -> UpsTrajectory:
    battery, h = ups.battery, problem.horizon.interval_h
    charge_kw, discharge_kw = np.maximum(into_kw, 0.0), np.maximum(-into_kw, 0.0)
    stored = [problem.stored_at_start_kwh(ups)]
    for gains_kw in charge_kw * battery.charge_efficiency - discharge_kw / battery.discharge_efficiency:
        stored.append(stored[-1] * (1 - battery.standby_loss_per_h) ** h + float(gains_kw) * h)
    return replace(
        each,
        charge_kw=tuple(charge_kw.tolist()),
        discharge_kw=tuple(discharge_kw.tolist()),
        stored_kwh=tuple(stored),
        reserve_kwh=(float("nan"),) * len(stored),
    )


def run_moved(seed: int, numbers: Sequence[int], *, times: int = 12) -> Moved:
    """Move the setpoints of these plans of a campaign, each several times."""
    found = Moved()
    for number in numbers:
        problem, plan = planned(seed, number)
        rng = np.random.default_rng([seed, number, 7])
        powers = {each.ups_id: np.array(each.charge_kw) - np.array(each.discharge_kw) for each in plan.ups}
        for _ in range(times):
            _judge(found, f"seed {seed}, plan {number}", problem, with_powers(problem, plan, _moved(rng, powers)))
    return found


def _judge(found: Moved, name: str, problem: DispatchProblem, plan: DispatchPlan) -> None:
    found.made += 1
    if not plan.certificate.certified:
        return
    found.certified += 1
    tally = Tally()
    compare_with_certificate(tally, problem, plan, name)
    found.unsafe += [*tally.lost, *(f"{name}, {each}" for each in broken_rules(problem, plan))]


def _moved(rng: Rng, powers: Powers) -> Powers:
    """The powers after one to three random moves."""
    moved = {ups_id: power.copy() for ups_id, power in powers.items()}
    for _ in range(int(rng.integers(1, 4))):
        one, other = (moved[str(rng.choice(list(moved)))] for _ in range(2))
        part = float(rng.choice([1.0, rng.uniform(0, 1)]))
        here, there = rng.integers(0, len(one), 2)
        kind = rng.integers(6)
        if kind == 0:  # later or earlier
            one[here], one[there] = one[here] * (1 - part), one[there] + one[here] * part
        elif kind == 1:  # by another system
            one[here], other[here] = one[here] * (1 - part), other[here] + one[here] * part
        elif kind == 2:  # all of it later or earlier
            one[:] = np.roll(one, int(rng.choice([-1, 1])))
        elif kind == 3:  # a trade there and back
            size = float(rng.uniform(0, 0.3)) * float(np.abs(one).max() + 1)
            one[here] -= size
            one[there] += size * 1.2
        elif kind == 4:  # less than it did
            one[:] *= part
        else:  # one after the other
            one[:], other[:] = other.copy() * part, one.copy() * part
    return moved
