"""What was said of an order, by when it should be, and who was called for want of an answer."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, String, Text

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the stage of an answer, an order's deadlines, providers' references, and the ladder."""
    op.add_column("message", Column("deadlines", Text))
    op.add_column("attempt", Column("reference", String(64)))
    op.create_index("attempt_by_reference", "attempt", ["reference"])
    op.add_column(
        "acknowledgement",
        Column("said", String(16), nullable=False, server_default="received"),
    )
    op.create_index("acknowledgement_by_message", "acknowledgement", ["message_id"])
    op.create_table(
        "climb",
        Column("site", String(64), primary_key=True),
        Column("mode", String(16), primary_key=True),
        Column("world_id", String(80), primary_key=True),
        Column("episode_id", String(64), primary_key=True),
        Column("revision", Integer, primary_key=True),
        Column("place_id", String(80), primary_key=True),
        Column("stage", String(16), primary_key=True),
        Column("rung", Integer, primary_key=True),
        Column("village_id", String(40), nullable=False),
        Column("at", BigInteger, nullable=False),
    )
    op.create_table(
        "ladder_call",
        Column("site", String(64), primary_key=True),
        Column("mode", String(16), primary_key=True),
        Column("world_id", String(80), primary_key=True),
        Column("call_id", String(64), primary_key=True),
        Column("climbs", Text, nullable=False),
        Column("language", String(16), nullable=False),
        Column("subject", Text, nullable=False),
        Column("body", Text, nullable=False),
        Column("sms", Text),
        Column("voice", Text),
        Column("created_at", BigInteger, nullable=False),
    )
