"""What officers were told of a feed, or of a township's stations, that fell silent or is back."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, LargeBinary, String, Text

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of notices."""
    op.create_table(
        "notice",
        Column("site", String(64), primary_key=True),
        Column("mode", String(16), primary_key=True),
        Column("world_id", String(80), primary_key=True),
        Column("notice_id", String(64), primary_key=True),
        Column("source", Text, nullable=False),
        Column("slot", BigInteger, nullable=False),
        Column("state", LargeBinary, nullable=False),
        Column("decision_sha256", String(64), nullable=False),
        Column("language", String(16), nullable=False),
        Column("subject", Text, nullable=False),
        Column("body", Text, nullable=False),
        Column("created_at", BigInteger, nullable=False),
    )
