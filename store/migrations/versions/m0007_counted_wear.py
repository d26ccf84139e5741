"""What readings have told of wear until each, beside it. Readings kept before this count nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column."""
    op.add_column("telemetry", sa.Column("counted", sa.Text(), nullable=True))
