"""The pipeline's tables: fetch log, archive, batches, quarantine, versions, cycles, exercises.

Written out and never changed again: the metadata of today may move on, this step may not.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Text

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of the store."""
    _observations()
    _decisions()
    _runs()


def _observations() -> None:
    op.create_table(
        "fetch",
        Column("fetch_id", String(64), primary_key=True),
        Column("site", String(64), nullable=False),
        Column("mode", String(16), nullable=False),
        Column("world_id", String(80), nullable=False),
        Column("feed_id", String(40), nullable=False),
        Column("started_at", BigInteger, nullable=False),
        Column("ended_at", BigInteger, nullable=False),
        Column("status", String(16), nullable=False),
        Column("payload_sha256", String(64)),
        Column("size_bytes", BigInteger),
        Column("readings", Integer),
        Column("faults", Integer),
        Column("detail", Text),
    )
    op.create_index("fetch_by_feed", "fetch", ["site", "mode", "world_id", "feed_id", "started_at"])
    op.create_table(
        "payload",
        Column("sha256", String(64), primary_key=True),
        Column("media_type", String(100), nullable=False),
        Column("size_bytes", BigInteger, nullable=False),
        Column("content", LargeBinary, nullable=False),
        Column("stored_at", BigInteger, nullable=False),
    )
    op.create_table(
        "batch",
        Column("site", String(64), primary_key=True),
        Column("scenario", String(80), primary_key=True),
        Column("feed_id", String(40), primary_key=True),
        Column("hour", BigInteger, primary_key=True, autoincrement=False),
        Column("known_at", BigInteger, primary_key=True, autoincrement=False),
        Column("known_basis", String(16), primary_key=True),
        Column("payload_sha256", String(64), primary_key=True),
        Column("kind", String(8), primary_key=True),
        Column("part", Integer, primary_key=True, autoincrement=False),
        Column("stored_at", BigInteger, nullable=False),
        Column("n_rows", Integer, nullable=False),
        Column("content", LargeBinary, nullable=False),
    )
    op.create_index("batch_by_hour", "batch", ["site", "scenario", "hour"])
    op.create_table(
        "quarantine",
        Column("quarantine_id", String(64), primary_key=True),
        Column("site", String(64), nullable=False),
        Column("feed_id", String(40), nullable=False),
        Column("payload_sha256", String(64)),
        Column("stored_at", BigInteger, nullable=False),
        Column("place", Text, nullable=False),
        Column("row", Integer),
        Column("field", String(100)),
        Column("reason", Text, nullable=False),
    )


def _decisions() -> None:
    op.create_table(
        "config_version",
        Column("sha256", String(64), primary_key=True),
        Column("kind", String(16), primary_key=True),
        Column("site", String(64), nullable=False),
        Column("content", LargeBinary, nullable=False),
        Column("stored_at", BigInteger, nullable=False),
    )
    op.create_table(
        "cycle",
        Column("site", String(64), primary_key=True),
        Column("mode", String(16), primary_key=True),
        Column("world_id", String(80), primary_key=True),
        Column("slot", BigInteger, primary_key=True, autoincrement=False),
        Column("cutoff", BigInteger, nullable=False),
        Column("assessed_at", BigInteger),
        Column("decision_sha256", String(64)),
        Column("risk_config_sha256", String(64)),
        Column("code_version", String(80)),
        Column("bulletin", LargeBinary),
    )


def _runs() -> None:
    op.create_table(
        "exercise",
        Column("site", String(64), primary_key=True),
        Column("world_id", String(80), primary_key=True),
        Column("wall_start", BigInteger, nullable=False),
        Column("flood_start", BigInteger, nullable=False),
        Column("flood_end", BigInteger, nullable=False),
        Column("speed", Integer, nullable=False),
        Column("closed_at", BigInteger),
    )
    op.create_table(
        "run_mode",
        Column("site", String(64), primary_key=True),
        Column("dag_id", String(100), primary_key=True),
        Column("run_id", String(250), primary_key=True),
        Column("clear_number", Integer, primary_key=True, autoincrement=False),
        Column("mode", String(16), nullable=False),
        Column("world_id", String(80), nullable=False),
        Column("slot", BigInteger),
        Column("stored_at", BigInteger, nullable=False),
    )
