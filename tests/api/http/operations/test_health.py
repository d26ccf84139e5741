"""Health, readiness and version, and the page of metrics."""

from asking import ask
from fastapi import Request

from ridethrough.api.http.access.role import Role
from ridethrough.api.http.access.roles import Caller
from ridethrough.api.http.server import create_app
from ridethrough.store.database import Database


def test_a_service_is_ready_where_every_part_works() -> None:
    app = create_app()
    app.state.readiness = {"store": lambda: None, "solvers": lambda: None}
    answer = ask(app, "GET", "/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "checks": {"store": "ok", "solvers": "ok"}})


def test_a_service_that_is_not_ready_says_which_part_does_not_work() -> None:
    app = create_app()
    app.state.readiness = {"store": lambda: "the disk is full", "solvers": lambda: None}
    answer = ask(app, "GET", "/readyz")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.json()["detail"] == "store: the disk is full"
    assert answer.json()["checks"] == {"store": "the disk is full", "solvers": "ok"}


def readiness(store: Database) -> tuple[int, dict[str, str]]:
    """Status and checks of a service whose solvers are left out."""
    app = create_app(store=store)
    del app.state.readiness["solvers"]
    answer = ask(app, "GET", "/readyz")
    return answer.status_code, answer.json()["checks"]


def test_a_store_that_another_version_has_migrated_is_not_ready(database: Database) -> None:
    assert readiness(database) == (200, {"store": "ok", "migrations": "ok"})
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    status, checks = readiness(database)
    assert (status, checks["store"]) == (503, "ok")
    assert checks["migrations"].startswith("the database is at change 9999, and this version knows 0")


def test_a_store_that_cannot_be_read_is_not_ready(database: Database) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE recorded RENAME TO gone")
    status, checks = readiness(database)
    assert status == 503
    assert checks["store"].startswith("the database failed")
    assert checks["migrations"] == "ok"


def test_the_version_is_that_of_the_package() -> None:
    answer = ask(create_app(), "GET", "/version").json()
    assert answer["version"] == "0.1.0"
    assert answer["solver"].startswith("HiGHS 1.")


class _OneSite:
    async def caller_of(self, request: Request) -> Caller:  # noqa: ARG002 - all are the same
        return Caller(name="ann", role=Role.ADMIN, sites=frozenset({"pod-1"}))


def test_a_key_of_one_site_does_not_see_what_all_sites_did() -> None:
    app = create_app()
    app.state.access = _OneSite()
    assert ask(app, "GET", "/metrics").status_code == 403
