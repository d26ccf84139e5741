"""Plans as pages show them, kept while they are looked at: a plan never changes once it is made."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ridethrough.api.cases.sites.recent import Recent
from ridethrough.store.operating import plans
from ridethrough.store.operating.plans import PlanRecord

MOST_KEPT = 32
"""So many plans are kept in memory, with their pictures: some 600 kB each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A stretch of a plan in which batteries do the same, and the means of its intervals at the meter."""

    start: datetime
    end: datetime
    does: str
    kw: float
    why: str
    price: float
    grid_kw: float
    baseline_kw: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPlan:
    """The JSON document of a plan, which nobody changes, and its blocks."""

    document: Mapping[str, Any]
    blocks: tuple[Block, ...]


_PLANS: Recent[KeptPlan] = Recent(MOST_KEPT)


def kept_plan(connection: Connection, record: PlanRecord) -> KeptPlan:
    """Read a plan, or take the one that is kept."""

    def read() -> KeptPlan:
        document = plans.document_of(connection, record.id)
        return KeptPlan(document=document, blocks=tuple(_block(document, each) for each in document["actions"]))

    return _PLANS.get(plan_key(record), read)


def plan_key(record: PlanRecord) -> Hashable:
    """What names a plan for ever, also among those of several databases."""
    return record.site_id, record.id, record.made_at, record.sha256


def _block(document: Mapping[str, Any], action: Mapping[str, Any]) -> Block:
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
    )
