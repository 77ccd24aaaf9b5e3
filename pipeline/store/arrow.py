"""Arrow tables as the bytes that the store keeps: one IPC stream, compressed whole, and back.

Compressed whole and not by column, as Arrow itself would: a batch of a few rows is then a third
of the size, and read in a fifth of the time (docs/adr, the store). What every cycle reads is
compressed for speed (LZ4), what is kept for years for size (zstd).
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Numbers = npt.NDArray[Any]

_SMALL = pa.Codec("zstd", compression_level=1)
_QUICK = pa.Codec("lz4_raw")
_QUICK_HEAD: Final = struct.Struct("<cI")
"""Before an LZ4 block: a mark that no zstd frame begins with, and the size it expands to."""

_QUICK_MARK: Final = b"\1"
_MESSAGE: Final = struct.Struct("<4xi")
"""How each message of a stream begins: a mark, and how long its description is. Source: Arrow
columnar format, "Encapsulated message format"."""


class _Place(NamedTuple):
    """Where a column's numbers are in a stream."""

    name: str
    dtype: np.dtype[Any]
    rows: int
    start: int


def column(values: Numbers) -> Any:  # noqa: ANN401 - pyarrow publishes no types
    """Return numbers as an Arrow array, of the same bytes.

    Given an array of numpy, `pa.array` would import pandas, which takes longer than all else.
    """
    values = np.ascontiguousarray(values)
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])


def numbers(values: Any) -> Numbers:  # noqa: ANN401 - pyarrow publishes no types
    """Return an Arrow array of numbers, none of them null, of the same bytes; read-only.

    `to_numpy` would import pandas.
    """
    kind = np.dtype(values.type.to_pandas_dtype())
    if not len(values):
        return np.empty(0, kind)
    held = values.buffers()[1]
    return _read_only(held, kind, len(values), values.offset * kind.itemsize)


def stream(batch: Any) -> Any:  # noqa: ANN401 - pyarrow publishes no types
    """Return a record batch as a buffer that holds one IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue()


def compressed(buffer: Any) -> bytes:  # noqa: ANN401 - pyarrow publishes no types
    """Return a buffer's bytes, compressed to be small (zstd)."""
    content: bytes = _SMALL.compress(buffer, asbytes=True)
    return content


def quickly_compressed(buffer: Any) -> bytes:  # noqa: ANN401 - pyarrow publishes no types
    """Return a buffer's bytes, compressed to be expanded often (LZ4).

    Of 2,000 rows of rain 1.8 times the size, in half of the time.
    """
    content: bytes = _QUICK.compress(buffer, asbytes=True)
    return _QUICK_HEAD.pack(_QUICK_MARK, len(buffer)) + content


def plain(content: bytes) -> Any:  # noqa: ANN401 - pyarrow publishes no types
    """Return the record batch of compressed bytes; its buffers are read-only."""
    return _opened(expanded(content))


def number_columns(content: bytes) -> dict[str, Numbers] | None:
    """Return the columns of compressed bytes, read-only; None = not all of them are numbers.

    Of a few thousand rows, a stream takes longer to open than to expand. What it says before its
    numbers is the same in batch after batch, and so is understood once.
    """
    buffer = expanded(content)
    schema = _MESSAGE.size + _MESSAGE.unpack_from(buffer)[0]
    body = schema + _MESSAGE.size + _MESSAGE.unpack_from(buffer, schema)[0]
    places = _places(buffer[:body].to_pybytes(), len(buffer))
    if places is None:
        return None
    return {one.name: _read_only(buffer, one.dtype, one.rows, one.start) for one in places}


@lru_cache(maxsize=4096)
def _places(head: bytes, size: int) -> tuple[_Place, ...] | None:
    """Return where the columns are in a stream of so many bytes that begins so."""
    buffer = pa.py_buffer(head.ljust(size, b"\0"))
    batch = _opened(buffer)
    found = []
    for name, values in zip(batch.schema.names, batch.columns, strict=True):
        if not _is_of_numbers(values.type):
            return None
        dtype = np.dtype(values.type.to_pandas_dtype())
        start = values.buffers()[1].address - buffer.address if len(values) else 0
        found.append(_Place(name, dtype, len(values), start))
    return tuple(found)


def _read_only(buffer: Any, dtype: np.dtype[Any], rows: int, start: int) -> Numbers:  # noqa: ANN401 - pyarrow publishes no types
    found = np.frombuffer(buffer, dtype, rows, start)
    found.flags.writeable = False
    return found


def _is_of_numbers(kind: Any) -> bool:  # noqa: ANN401 - pyarrow publishes no types
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _opened(buffer: Any) -> Any:  # noqa: ANN401 - pyarrow publishes no types
    with pa.ipc.open_stream(pa.BufferReader(buffer)) as reader:
        return reader.read_next_batch()


def expanded(content: bytes) -> Any:  # noqa: ANN401 - pyarrow publishes no types
    """Return the buffer that was compressed, in whichever way."""
    if content.startswith(_QUICK_MARK):
        _, size = _QUICK_HEAD.unpack_from(content)
        return _QUICK.decompress(memoryview(content)[_QUICK_HEAD.size :], size)
    return _SMALL.decompress(content, _expanded_size(content))


def _expanded_size(content: bytes) -> int:
    """Return what the head of a frame says of its size, as it does when it was made in one go.

    Source: RFC 8878, 3.1.1.1.
    """
    descriptor = content[4]
    single_segment = descriptor >> 5 & 1
    width, beyond = ((1, 0), (2, 256), (4, 0), (8, 0))[descriptor >> 6]
    start = 5 + (1 - single_segment)
    return int.from_bytes(content[start : start + width], "little") + beyond
