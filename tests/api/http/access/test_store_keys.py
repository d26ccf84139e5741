"""Keys of the store over HTTP."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from asking import ask
from fastapi import FastAPI

from ridethrough.api.http.access.bearer import BearerAccess
from ridethrough.api.http.access.limits import Limits
from ridethrough.api.http.access.store_keys import StoreKeys, first_key
from ridethrough.api.http.server import create_app
from ridethrough.store.database import Database
from ridethrough.store.keys import create_key, list_keys, revoke_key

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def service(store: Database, **more: Limits) -> FastAPI:
    app = create_app(access=BearerAccess([StoreKeys(store)]), store=store, **more)
    app.state.clock = lambda: NOW
    return app


def key(store: Database, role: str = "viewer", site_id: str | None = None) -> str:
    with store.writing() as connection:
        return create_key(connection, role=role, site_id=site_id, now=NOW)[1]


def shown(app: FastAPI, credential: str, path: str = "/v1/tariffs") -> httpx.Response:
    return ask(app, "GET", path, headers={"authorization": credential})


def test_a_key_opens_routes_until_it_is_revoked(database: Database) -> None:
    app, written = service(database), key(database)
    assert shown(app, f"Bearer {written}").status_code == 200
    assert shown(app, f"bearer  {written}").status_code == 200
    with database.writing() as connection:
        revoke_key(connection, written.split("_")[1], now=NOW)
    assert shown(app, f"Bearer {written}").status_code == 401


_NO_KEYS = ("", "Bearer", "Bearer ", "Basic YTpi", "Bearer a b", "Bearer " + "x" * 9000, "{}")


@pytest.mark.parametrize("credential", _NO_KEYS, ids=range(len(_NO_KEYS)))
def test_what_is_no_key_is_refused_with_a_challenge(credential: str) -> None:
    app = create_app(access=BearerAccess([]))
    refused = shown(app, credential)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith('Bearer realm="ridethrough"')


def test_a_revoked_key_and_an_unknown_one_are_told_the_same(database: Database) -> None:
    app, written = service(database), key(database)
    with database.writing() as connection:
        revoke_key(connection, written.split("_")[1], now=NOW)
    unknown = shown(app, f"Bearer rt_{'0' * 12}_{'A' * 43}")
    revoked = shown(app, f"Bearer {written}")
    assert unknown.json() == revoked.json()
    assert unknown.headers["www-authenticate"] == revoked.headers["www-authenticate"]


def test_many_wrong_keys_are_limited_and_a_right_one_is_not(database: Database) -> None:
    app = service(database, limits=Limits(failures_per_minute=3))
    wrong = [shown(app, f"Bearer rt_{number:012x}_{'A' * 43}").status_code for number in range(5)]
    assert wrong == [401, 401, 401, 429, 429]
    assert shown(app, f"Bearer {key(database)}").status_code == 200


def test_when_a_key_was_used_is_kept_every_few_minutes(database: Database) -> None:
    app, written = service(database), key(database)
    used = []
    for minutes in (0, 1, 4, 6):
        app.state.clock = lambda now=NOW + timedelta(minutes=minutes): now
        shown(app, f"Bearer {written}")
        with database.reading() as connection:
            used.append(list_keys(connection)[0].last_used_at)
    assert used == [NOW, NOW, NOW, NOW + timedelta(minutes=6)]


def test_the_first_key_is_made_once(database: Database) -> None:
    written = first_key(database, NOW)
    assert written is not None
    assert first_key(database, NOW) is None
    app = service(database)
    assert shown(app, f"Bearer {written}").status_code == 200
    assert shown(app, f"Bearer {key(database, 'admin', 'pod-1')}", "/metrics").status_code == 403


def test_a_store_that_is_gone_is_no_wrong_key(database: Database) -> None:
    app, written = service(database), key(database)
    with database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE keys RENAME TO gone")
    assert shown(app, f"Bearer {written}").status_code == 503
