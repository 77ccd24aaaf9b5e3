"""Series lists, segments and withdrawals of the observation log."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables of segments and series lists, and the list's name to a batch."""
    op.add_column("batch", Column("series_sha256", String(64)))
    op.create_table(
        "segment",
        Column("site", String(64), primary_key=True),
        Column("scenario", String(80), primary_key=True),
        Column("feed_id", String(40), primary_key=True),
        Column("kind", String(8), primary_key=True),
        Column("hour", BigInteger, primary_key=True, autoincrement=False),
        Column("last_hour", BigInteger, nullable=False),
        Column("known_at", BigInteger, nullable=False),
        Column("stored_at", BigInteger, nullable=False),
        Column("compacted_at", BigInteger, nullable=False),
        Column("n_rows", Integer, nullable=False),
        Column("series_sha256", String(64), nullable=False),
        Column("content", LargeBinary, nullable=False),
        Column("origins", LargeBinary, nullable=False),
    )
    op.create_index("segment_by_hour", "segment", ["site", "scenario", "last_hour"])
    op.create_table(
        "series_list",
        Column("site", String(64), primary_key=True),
        Column("scenario", String(80), primary_key=True),
        Column("feed_id", String(40), primary_key=True),
        Column("sha256", String(64), primary_key=True),
        Column("n_series", Integer, nullable=False),
        Column("stored_at", BigInteger, nullable=False),
        Column("content", LargeBinary, nullable=False),
    )
    op.create_index(
        "series_list_by_size", "series_list", ["site", "scenario", "feed_id", "n_series"]
    )
