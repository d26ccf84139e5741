"""A plan as the page of plans shows it: its picture, its blocks, its proof, and what happened.

Pictures are kept with the plan; only the mark of now is drawn at each view.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import Connection

from ridethrough.api.answers.plan.plan_charts import plan_chart
from ridethrough.api.cases.sites.recent import Recent
from ridethrough.api.pages.site.happened import happened_chart
from ridethrough.api.pages.site.kept_plans import MOST_KEPT, Block, KeptPlan, kept_plan, plan_key
from ridethrough.charts import KeptFigure, Mark, kept_figure
from ridethrough.domain.telemetry import CLOCK_TOLERANCE
from ridethrough.store.operating import plans, telemetry
from ridethrough.store.operating.plans import PlanRecord, number_of

_MOST_LISTED = 12
_PICTURES: Recent[KeptFigure] = Recent(MOST_KEPT)
_HAPPENED: Recent[KeptFigure | None] = Recent(MOST_KEPT)


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
    kept = kept_plan(connection, record)
    picture = _PICTURES.get((plan_key(record), timezone), lambda: kept_figure(plan_chart(kept.document, timezone)))
    happened = _happened(connection, record, kept, timezone)
    marks = (Mark(label="now", at=now),) if record.starts_at < now < record.ends_at else ()
    return ShownPlan(
        record=record,
        document=kept.document,
        in_force=begun is not None and begun.id == record.id and now < record.expires_at and not record.cancelled_at,
        picture=picture.marked(marks),
        happened=None if happened is None else happened.marked(marks),
        blocks=kept.blocks,
    )


def latest_plans(connection: Connection, site_id: str) -> tuple[PlanRecord, ...]:
    """The plans that were made last."""
    return plans.listed(connection, site_id, limit=_MOST_LISTED)


def _happened(connection: Connection, record: PlanRecord, kept: KeptPlan, timezone: str) -> KeptFigure | None:
    """The plan beside what happened, drawn anew where a reading came; one that was of the future tells nothing."""

    def drawn() -> KeptFigure | None:
        readings = telemetry.between(connection, record.site_id, record.starts_at, record.ends_at)
        told = [each for each in readings if each.measured_at <= each.received_at + CLOCK_TOLERANCE]
        chart = happened_chart(kept.document, told, timezone)
        return None if chart is None else kept_figure(chart)

    newest = telemetry.newest_id(connection, record.site_id)
    return _HAPPENED.get((plan_key(record), timezone, newest), drawn)
