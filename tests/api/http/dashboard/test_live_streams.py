"""The streams of pages: they end with the key that opened them."""

from collections.abc import Iterator

import pytest
from dashboard_history import SITE_ID, campus
from service import service_in_thread

from ridethrough.api.http.access.bearer import BearerAccess
from ridethrough.api.http.access.store_keys import StoreKeys, first_key
from ridethrough.api.http.server import create_app
from ridethrough.api.pages.assets import PAGES_VERSION
from ridethrough.store.database import Database


def events(lines: Iterator[str]) -> Iterator[str]:
    """The kinds of events that a stream sends."""
    for line in lines:
        if line.startswith("event:"):
            yield line.removeprefix("event:").strip()


@pytest.mark.parametrize("page", ["events", "fleet/events"])
def test_a_page_whose_key_is_revoked_is_asked_to_load_again(sqlite_database: Database, page: str) -> None:
    app = create_app(access=BearerAccess([StoreKeys(sqlite_database)]), store=sqlite_database)
    key = first_key(sqlite_database, app.state.clock()) or ""
    with service_in_thread(app) as running:
        asked = {"authorization": f"Bearer {key}"}
        assert running.put(f"/v1/sites/{SITE_ID}", json=campus(), headers=asked).status_code == 201
        address = f"/sites/{SITE_ID}/{page}?v={PAGES_VERSION}"
        with running.stream("GET", address, headers={"cookie": f"ridethrough-key={key}"}) as stream:
            told = events(stream.iter_lines())
            assert [next(told), next(told)] == ["alive", "parts"]
            assert running.delete(f"/v1/keys/{key.split('_')[1]}", headers=asked).status_code == 200
            assert [each for each in told if each != "alive"][-1] == "reload"
        assert running.get(address, headers={"cookie": f"ridethrough-key={key}"}).status_code == 401
