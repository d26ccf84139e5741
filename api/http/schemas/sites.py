"""What is answered about stored sites and their series."""

from datetime import datetime

from pydantic import ConfigDict, Field

from ridethrough.api.http.schemas.schema import Schema


class VersionOfSite(Schema):
    """One version of a site's document."""

    site_id: str
    version: int
    recorded_at: datetime
    recorded_by: str
    sha256: str


class SiteInList(VersionOfSite):
    """A site that the caller may see."""

    name: str


class SitesAnswer(Schema):
    """The sites that the caller may see, by id."""

    sites: list[SiteInList]


class VersionInList(VersionOfSite):
    """A version that a site has, or had."""

    deleted: bool


class VersionsAnswer(Schema):
    """All versions of a site, the oldest first."""

    versions: list[VersionInList]


class MissingSeries(Schema):
    """A series that the document names, and that has no readings yet."""

    field: str
    series: str
    detail: str


class SiteWritten(VersionOfSite):
    """The version that a site is at now."""

    ready: bool = Field(description="Whether plans can be made.")
    missing: list[MissingSeries]
    faults: list[str] = Field(description="What is wrong with series that have readings, such as gaps.")


class SiteAnswer(Schema):
    """The document of a site, as it was written."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"description": "See docs/site-file.md."})


class SeriesTaken(Schema):
    """What became of the readings of one series."""

    series: str
    start: datetime
    end: datetime
    interval_minutes: float
    values: int = Field(description="How many values were sent.")
    new: int
    replaced: int = Field(description="How many took the place of another value for the same time.")
    unchanged: int
    missing: int = Field(description="How many between the first and the last are missing.")
    notes: list[str]


class SeriesWritten(Schema):
    """What was taken, and under which moment it is recorded."""

    site_id: str
    recorded_at: datetime
    taken: list[SeriesTaken]


class StretchOfSeries(Schema):
    """Values without a gap, in the form in which they are sent as well."""

    start: datetime
    interval_minutes: float
    values: list[float]


class SeriesAnswer(Schema):
    """Readings of a series."""

    site_id: str
    series: str
    unit: str
    known_at: datetime
    readings: int
    stretches: list[StretchOfSeries]


class SeriesInList(Schema):
    """A series of a site."""

    series: str
    unit: str
    start: datetime
    end: datetime
    interval_minutes: float
    readings: int


class SeriesListAnswer(Schema):
    """The series of a site that have readings, and those that its document names and that have none."""

    series: list[SeriesInList]
    missing: list[MissingSeries]
    faults: list[str] = Field(description="What is wrong with those that have readings, such as gaps.")
