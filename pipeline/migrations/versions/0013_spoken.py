"""The SMS and the words of a call beside the mail text of what was told; null of what is older."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Text

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the texts that a telephone brings."""
    for table in ("message", "notice"):
        for form in ("sms", "voice"):
            op.add_column(table, Column(form, Text))
