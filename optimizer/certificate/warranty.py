"""The yearly limit of a warranty: no plan discharges more than the state leaves of it.

What loads need beyond the rectifiers is discharged in any case, and is no trade.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from ridethrough.domain import SiteState
from ridethrough.domain.wear.warranty import year_of
from ridethrough.optimizer.certificate.limits import TOLERANCE_KW
from ridethrough.optimizer.certificate.system import SystemReplay


def warranty_violations(systems: Sequence[SystemReplay]) -> Iterator[str]:
    """Name each system that discharges more in the year that the plan begins in than its warranty leaves."""
    for each in systems:
        limit_kwh, horizon = each.ups.throughput_limit_kwh, each.horizon
        if limit_kwh is None:
            continue
        used_kwh = (each.evidence.state or SiteState()).throughput_kwh.get(each.ups.id, 0.0)
        _, ends = year_of(horizon.start, horizon.timezone)
        within = np.array([horizon.start + index * horizon.step < ends for index in range(horizon.intervals)])
        hours = within * horizon.interval_h
        left_kwh = max(0.0, limit_kwh - used_kwh, float(hours @ each.forced_kw))
        given_kwh = float(hours @ each.discharge_kw)
        if not given_kwh <= left_kwh + TOLERANCE_KW * float(hours.sum()):
            yield (
                f"{each.ups.id}: discharges {given_kwh:,.1f} kWh, and its warranty leaves {left_kwh:,.1f} kWh of "
                f"{limit_kwh:,.1f} kWh for the rest of the year"
            )


def warranty_assumptions(systems: Sequence[SystemReplay]) -> Iterator[str]:
    """Note each limit of a warranty that holds for the plan alone: what was discharged before is not known."""
    for each in systems:
        limit_kwh = each.ups.throughput_limit_kwh
        if limit_kwh is not None and each.ups.id not in (each.evidence.state or SiteState()).throughput_kwh:
            yield (
                f"{each.ups.id}: what it has discharged this year is not given (throughput_kwh): all {limit_kwh:,.1f} "
                "kWh of its warranty are taken as left, so that the limit is kept by this plan, and not over the year"
            )
