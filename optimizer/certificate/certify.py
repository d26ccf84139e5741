"""The certificate: outages replayed against a plan, by code that shares nothing with the planner.

It trusts no statement of a plan about itself. It works out loads, meter, stored energy, reserve, requirements of
conditions, and necessary charging (`needed`) from the evidence (site, series, state) and the setpoints alone. The
statements of the plan must agree with these. At every interval boundary and for every tolerated failure, an outage
starts with the planned stored energy and is replayed second by second (`outage`). Nothing here reads the reserve
formula; only the physics of `docs/reserve.md` is shared.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon
from ridethrough.domain.certificate import Certificate, Outage
from ridethrough.optimizer.certificate import stated
from ridethrough.optimizer.certificate.assumptions import assumptions, not_checked
from ridethrough.optimizer.certificate.binding import plan_digest
from ridethrough.optimizer.certificate.conditions import shortfalls
from ridethrough.optimizer.certificate.evidence import Evidence, load_over
from ridethrough.optimizer.certificate.limits import loads_beyond_limits, meter_violations, system_violations
from ridethrough.optimizer.certificate.needed import Needed, needed_charges
from ridethrough.optimizer.certificate.recharge import recharge_violations
from ridethrough.optimizer.certificate.stated import StatedPlan
from ridethrough.optimizer.certificate.storms import hold_off_violations
from ridethrough.optimizer.certificate.swings import ramp_violations, swing_violations
from ridethrough.optimizer.certificate.switching import switching_violations
from ridethrough.optimizer.certificate.system import SystemReplay
from ridethrough.optimizer.certificate.warranty import warranty_assumptions, warranty_violations

FloatArray = NDArray[np.float64]


def certify(evidence: Evidence, plan: StatedPlan, *, issued_at: datetime | None = None) -> Certificate:
    """Certify a plan by the evidence: replay every tolerated outage from every boundary, and check its statements."""
    faults = stated.malformed(evidence, plan)
    if faults:
        return _nothing_proven(evidence, plan.horizon, faults, issued_at)
    site, horizon = evidence.site, plan.horizon
    systems = [
        SystemReplay(evidence=evidence, horizon=horizon, ups=site.ups_system(each.ups_id), stated=each)
        for each in plan.ups
    ]
    others_kw = load_over(evidence.unprotected_load_kw, horizon, horizon.intervals)
    inputs_kw = sum((each.input_kw for each in systems), np.zeros(horizon.intervals))
    unknown = np.isnan(others_kw)  # there it is only the plan's statement, and the plan is not certified
    others_kw = np.where(unknown, np.array(plan.grid_kw) - inputs_kw, others_kw)
    meter_kw = inputs_kw + others_kw
    resting_kw = sum((each.resting_kw for each in systems), others_kw)
    headroom_kw = site.interconnection.import_limit_kw - resting_kw
    needed = needed_charges(systems, headroom_kw)
    conditions = [shortfalls(each, systems, needed, headroom_kw) for each in systems]
    beyond = tuple(loads_beyond_limits(site, horizon, meter_kw, resting_kw))
    violations = [
        *_system_violations(systems, needed, resting_kw),
        *(reason for each in conditions for reason in each.violations),
        *_meter_violations(plan, systems, meter_kw, resting_kw, needed),
        *stated.ride_through_disagreements(plan, systems),
        *recharge_violations(systems, others_kw),
        *warranty_violations(systems),
        *switching_violations(systems),
        *_left_out(evidence, plan),
        *beyond,
    ]
    found = Certificate(
        outages_replayed=sum(
            each.policy.seconds.size + sum(held.replay.seconds.size for held in each.held) for each in systems
        ),
        failures=sum(int(each.policy.lost.sum()) for each in systems) + sum(each.lost for each in conditions),
        worst=min(_outages(horizon, systems), key=lambda outage: outage.margin_s),
        violations=tuple(violations),
        ride_through_s={each.ups.id: tuple(each.policy.seconds.min(axis=1).tolist()) for each in systems},
        required_s={each.ups.id: each.ups.reserve.duty.duration_s for each in systems},
        expires_at=horizon.start_of(horizon.intervals),
        issued_at=issued_at,
        assumes=(
            *assumptions(evidence, systems),
            *warranty_assumptions(systems),
            *(reason for each in conditions for reason in each.excused),
        ),
        loads_beyond_limits=beyond,
        not_checked=tuple(not_checked(evidence, horizon, systems)),
        site_sha256=evidence.digest_of_site(),
        state_sha256=evidence.digest_of_state(),
        plan_sha256=plan_digest(site.id, plan),
    )
    wrong = tuple(stated.certificate_disagreements(plan.certificate, found))
    return replace(found, violations=(*found.violations, *wrong)) if wrong else found


def _system_violations(
    systems: list[SystemReplay], needed: Mapping[str, Needed], resting_kw: FloatArray
) -> Iterator[str]:
    """The limits that systems break, and the statements about them that do not agree."""
    carried_kw = resting_kw - sum(each.forced_kw / each.ups.rectifier_efficiency for each in systems)
    yield from hold_off_violations(systems, carried_kw)
    for each in systems:
        yield from stated.load_disagreements(each)
        yield from stated.stored_disagreements(each)
        yield from system_violations(each)
        yield from swing_violations(each, needed[each.ups.id].charge_kw)
        yield from stated.reserve_disagreements(each, needed[each.ups.id])


def _meter_violations(
    plan: StatedPlan,
    systems: list[SystemReplay],
    meter_kw: FloatArray,
    resting_kw: FloatArray,
    needed: Mapping[str, Needed],
) -> Iterator[str]:
    """The limits of the interconnection that the meter breaks, for the computed and for the stated meter."""
    site = systems[0].evidence.site
    yield from stated.meter_disagreements(plan, meter_kw)
    yield from meter_violations(site, plan.horizon, "meter", meter_kw, resting_kw)
    charges = {ups_id: each.charge_kw for ups_id, each in needed.items()}
    yield from ramp_violations(plan.horizon, systems, meter_kw, charges)


def _left_out(evidence: Evidence, plan: StatedPlan) -> list[str]:
    missing = {ups.id for ups in evidence.site.ups} - {each.ups_id for each in plan.ups}
    return [f"{ups_id}: the plan has no setpoints of this system" for ups_id in sorted(missing)]


def _outages(horizon: Horizon, systems: list[SystemReplay]) -> Iterator[Outage]:
    """The outage with the smallest margin of each system, by its policy and by each condition."""
    for system in systems:
        every = np.arange(horizon.intervals + 1)
        replays = [(every, system.policy.seconds, system.ups.reserve.duty.duration_s)]
        replays += [(each.boundaries, each.replay.seconds, each.required_s) for each in system.held]
        for boundaries, seconds, required_s in replays:
            row, case = np.unravel_index(int(np.argmin(seconds)), seconds.shape)
            yield Outage(
                ups_id=system.ups.id,
                start=horizon.start_of(int(boundaries[row])),
                failed_units=int(case),
                ride_through_s=float(seconds[row, case]),
                required_s=required_s,
            )


def _nothing_proven(
    evidence: Evidence, horizon: Horizon, reasons: list[str], issued_at: datetime | None
) -> Certificate:
    """The certificate of a plan that cannot be replayed."""
    site = evidence.site
    ups = site.ups[0]
    worst = Outage(
        ups_id=ups.id,
        start=horizon.start_of(0),
        failed_units=ups.failures_left,
        ride_through_s=0.0,
        required_s=ups.reserve.duty.duration_s,
    )
    nothing = (0.0,) * (horizon.intervals + 1)
    return Certificate(
        outages_replayed=0,
        failures=0,
        worst=worst,
        violations=tuple(reasons),
        ride_through_s={each.id: nothing for each in site.ups},
        required_s={each.id: each.reserve.duty.duration_s for each in site.ups},
        expires_at=horizon.start_of(horizon.intervals),
        issued_at=issued_at,
        site_sha256=evidence.digest_of_site(),
        state_sha256=evidence.digest_of_state(),
    )
