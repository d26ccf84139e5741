"""The setpoints of now: what every battery does until a given time, or that all of them hold, and why.

The order of precedence: what the equipment measures, then the reserve recomputed from it, then the operator, then the
plan. A plan never discharges energy that the live reserve asks for, whatever it was certified for.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from ridethrough.domain import Horizon
from ridethrough.domain.horizon import zone
from ridethrough.domain.plan import PlanStatus
from ridethrough.operation.control.control_law import apply_control_law
from ridethrough.operation.live.blind import held_blind
from ridethrough.operation.live.judging import Judgement, judge
from ridethrough.operation.live.live_site import LiveSite
from ridethrough.operation.live.situation import SetpointMode, Setpoints, Situation
from ridethrough.operation.live.warranty_used import spent_notes


def setpoints_now(situation: Situation, judgement: Judgement | None = None) -> Setpoints:
    """Work out the setpoints of a moment; `judgement` is that of the situation, where the caller has it already."""
    if judgement is None:
        judgement = judge(situation.site, situation.telemetry, situation.before, situation.now)
    if not judgement.believed:
        return held_blind(situation, [*judgement.unbelievable, *_against_the_plan(situation)])
    reasons = [*judgement.against, *_against_the_plan(situation)]
    live = LiveSite.of(situation, judgement)
    if not any(each.against == "" for each in judgement.systems.values()):
        reasons += [each.against for each in judgement.systems.values()]
    if reasons:
        live = live.without_discharge()
    orders = live.rest() if reasons else live.planned()
    outcome = apply_control_law(live.site, live.horizon.interval_h, live.loads, orders, live.stored_kwh)
    plan = situation.plan
    ceiling_kw = live.ceiling_kw() if not reasons else live.site.interconnection.import_limit_kw
    return Setpoints(
        mode=SetpointMode.HOLD if reasons else SetpointMode.PLAN,
        why="; ".join(reasons) or _following(situation, judgement),
        valid_until=_valid_until(situation, live.horizon, held=bool(reasons)),
        plan_id=None if plan is None else plan.plan_id,
        meter_ceiling_kw=ceiling_kw,
        ups=dict(live.systems(outcome, held=bool(reasons))),
    )


def _against_the_plan(situation: Situation) -> Iterator[str]:
    """Why the plan is not followed."""
    if situation.held_because:
        yield situation.held_because
    plan, now = situation.plan, situation.now
    if plan is None:
        yield situation.no_plan_because
        return
    if plan.site_version != situation.site_version:
        yield (
            f"the site's document was changed: it has version {situation.site_version}, and the plan was made from "
            f"version {plan.site_version}"
        )
    if now >= plan.expires_at or now >= plan.orders.horizon.end:
        yield f"the plan expired at {_local(situation, min(plan.expires_at, plan.orders.horizon.end))}"
    elif now < plan.orders.horizon.start:
        yield f"the plan begins at {_local(situation, plan.orders.horizon.start)}"
    if plan.status in (PlanStatus.HOLD, PlanStatus.RECOVERY):
        yield f"the plan itself says {plan.status.value}: {'; '.join(plan.warnings)}"
    if missing := sorted({ups.id for ups in situation.site.ups} ^ plan.orders.systems.keys()):
        yield f"the plan is for other systems than the site has: {', '.join(missing)}"
    outage = situation.last_outage_at
    if outage is not None and situation.without_the_outage(plan):
        knew = "after this plan was made" if plan.made_at <= outage else "which this plan was made without knowing"
        yield f"there was an outage at {_local(situation, outage)}, {knew}: a new plan is needed"


def _local(situation: Situation, moment: datetime) -> str:
    return moment.astimezone(zone(situation.site.timezone)).isoformat(timespec="seconds")


def _following(situation: Situation, judgement: Judgement) -> str:
    plan = situation.plan
    left_out = [each.against for each in judgement.systems.values() if each.against]
    left_out += spent_notes(situation.site, situation.metered, situation.now)
    made = "" if plan is None else f" of {plan.made_at.isoformat(timespec='seconds')}"
    return "; ".join([f"the plan{made} is followed, by the load that is measured", *left_out])


def _valid_until(situation: Situation, interval: Horizon, *, held: bool) -> datetime:
    """The end of the interval, or when the reading or the plan is too old, if that is sooner.

    Batteries that hold may do so also where the reading or the plan is too old already.
    """
    ends = [interval.end]
    if situation.telemetry is not None:
        ends.append(situation.telemetry.measured_at + timedelta(seconds=situation.site.telemetry_max_age_s))
    if situation.plan is not None:
        ends.append(situation.plan.expires_at)
    return min(end for end in ends if end > situation.now or not held)
