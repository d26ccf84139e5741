"""A dispatch problem of many systems as the members of a fleet; identical systems are one member."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import UpsSystem
from ridethrough.optimizer.dynamic_program.eligibility import reasons_against_systems
from ridethrough.optimizer.dynamic_program.layout import battery_steps
from ridethrough.optimizer.dynamic_program.steps import BatterySteps
from ridethrough.optimizer.fleet.members import Members
from ridethrough.optimizer.fleet.shared_meter import Peak, SharedMeter
from ridethrough.optimizer.pricing.price import stepped_cost
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.plan_basis import PlanBasis
from ridethrough.tariffs.horizon.charges import DemandStep

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """The members of a basis, their shared meter, and the member of each of the site's systems."""

    members: Members
    meter: SharedMeter
    member_of: NDArray[np.intp]


def reasons_against_fleet(basis: PlanBasis) -> tuple[str, ...]:
    """The reasons why the systems of a problem share more than the meter; empty if they do not."""
    linked = (
        f"not eligible: {term.charge} is billed on the peak of another charge"
        for term in basis.problem.charges.demand
        if term.links
    )
    return (*reasons_against_systems(basis), *linked)


def fleet_of(basis: PlanBasis) -> Fleet:
    """Lay out a problem; systems whose batteries have the same options at the same cost become one member."""
    rows: dict[bytes, int] = {}
    kinds: list[tuple[UpsSystem, BatterySteps]] = []
    member_of = np.empty(len(basis.problem.site.ups), dtype=np.intp)
    for index, ups in enumerate(basis.problem.site.ups):
        steps = battery_steps(basis, ups)
        key = _identity(ups, steps)
        if key not in rows:
            rows[key] = len(kinds)
            kinds.append((ups, steps))
        member_of[index] = rows[key]
    members = _members(kinds, np.bincount(member_of).astype(float))
    return Fleet(members=members, meter=_meter(basis, members), member_of=member_of)


def _identity(ups: UpsSystem, steps: BatterySteps) -> bytes:
    """Everything that the optimum of one battery depends on, except prices."""
    battery = ups.battery
    numbers = [battery.charge_efficiency, battery.discharge_efficiency, ups.rectifier_efficiency]
    numbers += [battery.wear_cost_per_kwh, steps.top_kwh, steps.kept, steps.start_kwh]
    return b"".join(each.tobytes() for each in (steps.least_kwh, steps.most_kwh, steps.floor_kwh, np.array(numbers)))


def _members(kinds: list[tuple[UpsSystem, BatterySteps]], number: FloatArray) -> Members:
    systems = [ups for ups, _ in kinds]
    charged = np.array([ups.battery.charge_efficiency for ups in systems])
    discharged = np.array([ups.battery.discharge_efficiency for ups in systems])
    rectified = np.array([ups.rectifier_efficiency for ups in systems])
    return Members(
        least_kwh=np.array([steps.least_kwh for _, steps in kinds]),
        most_kwh=np.array([steps.most_kwh for _, steps in kinds]),
        floor_kwh=np.array([steps.floor_kwh for _, steps in kinds]),
        top_kwh=np.array([steps.top_kwh for _, steps in kinds]),
        kept=np.array([steps.kept for _, steps in kinds]),
        start_kwh=np.array([steps.start_kwh for _, steps in kinds]),
        drawn_per_kwh=1 / (rectified * charged),
        spared_per_kwh=discharged / rectified,
        wear_per_kwh=np.array([ups.battery.wear_cost_per_kwh for ups in systems]) * discharged,
        number=number,
    )


def _meter(basis: PlanBasis, members: Members) -> SharedMeter:
    h = basis.problem.horizon.interval_h
    resting_kwh = np.array(basis.powers.resting_kw) * h
    most_added = np.maximum(members.most_kwh, 0.0).T @ (members.number * members.drawn_per_kwh)
    highest_kw = (resting_kwh + most_added) / h
    peaks = tuple(_peaks(basis.problem, highest_kw))
    return SharedMeter(
        interval_h=h,
        price_per_kwh=basis.problem.charges.energy_per_kwh,
        resting_kwh=resting_kwh,
        import_limit_kw=basis.problem.site.interconnection.import_limit_kw,
        limited=np.flatnonzero(highest_kw > basis.problem.site.interconnection.import_limit_kw),
        peaks=peaks,
    )


def _peaks(problem: DispatchProblem, highest_kw: FloatArray) -> Iterator[Peak]:
    for term in problem.charges.demand:
        yield _peak(term.intervals, term.steps, highest_kw, (term.peak_so_far_kw, term.own_fraction, term.floor_kw))


def _peak(
    intervals: NDArray[np.intp],
    steps: tuple[DemandStep, ...],
    highest_kw: FloatArray,
    billing: tuple[float, float, float],
) -> Peak:
    """A charge as widths of demand at rising rates; `billing`: the peak so far, the fraction billed, and the floor."""
    so_far_kw, fraction, floor_kw = billing
    most_kw = max(so_far_kw, float(highest_kw[intervals].max(initial=so_far_kw)))
    ends_kw = [each.up_to_kw / fraction if fraction else np.inf for each in steps]
    free_kw = floor_kw / fraction if fraction else np.inf
    bounds = np.clip(np.array([so_far_kw, free_kw, *(max(free_kw, each) for each in ends_kw)]), so_far_kw, most_kw)
    return Peak(
        intervals=intervals[highest_kw[intervals] > so_far_kw],
        lowest_kw=so_far_kw,
        lowest_cost=stepped_cost(steps, max(fraction * so_far_kw, floor_kw)),
        widths_kw=np.diff(bounds),
        rates=np.array([0.0, *(fraction * each.rate_per_kw for each in steps)]),
    )
