"""When a key runs out; and a column that a process of the version before still writes, where change 0006 took it away.

A later change may drop `telemetry_before_id` once no process of change 0005 goes on beside this version.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_WRITTEN_BEFORE = "telemetry_before_id"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("keys", sa.Column("expires_at", sa.BigInteger(), nullable=True))
    columns = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("plans")}
    if _WRITTEN_BEFORE not in columns:
        op.add_column("plans", sa.Column(_WRITTEN_BEFORE, sa.BigInteger(), nullable=True))
