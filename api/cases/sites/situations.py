"""A stored site at a moment: everything that its setpoints follow from, by what was known then."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ridethrough.api.cases.sites.histories import history_before
from ridethrough.api.cases.sites.recent import Recent
from ridethrough.api.cases.sites.stored_inputs import SOURCE, stored_site
from ridethrough.api.reading.plan_orders import read_orders
from ridethrough.api.reading.site_file import read_site
from ridethrough.api.reading.telemetry import read_telemetry
from ridethrough.domain import Site
from ridethrough.domain.horizon import zone
from ridethrough.domain.plan import PlanStatus
from ridethrough.domain.telemetry import Telemetry
from ridethrough.operation.live.energy_history import EnergyHistory
from ridethrough.operation.live.metered_wear import MeteredWear, read_metered
from ridethrough.operation.live.plan_in_force import PlanInForce, PlanOrders
from ridethrough.operation.live.situation import Situation
from ridethrough.store.operating import holds, plans, telemetry
from ridethrough.store.operating.plans import PlanRecord
from ridethrough.store.sites import StoredSite, deleted_at

_MONEY = frozenset({"prices", "tariff", "power_factor"})
_NO_PRICE = {"start": "2026-01-01T00:00:00+00:00", "values": [0.0]}
"""Setpoints follow from a plan and from limits; what energy costs is in the plan."""
_MOST_SITES = 256
_SITES: Recent[Site] = Recent(_MOST_SITES)
_ORDERS: Recent[PlanOrders] = Recent(_MOST_SITES)
_READINGS: Recent[Telemetry] = Recent(_MOST_SITES)
"""Of each site the plan and the reading that count now: those before them are not asked for again."""


def situation_at(connection: Connection, site_id: str, now: datetime, *, in_the_past: bool = False) -> Situation:
    """The situation of a site at a moment; of one that is `in_the_past`, by what was known then.

    Raises `UnableToFindSite` where there is no such site.
    """
    stored = stored_site(connection, site_id, known_at=now if in_the_past else None)
    last = latest_reading(connection, site_id, now, in_the_past=in_the_past)
    record = plans.begun(connection, site_id, now=now)
    in_force, why_none = _in_force(connection, site_id, stored, record, now, in_the_past=in_the_past)
    hold = holds.in_force(connection, site_id, at=now if in_the_past else None)
    site = site_of(stored, {} if in_force is None else _protected_kw(in_force.orders))
    return Situation(
        site=site,
        site_version=stored.version,
        now=now,
        telemetry=reading_of(last),
        before=history_of(connection, site, last, now, in_the_past=in_the_past),
        plan=in_force,
        no_plan_because=why_none,
        held_because="" if hold is None else f"held by {hold.held_by}: {hold.why}",
        last_outage_at=telemetry.last_outage_at(connection, site_id, now=now),
        outage_heard_at=telemetry.outage_heard_at(connection, site_id, now=now),
        metered=metered_of(None if last is None else last.counted),
    )


def latest_reading(
    connection: Connection, site_id: str, now: datetime, *, in_the_past: bool = False
) -> telemetry.StoredReading | None:
    """The reading that tells a site's state at a moment; none from before it was deleted."""
    after = deleted_at(connection, site_id, known_at=now if in_the_past else None)
    return telemetry.latest(connection, site_id, now=now, after=after)


def history_of(
    connection: Connection,
    site: Site,
    last: telemetry.StoredReading | None,
    now: datetime,
    *,
    known_id: int | None = None,
    in_the_past: bool = False,
) -> EnergyHistory:
    """What the readings before the one that tells a site's state told; `known_id` is the last reading that counts.

    Without it all count that were received until `now` and that this connection sees.
    """
    after = None if last is None else deleted_at(connection, last.site_id, known_at=now if in_the_past else None)
    return history_before(connection, site, last, now=now, after=after, known_id=known_id, in_the_past=in_the_past)


def reading_of(stored: telemetry.StoredReading | None) -> Telemetry | None:
    """The reading that was stored."""
    if stored is None:
        return None
    key = (stored.site_id, stored.id, stored.document)
    return _READINGS.get(
        key, lambda: read_telemetry(json.loads(stored.document), source="telemetry"), of=stored.site_id
    )


def metered_of(counted: str | None) -> dict[str, MeteredWear]:
    """What was counted of wear until a reading, as it is kept beside it."""
    return {} if counted is None else read_metered(json.loads(counted))


def site_of(stored: StoredSite, protected_kw: Mapping[str, float]) -> Site:
    """The site of a stored document, without its series.

    A protected load that the document leaves out is that of the plan (`protected_kw`), else all that the units may
    carry after the failures that are tolerated.
    """
    key = (stored.site_id, stored.sha256, tuple(sorted(protected_kw.items())))
    return _SITES.get(key, lambda: _read_site(stored, protected_kw), of=stored.site_id)


def plan_in_force(connection: Connection, record: PlanRecord) -> PlanInForce:
    """A stored plan, to act by."""
    key = (record.site_id, record.id, record.made_at, record.sha256)
    orders = _ORDERS.get(key, lambda: read_orders(plans.orders_of(connection, record.id)), of=record.site_id)
    return PlanInForce(
        plan_id=record.plan_id,
        site_version=record.site_version,
        made_at=record.made_at,
        status=PlanStatus(record.status),
        warnings=(record.status_because,),
        expires_at=record.expires_at,
        orders=orders,
    )


def _read_site(stored: StoredSite, protected_kw: Mapping[str, float]) -> Site:
    document = {name: value for name, value in stored.document.items() if name not in _MONEY}
    document["prices"] = _NO_PRICE
    document["unprotected_load"] = {"constant_kw": 0.0}
    document["ups"] = [_without_series(ups, protected_kw.get(ups.get("id"))) for ups in document["ups"]]
    return read_site(document, source=SOURCE, folder=None).site


def _without_series(ups: Mapping[str, Any], planned_kw: float | None) -> dict[str, Any]:
    carried = (ups["units"] - ups.get("tolerated_failures", 0)) * ups["unit_output_limit_kw"]
    protected_kw = ups.get("protected_load_kw", carried if planned_kw is None else planned_kw)
    return {**ups, "load": {"constant_kw": 0.0}, "protected_load_kw": protected_kw}


def _protected_kw(orders: PlanOrders) -> dict[str, float]:
    return {ups_id: system.protected_load_kw for ups_id, system in orders.systems.items()}


def _in_force(
    connection: Connection,
    site_id: str,
    stored: StoredSite,
    record: PlanRecord | None,
    now: datetime,
    *,
    in_the_past: bool,
) -> tuple[PlanInForce | None, str]:
    """The certified plan in force at a moment; or why there is none."""
    if record is None:
        newest = plans.newest(connection, site_id, now=now)
        if newest is None:
            return None, "no plan has been made"
        if newest.certified:
            begins = newest.starts_at.astimezone(zone(str(stored.document["timezone"])))
            return None, f"{newest.plan_id} begins at {begins.isoformat(timespec='seconds')}"
        return None, f"{newest.plan_id} is not certified, and there is no certified plan before it"
    if record.cancelled_at is not None and (record.cancelled_at <= now or not in_the_past):
        return None, f"{record.plan_id} was cancelled by {record.cancelled_by}: {record.cancelled_because}"
    return plan_in_force(connection, record), ""
