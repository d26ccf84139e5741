"""Whether a plan of a stored site can be made now, and whether it would trade."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ridethrough.api.cases.plans.known_past import known_past, published_prices
from ridethrough.api.cases.plans.planning_ahead import unverified_prices
from ridethrough.api.cases.sites.situations import situation_at
from ridethrough.api.cases.sites.stored_inputs import check_document, stored_inputs, stored_site
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.domain import Horizon, UnableToAccept
from ridethrough.domain.horizon import zone
from ridethrough.operation.live.judging import judge


@dataclass(frozen=True, slots=True, kw_only=True)
class PlansNow:
    """`refused` is why no plan can be made now, `holds` why a plan made now would not trade; both empty: it trades."""

    refused: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()


def plans_now(connection: Connection, site_id: str, now: datetime, *, since: datetime) -> PlansNow:
    """Judge a site by its document, its readings since a moment, and its telemetry.

    Raises `UnableToFindSite` where there is no such site.
    """
    document = stored_site(connection, site_id).document
    readiness = check_document(connection, site_id, document)
    if not readiness.is_ready:
        return PlansNow(refused=tuple(str(fault) for fault in (*readiness.missing, *readiness.faults)))
    try:
        inputs = stored_inputs(connection, site_id, since=since).inputs
        block = _block(inputs, now)
        published_prices(inputs, known_past(inputs, block, now), now)
    except UnableToAccept as error:
        return PlansNow(refused=tuple(str(fault) for fault in error.faults))
    situation = situation_at(connection, site_id, now)
    judgement = judge(situation.site, situation.telemetry, situation.before, now)
    return PlansNow(holds=(*judgement.reasons, *unverified_prices(inputs, block, now, at_once=True)))


def _block(inputs: SiteInputs, now: datetime) -> Horizon:
    """The intervals of a plan made now: from the one under way to the end of the next local day."""
    site = inputs.site
    today = now.astimezone(zone(site.timezone)).date()
    whole, following = (
        Horizon.of_local_day(day, site.timezone, site.interval_minutes) for day in (today, today + timedelta(days=1))
    )
    start = whole.start + (now - whole.start) // whole.step * whole.step
    return replace(whole, start=start, intervals=(following.end - start) // whole.step)
