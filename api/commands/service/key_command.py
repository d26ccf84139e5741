"""`ridethrough key`: keys of the HTTP service, for those who have its store."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ridethrough.api.answers.printing import Format, FormatOption, emit
from ridethrough.api.commands.service.store_options import DatabaseOption, DataOption, store_of
from ridethrough.api.http.access.role import Role
from ridethrough.domain import Fault, UnableToAccept

if TYPE_CHECKING:
    from ridethrough.store.database import Database
    from ridethrough.store.keys import StoredKey

keys = typer.Typer(name="key", help="Make, list and revoke keys of the HTTP service.", no_args_is_help=True)


@keys.command("create")
def create(
    role: Annotated[Role, typer.Option(help="What the key may do.")],
    site: Annotated[str | None, typer.Option(metavar="ID", help="The one site that it is for; without it all.")] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Make a key, and print it: it cannot be read again."""
    from ridethrough.store.keys import create_key  # noqa: PLC0415 - each command imports what it needs

    with _store(data, database) as store, store.writing() as connection:
        made, written = create_key(connection, role=role.value, site_id=site, now=datetime.now(UTC))
    about = "all sites" if site is None else f"the site {site}"
    typer.echo(f"{made.key_id} is a key of the role {role.value} for {about}. It is shown only now:\n{written}")


@keys.command("list")
def list_all(data: DataOption = None, database: DatabaseOption = None, form: FormatOption = Format.TABLE) -> None:
    """List the keys: what each may do, and when it was last used."""
    from ridethrough.api.answers.keys_answer import keys_answer  # noqa: PLC0415
    from ridethrough.store.keys import list_keys  # noqa: PLC0415

    with _store(data, database) as store, store.reading() as connection:
        listed = list_keys(connection)
    emit(keys_answer([_row(key) for key in listed]), form)


@keys.command("revoke")
def revoke(
    key: Annotated[str, typer.Argument(metavar="ID", help="The id, as it is listed.")],
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Let a key be valid no longer, from the next request on."""
    from ridethrough.store.keys import revoke_key  # noqa: PLC0415

    named = re.sub(r"^rt_([0-9a-f]{12})_.*$", r"\1", key)
    with _store(data, database) as store, store.writing() as connection:
        if not revoke_key(connection, named, now=datetime.now(UTC)):
            allowed = "a key that is valid: see ridethrough key list"
            raise UnableToAccept([Fault(field="ID", value=named, allowed=allowed)])
    typer.echo(f"{named} is revoked")


def _row(key: "StoredKey") -> dict[str, str | None]:
    times = {"created_at": key.created_at, "last_used_at": key.last_used_at, "revoked_at": key.revoked_at}
    written = {name: None if time is None else time.isoformat(timespec="seconds") for name, time in times.items()}
    return {"id": key.key_id, "role": key.role, "site": key.site_id, **written}


@contextmanager
def _store(data: Path | None, database: str | None) -> "Iterator[Database]":
    """The store that the options name.

    Raises `UnableToAccept` without one.
    """
    with store_of(data, database) as store:
        if store is None:
            allowed = "given, or --database: where keys are kept"
            raise UnableToAccept([Fault(field="--data", value=None, allowed=allowed)])
        yield store
