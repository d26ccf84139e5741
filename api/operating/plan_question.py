"""The question of a stored site's plan, and its answer: plain values that go to a worker process and come back.

The same question has the same answer to the last digit: nothing in it is read from a clock or a database.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any

from ridethrough.api.answers.plan.plan_answer import plan_answer
from ridethrough.api.cases.plans.planning import PlannedDay, plan_day
from ridethrough.api.reading.plan_orders import orders_document
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.domain import ConditionKind, ReserveCondition, Site, SiteState, reserve_requirement
from ridethrough.domain.plan import PlanStatus
from ridethrough.domain.telemetry import Telemetry
from ridethrough.operation.ahead import hour_policies
from ridethrough.operation.live.energy_history import EnergyHistory
from ridethrough.operation.live.judging import Judgement, judge, site_as_read
from ridethrough.operation.live.metered_wear import MeteredWear, discharges_today
from ridethrough.operation.live.plan_in_force import PlanOrders, orders_to_keep
from ridethrough.operation.live.warranty_used import throughput_kwh, unread_notes, warranty_notes
from ridethrough.operation.planner import orders_of

SOFTWARE = version("ridethrough")
"""A plan says which version made it: another version may plan otherwise."""
_NOT_OF_THE_PLAN = ("timing_ms",)
_LONGER_THAN_A_PLAN = timedelta(days=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanQuestion:
    """What a plan is made from: the site and its series as they were known, the readings that count, and the moment.

    `before` is what the readings before the latest told, `metered` what all of them told of discharge and open cycles.
    """

    inputs: SiteInputs
    telemetry: Telemetry | None
    before: EnergyHistory
    now: datetime
    metered: Mapping[str, MeteredWear] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAnswer:
    """A plan: as it is answered, and what it orders. `sha256` is that of the document without how long it took."""

    document: Mapping[str, Any]
    orders: Mapping[str, Any]
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime
    status: str
    status_because: str
    certified: bool
    sha256: str


def answer_to(question: PlanQuestion) -> PlanAnswer:
    """Make the plan from the interval of now to the end of the next local day.

    Where the reading cannot be believed the plan holds. A system without a reading is not traded: its batteries are
    taken to hold their reserve and no more, and the certificate says that it assumes so.

    Raises `UnableToAccept` where too little is known to plan.
    """
    judgement = judge(question.inputs.site, question.telemetry, question.before, question.now)
    if not judgement.believed:
        planned = _planned(question.inputs, question.now, None, tuple(judgement.unbelievable))
        return _answer(planned, question.inputs.site, (), blind=True)
    site = site_as_read(question.inputs.site, judgement)
    state, assumed = _state(site, judgement, question.now)
    state = _worn(site, question, state)
    assumed += tuple(unread_notes(site, question.metered, question.now))
    planned = _planned(replace(question.inputs, site=site), question.now, state, judgement.against)
    planned = replace(planned, notes=(*planned.notes, *warranty_notes(site, question.metered, question.now)))
    return _answer(planned, site, assumed, blind=bool(judgement.against))


def digest_of(document: Mapping[str, Any]) -> str:
    """The fingerprint of a plan's document, without how long it took to make."""
    kept = {name: value for name, value in document.items() if name not in _NOT_OF_THE_PLAN}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def _planned(inputs: SiteInputs, now: datetime, state: SiteState | None, hold: tuple[str, ...]) -> PlannedDay:
    return plan_day(
        inputs,
        now=now,
        from_now=True,
        with_interval_under_way=True,
        state=state,
        state_source="telemetry",
        hold_because=tuple(f"{reason}: every battery holds" for reason in hold),
    )


def _state(site: Site, judgement: Judgement, now: datetime) -> tuple[SiteState, tuple[str, ...]]:
    """The state by the reading, and what is assumed of systems that it does not tell of."""
    assert judgement.telemetry is not None  # noqa: S101 - it is believed
    stored, conditions, assumed = {}, [], []
    for ups in site.ups:
        judged = judgement.systems[ups.id]
        reserve_kwh = min(ups.max_stored_kwh, reserve_requirement(ups).reserve_kwh)
        stored[ups.id] = reserve_kwh if judged.stored_kwh is None else judged.stored_kwh
        if judged.against:
            longest_s = max(duty.duration_s for duty in ups.reserve.duties)
            conditions.append(_locked(ups.id, longest_s, now))
        if judged.stored_kwh is None:
            assumed.append(f"{judged.against}: taken to hold its reserve of {reserve_kwh:,.1f} kWh, and not traded")
    state = SiteState(stored_kwh=stored, conditions=tuple(conditions), measured_at=judgement.telemetry.measured_at)
    return _by_units(site, state), tuple(assumed)


def _worn(site: Site, question: PlanQuestion, state: SiteState) -> SiteState:
    """The state with what readings told of the year's discharge and of open cycles."""
    return replace(
        state,
        throughput_kwh=throughput_kwh(site, question.metered, question.now),
        discharges_today=discharges_today(site, question.metered, question.now),
        segments_filled={
            ups.id: question.metered[ups.id].segments_filled
            for ups in site.ups
            if ups.battery.segment_costs and ups.id in question.metered
        },
    )


def _by_units(site: Site, state: SiteState) -> SiteState:
    """Give the energy of each unit where units differ in health: each the same share of what it can hold."""
    units, stored = dict(state.unit_stored_kwh), dict(state.stored_kwh)
    for ups in site.ups:
        if ups.unit_state_of_health:
            full = [ups.battery.nominal_kwh * health * ups.battery.max_fraction for health in ups.unit_state_of_health]
            share = stored.pop(ups.id) / ups.max_stored_kwh
            units[ups.id] = tuple(share * kwh for kwh in full)
    return replace(state, stored_kwh=stored, unit_stored_kwh=units)


def _locked(ups_id: str, longest_s: float, now: datetime) -> ReserveCondition:
    """No discharge of a system for longer than any plan made now lasts."""
    return ReserveCondition(
        start=now - _LONGER_THAN_A_PLAN,
        end=now + _LONGER_THAN_A_PLAN,
        kind=ConditionKind.MAINTENANCE,
        ride_through_s=longest_s,
        ups=ups_id,
    )


def _answer(planned: PlannedDay, site: Site, assumed: tuple[str, ...], *, blind: bool) -> PlanAnswer:
    certificate = replace(planned.plan.certificate, assumes=(*planned.plan.certificate.assumes, *assumed))
    planned = replace(planned, plan=replace(planned.plan, certificate=certificate), notes=(*planned.notes, *assumed))
    plan = planned.plan
    document = plan_answer(planned).document()
    return PlanAnswer(
        document=document,
        orders=orders_document(replace(_orders(planned, site), blind=blind)),
        starts_at=plan.horizon.start,
        ends_at=plan.horizon.end,
        expires_at=certificate.expires_at,
        status=plan.status.value,
        status_because="; ".join((*plan.warnings, *certificate.violations, *certificate.not_checked)),
        certified=certificate.certified,
        sha256=digest_of(document),
    )


def _orders(planned: PlannedDay, site: Site) -> PlanOrders:
    """What is kept to act by. Where the course that is expected was planned, the response to the load is followed."""
    plan, ahead = planned.plan, planned.ahead
    assert ahead is not None  # noqa: S101 - a plan from now is made from a forecast
    responds = plan.status is PlanStatus.OPTIMAL and plan.optimality is None
    return orders_to_keep(
        plan,
        {each.ups_id: each.protected_load_kw for each in planned.requirements},
        orders_of(plan, site),
        hour_policies(ahead) if responds else (),
        tuple(ahead.forecast.unprotected_load_kw.tolist()),
    )
