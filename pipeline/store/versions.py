"""Every configuration, plan and template that a decision used, by the hash of its content."""

from __future__ import annotations

import hashlib
import zlib
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from pipeline.database import insert_absent
from pipeline.errors import NotKept
from pipeline.instants import to_us
from pipeline.store.tables import config_version

AFTER_ANY_DIGIT: Final = "g"


def keep_version(
    connection: Connection, kind: str, site: str, content: bytes, *, stored_at: datetime
) -> str:
    """Keep one version (kind risk, warning, plan or template) and return its sha256."""
    sha256 = hashlib.sha256(content).hexdigest()
    row = {
        "sha256": sha256,
        "kind": kind,
        "site": site,
        "content": zlib.compress(content),
        "stored_at": to_us(stored_at),
    }
    insert_absent(connection, config_version, [row])
    return sha256


def version(connection: Connection, kind: str, sha256: str) -> bytes:
    """Return the content of one version.

    Raises
    ------
    NotKept
        No version of this kind has this hash: it was never kept, or it was pruned.
    """
    kept = connection.execute(
        select(config_version.c.content).where(
            config_version.c.kind == kind, config_version.c.sha256 == sha256
        )
    ).scalar_one_or_none()
    if kept is None:
        raise NotKept(f"{kind} version {sha256} is not in the store")
    return zlib.decompress(kept)


def beginning(connection: Connection, kind: str, digits: str) -> bytes:
    """Return the content of the one version whose hash begins so, as a printed card shows it.

    Raises
    ------
    NotKept
        None begins so, or several do.
    """
    own = config_version.c.sha256
    found = connection.scalars(
        select(own).where(
            config_version.c.kind == kind, own >= digits, own < digits + AFTER_ANY_DIGIT
        )
    ).all()
    if len(found) != 1:
        raise NotKept(f"{len(found)} {kind} versions in the store begin with {digits}")
    return version(connection, kind, found[0])
