"""Plans and pictures that are kept in memory are those of one plan of one database, whatever else has its name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from living_sites import living_document, reading
from stored_sites import NOW

from ridethrough.api.operating.making_plans import make_plan
from ridethrough.api.operating.watching import keep_reading
from ridethrough.api.pages.site.plan_shown import ShownPlan, shown_plan
from ridethrough.api.reading.telemetry import read_telemetry
from ridethrough.store.database import Database, open_database
from ridethrough.store.operating import plans
from ridethrough.store.sites import delete_site, put_site


def planned(database: Database, import_limit_kw: float) -> ShownPlan:
    """The plan of a site that begins anew, as its page shows it."""
    with database.writing() as connection:
        document = living_document(**{"interconnection.import_limit_kw": import_limit_kw})
        put_site(connection, "pod", document, now=NOW, by="ada")
    keep_reading(database, "pod", read_telemetry(reading(NOW), source="telemetry"), sender="gateway", now=NOW)
    record = make_plan(database, "pod", NOW, "asked")
    with database.reading() as connection:
        shown = shown_plan(connection, "pod", record.plan_id, "America/New_York", NOW)
        assert shown is not None
        assert but_time(shown.document) == but_time(plans.document_of(connection, record.id))
    return shown


def but_time(document: Mapping[str, Any]) -> dict[str, Any]:
    """A plan but for how long it took: two plans that differ in nothing else are the same."""
    return {name: value for name, value in document.items() if name != "timing_ms"}


@pytest.mark.parametrize("same", [True, False])
def test_a_plan_of_another_database_or_of_a_site_before_is_not_shown(tmp_path: Path, *, same: bool) -> None:
    """The same site, number and moment; in one database the site was deleted and made again."""
    files = [f"sqlite:///{tmp_path}/{name}.db" for name in ("one", "one" if same else "other")]
    shown = []
    for file, limit_kw in zip(files, (6500.0, 5700.0), strict=True):
        database = open_database(file)
        shown.append(planned(database, limit_kw))
        with database.writing() as connection:
            delete_site(connection, "pod", now=NOW, by="ada")
        database.close()
    one, other = shown
    assert one.record.made_at == other.record.made_at
    assert (one.record.plan_id == other.record.plan_id) is not same
    assert one.record.sha256 != other.record.sha256
    assert but_time(one.document) != but_time(other.document)
