"""The options by which commands say where the service keeps its sites: `--data DIR` or `--database URL`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ridethrough.domain import Fault, UnableToAccept

if TYPE_CHECKING:
    from ridethrough.store.database import Database

FILE = "ridethrough.db"
"""The file of a data folder that holds everything."""

DataOption = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="The folder to keep sites in (SQLite); it is made where it is not there."),
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        envvar="RIDETHROUGH_DATABASE",
        help="The database to keep sites in, such as postgresql://USER@HOST/NAME.",
    ),
]


@contextmanager
def store_of(data: Path | None, database: str | None) -> "Iterator[Database | None]":
    """The store that the options name, open within the block; None without them.

    Raises `UnableToAccept` for both at once, and for one that cannot be opened.
    """
    if data is not None and database is not None:
        raise UnableToAccept([Fault(field="--database", value="a database", allowed="left out with --data")])
    if data is not None:
        with opened(url_of(data), field="--data") as store:
            yield store
    elif database is not None:
        with opened(database, field="--database") as store:
            yield store
    else:
        yield None


@contextmanager
def opened(url: str, *, field: str) -> "Iterator[Database]":
    """The store at a URL, open within the block; `field` is how the user named it.

    Raises `UnableToAccept` where it cannot be opened.
    """
    from ridethrough.store.database import UnableToStore, open_database  # noqa: PLC0415 - slow, and few commands need it

    try:
        store = open_database(url)
    except UnableToStore as error:
        fault = Fault(field=field, value="a store", allowed=f"one that can be opened: {error}")
        raise UnableToAccept([fault]) from error
    try:
        yield store
    finally:
        store.close()


def url_of(data: Path) -> str:
    """The URL of the database in a data folder, which is made where it is not there.

    Raises `UnableToAccept` where it cannot be.
    """
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fault = Fault(field="--data", value=str(data), allowed=f"a folder that can be written to ({error.strerror})")
        raise UnableToAccept([fault]) from error
    return f"sqlite:///{data.resolve() / FILE}"
