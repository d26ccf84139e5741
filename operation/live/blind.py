"""What batteries may do while nothing is known of them: they are never discharged, and may charge within limits."""

from collections.abc import Iterator, Sequence

import numpy as np

from ridethrough.domain import UpsSystem, reserve_requirement
from ridethrough.operation.live.charging import limit_as_read_kw
from ridethrough.operation.live.floors import condition_floor_kwh
from ridethrough.operation.live.situation import SetpointMode, Setpoints, Situation, SystemSetpoint, interval_of


def held_blind(situation: Situation, reasons: Sequence[str]) -> Setpoints:
    """No discharge; batteries may charge within what is safe at the protected load."""
    site = situation.site
    interval = interval_of(site, situation.now)
    charge_kw = dict(_safe_charge_kw(situation))
    return Setpoints(
        mode=SetpointMode.HOLD,
        why="; ".join(reasons),
        valid_until=interval.end,
        plan_id=None if situation.plan is None else situation.plan.plan_id,
        meter_ceiling_kw=site.interconnection.import_limit_kw,
        ups={
            ups.id: SystemSetpoint(
                charge_kw=charge_kw[ups.id],
                discharge_kw=0.0,
                reserve_kwh=max(
                    reserve_requirement(ups).reserve_kwh,
                    condition_floor_kwh(site, ups, interval, ups.protected_load_kw),
                ),
                stored_kwh=None,
                why="nothing is known of it: it may charge, and never discharges",
            )
            for ups in site.ups
        },
    )


def _safe_charge_kw(situation: Situation) -> Iterator[tuple[str, float]]:
    """The charge that keeps every limit with every system at its protected load; 0 where the rest is not known."""
    site, plan = situation.site, situation.plan
    carried_kw = sum(ups.input_kw(ups.protected_load_kw) for ups in site.ups)
    others_kw = max(plan.orders.unprotected_load_kw, default=np.inf) if plan is not None else np.inf
    headroom_kw = max(0.0, site.interconnection.import_limit_kw - carried_kw - others_kw)
    for ups in site.ups:
        rectifier_kw = ups.input_limit_kw * ups.rectifier_efficiency - ups.dc_load_kw(ups.protected_load_kw)
        limit_kw = min(ups.charge_limit_kw - ups.swing_headroom_kw, _limit_last_known_kw(situation, ups))
        most_kw = max(0.0, min(limit_kw, rectifier_kw))
        charge_kw = min(most_kw, headroom_kw * ups.rectifier_efficiency)
        headroom_kw -= charge_kw / ups.rectifier_efficiency
        yield ups.id, charge_kw


def _limit_last_known_kw(situation: Situation, ups: UpsSystem) -> float:
    """What the last reading allows, however old it is: a generator that ran then may run still."""
    reading = None if situation.telemetry is None else situation.telemetry.ups.get(ups.id)
    return ups.charge_limit_kw if reading is None else limit_as_read_kw(ups, reading)
