"""An episode's messages and CAP alerts are found without reading all of the world's."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

COLUMNS = ["site", "mode", "world_id", "episode_id", "revision"]


def upgrade() -> None:
    """Add an index of each by episode, in the order in which they were issued."""
    for table in ("cap_alert", "message"):
        op.create_index(f"{table}_by_episode", table, COLUMNS)
