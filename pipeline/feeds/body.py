"""The body of an answer, unpacked as it comes; it never holds more than it may."""

from __future__ import annotations

import zlib
from typing import Final

from pipeline.errors import FetchError

CODINGS: Final = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
"""One of these, once: a coding within a coding is a bomb (1,000 to 1, and again 1,000 to 1)."""

GZIP_OR_ZLIB: Final = 32 + zlib.MAX_WBITS
GZIP_BEGINS: Final = b"\x1f"


class BodyRefused(FetchError):
    """The body is larger than a feed's may be, or packed in a way that is not taken."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=False)


class Body:
    """Bytes of an answer as they are unpacked."""

    def __init__(self, coding: str, most: int) -> None:
        """Take a body packed as `Content-Encoding` says, of at most `most` bytes.

        Raises
        ------
        BodyRefused
            It is packed in another way, or more than once.
        """
        coding = coding.strip().lower()
        if coding not in CODINGS:
            raise BodyRefused("its body is packed in a way that is not taken")
        self._most, self._wire, self._padded = most, 0, False
        self._content = bytearray()
        self._unpack = None if coding in {"", "identity"} else zlib.decompressobj(GZIP_OR_ZLIB)

    def add(self, chunk: bytes) -> None:
        """Unpack some more bytes.

        Raises
        ------
        BodyRefused
            There are more bytes than may be, on the wire or unpacked.
        FetchError
            They cannot be unpacked.
        """
        self._wire += len(chunk)
        if self._wire > self._most:
            self._refuse()
        if self._unpack is None:
            self._content += chunk
            return
        try:
            self._inflate(chunk)
        except zlib.error:
            raise FetchError("its body cannot be unpacked") from None

    def content(self) -> bytes:
        """Return the whole body.

        Raises
        ------
        FetchError
            A packed body ended before its end.
        """
        if self._unpack is not None and self._wire and not self._unpack.eof:
            raise FetchError("cut within its packed body")
        return bytes(self._content)

    @property
    def is_empty(self) -> bool:
        """Whether nothing came."""
        return self._wire == 0

    def _inflate(self, chunk: bytes) -> None:
        while chunk and self._unpack is not None:
            if self._unpack.eof:
                # What follows the end is a further gzip member, or padding that nobody reads.
                self._padded = self._padded or not chunk.startswith(GZIP_BEGINS)
                if self._padded:
                    return
                self._unpack = zlib.decompressobj(GZIP_OR_ZLIB)
            room = self._most + 1 - len(self._content)
            self._content += self._unpack.decompress(chunk, room)
            if len(self._content) > self._most:
                self._refuse()
            chunk = self._unpack.unused_data

    def _refuse(self) -> None:
        raise BodyRefused(f"more than {self._most} bytes")
