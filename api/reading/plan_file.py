"""Reading of any plan for its certificate."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import nan
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter

from ridethrough.api.reading.files import read_json
from ridethrough.api.reading.series.time_series import FIRST_YEAR, LAST_YEAR, is_plausible
from ridethrough.domain import Fault, Horizon, Site, UnableToAccept, UpsSystem
from ridethrough.domain.plan import UpsTrajectory
from ridethrough.optimizer.certificate.stated import StatedPlan
from ridethrough.tariffs.documents.acceptance import accept

_MINUTES_PER_DAY = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class _UpsRow:
    id: str
    load_kw: float
    charge_kw: float
    discharge_kw: float
    stored_kwh: float
    reserve_kwh: float | None = None
    ride_through_s: float | None = None


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
    certificate: dict[str, Any] | None = None


_PlanDocument.__pydantic_config__ = ConfigDict(extra="ignore", allow_inf_nan=False, strict=True)  # type: ignore[attr-defined]
_PLAN = TypeAdapter(_PlanDocument)


def read_plan_file(path: Path, site: Site) -> StatedPlan:
    """Read a plan for a site, see `read_plan`."""
    return read_plan(read_json(path), site, source=path.name)


def read_plan(given: object, site: Site, *, source: str) -> StatedPlan:
    """Turn a plan's document into what it states.

    Raises `UnableToAccept` with every fault: times that do not follow each other, systems the site does not have.
    """
    document: _PlanDocument = accept(_PLAN, given, source=source)
    faults = [fault.in_source(source) for fault in _plan_faults(document, site)]
    if faults:
        raise UnableToAccept(faults)
    horizon = Horizon(
        start=document.intervals[0].start,
        interval_minutes=document.horizon.interval_minutes,
        intervals=len(document.intervals),
        timezone=site.timezone,
    )
    return StatedPlan(
        horizon=horizon,
        ups=tuple(_given_trajectory(document, ups) for ups in site.ups),
        grid_kw=tuple(row.grid_kw for row in document.intervals),
        ride_through_s={
            ups.id: (nan, *(_number(row.ride_through_s) for row in _rows(document, ups))) for ups in site.ups
        },
        certificate=_certificate(document.certificate or {}),
    )


def _certificate(given: Mapping[str, Any]) -> dict[str, object]:
    """The figures of a certificate that came with the plan; its end as a time, where it is one."""
    figures = dict(given)
    try:
        figures["expires_at"] = datetime.fromisoformat(given["expires_at"])
    except (KeyError, TypeError, ValueError):
        return figures
    return figures


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
            return [
                Fault(
                    field=name,
                    value=str(at),
                    allowed=f"a time with a UTC offset, in the years {FIRST_YEAR} to {LAST_YEAR}",
                )
            ]
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


def _given_trajectory(document: _PlanDocument, ups: UpsSystem) -> UpsTrajectory:
    rows = _rows(document, ups)
    return UpsTrajectory(
        ups_id=ups.id,
        load_kw=tuple(row.load_kw for row in rows),
        charge_kw=tuple(row.charge_kw for row in rows),
        discharge_kw=tuple(row.discharge_kw for row in rows),
        stored_kwh=(document.stored_at_start_kwh[ups.id], *(row.stored_kwh for row in rows)),
        reserve_kwh=(nan, *(_number(row.reserve_kwh) for row in rows)),
    )


def _rows(document: _PlanDocument, ups: UpsSystem) -> list[_UpsRow]:
    return [each for row in document.intervals for each in row.ups if each.id == ups.id]


def _number(stated: float | None) -> float:
    """What is not stated is not a number."""
    return nan if stated is None else stated
