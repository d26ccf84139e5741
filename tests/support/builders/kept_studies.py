"""Studies of a stored site in every state, kept as jobs keep them: done with its files, under way, ended and failed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ridethrough.api.jobs.studies import STUDY, study_arguments, study_in_worker
from ridethrough.store.database import Database
from ridethrough.store.running.jobs import (
    Job,
    JobState,
    add_job,
    begin_job,
    cancel_job,
    end_job,
    job_id_of,
    note_progress,
)

DAYS = {"from": "2026-05-01", "to": "2026-06-30", "information": "day-ahead", "replanned_every_h": 24.0}
PROJECT = {
    "life_years": 10,
    "discount_rate": 0.08,
    "inflation_rate": 0.02,
    "first_year": 2026,
    "savings": {"degradation_rate": 0.02},
    "assets": [{"name": "controls", "capital_cost": 340000}],
    "costs": [{"name": "upkeep", "amount": 12000}],
}
_OWNER = "here"


def keep_studies(database: Database, site_id: str, now: datetime) -> Mapping[str, str]:
    """Keep a study of each state; the id of each."""
    ids = {each: job_id_of(STUDY, site_id, each) for each in ("done", "running", "cancelled", "failed")}
    for key, job_id in ids.items():
        _begun(database, site_id, key, now)
        with database.writing() as connection:
            if key == "running":
                note_progress(connection, job_id, _OWNER, done=13, total=31, now=now)
            elif key == "cancelled":
                cancel_job(connection, job_id, now)
            elif key == "failed":
                why = "series cooling: row 17 is 'x', must be a number"
                end_job(connection, job_id, _OWNER, state=JobState.FAILED, now=now, why=why)
    files = study_in_worker(database.url.render_as_string(hide_password=False), ids["done"], _OWNER)
    with database.writing() as connection:
        end_job(connection, ids["done"], _OWNER, state=JobState.DONE, now=now, files=files)
    return ids


def _begun(database: Database, site_id: str, key: str, now: datetime) -> Job | None:
    asked: dict[str, Any] = {**DAYS, "project": PROJECT if key == "done" else None}
    arguments = study_arguments(database, site_id, asked)
    with database.writing() as connection:
        job = add_job(connection, kind=STUDY, site_id=site_id, key=key, arguments=arguments, now=now)
        return begin_job(connection, job.job_id, _OWNER, now)
