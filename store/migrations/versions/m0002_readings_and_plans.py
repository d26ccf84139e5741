"""Readings, plans, and what happens at a site."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_IDENTITY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "telemetry",
        sa.Column("id", _IDENTITY, nullable=False, autoincrement=True),
        sa.Column("site_id", sa.String(200), nullable=False),
        sa.Column("measured_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("received_from", sa.String(200), nullable=False),
        sa.Column("in_outage", sa.Boolean(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("telemetry_by_measured", "telemetry", ["site_id", "measured_at", "id"])
    op.create_index("telemetry_by_received", "telemetry", ["site_id", "id"])
    op.create_index("telemetry_in_outage", "telemetry", ["site_id", "in_outage", "measured_at"])
    op.create_table(
        "plans",
        sa.Column("id", _IDENTITY, nullable=False, autoincrement=True),
        sa.Column("site_id", sa.String(200), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("status_because", sa.Text(), nullable=False),
        sa.Column("certified", sa.Boolean(), nullable=False),
        sa.Column("site_version", sa.Integer(), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("telemetry_id", sa.BigInteger(), nullable=True),
        sa.Column("telemetry_before_id", sa.BigInteger(), nullable=True),
        sa.Column("software", sa.String(40), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("orders", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("superseded_by", sa.BigInteger(), nullable=True),
        sa.Column("superseded_at", sa.BigInteger(), nullable=True),
        sa.Column("superseded_because", sa.Text(), nullable=True),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.Column("cancelled_by", sa.String(200), nullable=True),
        sa.Column("cancelled_because", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("plans_by_site", "plans", ["site_id", "id"])
    op.create_index("plans_in_force", "plans", ["site_id", "certified", "made_at"])
    op.create_table(
        "journal",
        sa.Column("id", _IDENTITY, nullable=False, autoincrement=True),
        sa.Column("site_id", sa.String(200), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("what", sa.String(60), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("journal_by_site", "journal", ["site_id", "id"])
    op.create_table(
        "holds",
        sa.Column("id", _IDENTITY, nullable=False, autoincrement=True),
        sa.Column("site_id", sa.String(200), nullable=False),
        sa.Column("held_at", sa.BigInteger(), nullable=False),
        sa.Column("held_by", sa.String(200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("released_at", sa.BigInteger(), nullable=True),
        sa.Column("released_by", sa.String(200), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("holds_by_site", "holds", ["site_id", "id"])
    op.create_table(
        "alarms",
        sa.Column("id", _IDENTITY, nullable=False, autoincrement=True),
        sa.Column("site_id", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("cleared_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.String(200), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("alarms_by_site", "alarms", ["site_id", "cleared_at", "id"])
    op.create_table(
        "idempotency_keys",
        sa.Column("site_id", sa.String(200), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("request_sha256", sa.String(64), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("site_id", "key"),
    )
