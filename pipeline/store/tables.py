"""The pipeline's tables (SQLAlchemy Core); instants are BIGINT microseconds UTC."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from pipeline.database import metadata, world_columns

fetch = Table(
    "fetch",
    metadata,
    # every attempt to fetch a feed: how we know that a feed lives
    Column("fetch_id", String(64), primary_key=True),  # site/mode/world/feed/started/url hash
    Column("site", String(64), nullable=False),
    Column("mode", String(16), nullable=False),
    Column("world_id", String(80), nullable=False),
    Column("feed_id", String(40), nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Column("status", String(16), nullable=False),  # ok | unchanged | empty | failed | refused
    Column("payload_sha256", String(64)),
    Column("size_bytes", BigInteger),
    Column("readings", Integer),
    Column("faults", Integer),
    Column("detail", Text),
    Column("source_sha256", String(64)),  # of the whole address, without its credential
    Column("host", String(300)),  # host:port; null = a file
    Column("host_answered", Boolean),  # null: it was not asked
    Column("etag", String(256)),
    Column("last_modified", String(40)),
    Column("declared_sha256", String(64)),  # how it was read: declaration, stations, code
    Column("asked_from", BigInteger),  # valid times that were stored of it
    Column("asked_to", BigInteger),
    Index("fetch_by_feed", "site", "mode", "world_id", "feed_id", "started_at"),
    Index("fetch_by_host", "site", "mode", "world_id", "host", "ended_at"),
)

payload = Table(
    "payload",
    metadata,
    # raw bytes as they came, by content
    Column("sha256", String(64), primary_key=True),
    Column("media_type", String(100), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),  # zlib
    Column("stored_at", BigInteger, nullable=False),
)

batch = Table(
    "batch",
    metadata,
    # append-only: rows of one feed and hour as one Arrow IPC blob
    Column("site", String(64), primary_key=True),
    Column("scenario", String(80), primary_key=True),  # '' = real
    Column("feed_id", String(40), primary_key=True),
    Column("hour", BigInteger, primary_key=True),  # start of the hour in which valid_time lies
    Column("known_at", BigInteger, primary_key=True),
    Column("known_basis", String(16), primary_key=True),
    Column("payload_sha256", String(64), primary_key=True),
    Column("kind", String(8), primary_key=True),  # points | grids | f_points | f_grids
    Column("part", Integer, primary_key=True),  # 0; 1.. = what a later decoding of it added
    Column("stored_at", BigInteger, nullable=False),
    Column("n_rows", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("series_sha256", String(64)),  # null: grids; or points that bear their names
    Index("batch_by_hour", "site", "scenario", "hour"),
)

segment = Table(
    "segment",
    metadata,
    # batches of points of one feed and day, rewritten as one, with every revision of every row
    Column("site", String(64), primary_key=True),
    Column("scenario", String(80), primary_key=True),
    Column("feed_id", String(40), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("hour", BigInteger, primary_key=True),  # the first in which a valid_time lies
    Column("last_hour", BigInteger, nullable=False),
    Column("known_at", BigInteger, nullable=False),  # the first of its rows'
    Column("stored_at", BigInteger, nullable=False),  # the first of its rows'
    Column("compacted_at", BigInteger, nullable=False),
    Column("n_rows", Integer, nullable=False),
    Column("series_sha256", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("origins", LargeBinary, nullable=False),  # known_at, basis, payload, part, stored_at
    Index("segment_by_hour", "site", "scenario", "last_hour"),
)

series_list = Table(
    "series_list",
    metadata,
    # station, variable and interval of the series that rows of points name by their place
    Column("site", String(64), primary_key=True),
    Column("scenario", String(80), primary_key=True),
    Column("feed_id", String(40), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("n_series", Integer, nullable=False),
    Column("stored_at", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Index("series_list_by_size", "site", "scenario", "feed_id", "n_series"),
)

quarantine = Table(
    "quarantine",
    metadata,
    # rows that could not be used, with the reason: nothing is lost
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

official_warning = Table(
    "official_warning",
    metadata,
    # messages of other authorities; what comes again unchanged is not kept again
    Column("site", String(64), primary_key=True),
    Column("scenario", String(80), primary_key=True),  # '' = real
    Column("feed_id", String(40), primary_key=True),
    Column("identity_sha256", String(64), primary_key=True),  # of sender and identifier
    Column("known_at", BigInteger, primary_key=True),
    Column("known_basis", String(16), primary_key=True),
    Column("payload_sha256", String(64), primary_key=True),
    Column("stored_at", BigInteger, nullable=False),
    Column("sent", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),  # canonical JSON of the message
    Index("official_warning_by_known", "site", "scenario", "known_at"),
)

config_version = Table(
    "config_version",
    metadata,
    # every configuration, plan and template that a decision used, by content
    Column("sha256", String(64), primary_key=True),
    Column("kind", String(16), primary_key=True),  # risk | warning | plan | template
    Column("site", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),  # zlib
    Column("stored_at", BigInteger, nullable=False),
)

cycle = Table(
    "cycle",
    metadata,
    *world_columns(),
    Column("slot", BigInteger, primary_key=True),
    Column("cutoff", BigInteger, nullable=False),
    Column("assessed_at", BigInteger),  # null until assessed
    Column("decision_sha256", String(64)),
    Column("risk_config_sha256", String(64)),
    Column("code_version", String(80)),
    Column("bulletin", LargeBinary),  # zlib of the canonical bytes
)

exercise = Table(
    "exercise",
    metadata,
    Column("site", String(64), primary_key=True),
    Column("world_id", String(80), primary_key=True),
    Column("wall_start", BigInteger, nullable=False),
    Column("flood_start", BigInteger, nullable=False),
    Column("flood_end", BigInteger, nullable=False),
    Column("speed", Integer, nullable=False),  # flood seconds per wall second
    Column("closed_at", BigInteger),
)

run_mode = Table(
    "run_mode",
    metadata,
    # the mode of an Airflow run: computed once, kept by its retries, anew after a clear
    Column("site", String(64), primary_key=True),
    Column("dag_id", String(100), primary_key=True),
    Column("run_id", String(250), primary_key=True),
    Column("clear_number", Integer, primary_key=True),
    Column("mode", String(16), nullable=False),
    Column("world_id", String(80), nullable=False),
    Column("slot", BigInteger),
    Column("stored_at", BigInteger, nullable=False),
)

late_review = Table(
    "late_review",
    metadata,
    # append-only: a lived slot judged again with what came late, and what that would have changed
    *world_columns(),
    Column("slot", BigInteger, primary_key=True),
    Column("reviewed_at", BigInteger, primary_key=True),
    Column("lived_sha256", String(64), nullable=False),
    Column("late_sha256", String(64), nullable=False),
    Column("changed", Integer, nullable=False),  # villages whose level would have been another
    Column("changes", LargeBinary, nullable=False),  # canonical JSON
)

pruned = Table(
    "pruned",
    metadata,
    # hours of the log of which something was deleted: why an old decision cannot be rebuilt
    Column("site", String(64), primary_key=True),
    Column("first_hour", BigInteger, primary_key=True),
    Column("pruned_at", BigInteger, primary_key=True),
    Column("last_hour", BigInteger, nullable=False),
)

suspension = Table(
    "suspension",
    metadata,
    # append-only: a person's word on a station; the last one counts
    *world_columns(),
    Column("station_id", String(100), primary_key=True),
    Column("known_at", BigInteger, primary_key=True),
    Column("stored_at", BigInteger, nullable=False),
    Column("until", BigInteger),  # null: resumed
    Column("reason", Text, nullable=False),
    Column("by_ref", String(200), nullable=False),
)

report = Table(
    "report",
    metadata,
    # append-only: what a person saw at the water
    *world_columns(),
    Column("village_id", String(40), primary_key=True),
    Column("by_ref", String(200), primary_key=True),
    Column("known_at", BigInteger, primary_key=True),
    Column("saw", String(20), primary_key=True),
    Column("seen_at", BigInteger, nullable=False),
    Column("stored_at", BigInteger, nullable=False),
    Column("words", Text, nullable=False),
)

hand_fed = Table(
    "hand_fed",
    metadata,
    # append-only: a person's word on a file; its rows bear its feed, payload and stored_at
    Column("site", String(64), primary_key=True),
    Column("feed_id", String(40), primary_key=True),
    Column("payload_sha256", String(64), primary_key=True),
    Column("stored_at", BigInteger, primary_key=True),
    Column("known_at", BigInteger, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("by_ref", String(200), nullable=False),
    Column("reason", Text, nullable=False),
)
