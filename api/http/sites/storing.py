"""What routes of stored sites ask of a request: the store, and what time it is."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from ridethrough.store.database import Database, UnableToStore
from ridethrough.store.migrations.migrating import version_gap
from ridethrough.store.sites import known_until


def unreachable(store: Database) -> str | None:
    """Why the store cannot be read; None where it can."""
    try:
        with store.reading() as connection:
            known_until(connection, "")
    except UnableToStore as error:
        return str(error)
    return None


def not_current(store: Database) -> str | None:
    """How the store differs from what this version makes of it; None where it does not, or cannot be read."""
    try:
        with store.reading() as connection:
            return version_gap(connection)
    except UnableToStore:
        return None  # that it cannot be read is told by `unreachable`


def _store(request: Request) -> Database:
    store: Database | None = request.app.state.store
    if store is None:
        raise HTTPException(
            503, "this service keeps no sites: start it with ridethrough serve --data DIR, or --database URL"
        )
    return store


def _now(request: Request) -> datetime:
    now: datetime = request.app.state.clock()
    return now


Store = Annotated[Database, Depends(_store)]
"""A parameter of a route: the store, or 503 with what to write."""
Now = Annotated[datetime, Depends(_now)]
"""A parameter of a route: what time it is by the service's clock."""
