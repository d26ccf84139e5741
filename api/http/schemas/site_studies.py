"""Studies of stored sites, as they are answered."""

from typing import Any

from pydantic import Field

from ridethrough.api.http.schemas.schema import Schema
from ridethrough.api.http.schemas.studies import StudyAnswer


class StudyProgress(Schema):
    """How far a study is, in intervals; `total` is 0 while that is not known."""

    done: int
    total: int
    fraction: float


class StudyFile(Schema):
    """A file that a study made."""

    name: str
    href: str


class SiteStudyAnswer(Schema):
    """A study: what was asked, how far it is, and its result when it is done."""

    id: str
    site_id: str
    state: str = Field(description="`waiting`, `running`, `done`, `failed` or `cancelled`.")
    why: str = Field(description="Why the study failed, or waits again; empty where there is nothing to say.")
    progress: StudyProgress
    asked: dict[str, Any]
    known_at: str = Field(description="What the store knew then is what the study is made from.")
    submitted_at: str
    updated_at: str
    ended_at: str | None
    files: list[StudyFile]
    result: StudyAnswer | None


class SiteStudiesAnswer(Schema):
    """The newest studies of a site, without their results."""

    studies: list[SiteStudyAnswer]
