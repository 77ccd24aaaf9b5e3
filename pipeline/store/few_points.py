"""A few points as records, one after another: what a push feed leaves of each of its frames.

An Arrow stream says at length what its columns are, and is opened one by one. Records of many
batches are read as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

MOST: Final = 64
"""Rows beyond which a compressed stream is smaller."""

MARK: Final = b"\0"
"""First byte, which no compressed stream (zstd) has."""

RECORD: Final = np.dtype(
    [("series", "<u4"), ("valid_time", "<i8"), ("value", "<f8"), ("flag", "u1")]
)

Columns = dict[str, npt.NDArray[Any]]


def fits(columns: Columns) -> bool:
    """Tell whether points are few, and of these columns and no others."""
    return columns.keys() == set(RECORD.names or ()) and len(columns["value"]) <= MOST


def write(columns: Columns) -> bytes:
    """Return the blob of a few points."""
    records = np.empty(len(columns["value"]), RECORD)
    for name, values in columns.items():
        records[name] = values
    return MARK + records.tobytes()


def are_in(content: bytes) -> bool:
    """Tell whether a blob is one of a few points."""
    return content.startswith(MARK)


def read(contents: Sequence[bytes]) -> tuple[Columns, npt.NDArray[np.int64]]:
    """Return the points of some blobs, one after another, and how many each has."""
    records = np.frombuffer(b"".join([content[1:] for content in contents]), RECORD)
    counts = np.array([len(content) // RECORD.itemsize for content in contents], np.int64)
    return {name: np.ascontiguousarray(records[name]) for name in RECORD.names or ()}, counts
