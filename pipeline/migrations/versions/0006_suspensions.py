"""Stations that a person suspended, with two clocks."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, String, Text

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of what persons said of stations."""
    op.create_table(
        "suspension",
        Column("site", String(64), primary_key=True),
        Column("mode", String(16), primary_key=True),
        Column("world_id", String(80), primary_key=True),
        Column("station_id", String(100), primary_key=True),
        Column("known_at", BigInteger, primary_key=True),
        Column("stored_at", BigInteger, nullable=False),
        Column("until", BigInteger),
        Column("reason", Text, nullable=False),
        Column("by_ref", String(200), nullable=False),
    )
