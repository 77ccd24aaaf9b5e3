"""Files that are whole or not there: whoever reads one, or comes after a crash, finds no half."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def put(path: Path, content: bytes, *, mode: int) -> None:
    """Put a file in the place of one that may be there: the old or the new, and on the disk.

    Parameters
    ----------
    mode : of the new file

    Raises
    ------
    OSError
        The disk does not take it; the old one stands.
    """
    # Its name ends in nothing that a reader of the folder looks for.
    with tempfile.NamedTemporaryFile(
        dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        begun = Path(file.name)
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            begun.chmod(mode)
            begun.replace(path)
        except OSError:
            begun.unlink(missing_ok=True)
            raise
    settle(path.parent)


def settle(folder: Path) -> None:
    """Put a folder's names on the disk, so that no power cut takes back what was put there."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
