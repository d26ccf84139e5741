"""The time machine: what was known of a site at a past minute, what its plan was made from, and what bound it.

Nothing is overwritten in the store, and a plan keeps the version of the site, the moment until which series were known
and the readings that it was made from. So the same plan can be made again, to the last digit.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from ridethrough.api.cases.sites.situations import history_of, latest_reading, metered_of, reading_of, situation_at
from ridethrough.api.cases.sites.stored_inputs import stored_inputs
from ridethrough.api.operating.making_plans import REMEMBERED
from ridethrough.api.operating.plan_question import SOFTWARE, PlanAnswer, PlanQuestion, answer_to
from ridethrough.operation.live.binding import what_binds
from ridethrough.operation.live.setpoints import setpoints_now
from ridethrough.operation.live.situation import Setpoints, Situation
from ridethrough.store.database import Database
from ridethrough.store.operating import plans, telemetry
from ridethrough.store.operating.plans import PlanRecord
from ridethrough.store.operating.telemetry import StoredReading


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMoment:
    """A site at a past moment: what was known, the plan in force, what batteries were to do, and what bound that.

    `replayed` is the plan made again from what is kept of its inputs, where that was asked for.
    """

    at: datetime
    situation: Situation
    reading: StoredReading | None
    record: PlanRecord | None
    setpoints: Setpoints
    binding: str
    replayed: PlanAnswer | None = None

    @property
    def replay_is_the_same(self) -> bool | None:
        """Whether the plan that was made again is the plan that was kept; None where none was made again."""
        if self.replayed is None or self.record is None:
            return None
        return self.replayed.sha256 == self.record.sha256


def past_moment(connection: Connection, site_id: str, at: datetime) -> PastMoment:
    """Look at a site as it was known at a moment.

    Raises `UnableToFindSite` where there was no such site then.
    """
    situation = situation_at(connection, site_id, at, in_the_past=True)
    reading = latest_reading(connection, site_id, at, in_the_past=True)
    setpoints = setpoints_now(situation)
    record = None if situation.plan is None else plans.begun(connection, site_id, now=at)
    return PastMoment(
        at=at,
        situation=situation,
        reading=reading,
        record=record,
        setpoints=setpoints,
        binding=what_binds(situation, setpoints),
    )


def question_of(connection: Connection, record: PlanRecord) -> PlanQuestion:
    """The question that a kept plan answered."""
    since = record.made_at - REMEMBERED
    stored = stored_inputs(connection, record.site_id, known_at=record.known_at, since=since)
    site = stored.inputs.site
    last = None if record.telemetry_id is None else telemetry.by_id(connection, record.telemetry_id)
    return PlanQuestion(
        inputs=stored.inputs,
        telemetry=reading_of(last),
        before=history_of(connection, site, last, record.made_at, known_id=record.telemetry_known_id, in_the_past=True),
        now=record.made_at,
        metered=metered_of(None if last is None else last.counted),
    )


def replay(database: Database, record: PlanRecord) -> PlanAnswer:
    """Make a kept plan again, from what it was made from."""
    with database.reading() as connection:
        question = question_of(connection, record)
    return answer_to(question)


def can_replay(record: PlanRecord) -> bool:
    """Whether this version of the software made the plan: another one may plan otherwise."""
    return record.software == SOFTWARE
