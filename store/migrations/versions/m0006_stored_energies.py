"""What readings told of stored energy, beside each; and the last reading that a plan knew."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_AT_ONCE = 2_000


def upgrade() -> None:
    """Add the columns, and fill what follows from the documents of readings."""
    op.add_column("telemetry", sa.Column("energies", sa.Text(), nullable=True))
    op.add_column("plans", sa.Column("telemetry_known_id", sa.BigInteger(), nullable=True))
    _fill()


def _fill() -> None:
    connection, last = op.get_bind(), 0
    telemetry = sa.table("telemetry", sa.column("id"), sa.column("document"), sa.column("energies"))
    filled = telemetry.update().where(telemetry.c.id == sa.bindparam("of")).values(energies=sa.bindparam("told"))
    wanted = sa.select(telemetry.c.id, telemetry.c.document).order_by(telemetry.c.id).limit(_AT_ONCE)
    while rows := connection.execute(wanted.where(telemetry.c.id > last)).all():
        connection.execute(filled, [{"of": row.id, "told": _energies(row.document)} for row in rows])
        last = rows[-1].id


def _energies(text: str) -> str:
    """What batteries of each system give (kW), their energy, and that of each unit (kWh)."""
    told = {}
    for ups_id, reading in json.loads(text).get("ups", {}).items():
        given_kw, taken_kw = reading.get("discharge_kw"), reading.get("charge_kw") or 0.0
        power_kw = 0.0 if given_kw is None else given_kw - taken_kw
        told[ups_id] = [power_kw, reading.get("stored_kwh"), reading.get("unit_stored_kwh") or []]
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
