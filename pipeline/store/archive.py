"""The raw archive: every payload as it came, once, by the hash of its content."""

from __future__ import annotations

import zlib
from datetime import datetime

from sqlalchemy import Connection, select

from pipeline.database import insert_absent
from pipeline.errors import NotKept
from pipeline.instants import to_us
from pipeline.observation import RawPayload
from pipeline.store.tables import payload as archive

FAST = 1
"""zlib level: most payloads are images or archives, compressed already."""


def keep(connection: Connection, payload: RawPayload, *, stored_at: datetime) -> str:
    """Keep the payload's bytes and return their sha256; bytes kept before stay as they are."""
    sha256 = payload.sha256
    row = {
        "sha256": sha256,
        "media_type": payload.media_type,
        "size_bytes": len(payload.content),
        "content": zlib.compress(payload.content, FAST),
        "stored_at": to_us(stored_at),
    }
    insert_absent(connection, archive, [row])
    return sha256


def content(connection: Connection, sha256: str) -> bytes:
    """Return the bytes of a payload as they came.

    Raises
    ------
    NotKept
        No payload has this hash: it was never kept, or it was pruned.
    """
    kept = connection.execute(
        select(archive.c.content).where(archive.c.sha256 == sha256)
    ).scalar_one_or_none()
    if kept is None:
        raise NotKept(f"payload {sha256} is not in the archive")
    return zlib.decompress(kept)
