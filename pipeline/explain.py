"""Door: every version that a decision or a message was made of, kept and found by its hash."""

from __future__ import annotations

from datetime import datetime

from pipeline.database import Connection
from pipeline.store import versions


def keep(
    connection: Connection, kind: str, site: str, content: bytes, *, stored_at: datetime
) -> str:
    """Keep one version (a kind of configuration), in the caller's transaction."""
    return versions.keep_version(connection, kind, site, content, stored_at=stored_at)


def kept(connection: Connection, kind: str, sha256: str) -> bytes:
    """Return the content of one version.

    Raises
    ------
    NotKept
        It was never kept, or it was pruned.
    """
    return versions.version(connection, kind, sha256)


def kept_beginning(connection: Connection, kind: str, digits: str) -> bytes:
    """Return the content of the one version whose hash begins so.

    Raises
    ------
    NotKept
        None begins so, or several do.
    """
    return versions.beginning(connection, kind, digits)
