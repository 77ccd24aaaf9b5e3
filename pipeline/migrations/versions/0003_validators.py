"""What a server said of an address, and which host it was."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, String

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS = (
    ("source_sha256", String(64)),
    ("host", String(300)),
    ("host_answered", Boolean()),
    ("etag", String(256)),
    ("last_modified", String(40)),
    ("declared_sha256", String(64)),
    ("asked_from", BigInteger()),
    ("asked_to", BigInteger()),
)
INDEX = "fetch_by_host"


def upgrade() -> None:
    """Let the fetch log know addresses and hosts again."""
    for name, kind in COLUMNS:
        op.add_column("fetch", Column(name, kind))
    op.create_index(INDEX, "fetch", ["site", "mode", "world_id", "host", "ended_at"])


def downgrade() -> None:
    """Forget them."""
    op.drop_index(INDEX, "fetch")
    for name, _ in COLUMNS:
        op.drop_column("fetch", name)
