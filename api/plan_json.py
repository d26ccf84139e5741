"""Plans, reserves and certificates as JSON documents, and reading a plan back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter

from api.acceptance import accept
from api.csv_series import is_plausible
from api.planning import PlannedDay
from api.yaml_file import read_json
from domain import Fault, Horizon, ReserveRequirement, Site, UnableToAccept, UpsSystem
from domain.certificate import Certificate
from domain.plan import DispatchPlan, PlanCost, Setpoint, UpsTrajectory

_DIGITS = 6
"""Decimals kept: a milliwatt, a joule, a ten-thousandth of a cent."""


def to_json(document: Mapping[str, Any]) -> str:
    """Write a document as one JSON object."""
    return json.dumps(document, indent=2, allow_nan=False)


def plan_document(planned: PlannedDay) -> dict[str, Any]:
    """The plan's JSON object (`docs/api.md` lists its fields)."""
    plan, inputs = planned.plan, planned.inputs
    return {
        "site_id": plan.site_id,
        "status": plan.status.value,
        "issued_at": plan.issued_at.isoformat(),
        "currency": plan.currency,
        "horizon": {
            "start": plan.horizon.start_of(0).isoformat(),
            "end": plan.horizon.start_of(plan.horizon.intervals).isoformat(),
            "interval_minutes": plan.horizon.interval_minutes,
        },
        "cost": _cost(plan.cost),
        "baseline_cost": _cost(plan.baseline_cost),
        "savings": _round(plan.savings),
        "certificate": certificate_document(plan.certificate),
        "warnings": [*plan.warnings, *planned.notes],
        "inputs": {
            "sha256": inputs.provenance.sha256,
            "given": list(inputs.provenance.given),
            "defaulted": {name: _plain(value) for name, value in inputs.provenance.defaulted.items()},
            "imputed": dict(inputs.provenance.imputed),
            "assumed": list(planned.assumptions),
        },
        "timing_ms": {name: round(ms, 3) for name, ms in plan.timing_ms.items()},
        "stored_at_start_kwh": {ups.ups_id: _round(ups.stored_kwh[0]) for ups in plan.ups},
        "intervals": [_interval(setpoint) for setpoint in plan.setpoints()],
    }


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
    }


def certificate_row(certificate: Certificate) -> dict[str, Any]:
    """The certificate as one flat row, for CSV."""
    document = certificate_document(certificate)
    outage = {f"worst_outage_{name}": value for name, value in document.pop("worst_outage").items()}
    return {**document, **outage, "violations": "; ".join(certificate.violations)}


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
    }


def _cost(cost: PlanCost) -> dict[str, float | None]:
    return {
        "total": _round(cost.total),
        "energy": _round(cost.energy),
        "demand": _round(cost.demand),
        "coincident": _round(cost.coincident),
        "minimum": _round(cost.minimum),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _UpsRow:
    id: str
    load_kw: float
    charge_kw: float
    discharge_kw: float
    stored_kwh: float
    reserve_kwh: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _IntervalRow:
    start: datetime
    grid_kw: float
    ups: tuple[_UpsRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _HorizonDocument:
    interval_minutes: int
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _PlanDocument:
    horizon: _HorizonDocument
    intervals: tuple[_IntervalRow, ...]
    stored_at_start_kwh: dict[str, float]
    site_id: str | None = None


_PlanDocument.__pydantic_config__ = ConfigDict(extra="ignore", allow_inf_nan=False, strict=True)  # type: ignore[attr-defined]
_PLAN = TypeAdapter(_PlanDocument)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenPlan:
    """A plan from anywhere: what the certificate needs of it."""

    horizon: Horizon
    ups: tuple[UpsTrajectory, ...]
    grid_kw: tuple[float, ...]


def read_plan_file(path: Path, site: Site) -> GivenPlan:
    """Read a plan for a site.

    Raises `UnableToAccept` with every fault: times that do not follow each other, systems the site does not have.
    """
    document: _PlanDocument = accept(_PLAN, read_json(path), source=path.name)
    faults = [fault.in_source(path.name) for fault in _plan_faults(document, site)]
    if faults:
        raise UnableToAccept(faults)
    horizon = Horizon(
        start=document.intervals[0].start,
        interval_minutes=document.horizon.interval_minutes,
        intervals=len(document.intervals),
        timezone=site.timezone,
    )
    return GivenPlan(
        horizon=horizon,
        ups=tuple(_given_trajectory(document, ups) for ups in site.ups),
        grid_kw=tuple(row.grid_kw for row in document.intervals),
    )


def _plan_faults(document: _PlanDocument, site: Site) -> list[Fault]:
    if not document.intervals:
        return [Fault(field="intervals", value="an empty list", allowed="at least one interval")]
    faults = []
    if document.site_id not in (None, site.id):
        allowed = f"{site.id}, the site it is certified for"
        faults.append(Fault(field="site_id", value=document.site_id, allowed=allowed))
    known = {ups.id for ups in site.ups}
    faults += [
        Fault(field=f"stored_at_start_kwh.{ups_id}", value=None, allowed="given: outages start from it")
        for ups_id in sorted(known - document.stored_at_start_kwh.keys())
    ]
    for index, row in enumerate(document.intervals):
        listed = [ups.id for ups in row.ups]
        if sorted(listed) != sorted(known):
            allowed = f"each of the site's systems once: {', '.join(sorted(known))}"
            faults.append(Fault(field=f"intervals.{index}.ups", value=", ".join(listed), allowed=allowed))
    return [*faults, *_time_faults(document)]


def _time_faults(document: _PlanDocument) -> list[Fault]:
    """Check that the intervals follow each other from the horizon's start to its end."""
    minutes = document.horizon.interval_minutes
    if not 1 <= minutes <= _MINUTES_PER_DAY:
        return [Fault(field="horizon.interval_minutes", value=minutes, allowed=f"from 1 to {_MINUTES_PER_DAY}")]
    starts = [row.start for row in document.intervals]
    times = {f"intervals.{index}.start": start for index, start in enumerate(starts)}
    times |= {f"horizon.{name}": at for name in ("start", "end") if (at := getattr(document.horizon, name)) is not None}
    for name, at in times.items():
        if not is_plausible(at):
            return [Fault(field=name, value=str(at), allowed="a time of our age with a UTC offset")]
    expected = document.horizon.start or starts[0]
    for index, start in enumerate(starts):
        if start != expected:
            allowed = f"{expected.isoformat()}, one step after the interval before"
            return [Fault(field=f"intervals.{index}.start", value=start.isoformat(), allowed=allowed)]
        expected += timedelta(minutes=minutes)
    if document.horizon.end not in (None, expected):
        allowed = f"{expected.isoformat()}, where the last interval ends"
        return [Fault(field="horizon.end", value=str(document.horizon.end), allowed=allowed)]
    return []


_MINUTES_PER_DAY = 24 * 60


def _given_trajectory(document: _PlanDocument, ups: UpsSystem) -> UpsTrajectory:
    rows = [each for row in document.intervals for each in row.ups if each.id == ups.id]
    return UpsTrajectory(
        ups_id=ups.id,
        load_kw=tuple(row.load_kw for row in rows),
        charge_kw=tuple(row.charge_kw for row in rows),
        discharge_kw=tuple(row.discharge_kw for row in rows),
        stored_kwh=(document.stored_at_start_kwh[ups.id], *(row.stored_kwh for row in rows)),
        reserve_kwh=(rows[0].reserve_kwh, *(row.reserve_kwh for row in rows)),
    )


def plan_rows(plan: DispatchPlan) -> list[dict[str, object]]:
    """The plan as flat rows, one an interval and UPS system, for CSV."""
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
