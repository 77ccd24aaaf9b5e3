"""Arrow tables as the bytes that the store keeps: one IPC stream, compressed whole, and back.

Compressed whole and not by column, as Arrow itself would: a batch of a few rows is then a third
of the size, and read in a fifth of the time (docs/adr, the store).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_CODEC = pa.Codec("zstd", compression_level=1)


def column(values: npt.NDArray[Any]) -> Any:  # noqa: ANN401 - pyarrow publishes no types
    """Return numbers as an Arrow array, of the same bytes.

    Given an array of numpy, `pa.array` would import pandas, which takes longer than all else.
    """
    values = np.ascontiguousarray(values)
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])


def numbers(values: Any) -> npt.NDArray[Any]:  # noqa: ANN401 - pyarrow publishes no types
    """Return an Arrow array of numbers, none of them null, of the same bytes; read-only.

    `to_numpy` would import pandas.
    """
    kind = np.dtype(values.type.to_pandas_dtype())
    if not len(values):
        return np.empty(0, kind)
    held = values.buffers()[1]
    found = np.frombuffer(held, kind, len(values), values.offset * kind.itemsize)
    found.flags.writeable = False
    return found


def stream(batch: Any) -> Any:  # noqa: ANN401 - pyarrow publishes no types
    """Return a record batch as a buffer that holds one IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue()


def compressed(buffer: Any) -> bytes:  # noqa: ANN401 - pyarrow publishes no types
    """Return a buffer's bytes, compressed (zstd)."""
    content: bytes = _CODEC.compress(buffer, asbytes=True)
    return content


def plain(content: bytes) -> Any:  # noqa: ANN401 - pyarrow publishes no types
    """Return the record batch of compressed bytes; its buffers are read-only."""
    source = pa.CompressedInputStream(pa.BufferReader(content), "zstd")
    with pa.ipc.open_stream(source) as reader:
        return reader.read_next_batch()
