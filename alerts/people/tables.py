"""The tables of the people's database: its own metadata, so that nothing of it joins the ledger."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, Text

SCHEMA: Final = 1
metadata = MetaData()

version = Table(
    "people_version",
    metadata,
    Column("schema", Integer, primary_key=True),
)

person = Table(
    "people_person",
    metadata,
    Column("ref", String(120), primary_key=True),
    Column("version", Integer, nullable=False),  # one more with each correction
    Column("place", Integer, nullable=False),  # the roster's order: of two in one role, the first
    Column("role", String(80), nullable=False),
    Column("villages", Text, nullable=False),  # JSON list
    Column("language", String(16), nullable=False),
    Column("channels", Text, nullable=False),  # JSON list, in order
    Column("rights", Text, nullable=False),  # JSON list
    Column("logins", Text, nullable=False),  # JSON list
    Column("exercise", Integer, nullable=False),  # 0 | 1
    Column("legal_basis", String(32)),
    Column("needs_help", String(32)),  # how, never why
    # sealed by a key of people.keys; beside each, under what it is looked up
    Column("email", Text),
    Column("email_index", String(64)),
    Column("phone", Text),
    Column("phone_index", String(64)),
    Column("webhook", Text),
    Column("webhook_index", String(64)),
    Column("changed_at", BigInteger, nullable=False),  # wall time
    Column("removed_at", BigInteger),  # wall time; null of who is in the roster
    Index("people_by_email", "email_index"),
    Index("people_by_phone", "phone_index"),
    Index("people_by_webhook", "webhook_index"),
)

absence = Table(
    "people_absence",
    metadata,
    Column("ref", String(120), primary_key=True),
    Column("begins", BigInteger, primary_key=True),  # wall time
    Column("ends", BigInteger, nullable=False),
    Column("deputy", String(120)),
)

shift = Table(
    "people_shift",
    metadata,
    Column("role", String(80), primary_key=True),
    Column("begins", BigInteger, primary_key=True),  # wall time
    Column("ends", BigInteger, nullable=False),
    Column("ref", String(120), nullable=False),
    Column("taken_by", String(120)),
    Column("taken_at", BigInteger),
)

hold = Table(
    "people_hold",
    metadata,
    # whoever was called in the episode is kept until then
    Column("episode_id", String(64), primary_key=True),
    Column("until", BigInteger, nullable=False),  # wall time
    Column("by_ref", String(120), nullable=False),
)

audit = Table(
    "people_audit",
    metadata,
    # append-only, chained by hash as officer_action is: who saw or changed what of people
    Column("number", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),  # wall time
    Column("by_ref", String(120), nullable=False),
    Column("verb", String(16), nullable=False),  # people.audit.Verb
    Column("about", Text, nullable=False),  # references and counts; no address
    Column("chain_sha256", String(64), nullable=False),
)
