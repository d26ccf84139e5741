"""Who made each key, from the journal: revoking a key revokes those that it made as well."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column, and fill it."""
    op.add_column("keys", sa.Column("made_by", sa.String(200), nullable=True))
    connection = op.get_bind()
    made = connection.execute(sa.text("SELECT who, detail FROM journal WHERE what = 'key_created'")).all()
    for who, detail in made:
        by_id = {"who": who, "key_id": json.loads(detail).get("id")}
        connection.execute(sa.text("UPDATE keys SET made_by = :who WHERE key_id = :key_id"), by_id)
