"""The lines of a plain table: each is read by itself, so that none can swallow those below it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import zip_longest
from typing import Final

from pipeline.errors import DecodeError
from pipeline.feeds.tally import SHOWN, Tally
from pipeline.site.model import FeedSpec

MAX_LINE: Final = 1_000_000
"""Characters; the cells of a longer line alone would fill the memory."""

Cells = dict[str, str]


def rows(
    text: str, spec: FeedSpec, needed: tuple[str, ...], tally: Tally
) -> Iterator[tuple[int, Cells]]:
    """Yield the number and the cells of each row below the header, by the feed's column names.

    A row is one line, split at the declared `separator` and quoted as RFC 4180 says, but for line
    breaks within quotes: a quote that is never closed would make one cell of all that follows.
    Absent cells are empty, and cells beyond the header are not read.

    Parameters
    ----------
    needed : columns without which nothing can be read
    tally : is told the lines that cannot be split

    Raises
    ------
    DecodeError
        There is no header, or it lacks a needed column.
    """
    lines = enumerate(io.StringIO(text, newline=""), 1)
    header = _header(next(lines, (1, ""))[1], spec, tally.where)
    for name in needed:
        if name not in header:
            raise DecodeError(f"{tally.where}: the column is missing", row=1, field=name[:SHOWN])
    for number, line in lines:
        try:
            cells = _split(line, spec)
        except ValueError as error:
            tally.refuse(str(error), number, "")
            continue
        if cells:
            named = dict(zip_longest(header, cells[: len(header)], fillvalue=""))
            named.pop("", None)  # a column without a name is nobody's
            yield number, named


def _header(line: str, spec: FeedSpec, where: str) -> list[str]:
    try:
        return _split(line, spec)
    except ValueError as error:
        raise DecodeError(f"{where}: {error}", row=1) from None


def _split(line: str, spec: FeedSpec) -> list[str]:
    if len(line) > MAX_LINE:
        raise ValueError(f"more than {MAX_LINE} characters")
    try:
        return next(csv.reader([line], delimiter=spec.separator, strict=True), [])
    except csv.Error as error:
        raise ValueError(f"not CSV: {error}") from None
