from datetime import timedelta

import pytest
from documents import site_document
from stored_sites import DAY, NOW, day_of, stored_document

from ridethrough.api.cases.sites.stored_inputs import UnableToFindSite, stored_inputs
from ridethrough.api.cases.sites.taking_series import read_posted, take
from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.site_file import SiteInputs, read_site
from ridethrough.domain import UnableToAccept
from ridethrough.store.database import Database
from ridethrough.store.sites import put_site

HOUR = timedelta(hours=1)


def _send(database: Database, document: dict, name: str, body: dict, at: int = 0) -> None:  # type: ignore[type-arg]
    with database.writing() as connection:
        take(connection, "pod", read_posted(document, name, body), now=NOW + at * HOUR)


def _kept(database: Database, **changes: object) -> dict:  # type: ignore[type-arg]
    document = stored_document(**changes)
    with database.writing() as connection:
        put_site(connection, "pod", document, now=NOW, by="test")
    return document


def _inputs(database: Database, **asked: object) -> SiteInputs:
    with database.reading() as connection:
        return stored_inputs(connection, "pod", **asked).inputs  # type: ignore[arg-type]


def _load(inputs: SiteInputs) -> tuple[float, ...]:
    load = inputs.loads["pod-1"]
    assert isinstance(load, TimeSeries)
    return load.values


def test_a_stored_site_is_read_as_the_same_site_with_its_values_written_out(sqlite_database: Database) -> None:
    document = _kept(sqlite_database)
    values = [4000 + hour / 3 for hour in range(24)]
    prices = [0.1 - hour / 70 for hour in range(24)]
    _send(sqlite_database, document, "load", {**day_of(0), "values": values})
    _send(sqlite_database, document, "prices", {**day_of(0), "values": prices})
    written = site_document(
        {
            "ups.0.load": {"start": DAY.isoformat(), "values": values},
            "prices": {"start": DAY.isoformat(), "values": prices},
        }
    )
    expected = read_site(written, source="site", folder=None)
    inputs = _inputs(sqlite_database)
    assert inputs.site == expected.site
    assert _load(inputs) == tuple(values)
    assert inputs.loads["pod-1"].start == DAY  # type: ignore[union-attr]
    assert inputs.prices is not None
    assert expected.prices is not None
    assert (inputs.prices.start, inputs.prices.step) == (expected.prices.start, expected.prices.step)
    assert inputs.prices.values == expected.prices.values
    assert set(inputs.provenance.given) == {"site", "series load", "series prices"}


def test_inputs_of_a_past_moment_are_those_that_were_known_then(database: Database) -> None:
    document = _kept(database)
    _send(database, document, "load", day_of(4000), at=1)
    _send(database, document, "prices", day_of(0.1), at=2)
    with database.reading() as connection:
        then = stored_inputs(connection, "pod")
    _send(database, document, "load", day_of(4100), at=3)
    with database.writing() as connection:
        put_site(connection, "pod", {**document, "name": "later"}, now=NOW + 4 * HOUR, by="test")
    now, again = _inputs(database), _inputs(database, known_at=then.known_at)
    assert (_load(now)[0], now.site.name) == (4100, "later")
    assert again == then.inputs
    assert again.provenance.sha256 == then.inputs.provenance.sha256 != now.provenance.sha256


def test_a_writer_whose_clock_was_read_earlier_does_not_change_what_was_known(sqlite_database: Database) -> None:
    """A plan is made at `known_at`; a writer that read its clock before commits after it."""
    document = _kept(sqlite_database)
    _send(sqlite_database, document, "load", day_of(4000), at=5)
    _send(sqlite_database, document, "prices", day_of(0.1), at=5)
    with sqlite_database.reading() as connection:
        plan = stored_inputs(connection, "pod")
    _send(sqlite_database, document, "load", day_of(4100), at=4)
    assert _inputs(sqlite_database, known_at=plan.known_at) == plan.inputs
    assert _load(_inputs(sqlite_database))[0] == 4100


def test_missing_series_are_refused_by_name_where_inputs_are_asked_for(sqlite_database: Database) -> None:
    document = _kept(sqlite_database)
    _send(sqlite_database, document, "load", day_of(4000))
    with pytest.raises(UnableToAccept, match="POST its readings to series/prices") as refused:
        _inputs(sqlite_database)
    assert len(refused.value.faults) == 1


def test_gaps_of_stored_series_are_filled_by_the_sites_rule_and_counted_or_refused(sqlite_database: Database) -> None:
    filling = {"fill": "hold", "at_most_minutes": 180}
    document = _kept(sqlite_database, gaps=filling)
    _send(sqlite_database, document, "load", day_of(4000, hours=10))
    _send(sqlite_database, document, "load", day_of(4200, start=DAY + 13 * HOUR, hours=11))
    _send(sqlite_database, document, "prices", day_of(0.1))
    inputs = _inputs(sqlite_database)
    assert _load(inputs) == (4000,) * 13 + (4200,) * 11
    assert inputs.provenance.imputed["series load"].startswith("3 of 24 values filled (gaps: hold)")
    _kept(sqlite_database)
    with pytest.raises(UnableToAccept, match=r"series load: readings.*after a gap"):
        _inputs(sqlite_database)


def test_readings_before_a_moment_can_be_left_out(sqlite_database: Database) -> None:
    document = _kept(sqlite_database)
    _send(sqlite_database, document, "load", day_of(4000))
    _send(sqlite_database, document, "prices", day_of(0.1))
    assert len(_load(_inputs(sqlite_database, since=DAY + 20 * HOUR))) == 4


def test_a_site_before_it_was_made_is_not_found(sqlite_database: Database) -> None:
    _kept(sqlite_database)
    with pytest.raises(UnableToFindSite):
        _inputs(sqlite_database, known_at=NOW - HOUR)


def test_a_site_file_names_no_stored_series() -> None:
    document = site_document({"ups.0.load": {"series": "load"}})
    with pytest.raises(UnableToAccept, match="only a site that a service keeps"):
        read_site(document, source="site.yaml", folder=None)
