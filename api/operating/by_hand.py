"""What a person does to a site: hold, release, acknowledge. Each is in the journal, with who did it."""

from datetime import datetime

from ridethrough.api.cases.sites.stored_inputs import stored_site
from ridethrough.api.operating.telling import tell
from ridethrough.store.database import Database
from ridethrough.store.operating import alarms, holds
from ridethrough.store.operating.alarms import Alarm


def hold_site(database: Database, site_id: str, *, why: str, who: str, now: datetime) -> None:
    """Hold every battery of a site until it is released.

    Raises `UnableToFindSite` where there is no such site, as the others here do.
    """
    with database.writing() as connection:
        stored_site(connection, site_id)
        holds.hold(connection, site_id, by=who, why=why, now=now)
        tell(connection, site_id, "held", {"why": why}, who=who, now=now)


def release_site(database: Database, site_id: str, *, why: str, who: str, now: datetime) -> None:
    """End every hold of a site."""
    with database.writing() as connection:
        stored_site(connection, site_id)
        ended = holds.release(connection, site_id, by=who, now=now)
        if ended:
            tell(connection, site_id, "released", {"why": why, "holds": ended}, who=who, now=now)


def acknowledge_alarm(database: Database, site_id: str, alarm_id: int, *, who: str, now: datetime) -> Alarm | None:
    """Say that a person has seen an alarm; None where the site has no such alarm."""
    with database.writing() as connection:
        stored_site(connection, site_id)
        alarm = alarms.acknowledge(connection, site_id, alarm_id, by=who, now=now)
        if alarm is not None and (alarm.acknowledged_at, alarm.acknowledged_by) == (now, who):
            detail = {"id": alarm_id, "alarm": alarm.message}
            tell(connection, site_id, "alarm_acknowledged", detail, who=who, now=now)
    return alarm
