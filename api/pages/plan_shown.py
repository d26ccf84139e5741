"""A plan as the page of plans shows it: its picture, its blocks, its proof, and what happened."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import Connection

from ridethrough.api.answers.plan.plan_charts import plan_chart
from ridethrough.api.pages.happened import happened_chart
from ridethrough.charts import chart_figure
from ridethrough.store.operating import plans, telemetry
from ridethrough.store.operating.plans import PlanRecord, number_of

_MOST_LISTED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block of a plan, and the figures of its intervals."""

    start: datetime
    end: datetime
    does: str
    kw: float
    why: str
    price: float
    grid_kw: float
    baseline_kw: float
    reaches_now: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPlan:
    """A plan, its pictures and its blocks; `in_force` says whether it is the one that is followed."""

    record: PlanRecord
    document: Mapping[str, Any]
    in_force: bool
    picture: Markup
    happened: Markup | None
    blocks: tuple[Block, ...]


def shown_plan(
    connection: Connection, site_id: str, plan_id: str | None, timezone: str, now: datetime
) -> ShownPlan | None:
    """The plan of a name, without one the plan in force, else the newest; None where there is none such."""
    begun = plans.begun(connection, site_id, now=now)
    record = begun or plans.newest(connection, site_id, now=now)
    if plan_id is not None:
        number = number_of(plan_id)
        record = None if number is None else plans.by_number(connection, site_id, number)
    if record is None:
        return None
    document = plans.document_of(connection, record.id)
    readings = telemetry.between(connection, site_id, record.starts_at, min(now, record.ends_at))
    happened = happened_chart(document, readings, timezone, now)
    mark = now if record.starts_at < now < record.ends_at else None
    return ShownPlan(
        record=record,
        document=document,
        in_force=begun is not None and begun.id == record.id and now < record.expires_at and not record.cancelled_at,
        picture=chart_figure(plan_chart(document, timezone, now=mark)),
        happened=None if happened is None else chart_figure(happened),
        blocks=tuple(_block(document, each, now) for each in document["actions"]),
    )


def latest_plans(connection: Connection, site_id: str) -> tuple[PlanRecord, ...]:
    """The plans that were made last."""
    return plans.listed(connection, site_id, limit=_MOST_LISTED)


def _block(document: Mapping[str, Any], action: Mapping[str, Any], now: datetime) -> Block:
    """The block with the means of its intervals: price, and the meter with and without the plan."""
    start, end = datetime.fromisoformat(action["from"]), datetime.fromisoformat(action["to"])
    inside = [each for each in document["intervals"] if start <= datetime.fromisoformat(each["start"]) < end]
    price, grid_kw, baseline_kw = (
        sum(each[name] for each in inside) / len(inside) for name in ("price_per_kwh", "grid_kw", "baseline_grid_kw")
    )
    return Block(
        start=start,
        end=end,
        does=action["does"],
        kw=action["kw"],
        why=action["why"],
        price=price,
        grid_kw=grid_kw,
        baseline_kw=baseline_kw,
        reaches_now=start <= now < end,
    )
