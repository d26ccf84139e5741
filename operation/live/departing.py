"""When telemetry leaves the plan, so that a new one is made.

The rule, in this order. A new plan is wanted where
1. no certified plan is in force,
2. the site's document is newer than the plan's,
3. batteries carried the load, which the plan was made before or without knowing, and no longer do,
4. the load of a system is above its protected load, and the plan did not expect it,
5. a system's stored energy differs from the plan's by more than 10 % of its capacity,
6. the plan was made without a reading that could be believed, or while there was an outage,
7. the plan restores reserves, and every reserve is restored.
A reading that cannot be believed asks for no plan: nothing could be planned from it.
"""

from collections.abc import Iterator

from ridethrough.domain import reserve_requirement
from ridethrough.domain.plan import PlanStatus
from ridethrough.operation.live.judging import JudgedSystem, Judgement, judge
from ridethrough.operation.live.plan_in_force import PlanInForce
from ridethrough.operation.live.situation import Situation

MOST_OFF_FRACTION = 0.10
"""Of a system's capacity; below it the control law makes up for the difference between two hourly plans."""
_ROUNDING_KW = 1e-6


def reasons_to_plan(situation: Situation) -> tuple[str, ...]:
    """Why a new plan is wanted; empty where the plan in force still fits what is measured."""
    judgement = judge(situation.site, situation.telemetry, situation.before, situation.now)
    if not judgement.believed or judgement.against:
        return ()
    plan = situation.plan
    if plan is None or not plan.orders.horizon.start <= situation.now < plan.expires_at:
        return (situation.no_plan_because if plan is None else "the plan in force has ended",)
    return tuple(_reasons(situation, judgement, plan))


def _reasons(situation: Situation, judgement: Judgement, plan: PlanInForce) -> Iterator[str]:
    if plan.site_version != situation.site_version:
        yield f"the site's document has version {situation.site_version}, the plan's has {plan.site_version}"
    if situation.last_outage_at is not None and situation.without_the_outage(plan):
        yield f"an outage ended after {situation.last_outage_at.isoformat(timespec='seconds')}"
    if plan.orders.blind:
        yield "the plan in force was made without a reading that could be believed"
    if plan.status is PlanStatus.RECOVERY and all(_has_its_reserve(each) for each in judgement.systems.values()):
        yield "every reserve is restored"
    for ups_id, judged in judgement.systems.items():
        planned = plan.orders.systems.get(ups_id)
        if planned is None:
            continue
        index, protected_kw = plan.orders.index_at(situation.now), judged.ups.protected_load_kw
        if judged.load_kw is not None and judged.load_kw > max(protected_kw, planned.load_kw[index]) + _ROUNDING_KW:
            yield f"{ups_id}: its load of {judged.load_kw:,.0f} kW is above the protected load of {protected_kw:,.0f}"
        if judged.stored_kwh is None or judged.against:
            continue
        expected_kwh = plan.orders.expected_kwh(ups_id, situation.now)
        off_kwh = judged.stored_kwh - expected_kwh
        if abs(off_kwh) > MOST_OFF_FRACTION * judged.ups.capacity_kwh:
            yield f"{ups_id}: it stores {judged.stored_kwh:,.0f} kWh, and the plan expects {expected_kwh:,.0f}"


def _has_its_reserve(judged: JudgedSystem) -> bool:
    return judged.stored_kwh is not None and judged.stored_kwh >= reserve_requirement(judged.ups).reserve_kwh
