"""`ridethrough key`: keys of the HTTP service, for those who have its store."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ridethrough.api.answers.printing import Format, FormatOption, emit
from ridethrough.api.commands.service.store_options import DatabaseOption, DataOption, store_of
from ridethrough.api.http.access.role import Role
from ridethrough.domain import Fault, UnableToAccept

if TYPE_CHECKING:
    from ridethrough.store.database import Database

LONGEST_DAYS = 36_500
keys = typer.Typer(name="key", help="Make, list and revoke keys of the HTTP service.", no_args_is_help=True)


@keys.command("create")
def create(
    role: Annotated[Role, typer.Option(help="What the key may do.")],
    site: Annotated[str | None, typer.Option(metavar="ID", help="The one site that it is for; without it all.")] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=LONGEST_DAYS, help="How long it is valid; without it until it is revoked.")
    ] = None,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Make a key, and print it: it cannot be read again."""
    from ridethrough.api.operating.keys import COMMAND_LINE, make_key  # noqa: PLC0415 - each imports what it needs

    now = datetime.now(UTC)
    ends = None if days is None else now + timedelta(days=days)
    with _store(data, database) as store, store.writing() as connection:
        made, written = make_key(connection, role=role.value, site_id=site, expires_at=ends, who=COMMAND_LINE, now=now)
    about = "all sites" if site is None else f"the site {site}"
    until = "" if ends is None else f" until {ends.isoformat(timespec='minutes')}"
    typer.echo(f"{made.key_id} is a key of the role {role.value} for {about}{until}. It is shown only now:\n{written}")


@keys.command("list")
def list_all(data: DataOption = None, database: DatabaseOption = None, form: FormatOption = Format.TABLE) -> None:
    """List the keys: what each may do, and when it was last used."""
    from ridethrough.api.answers.keys_answer import keys_answer  # noqa: PLC0415
    from ridethrough.api.operating.keys import key_document  # noqa: PLC0415
    from ridethrough.store.keys import list_keys  # noqa: PLC0415

    with _store(data, database) as store, store.reading() as connection:
        listed = list_keys(connection)
    emit(keys_answer([key_document(key) for key in listed]), form)


@keys.command("revoke")
def revoke(
    key: Annotated[str, typer.Argument(metavar="ID", help="The id, as it is listed.")],
    keep_made: Annotated[bool, typer.Option("--keep-made", help="Leave the keys valid that it made.")] = False,  # noqa: FBT002 - typer reads the signature
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Let a key, and those that it made, be valid no longer, from the next request on."""
    from ridethrough.api.operating.keys import COMMAND_LINE, end_key  # noqa: PLC0415

    named = re.sub(r"^rt_([0-9a-f]{12})_.*$", r"\1", key)
    with _store(data, database) as store, store.writing() as connection:
        ended = end_key(connection, named, who=COMMAND_LINE, now=datetime.now(UTC), keep_made=keep_made)
        if not ended:
            allowed = "a key that is valid: see ridethrough key list"
            raise UnableToAccept([Fault(field="ID", value=named, allowed=allowed)])
    for each in ended:
        typer.echo(f"{each.key_id} is revoked{'' if each.key_id == named else f', because it comes from {named}'}")


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
