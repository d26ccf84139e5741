"""Studies as jobs: any length, from what the store knew when the study was submitted, resumed after a crash.

What a study is made from is fixed when it is submitted: a study that begins again, in another process or on another
machine, gives the same digits.
"""

import json
import os
import re
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from importlib.metadata import version
from typing import Any

from ridethrough.api.answers.study.study_answer import study_answer
from ridethrough.api.cases.sites.stored_inputs import stored_inputs, stored_site
from ridethrough.api.cases.study_inputs import StudyRequest, infeasible, planner_of, study_case, study_of
from ridethrough.api.cases.study_value import valued
from ridethrough.api.jobs.task import Kind, Task, UnableToContinue
from ridethrough.api.reading.project_file import read_project
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.domain.horizon import zone
from ridethrough.finance.reports.extra import UnableToWriteReport
from ridethrough.finance.reports.issue import Issue
from ridethrough.finance.reports.page.page import study_page
from ridethrough.finance.study.case import StudyCase
from ridethrough.finance.study.study import Study
from ridethrough.finance.study.valuation import Venture
from ridethrough.operation.planner import Information
from ridethrough.store.database import Database, open_database
from ridethrough.store.running.job_parts import JobFile, file_of
from ridethrough.store.running.jobs import job_of, keep_file, note_progress
from ridethrough.store.sites import known_until
from ridethrough.tariffs.documents.acceptance import together

STUDY = "study"
RESULT, PAGE, WORKBOOK = "study.json", "study.html", "study.xlsx"
MEDIA_TYPES = {
    RESULT: "application/json",
    PAGE: "text/html; charset=utf-8",
    WORKBOOK: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

_CHECKPOINT = ".checkpoint"
_NOTED_EVERY_S = 0.5
_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}")


def run_study(task: Task) -> tuple[JobFile, ...]:
    """Run a study in a worker."""
    return task.work(study_in_worker, task.database_url, task.job.job_id, task.owner)


STUDIES = Kind(name=STUDY, run=run_study)
"""The kind of jobs that are studies of stored sites."""


def study_arguments(database: Database, site_id: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a study: what was asked, and the moment that names what the store knows now.

    Raises `UnableToFindSite` where there is no such site.
    """
    with database.reading() as connection:
        site = stored_site(connection, site_id)
        known_at = known_until(connection, site_id) or site.recorded_at
    return {**asked, "known_at": known_at.isoformat()}


def check_study(url: str, site_id: str, arguments: Mapping[str, Any]) -> None:
    """Refuse in a worker what could not be studied, before it becomes a job.

    Raises `UnableToAccept` with every fault, also for a reserve that is infeasible.
    """
    database = open_database(url)
    try:
        _case(database, site_id, arguments)
    finally:
        database.close()


def study_in_worker(url: str, job_id: str, owner: str) -> tuple[JobFile, ...]:
    """Study in a worker, from the last checkpoint on, and return the files.

    Raises `UnableToAccept` for what could not be studied, `UnableToContinue` when the job is no longer `owner`'s.
    """
    database = open_database(url)
    try:
        with database.reading() as connection:
            job = job_of(connection, job_id)
        if job is None:
            raise UnableToContinue("there is no such job")
        asked = _case(database, job.site_id, job.arguments)
        at_work = _AtWork(database=database, job_id=job_id, owner=owner)
        planner = planner_of(Information(job.arguments["information"]), asked.case)
        studied = study_of(asked.case, planner, at_work, at_work.note)
        source = "request" if asked.project is not None else ""
        issue = Issue(on=_issued_on(job.arguments["known_at"], asked.inputs), version=version("ridethrough"))
        return tuple(_files(valued(studied, asked.inputs, asked.project, source), issue))
    finally:
        database.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    inputs: SiteInputs
    project: Venture | None
    case: StudyCase


def _case(database: Database, site_id: str, arguments: Mapping[str, Any]) -> _Asked:
    inputs, project, first, last = together(
        lambda: _inputs(database, site_id, arguments["known_at"]),
        lambda: read_project(arguments["project"], source="project") if arguments["project"] is not None else None,
        lambda: _day("from", arguments["from"]),
        lambda: _day("to", arguments["to"]),
    )
    request = StudyRequest(
        first=first,
        last=last,
        information=Information(arguments["information"]),
        replanned_every_h=arguments["replanned_every_h"],
    )
    case = study_case(inputs, request)
    lacking = infeasible(case)
    if lacking:
        allowed = "a reserve that full batteries hold: else nothing is traded, and nothing studied"
        raise UnableToAccept(Fault(field="ups", source="site", value=each, allowed=allowed) for each in lacking)
    return _Asked(inputs=inputs, project=project, case=case)


def _inputs(database: Database, site_id: str, known_at: str) -> SiteInputs:
    with database.reading() as connection:
        return stored_inputs(connection, site_id, known_at=datetime.fromisoformat(known_at)).inputs


def _day(name: str, written: str) -> date:
    try:
        return date.fromisoformat(written if _WRITTEN.fullmatch(written) else "")
    except ValueError as error:
        allowed = "a date, written like 2026-07-15"
        raise UnableToAccept([Fault(field=name, source="request", value=written, allowed=allowed)]) from error


@dataclass(slots=True, kw_only=True)
class _AtWork:
    """A study at work: keeps its checkpoint in the store, and notes how far it is."""

    database: Database
    job_id: str
    owner: str
    parent: int = field(default_factory=os.getppid)
    _noted_at_s: float = 0.0
    _noted_percent: int = -1

    @property
    def name(self) -> str:
        """What a message calls the checkpoint."""
        return f"the checkpoint of study {self.job_id}"

    def read(self) -> str | None:
        """Read the checkpoint, which only the store's own writers have written."""
        with self.database.reading() as connection:
            kept = file_of(connection, self.job_id, _CHECKPOINT)
        return None if kept is None else zlib.decompress(kept.content).decode()

    def write(self, body: str) -> None:
        """Keep the checkpoint."""
        file = JobFile(name=_CHECKPOINT, media_type="application/zlib", content=zlib.compress(body.encode(), 1))
        with self.database.writing() as connection:
            if not keep_file(connection, self.job_id, self.owner, file, datetime.now(UTC)):
                raise UnableToContinue("the study was cancelled, or another process has it")

    def note(self, done: int, total: int) -> None:
        """Note how far the study is: every percent, and at most every half second. End when nobody waits for it."""
        if os.getppid() != self.parent:
            raise UnableToContinue("the service that asked for the study is gone")
        percent, now_s = 100 * done // max(1, total), time.monotonic()
        if percent == self._noted_percent or now_s - self._noted_at_s < _NOTED_EVERY_S:
            return
        self._noted_percent, self._noted_at_s = percent, now_s
        with self.database.writing() as connection:
            now = datetime.now(UTC)
            if not note_progress(connection, self.job_id, self.owner, done=done, total=total, now=now):
                raise UnableToContinue("the study was cancelled, or another process has it")


def _issued_on(known_at: str, inputs: SiteInputs) -> date:
    """The local day from whose knowledge the study is made; a study that begins again is issued on the same day."""
    return datetime.fromisoformat(known_at).astimezone(zone(inputs.site.timezone)).date()


def _files(study: Study, issue: Issue) -> list[JobFile]:
    """The result and the page, and the workbook where its library is installed."""
    from ridethrough.finance.reports.workbook.workbook import study_workbook  # noqa: PLC0415 - a library that may not be there

    made: list[JobFile] = []
    writers: dict[str, Callable[[], bytes]] = {
        RESULT: lambda: json.dumps(study_answer(study).document()).encode(),
        PAGE: lambda: study_page(study, issue).encode(),
        WORKBOOK: lambda: study_workbook(study, issue),
    }
    for name, write in writers.items():
        try:
            made.append(JobFile(name=name, media_type=MEDIA_TYPES[name], content=write()))
        except UnableToWriteReport:
            continue
    return made
