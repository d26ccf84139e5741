"""The safety of the closed loop: every outage replayed against the energy that batteries really held."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from math import nan

import numpy as np

from ridethrough.domain.certificate import Certificate
from ridethrough.domain.plan import UpsTrajectory
from ridethrough.finance.study.case import StudyCase
from ridethrough.finance.study.closed_loop import Loop
from ridethrough.finance.study.study import SafetyRecord
from ridethrough.optimizer.certificate.certify import certify
from ridethrough.optimizer.certificate.evidence import Evidence, KnownLoad
from ridethrough.optimizer.certificate.stated import StatedPlan


def safety_of(case: StudyCase, loop: Loop) -> SafetyRecord:
    """Certify the closed loop, period by period, and count its plans."""
    certificates = [_certificate(case, loop, period) for period in case.billing_periods]
    worst = min((each.worst for each in certificates), key=lambda outage: outage.margin_s)
    return SafetyRecord(
        plans=loop.plans,
        certified=loop.certified,
        by_status=dict(loop.by_status),
        outages_replayed=sum(each.outages_replayed for each in certificates),
        outages_lost=sum(each.failures for each in certificates),
        worst_ride_through_s=worst.ride_through_s,
        required_s=worst.required_s,
        violations=tuple(violation for each in certificates for violation in each.violations),
    )


def _certificate(case: StudyCase, loop: Loop, period: range) -> Certificate:
    here = slice(period.start, period.stop)
    horizon = case.horizon.part(period.start, period.stop)
    others_kw = case.record.unprotected_load_kw[case.first + period.start : case.first + period.stop]
    known = partial(KnownLoad, source="the study's record", start=horizon.start, step=horizon.step)
    rows = case.loads.load_kw[:, period.start :]
    evidence = Evidence(
        site=case.site_known(period.start),
        load_kw={ups.id: known(values_kw=row) for ups, row in zip(case.site.ups, rows, strict=True)},
        unprotected_load_kw=known(values_kw=others_kw),
    )
    recorded = StatedPlan(
        horizon=horizon,
        ups=tuple(_without_reserve(each) for each in trajectories(case, loop, period)),
        grid_kw=tuple(loop.grid_kw[here].tolist()),
    )
    return certify(evidence, recorded)


def _without_reserve(trajectory: UpsTrajectory) -> UpsTrajectory:
    """The trajectory without the floor that the control law kept, because the certificate works out its own."""
    return replace(trajectory, reserve_kwh=(nan,) * len(trajectory.reserve_kwh))


def trajectories(case: StudyCase, loop: Loop, period: range) -> Iterator[UpsTrajectory]:
    """The trajectory of every UPS system over the intervals of `period`."""
    here, boundaries = slice(period.start, period.stop), slice(period.start, period.stop + 1)
    for row, ups in enumerate(case.site.ups):
        floor = case.loads.floor_kwh[row, here]
        reserve = np.maximum(np.append(floor, floor[-1]), np.append(floor[0], floor))
        yield UpsTrajectory(
            ups_id=ups.id,
            load_kw=tuple(case.loads.load_kw[row, here].tolist()),
            charge_kw=tuple(loop.charge_kw[row, here].tolist()),
            discharge_kw=tuple(loop.discharge_kw[row, here].tolist()),
            stored_kwh=tuple(loop.stored_kwh[row, boundaries].tolist()),
            reserve_kwh=tuple(reserve.tolist()),
        )
