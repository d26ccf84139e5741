"""Plans, reserves and certificates as JSON documents and flat rows."""

from dataclasses import asdict
from typing import Any

from ridethrough.api.cases.plans.planning import PlannedDay
from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.domain import Horizon, ReserveRequirement
from ridethrough.domain.certificate import Certificate
from ridethrough.domain.conditions import ConditionTimes
from ridethrough.domain.plan import DispatchPlan, PlanCost, PlanStatus, Setpoint, SmallBlock
from ridethrough.operation.actions import Action, actions_of
from ridethrough.operation.ahead import LEVELS, METHOD, Ahead
from ridethrough.operation.ceilings.expected import ExpectedChange
from ridethrough.tariffs.charges.kind import PLAN_FIGURES

_DIGITS = 6
"""The number of decimals: enough for a milliwatt, a joule, a ten-thousandth of a cent."""


def plan_document(planned: PlannedDay) -> dict[str, Any]:
    """The plan's JSON object (`docs/api.md` lists its fields)."""
    plan = planned.plan
    return {
        "site_id": plan.site_id,
        "status": plan.status.value,
        "alarms": alarms(plan),
        "issued_at": plan.issued_at.isoformat(),
        "currency": plan.currency,
        "horizon": {**_span(plan.horizon), "interval_minutes": plan.horizon.interval_minutes},
        "cost": _cost(plan.cost),
        "baseline_cost": _cost(plan.baseline_cost),
        "savings": _round(plan.savings),
        "certificate": certificate_document(plan.certificate),
        "warnings": [*plan.warnings, *planned.notes],
        "inputs": _inputs(planned),
        "month_to_date": {
            **{charge: _round(kw) for charge, kw in planned.month_to_date.peaks_kw.items()},
            "source": planned.month_to_date.source,
        },
        "actions": [_action(each) for each in actions_of(plan)],
        "conditions": [_condition(each) for each in plan.conditions],
        "small_blocks": [_small_block(each) for each in plan.small_blocks],
        **({} if planned.ahead is None else _expected(planned.ahead)),
        "optimality": None if plan.optimality is None else asdict(plan.optimality),
        "timing_ms": {name: round(ms, 3) for name, ms in plan.timing_ms.items()},
        "stored_at_start_kwh": {ups.ups_id: _round(ups.stored_kwh[0]) for ups in plan.ups},
        "intervals": [_interval(setpoint) for setpoint in plan.setpoints()],
    }


def alarms(plan: DispatchPlan) -> list[str]:
    """The reason why a plan must not be traded by: it recovers or holds, or is not certified; empty for others."""
    certified = plan.certificate.certified
    if certified and plan.status not in (PlanStatus.RECOVERY, PlanStatus.HOLD):
        return []
    why = [f"status {plan.status.value}", *([] if certified else ["not certified"])]
    return [", ".join(why), *plan.warnings, *plan.certificate.violations]


def _span(horizon: Horizon) -> dict[str, str]:
    return {
        "start": horizon.start_of(0).isoformat(),
        "end": horizon.start_of(horizon.intervals).isoformat(),
    }


def _inputs(planned: PlannedDay) -> dict[str, Any]:
    """What the plan is made from, and what was not given."""
    inputs, provenance = planned.inputs, planned.inputs.provenance
    return {
        "sha256": provenance.sha256,
        "given": list(provenance.given),
        "defaulted": {name: _plain(value) for name, value in provenance.defaulted.items()},
        "imputed": dict(provenance.imputed),
        "assumed": list(planned.assumptions),
        **({} if planned.ahead is None else {"forecast": _forecast_source(planned.ahead, inputs)}),
    }


def _action(action: Action) -> dict[str, Any]:
    return {
        "from": action.start.isoformat(),
        "to": action.end.isoformat(),
        "does": action.does,
        "kw": action.kw,
        "why": action.why,
    }


def _condition(times: ConditionTimes) -> dict[str, Any]:
    return {
        "kind": times.kind.value,
        "ups": times.ups,
        "hold_off_from": times.hold_off_from.isoformat(),
        "from": times.start.isoformat(),
        "to": times.end.isoformat(),
        "ramp_until": times.ramp_until.isoformat(),
    }


def _small_block(block: SmallBlock) -> dict[str, Any]:
    return {
        "ups": block.ups_id,
        "from": block.start.isoformat(),
        "to": block.end.isoformat(),
        "does": block.does,
        "kw": _round(block.kw),
        "why": block.why,
    }


def _forecast_source(ahead: Ahead, inputs: SiteInputs) -> dict[str, Any]:
    known = ahead.forecast.known
    return {
        "method": METHOD,
        "history": {**_span(known), "intervals": known.intervals},
        "loads": {
            ups_id: "; ".join((load.source, *load.notes)) if isinstance(load, TimeSeries) else f"{load:g} kW, constant"
            for ups_id, load in inputs.loads.items()
        },
    }


def _expected(ahead: Ahead) -> dict[str, Any]:
    """The expected change of the bill, the defended peaks, and the forecast of the meter at rest."""
    forecast = ahead.forecast
    return {
        "expected_change": {**_change(ahead.change), "to_period_end": _change(ahead.change_to_period_end)},
        "peaks_defended": [
            {
                "charge": peak.charge,
                "ceiling_kw": _round(peak.ceiling_kw),
                "peak_so_far_kw": _round(peak.peak_so_far_kw),
                "cost_per_kw": _round(peak.cost_per_kw),
            }
            for peak in ahead.peaks
        ],
        "forecast": {
            "levels": list(LEVELS),
            "net_load_kw": [[_round(kw) for kw in row] for row in forecast.net_load_kw.tolist()],
        },
    }


def _change(change: ExpectedChange) -> dict[str, float | None]:
    return {"mean": _round(change.mean), "p10": _round(change.p10), "p90": _round(change.p90)}


def certificate_document(certificate: Certificate) -> dict[str, Any]:
    """The certificate's JSON object."""
    worst = certificate.worst
    return {
        "certified": certificate.certified,
        "outages_replayed": certificate.outages_replayed,
        "failures": certificate.failures,
        "worst_ride_through_s": _round(worst.ride_through_s),
        "required_s": _round(worst.required_s),
        "worst_outage": {
            "ups": worst.ups_id,
            "start": worst.start.isoformat(),
            "failed_units": worst.failed_units,
            "margin_s": _round(worst.margin_s),
        },
        "violations": list(certificate.violations),
        "assumes": list(certificate.assumes),
        "not_checked": list(certificate.not_checked),
        "issued_at": None if certificate.issued_at is None else certificate.issued_at.isoformat(),
        "expires_at": certificate.expires_at.isoformat(),
        "site_sha256": certificate.site_sha256,
        "state_sha256": certificate.state_sha256,
        "plan_sha256": certificate.plan_sha256,
    }


def certificate_row(certificate: Certificate) -> dict[str, Any]:
    """The certificate as one flat row, for CSV."""
    document = certificate_document(certificate)
    outage = {f"worst_outage_{name}": value for name, value in document.pop("worst_outage").items()}
    lists = {name: "; ".join(document[name]) for name in ("violations", "assumes", "not_checked")}
    return {**document, **outage, **lists}


def reserve_document(requirements: tuple[ReserveRequirement, ...]) -> dict[str, Any]:
    """The reserves' JSON object; figures that are not finite are null."""
    return {"ups": [_reserve(each) for each in requirements]}


def _reserve(required: ReserveRequirement) -> dict[str, Any]:
    return {
        "id": required.ups_id,
        "feasible": required.feasible,
        "reserve_fraction": _round(required.reserve_fraction),
        "reserve_kwh": _round(required.reserve_kwh),
        "need_kwh": _round(required.need_kwh),
        "tradable_kwh": _round(required.tradable_kwh),
        "tradable_ac_kwh": _round(required.tradable_ac_kwh),
        "ride_through_s": _round(required.ride_through_s),
        "required_s": _round(required.required_s),
        "recharge_h": _round(required.recharge_h),
        "recharge_on_generator_h": _round(required.recharge_on_generator_h),
        "binding": required.binding.value,
        "policy": required.policy,
        "build_up_s": {term: _round(seconds) for term, seconds in required.build_up_s.items()},
        "loss_probability": _round(required.loss_probability),
        "losses_per_year": _round(required.losses_per_year),
        "protected_load_kw": _round(required.protected_load_kw),
        "c_rate": _round(required.c_rate),
        "usable_fraction": _round(required.usable_fraction),
        "deficit_kwh": _round(required.deficit_kwh),
        "deficit_s": _round(required.deficit_s),
        "notes": list(required.notes),
    }


def _cost(cost: PlanCost) -> dict[str, float | None]:
    return {
        "total": _round(cost.total),
        **{figure: _round(cost.of(*kinds)) for figure, kinds in PLAN_FIGURES.items()},
        "wear": _round(cost.wear),
    }


def _interval(setpoint: Setpoint) -> dict[str, Any]:
    return {
        "start": setpoint.start.isoformat(),
        "price_per_kwh": _round(setpoint.price_per_kwh),
        "grid_kw": _round(setpoint.grid_kw),
        "baseline_grid_kw": _round(setpoint.baseline_grid_kw),
        "grid_target_kw": _round(setpoint.grid_target_kw),
        "ups": [
            {
                "id": ups.ups_id,
                "load_kw": _round(ups.load_kw),
                "charge_kw": _round(ups.charge_kw),
                "discharge_kw": _round(ups.discharge_kw),
                "stored_kwh": _round(ups.stored_kwh),
                "reserve_kwh": _round(ups.reserve_kwh),
                "ride_through_s": _round(ups.ride_through_s),
            }
            for ups in setpoint.ups
        ],
    }


def _round(value: float | None) -> float | None:
    return None if value is None or abs(value) == float("inf") else round(value, _DIGITS) + 0.0


def _plain(value: object) -> object:
    return value if isinstance(value, (str, int, float, bool, list, dict)) else str(value)


def plan_rows(plan: DispatchPlan) -> list[dict[str, object]]:
    """The plan as flat rows, one for each interval and UPS system, for CSV."""
    return [
        {
            "start": setpoint.start.isoformat(),
            "price_per_kwh": _round(setpoint.price_per_kwh),
            "grid_kw": _round(setpoint.grid_kw),
            "baseline_grid_kw": _round(setpoint.baseline_grid_kw),
            "grid_target_kw": _round(setpoint.grid_target_kw),
            "ups": ups.ups_id,
            "load_kw": _round(ups.load_kw),
            "charge_kw": _round(ups.charge_kw),
            "discharge_kw": _round(ups.discharge_kw),
            "stored_kwh": _round(ups.stored_kwh),
            "reserve_kwh": _round(ups.reserve_kwh),
            "ride_through_s": _round(ups.ride_through_s),
        }
        for setpoint in plan.setpoints()
        for ups in setpoint.ups
    ]
