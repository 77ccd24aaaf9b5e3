"""Who is told first of those whose order works until the same hour."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Integer

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the rank of a delivery; those that wait already keep their order."""
    op.add_column("delivery", Column("rank", Integer, nullable=False, server_default="0"))
