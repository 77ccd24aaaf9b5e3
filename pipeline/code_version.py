"""Which code judged: the package's version and a hash of the pipeline's own sources."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

PACKAGE = Path(__file__).parent


@cache
def code_version() -> str:
    """Return e.g. ``0.1.0+3f1c0a9b2d4e``: the same sources, the same text, on every machine."""
    digest = hashlib.sha256()
    for source in sorted(PACKAGE.rglob("*.py"), key=lambda path: path.as_posix()):
        digest.update(source.relative_to(PACKAGE).as_posix().encode() + b"\0")
        digest.update(source.read_bytes() + b"\0")
    return f"{version('floodwarn')}+{digest.hexdigest()[:12]}"
