"""What alembic runs to migrate: the changes, on the connection that `migrating.py` hands over."""

from alembic import context

from ridethrough.store.migrations.migrating import CONNECTION
from ridethrough.store.schema import METADATA


def run() -> None:
    """Run the changes within the transaction that is open."""
    context.configure(connection=context.config.attributes[CONNECTION], target_metadata=METADATA)
    context.run_migrations()


if __name__ == "env_py":  # the name that alembic loads it by; tools that only import it run nothing
    run()
