"""Files of FLOODWARN_HOME that nobody but their owner can open: read, made, or put anew."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from alerts.errors import RosterError
from alerts.whole_file import put, settle

SIGNING_KEY = "ack.key"
KEY_BYTES = 32
OTHERS = stat.S_IRWXG | stat.S_IRWXO
PRIVATE = stat.S_IRUSR | stat.S_IWUSR


def signing_key(home: Path) -> bytes:
    """Return the key that signs acknowledgement links.

    Raises
    ------
    RosterError
        The key is absent, open to others, or too short.
    """
    key = read_private(home / SIGNING_KEY)
    if len(key) < KEY_BYTES:
        raise RosterError(f"{SIGNING_KEY} is shorter than {KEY_BYTES} bytes")
    return key


def read_private(path: Path) -> bytes:
    """Return the content of a file that nobody but its owner can open.

    Raises
    ------
    RosterError
        The file is absent, or its mode lets others read or write it.
    """
    try:
        with path.open("rb") as file:
            # Asked of the open file: what is checked is what is read.
            if os.fstat(file.fileno()).st_mode & OTHERS:
                raise RosterError(f"{path.name} is open to others: chmod 600")
            return file.read()
    except FileNotFoundError:
        raise RosterError(f"{path.name} is not in FLOODWARN_HOME") from None
    except OSError as error:
        raise RosterError(f"{path.name} cannot be read: {error.strerror}") from None


def write_private(path: Path, content: bytes) -> bool:
    """Write a file of mode 600, whole or not at all; return False where it is there already."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        try:
            path.hardlink_to(file.name)
        except FileExistsError:
            return False
    settle(path.parent)
    return True


def replace_private(path: Path, content: bytes) -> None:
    """Put a file of mode 600 in the place of one that may be there: the old or the new, whole."""
    put(path, content, mode=PRIVATE)


def refuse_open(path: Path) -> None:
    """Refuse a file that is there and that others can open.

    Raises
    ------
    RosterError
        Its mode lets others read or write it.
    """
    if path.exists() and path.stat().st_mode & OTHERS:
        raise RosterError(f"{path.name} is open to others: chmod 600")
