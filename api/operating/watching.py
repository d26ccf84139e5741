"""Readings are kept and judged as they come; alarms say what is wrong, and when it is over."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ridethrough.api.cases.sites.situations import metered_of, situation_at
from ridethrough.api.cases.sites.stored_inputs import stored_site
from ridethrough.api.operating.telling import tell
from ridethrough.api.reading.telemetry import telemetry_document
from ridethrough.domain import Fault, Site, UnableToAccept
from ridethrough.domain.telemetry import CLOCK_TOLERANCE, Telemetry
from ridethrough.operation.live.departing import reasons_to_plan
from ridethrough.operation.live.energy_history import EnergyHistory
from ridethrough.operation.live.judging import judge
from ridethrough.operation.live.metered_wear import is_counted, metered_document, metered_wear
from ridethrough.operation.live.setpoints import setpoints_now
from ridethrough.operation.live.situation import Situation
from ridethrough.store.database import Database
from ridethrough.store.operating import plans, telemetry
from ridethrough.store.operating.alarms import Raised, settle
from ridethrough.store.operating.telemetry import StoredReading
from ridethrough.store.schema import canonical
from ridethrough.store.sites import deleted_at

ALARM_KINDS = ("telemetry", "system", "reserve", "protected_load", "import_limit")
REFUSED = "telemetry_refused"
MISSED = "plan_missed"
_MOST_SHOWN = 5
PLANS_APART = timedelta(minutes=5)
"""Plans that telemetry asks for are at least this far apart; between them the control law follows the meter."""
_LEAST_SHORT_KWH = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReading:
    """A reading that was kept: whether it is new, and what is wrong with it by its judgement at that moment."""

    reading: StoredReading
    is_new: bool
    against: tuple[str, ...]


def keep_reading(database: Database, site_id: str, reading: Telemetry, *, sender: str, now: datetime) -> KeptReading:
    """Keep a reading, and settle the alarms of its site.

    Raises `UnableToFindSite` where there is no such site, and `UnableToAccept` for systems that it does not have.
    """
    with database.writing() as connection:
        before = situation_at(connection, site_id, now)
        _check_systems(before.site, reading)
        counted = _counted(connection, site_id, before.site, reading, now)
        kept, is_new = telemetry.add(
            connection,
            site_id,
            canonical(telemetry_document(reading)),
            measured_at=reading.measured_at,
            in_outage=any(each.in_outage for each in reading.ups.values()),
            sender=sender,
            now=now,
            counted=counted,
        )
        settle(connection, site_id, [REFUSED], [], now=now)
        situation = situation_at(connection, site_id, now)
        _settle(connection, site_id, situation)
        history = situation.before if reading == situation.telemetry else EnergyHistory()
        judged = judge(situation.site, reading, history, now)
        return KeptReading(reading=kept, is_new=is_new, against=tuple(judged.reasons))


def _counted(connection: Connection, site_id: str, site: Site, reading: Telemetry, now: datetime) -> str | None:
    """What readings have told of wear until this one, as it is kept beside it; None where no battery has a wear model.

    A reading that comes late is counted after those measured before it, and changes nothing that was counted later:
    the time that it would have filled has been counted as one without readings. One of the future is not counted.
    """
    wears = any(is_counted(site, ups) for ups in site.ups)
    if not wears or reading.measured_at > now + CLOCK_TOLERANCE:
        return None
    after = deleted_at(connection, site_id)
    before = metered_of(telemetry.counted_before(connection, site_id, reading.measured_at, after=after))
    return canonical(metered_document(metered_wear(site, before, reading)))


def reading_refused(database: Database, site_id: str, error: UnableToAccept, *, now: datetime) -> None:
    """Raise the alarm that readings come which cannot be read; it ends with the next one that can.

    Raises `UnableToFindSite` where there is no such site.
    """
    with database.writing() as connection:
        stored_site(connection, site_id)
        message = "; ".join(str(fault) for fault in error.faults[:_MOST_SHOWN])
        found = [Raised(kind=REFUSED, subject=site_id, message=message)]
        for alarm in settle(connection, site_id, [REFUSED], found, now=now):
            tell(connection, site_id, "telemetry_refused", {"alarm": alarm.message}, who="service", now=now)


def watch_site(database: Database, site_id: str, now: datetime) -> tuple[str, ...]:
    """Settle the alarms of a site as time goes on, and say why a new plan is wanted now (empty: none is).

    Raises `UnableToFindSite` where there is no such site.
    """
    with database.writing() as connection:
        situation = situation_at(connection, site_id, now)
        _settle(connection, site_id, situation)
        newest = plans.newest(connection, site_id, now=now)
        if newest is not None and now - newest.made_at < PLANS_APART:
            return ()
        return reasons_to_plan(situation)


def _check_systems(site: Site, reading: Telemetry) -> None:
    known = [ups.id for ups in site.ups]
    allowed = f"one of the site's systems: {', '.join(known)}"
    faults = [
        Fault(field=f"ups.{ups_id}", source="telemetry", value=ups_id, allowed=allowed)
        for ups_id in reading.ups
        if ups_id not in known
    ]
    if faults:
        raise UnableToAccept(faults)


def _settle(connection: Connection, site_id: str, situation: Situation) -> None:
    for alarm in settle(connection, site_id, ALARM_KINDS, _alarms(situation), now=situation.now):
        detail = {"kind": alarm.kind, "subject": alarm.subject, "alarm": alarm.message}
        tell(connection, site_id, "alarm_raised", detail, who="service", now=situation.now)


def _alarms(situation: Situation) -> Iterator[Raised]:
    """What is wrong at the site now."""
    site = situation.site
    judgement = judge(site, situation.telemetry, situation.before, situation.now)
    whole = (*judgement.unbelievable, *judgement.against)
    if whole:
        yield Raised(kind="telemetry", subject=site.id, message="; ".join(whole))
    if judgement.telemetry is None or not judgement.believed:
        return
    for ups_id, judged in judgement.systems.items():
        if judged.against:
            yield Raised(kind="system", subject=ups_id, message=judged.against)
        protected_kw = judged.ups.protected_load_kw
        if judged.load_kw is not None and judged.load_kw > protected_kw:
            message = f"the load of {judged.load_kw:,.0f} kW is above the protected load of {protected_kw:,.0f}"
            yield Raised(kind="protected_load", subject=ups_id, message=message)
    for ups_id, setpoint in setpoints_now(situation).ups.items():
        if setpoint.stored_kwh is not None and setpoint.stored_kwh < setpoint.reserve_kwh - _LEAST_SHORT_KWH:
            message = f"{setpoint.stored_kwh:,.1f} kWh are stored, the reserve is {setpoint.reserve_kwh:,.1f} kWh"
            yield Raised(kind="reserve", subject=ups_id, message=message)
    grid_kw, limit_kw = judgement.telemetry.grid_kw or 0.0, site.interconnection.import_limit_kw
    if grid_kw > limit_kw:
        message = f"the meter shows {grid_kw:,.0f} kW, above the import limit of {limit_kw:,.0f}"
        yield Raised(kind="import_limit", subject=site.id, message=message)


def report_missed(connection: Connection, site_id: str, why: str, now: datetime) -> None:
    """Tell the people of a site that a plan was not made in its time."""
    raised = Raised(kind=MISSED, subject=site_id, message=why)
    for alarm in settle(connection, site_id, [MISSED], [raised], now=now):
        tell(connection, site_id, "plan_missed", {"alarm": alarm.message}, who="service", now=now)
