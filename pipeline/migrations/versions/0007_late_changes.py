"""What late and corrected data would have changed, and which hours of the log were pruned."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables of late reviews and of pruned hours."""
    op.create_table(
        "late_review",
        Column("site", String(64), primary_key=True),
        Column("mode", String(16), primary_key=True),
        Column("world_id", String(80), primary_key=True),
        Column("slot", BigInteger, primary_key=True, autoincrement=False),
        Column("reviewed_at", BigInteger, primary_key=True, autoincrement=False),
        Column("lived_sha256", String(64), nullable=False),
        Column("late_sha256", String(64), nullable=False),
        Column("changed", Integer, nullable=False),
        Column("changes", LargeBinary, nullable=False),
    )
    op.create_table(
        "pruned",
        Column("site", String(64), primary_key=True),
        Column("first_hour", BigInteger, primary_key=True, autoincrement=False),
        Column("pruned_at", BigInteger, primary_key=True, autoincrement=False),
        Column("last_hour", BigInteger, nullable=False),
    )
