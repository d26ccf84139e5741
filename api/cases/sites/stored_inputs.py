"""The inputs of a stored site: its document and its series, as they were known at a moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from ridethrough.api.cases.sites.measured_loads import with_measured_loads
from ridethrough.api.reading.series.stored_series import OF_SERIES, KeptReadings, SeriesNotStored, StoredSeries
from ridethrough.api.reading.site_file import SiteInputs, read_site
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.store.series import read_series
from ridethrough.store.sites import StoredSite, known_until, read_stored_site

SOURCE = "site"
"""What messages call the document of a stored site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredInputs:
    """The inputs of a site, and what names them for ever: the version of its document, and `known_at`."""

    inputs: SiteInputs
    site: StoredSite
    known_at: datetime


class UnableToFindSite(LookupError):
    """There is no such site, or there was none at the moment asked for."""

    def __init__(self, site_id: str) -> None:
        super().__init__(f"no site {site_id!r}")


def stored_site(connection: Connection, site_id: str, *, known_at: datetime | None = None) -> StoredSite:
    """The document of a site as it was known at a moment.

    Raises `UnableToFindSite` where there was none.
    """
    site = read_stored_site(connection, site_id, known_at=known_at)
    if site is None:
        raise UnableToFindSite(site_id)
    return site


def stored_inputs(
    connection: Connection, site_id: str, *, known_at: datetime | None = None, since: datetime | None = None
) -> StoredInputs:
    """Read the inputs of a site as they were known at a moment, or with all that this connection sees.

    Readings before `since` are left out. The answer's `known_at` gives the same inputs again, whatever is recorded
    later. Raises `UnableToFindSite`, and `UnableToAccept` where a series is missing or does not fit.
    """
    known = known_at or known_until(connection, site_id)
    site = stored_site(connection, site_id, known_at=known)
    stored = with_measured_loads(series_of(connection, site_id, known_at=known, since=since), site.document)
    inputs = read_site(site.document, source=SOURCE, folder=None, stored=stored)
    return StoredInputs(inputs=inputs, site=site, known_at=known or site.recorded_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What stands between a stored site and a plan: series without readings, and faults of those that have some."""

    missing: tuple[SeriesNotStored, ...]
    faults: tuple[Fault, ...]

    @property
    def is_ready(self) -> bool:
        """Whether plans can be made."""
        return not (self.missing or self.faults)


def check_document(connection: Connection, site_id: str, document: Mapping[str, Any]) -> Readiness:
    """Judge a document that a site is to have, with the series that are stored.

    Raises `UnableToAccept` with every fault of the document itself. What is wrong with its series is no reason to
    refuse it, and is answered.
    """
    faults: list[Fault] = []
    try:
        read_site(document, source=SOURCE, folder=None, stored=_measured_as_well(connection, site_id, document))
    except UnableToAccept as error:
        faults += error.faults
    written = document.get("id")
    if isinstance(written, str) and written != site_id:
        faults.append(Fault(field="id", source=SOURCE, value=written, allowed=f"{site_id}, as in the path"))
    missing = tuple(fault for fault in faults if isinstance(fault, SeriesNotStored))
    of_series = tuple(fault for fault in faults if fault.source.startswith(OF_SERIES))
    own = [fault for fault in faults if fault not in missing and fault not in of_series]
    if own:
        raise UnableToAccept(own)
    return Readiness(missing=missing, faults=of_series)


def _measured_as_well(connection: Connection, site_id: str, document: Mapping[str, Any]) -> StoredSeries:
    """The series of a site; of a document that is in order, with what telemetry measured."""
    stored = series_of(connection, site_id)
    systems = document.get("ups")
    in_order = isinstance(systems, list) and all(
        isinstance(ups, Mapping) and isinstance(ups.get("load"), Mapping) and "id" in ups for ups in systems
    )
    return with_measured_loads(stored, document) if in_order else stored


def series_of(
    connection: Connection, site_id: str, *, known_at: datetime | None = None, since: datetime | None = None
) -> StoredSeries:
    """The series of a site as they were known at a moment, without readings before `since`."""

    def stored(key: str) -> KeptReadings | None:
        found = read_series(connection, site_id, key, since, known_at=known_at)
        if not len(found.values):
            return None
        step = timedelta(microseconds=int(found.steps_us[-1]))
        return KeptReadings(starts=found.starts, values=found.values, step=step)

    return stored
