"""What was asked of each provider, and of each number by its keyed hash, not long ago."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, String, Text

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of buckets."""
    op.create_table(
        "bucket",
        Column("scope", String(100), primary_key=True),
        Column("pace", String(20), primary_key=True),
        Column("state", Text, nullable=False),
    )
