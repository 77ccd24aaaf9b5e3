"""What persons said of the files that they fed by hand."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, String, Text

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of persons' words on files."""
    op.create_table(
        "hand_fed",
        Column("site", String(64), primary_key=True),
        Column("feed_id", String(40), primary_key=True),
        Column("payload_sha256", String(64), primary_key=True),
        Column("stored_at", BigInteger, primary_key=True, autoincrement=False),
        Column("known_at", BigInteger, nullable=False),
        Column("first", BigInteger, nullable=False),
        Column("last", BigInteger, nullable=False),
        Column("by_ref", String(200), nullable=False),
        Column("reason", Text, nullable=False),
    )
