"""What persons' deeds are about, and the chain that shows whether one was changed or taken out."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Integer, String, Text

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the subject of a deed, its number in the world's log and the chained hash."""
    op.add_column("officer_action", Column("subject", Text))
    op.add_column("officer_action", Column("number", Integer))
    op.add_column("officer_action", Column("chain_sha256", String(64)))
