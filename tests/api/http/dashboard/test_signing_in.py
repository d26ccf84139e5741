"""Signing in: a key from a form becomes a cookie that only pages take."""

import re

import pytest
from asking import ask
from fastapi import FastAPI
from stored_sites import NOW, stored_document

from ridethrough.api.http.access.bearer import BearerAccess
from ridethrough.api.http.access.store_keys import StoreKeys
from ridethrough.api.http.dashboard.page_routes import SIGNED_OUT, own_path
from ridethrough.api.http.server import create_app
from ridethrough.store.database import Database
from ridethrough.store.keys import create_key, revoke_key

ORIGIN = {"origin": "http://localhost"}


def guarded(store: Database, **limits: int) -> tuple[FastAPI, str, str]:
    """A service with keys, the id of one, and the key."""
    app = create_app(access=BearerAccess([StoreKeys(store)]), store=store)
    app.state.clock = lambda: NOW
    with store.writing() as connection:
        made, key = create_key(connection, role="admin", site_id=None, now=NOW, **limits)
    return app, made.key_id, key


def signed_in(app: FastAPI, key: str, wanted: str = "/") -> str:
    """Sign in, and give the cookie."""
    answer = ask(app, "POST", "/sign-in", data={"key": f" {key}\n", "next": wanted}, headers=ORIGIN)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == wanted
    return answer.headers["set-cookie"]


def test_a_key_becomes_a_cookie_that_no_script_reads_and_no_other_site_sends(sqlite_database: Database) -> None:
    app, _, key = guarded(sqlite_database)
    cookie = signed_in(app, key, "/?sort=name")
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    held = {"cookie": cookie.partition(";")[0]}
    assert ask(app, "GET", "/").status_code == 401
    assert ask(app, "GET", "/", headers=held).status_code == 200
    assert ask(app, "GET", "/v1/sites", headers=held).status_code == 401


def test_a_revoked_key_is_signed_out_at_once(sqlite_database: Database) -> None:
    app, key_id, key = guarded(sqlite_database)
    held = {"cookie": signed_in(app, key).partition(";")[0]}
    with sqlite_database.writing() as connection:
        revoke_key(connection, key_id, now=NOW)
    answer = ask(app, "GET", "/", headers=held)
    assert answer.status_code == 401
    assert SIGNED_OUT in answer.text
    assert 'name="next" value="/"' in answer.text


def test_a_wrong_key_is_refused_and_counted(sqlite_database: Database) -> None:
    app, _, key = guarded(sqlite_database)
    wrong = {"key": key[:-2] + "zz", "next": "/"}
    statuses = [ask(app, "POST", "/sign-in", data=wrong, headers=ORIGIN).status_code for _ in range(31)]
    assert set(statuses[:30]) == {401}
    assert statuses[30] == 429


@pytest.mark.parametrize("key", ["", " ", "x" * 3801, "ключ", "a\r\nset-cookie: b=c"])
def test_what_is_no_key_is_refused(sqlite_database: Database, key: str) -> None:
    app, _, _ = guarded(sqlite_database)
    answer = ask(app, "POST", "/sign-in", data={"key": key, "next": "/"}, headers=ORIGIN)
    assert answer.status_code in {401, 422}
    assert "set-cookie" not in answer.headers


def test_signing_out_forgets_the_key(sqlite_database: Database) -> None:
    app, _, key = guarded(sqlite_database)
    held = signed_in(app, key).partition(";")[0]
    answer = ask(app, "POST", "/sign-out", headers={**ORIGIN, "cookie": held})
    assert answer.status_code == 303
    assert re.match(r'ridethrough-key="?"?;', answer.headers["set-cookie"])
    assert "max-age=0" in answer.headers["set-cookie"].lower()


@pytest.mark.parametrize(
    "written", ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil", "evil", "", "/a\r\nb: c"]
)
def test_a_form_leads_to_no_other_place(written: str) -> None:
    assert own_path(written) == "/"


@pytest.mark.parametrize("written", ["/", "/sites/pod-1/plan?day=2026-07-14", "/sites/a%20b"])
def test_a_form_leads_to_our_pages(written: str) -> None:
    assert own_path(written) == written


def test_colours_that_were_chosen_stay(sqlite_database: Database) -> None:
    app = create_app(store=sqlite_database)
    answer = ask(app, "POST", "/theme", data={"theme": "dark", "next": "/"}, headers=ORIGIN)
    held = answer.headers["set-cookie"].partition(";")[0]
    assert '<html lang="en" data-theme="dark">' in ask(app, "GET", "/", headers={"cookie": held}).text
    wrong = {"cookie": 'ridethrough-theme="><script>'}
    assert '<html lang="en" data-theme="auto">' in ask(app, "GET", "/", headers=wrong).text


def test_the_start_page_lists_sites_as_text_and_goes_to_the_only_one(sqlite_database: Database) -> None:
    app = create_app(store=sqlite_database)
    assert "No site yet" in ask(app, "GET", "/").text
    ask(app, "PUT", "/v1/sites/a~b", json=stored_document(id="a~b", name="<script>alert(1)</script>"))
    only = ask(app, "GET", "/")
    assert (only.status_code, only.headers["location"]) == (303, "/sites/a~b")
    ask(app, "PUT", "/v1/sites/c", json=stored_document(id="c"))
    text = ask(app, "GET", "/").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert 'href="/sites/a~b"' in text
