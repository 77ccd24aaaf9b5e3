"""Raw payloads that the database refused: kept as files until the next run takes them in.

A feed often tells only its newest reading, so what was fetched while the database was full,
locked or lost would not come again.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.bulletin import canonical
from pipeline.database import private_folder
from pipeline.errors import PipelineError
from pipeline.instants import from_us
from pipeline.observation import RawPayload

MOST_BYTES: Final = 256_000_000
"""Of all payloads of a feed that wait: 1 MB every ten minutes for a day and a half."""

SUFFIX: Final = ".payload"
BEGUN: Final = ".begun"


class Damaged(PipelineError):
    """A file of the spool is not as it was written."""


@dataclass(frozen=True, slots=True)
class Spool:
    """The waiting payloads of one feed of one site.

    Attributes
    ----------
    folder : of all feeds' spools of the site
    """

    folder: Path
    feed_id: str

    def keep(self, payload: RawPayload) -> bool:
        """Keep a payload; it is on the disk when this returns. False = the spool is full.

        Raises
        ------
        OSError
            The disk refused it.
        """
        content = _head(payload) + payload.content
        path = self._place / f"{hashlib.sha256(content).hexdigest()}{SUFFIX}"
        if path.exists():
            return True
        if len(content) + sum(size for _, _, size in self._files()) > MOST_BYTES:
            return False
        private_folder(self._place)
        _write(path, content)
        return True

    def waiting(self) -> list[Path]:
        """Return the files of the payloads that wait, oldest first."""
        return [path for _, path, _ in sorted(self._files())]

    def read(self, path: Path) -> RawPayload:
        """Return the payload that a file holds.

        Raises
        ------
        Damaged
            It is not as it was written.
        """
        kept = path.stat()
        content = path.read_bytes() if kept.st_size <= MOST_BYTES else b""
        if hashlib.sha256(content).hexdigest() != path.stem:
            raise Damaged(f"{path.name} in the spool is damaged")
        head, _, body = content.partition(b"\n")
        said = json.loads(head)
        return RawPayload(
            feed_id=self.feed_id,
            source_url=said["source_url"],
            fetched_at=from_us(kept.st_mtime_ns // 1000),
            content=body,
            media_type=said["media_type"],
        )

    @property
    def _place(self) -> Path:
        return self.folder / self.feed_id

    def _files(self) -> list[tuple[int, Path, int]]:
        found = ((path, path.stat()) for path in self._place.glob(f"*{SUFFIX}"))
        return [(stat.st_mtime_ns, path, stat.st_size) for path, stat in found]


def _head(payload: RawPayload) -> bytes:
    said = {"media_type": payload.media_type, "source_url": payload.source_url}
    return canonical(said) + b"\n"


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, for its owner alone."""
    begun = path.with_suffix(BEGUN)
    begun.unlink(missing_ok=True)
    try:
        begun.touch(mode=0o600)
        with begun.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        begun.replace(path)
    except OSError:
        begun.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
