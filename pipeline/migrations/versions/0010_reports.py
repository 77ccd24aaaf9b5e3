"""What persons saw at the water, with two clocks."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, String, Text

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of reports."""
    op.create_table(
        "report",
        Column("site", String(64), primary_key=True),
        Column("mode", String(16), primary_key=True),
        Column("world_id", String(80), primary_key=True),
        Column("village_id", String(40), primary_key=True),
        Column("by_ref", String(200), primary_key=True),
        Column("known_at", BigInteger, primary_key=True),
        Column("saw", String(20), primary_key=True),
        Column("seen_at", BigInteger, nullable=False),
        Column("stored_at", BigInteger, nullable=False),
        Column("words", Text, nullable=False),
    )
