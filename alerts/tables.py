"""The tables of alerts (SQLAlchemy Core); instants are BIGINT microseconds UTC.

Every row names its world (site, mode, world_id): what an exercise or a replay wrote can never be
taken for live.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from pipeline.database import metadata, world_columns

fence = Table(
    "fence",
    metadata,
    # warn commits only when its slot is newer than the last one warned in that world
    *world_columns(),
    Column("last_slot", BigInteger, nullable=False),
)

episode = Table(
    "episode",
    metadata,
    # append-only: one row a revision; the greatest revision is the present state
    *world_columns(),
    Column("episode_id", String(64), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("village_id", String(40), nullable=False),
    Column("opened", BigInteger, nullable=False),
    Column("slot", BigInteger, nullable=False),
    Column("tier", Integer, nullable=False),
    Column("state", LargeBinary, nullable=False),  # canonical JSON of TierEpisode
    Column("state_sha256", String(64), nullable=False),
    Column("cause", Text, nullable=False),  # bulletin | order | lower
    Column("closed", Integer, nullable=False),  # 0 | 1
    Index("episode_newest", "site", "mode", "world_id", "village_id", "opened", "revision"),
)

message = Table(
    "message",
    metadata,
    # rendered once, stored; what is sent and shown is this text
    *world_columns(),
    Column("message_id", String(64), primary_key=True),
    Column("episode_id", String(64), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("village_id", String(40), nullable=False),
    Column("place_id", String(80), nullable=False),  # zone or special site; '' = duty
    Column("audience", String(16), nullable=False),  # villager | officer | approver
    Column("language", String(16), nullable=False),
    Column("slot", BigInteger, nullable=False),
    Column("tier", Integer, nullable=False),
    Column("action", String(16), nullable=False),
    Column("decide_by", BigInteger),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("sms", Text),  # null where the site's templates have no such form
    Column("voice", Text),
    Column("cap_identifier", String(200)),
    Column("recipients", Text, nullable=False),  # JSON list: roster references, as ordered
    Column("roles", Text, nullable=False),  # JSON list: whoever has these roles besides
    Column("deadlines", Text),  # JSON: minutes from the order to each stage of its answer
    Column("provenance", LargeBinary, nullable=False),  # canonical JSON: the hashes
    Column("expires_at", BigInteger, nullable=False),  # flood time
    Column("created_at", BigInteger, nullable=False),  # wall time
    Index("message_by_village", "site", "mode", "world_id", "village_id", "slot"),
    Index("message_by_episode", "site", "mode", "world_id", "episode_id", "revision"),
)

cap_alert = Table(
    "cap_alert",
    metadata,
    *world_columns(),
    Column("identifier", String(200), primary_key=True),
    Column("episode_id", String(64), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("sender", String(200), nullable=False),
    Column("sent", String(40), nullable=False),  # byte for byte, for references
    Column("content", LargeBinary, nullable=False),
    Index("cap_alert_by_episode", "site", "mode", "world_id", "episode_id", "revision"),
)

delivery = Table(
    "delivery",
    metadata,
    # the outbox: one row per recipient and channel; the key makes repeats harmless
    Column("delivery_key", String(64), primary_key=True),
    Column("site", String(64), nullable=False),
    Column("mode", String(16), nullable=False),
    Column("world_id", String(80), nullable=False),
    Column("message_id", String(64), nullable=False),  # of a push its episode and revision
    Column("contact_ref", String(120), nullable=False),
    Column("channel", String(16), nullable=False),
    # villager | officer | approver | notice | ladder | push (of a CAP alert, to no person)
    Column("purpose", String(16), nullable=False),
    Column("tier", Integer, nullable=False),
    Column("decide_by", BigInteger),
    # of those with one hour: who needs help first, then the more people (alerts.orders.ranks)
    Column("rank", Integer, nullable=False, server_default="0"),
    Column("expires_at", BigInteger, nullable=False),  # wall time
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),  # wall time
    Column("lease_until", BigInteger),
    Column("lease_by", String(80)),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("reason", Text),
    # the database itself keeps a replay out of the outbox
    CheckConstraint("mode IN ('live', 'exercise')", name="delivery_mode"),
    Index("delivery_due", "site", "mode", "world_id", "state", "next_at"),
    Index("delivery_by_message", "message_id"),
)

attempt = Table(
    "attempt",
    metadata,
    Column("delivery_key", String(64), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("outcome", String(16)),  # accepted | temporary | permanent | uncertain
    Column("detail", Text),
    Column("reference", String(64)),  # the provider's name for it, by which a receipt may call it
    Index("attempt_by_reference", "reference"),
)

bucket = Table(
    "bucket",
    metadata,
    # what was asked of a provider not long ago; of no world, for the account is one
    Column("scope", String(100), primary_key=True),  # channel, or channel and a number's keyed hash
    Column("pace", String(20), primary_key=True),
    Column("state", Text, nullable=False),  # instants
)

sender_epoch = Table(
    "sender_epoch",
    metadata,
    # one row each time that the database was restored or taken over; none is the first epoch
    Column("number", Integer, primary_key=True),
    Column("name", String(32), nullable=False),  # random: two restores of one backup differ
    Column("cause", String(16), nullable=False),  # restore | takeover
    Column("began_at", BigInteger, nullable=False),  # wall time
    Column("begun_by", String(120)),  # roster reference; null of a restore
    Column("released_at", BigInteger),  # wall time; until then nothing is sent
    Column("released_by", String(120)),
)

acknowledgement = Table(
    "acknowledgement",
    metadata,
    *world_columns(),
    Column("ack_id", String(64), primary_key=True),
    Column("message_id", String(64), nullable=False),
    Column("episode_id", String(64), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("village_id", String(40), nullable=False),
    Column("contact_ref", String(120), nullable=False),
    Column("via", String(16), nullable=False),  # link | board | command | reply | key | webhook
    Column("by_ref", String(120), nullable=False),
    Column("at", BigInteger, nullable=False),  # wall time
    Column("said", String(16), nullable=False),  # alerts.said.Said
    Index("acknowledgement_by_message", "message_id"),
)

climb = Table(
    "climb",
    metadata,
    # append-only: each try and each rung that an unanswered order came to, once
    *world_columns(),
    Column("episode_id", String(64), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("place_id", String(80), primary_key=True),
    Column("stage", String(16), primary_key=True),  # alerts.said.Said, or try
    Column("rung", Integer, primary_key=True),
    Column("village_id", String(40), nullable=False),
    Column("at", BigInteger, nullable=False),  # wall time
)

ladder_call = Table(
    "ladder_call",
    metadata,
    # what those on a rung were called for; one row for each list of places and language
    *world_columns(),
    Column("call_id", String(64), primary_key=True),
    Column("climbs", Text, nullable=False),  # JSON: the rows of `climb` that it tells of
    Column("language", String(16), nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("sms", Text),
    Column("voice", Text),
    Column("created_at", BigInteger, nullable=False),  # wall time
)

officer_action = Table(
    "officer_action",
    metadata,
    # append-only, chained by hash: what persons ordered, reported, closed, and who agreed
    *world_columns(),
    Column("action_id", String(64), primary_key=True),
    Column("village_id", String(40), nullable=False),
    Column("verb", String(16), nullable=False),  # ledger.actions.Verb
    Column("tier", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by_ref", String(120), nullable=False),
    Column("at", BigInteger, nullable=False),  # wall time
    Column("flood_at", BigInteger, nullable=False),
    Column("override", Text),  # why a rule that would hold the tier was set aside
    Column("episode_id", String(64)),
    Column("refers_to", String(64)),
    Column("subject", Text),  # what of the village it is about: "route:back-hill"
    Column("number", Integer),  # in the world's log, from 1; null of rows older than the chain
    Column("chain_sha256", String(64)),  # of the row and the row before it
)

notice = Table(
    "notice",
    metadata,
    # what officers were told of a feed or a township that fell silent, or is back: of no episode,
    # so not among the messages, each of which `explain` rebuilds from one; one row a language
    *world_columns(),
    Column("notice_id", String(64), primary_key=True),
    Column("source", Text, nullable=False),  # "feed:rain", "township:Gorge"
    Column("slot", BigInteger, nullable=False),
    Column("state", LargeBinary, nullable=False),  # canonical JSON of Notice
    Column("decision_sha256", String(64), nullable=False),  # of the bulletin that it rests on
    Column("language", String(16), nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("sms", Text),
    Column("voice", Text),
    Column("created_at", BigInteger, nullable=False),  # wall time
)

warning_fault = Table(
    "warning_fault",
    metadata,
    # what went wrong for one village at one slot while the others went on
    *world_columns(),
    Column("slot", BigInteger, primary_key=True),
    Column("village_id", String(40), primary_key=True),
    Column("fault", Text, nullable=False),
    Column("stored_at", BigInteger, nullable=False),  # wall time
)
