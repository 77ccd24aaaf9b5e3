"""Whose turn it is to send: a database that was restored or taken over begins a new epoch."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, String

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; without a row it is the first epoch, which nobody need release."""
    op.create_table(
        "sender_epoch",
        Column("number", Integer, primary_key=True),
        Column("name", String(32), nullable=False),
        Column("cause", String(16), nullable=False),
        Column("began_at", BigInteger, nullable=False),
        Column("begun_by", String(120)),
        Column("released_at", BigInteger),
        Column("released_by", String(120)),
    )
