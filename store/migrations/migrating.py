"""Brings a database up to date."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection

CONNECTION = "connection"
"""The attribute of alembic's configuration by which `env.py` is handed the connection."""


class UnableToMigrate(RuntimeError):
    """The database has changes that this version does not know."""


def migrate(connection: Connection, revision: str = "head") -> None:
    """Make every change that the database lacks, up to a revision, within the transaction of the connection.

    Raises `UnableToMigrate` for a database that has changes which this version does not know.
    """
    config = _config()
    config.attributes[CONNECTION] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise UnableToMigrate(f"the database is from a later version of Ridethrough: install that ({error})") from error


def revision_of(connection: Connection) -> str | None:
    """The revision that a database has; None for one without tables."""
    return MigrationContext.configure(connection).get_current_revision()


def version_gap(connection: Connection) -> str | None:
    """How the database differs from what this version makes of it; None where it does not.

    It differs where another process, of another version, has migrated it in the meantime.
    """
    found = MigrationContext.configure(connection).get_current_revision()
    expected = _newest_revision()
    return None if found == expected else f"the database is at change {found}, and this version knows {expected}"


@cache
def _newest_revision() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return config
