"""`ridethrough backup` and `ridethrough restore`: all that a service keeps, in one file."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ridethrough.api.commands.service.store_options import FILE, opened, url_of
from ridethrough.domain import Fault, UnableToAccept

_StoreArgument = Annotated[
    str, typer.Argument(metavar="DIR|URL", help="The folder of `--data`, or the URL of `--database`.")
]
_FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")]


def backup(store: _StoreArgument, file: _FileArgument) -> None:
    """Write all that a service keeps to one file, while the service runs."""
    from ridethrough.store.backup import back_up  # noqa: PLC0415 - each command imports what it needs

    if "://" not in store and not (Path(store) / FILE).is_file():
        raise UnableToAccept([Fault(field="DIR", value=store, allowed=f"a folder with {FILE} in it")])
    with opened(_url(store), field="DIR|URL") as database:
        try:
            rows = back_up(database, file, now=datetime.now(UTC))
        except OSError as error:
            fault = Fault(field="FILE", value=str(file), allowed=f"a file that can be written ({error.strerror})")
            raise UnableToAccept([fault]) from error
    typer.echo(f"{rows} rows are in {file}")


def restore(file: _FileArgument, store: _StoreArgument) -> None:
    """Write a backup into a store that is empty; the service must not run on it yet."""
    from ridethrough.store.backup import UnableToRestore  # noqa: PLC0415
    from ridethrough.store.backup import restore as restored  # noqa: PLC0415
    from ridethrough.store.database import UnableToStore  # noqa: PLC0415

    try:
        rows = restored(file, _url(store))
    except OSError as error:
        fault = Fault(field="FILE", value=str(file), allowed=f"a file that can be read ({error.strerror})")
        raise UnableToAccept([fault]) from error
    except (UnableToRestore, UnableToStore) as error:
        fault = Fault(field="FILE and DIR|URL", value=file.name, allowed=f"a whole backup, and an empty store: {error}")
        raise UnableToAccept([fault]) from error
    typer.echo(f"{rows} rows are restored")


def _url(store: str) -> str:
    return store if "://" in store else url_of(Path(store))
