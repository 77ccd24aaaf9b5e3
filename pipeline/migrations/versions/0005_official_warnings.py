"""Official warnings of other authorities, with two clocks."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, LargeBinary, String

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of messages."""
    op.create_table(
        "official_warning",
        Column("site", String(64), primary_key=True),
        Column("scenario", String(80), primary_key=True),
        Column("feed_id", String(40), primary_key=True),
        Column("identity_sha256", String(64), primary_key=True),
        Column("known_at", BigInteger, primary_key=True, autoincrement=False),
        Column("known_basis", String(16), primary_key=True),
        Column("payload_sha256", String(64), primary_key=True),
        Column("stored_at", BigInteger, nullable=False),
        Column("sent", BigInteger, nullable=False),
        Column("content", LargeBinary, nullable=False),
    )
    op.create_index(
        "official_warning_by_known", "official_warning", ["site", "scenario", "known_at"]
    )
