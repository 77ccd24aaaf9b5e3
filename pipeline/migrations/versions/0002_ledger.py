"""The ledger and the outbox: episodes, messages, CAP alerts, deliveries, answers, actions.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _world() -> list[sa.Column[str]]:
    return [
        sa.Column("site", sa.String(64), primary_key=True),
        sa.Column("mode", sa.String(16), primary_key=True),
        sa.Column("world_id", sa.String(80), primary_key=True),
    ]


def upgrade() -> None:
    """Create the tables of alerts."""
    _create_episodes()
    _create_messages()
    _create_outbox()
    _create_answers()


def downgrade() -> None:
    """Drop the tables of alerts."""
    for table in (
        "warning_fault",
        "officer_action",
        "acknowledgement",
        "attempt",
        "delivery",
        "cap_alert",
        "message",
        "episode",
        "fence",
    ):
        op.drop_table(table)


def _create_episodes() -> None:
    op.create_table("fence", *_world(), sa.Column("last_slot", sa.BigInteger, nullable=False))
    op.create_table(
        "episode",
        *_world(),
        sa.Column("episode_id", sa.String(64), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("village_id", sa.String(40), nullable=False),
        sa.Column("opened", sa.BigInteger, nullable=False),
        sa.Column("slot", sa.BigInteger, nullable=False),
        sa.Column("tier", sa.Integer, nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sa.Column("state_sha256", sa.String(64), nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("closed", sa.Integer, nullable=False),
    )
    op.create_index(
        "episode_newest",
        "episode",
        ["site", "mode", "world_id", "village_id", "opened", "revision"],
    )
    op.create_table(
        "warning_fault",
        *_world(),
        sa.Column("slot", sa.BigInteger, primary_key=True),
        sa.Column("village_id", sa.String(40), primary_key=True),
        sa.Column("fault", sa.Text, nullable=False),
        sa.Column("stored_at", sa.BigInteger, nullable=False),
    )


def _create_messages() -> None:
    op.create_table(
        "message",
        *_world(),
        sa.Column("message_id", sa.String(64), primary_key=True),
        sa.Column("episode_id", sa.String(64), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("village_id", sa.String(40), nullable=False),
        sa.Column("place_id", sa.String(80), nullable=False),
        sa.Column("audience", sa.String(16), nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("slot", sa.BigInteger, nullable=False),
        sa.Column("tier", sa.Integer, nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("decide_by", sa.BigInteger),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("cap_identifier", sa.String(200)),
        sa.Column("recipients", sa.Text, nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("provenance", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_index(
        "message_by_village", "message", ["site", "mode", "world_id", "village_id", "slot"]
    )
    op.create_table(
        "cap_alert",
        *_world(),
        sa.Column("identifier", sa.String(200), primary_key=True),
        sa.Column("episode_id", sa.String(64), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("sender", sa.String(200), nullable=False),
        sa.Column("sent", sa.String(40), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )


def _create_outbox() -> None:
    op.create_table(
        "delivery",
        sa.Column("delivery_key", sa.String(64), primary_key=True),
        sa.Column("site", sa.String(64), nullable=False),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("world_id", sa.String(80), nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("contact_ref", sa.String(120), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("tier", sa.Integer, nullable=False),
        sa.Column("decide_by", sa.BigInteger),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("lease_until", sa.BigInteger),
        sa.Column("lease_by", sa.String(80)),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("reason", sa.Text),
        sa.CheckConstraint("mode IN ('live', 'exercise')", name="delivery_mode"),
    )
    op.create_index("delivery_due", "delivery", ["site", "mode", "world_id", "state", "next_at"])
    op.create_index("delivery_by_message", "delivery", ["message_id"])
    op.create_table(
        "attempt",
        sa.Column("delivery_key", sa.String(64), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("outcome", sa.String(16)),
        sa.Column("detail", sa.Text),
    )


def _create_answers() -> None:
    op.create_table(
        "acknowledgement",
        *_world(),
        sa.Column("ack_id", sa.String(64), primary_key=True),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("episode_id", sa.String(64), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("village_id", sa.String(40), nullable=False),
        sa.Column("contact_ref", sa.String(120), nullable=False),
        sa.Column("via", sa.String(16), nullable=False),
        sa.Column("by_ref", sa.String(120), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "officer_action",
        *_world(),
        sa.Column("action_id", sa.String(64), primary_key=True),
        sa.Column("village_id", sa.String(40), nullable=False),
        sa.Column("verb", sa.String(16), nullable=False),
        sa.Column("tier", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("by_ref", sa.String(120), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("flood_at", sa.BigInteger, nullable=False),
        sa.Column("override", sa.Text),
        sa.Column("episode_id", sa.String(64)),
        sa.Column("refers_to", sa.String(64)),
    )
