"""Open a workbook that anybody may have sent: bounded before it is parsed, then cells as values.

A workbook is a zip file of XML. Its size, its members and their sizes unpacked are bounded first;
a DTD, or text in another encoding than UTF-8, is refused before any parser sees it.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from openpyxl import load_workbook  # type: ignore[import-untyped]
from openpyxl.utils import get_column_letter  # type: ignore[import-untyped]

from alerts.plan import workbook as bounds
from alerts.plan.book_cells import Scalar
from alerts.plan.book_faults import BadBook, CellFault, Wrong, wrong

CELL: Final = re.compile(rb"<(?:\w+:)?c[\s/>]")
BROKEN: Final = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError,
    SyntaxError, TypeError, ValueError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What reading a book that is none, or a damaged one, can end with."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of one sheet that hold something.

    Attributes
    ----------
    rows : by row number and column number, from 1
    unread : cells that hold a formula without a value, or an error; by (row, column), with why
    merged : first and last row of each merged range, with its name
    """

    title: str
    rows: Mapping[int, Mapping[int, Scalar]]
    unread: Mapping[tuple[int, int], Wrong] = field(default_factory=dict)
    merged: tuple[tuple[int, int, str], ...] = ()


def cell_name(row: int, column: int) -> str:
    """Return what Excel calls a cell."""
    return f"{get_column_letter(column)}{row}"


def open_book(content: bytes) -> tuple[Grid, ...]:
    """Return the sheets of a workbook.

    Raises
    ------
    BadBook
        It is no workbook, or larger than one of plans can be.
    """
    try:
        _bound(content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pictures and the like, which are not read
            written = _loaded(content, values=False)
            _bound_area(written)
            kept = _loaded(content, values=True) if _has_formula(written) else written
        return tuple(
            _grid(sheet, value)
            for sheet, value in zip(written.worksheets, kept.worksheets, strict=True)
        )
    except BROKEN as error:
        raise BadBook(_of_book("no_workbook", error=type(error).__name__)) from error


def _bound(content: bytes) -> None:
    if len(content) > bounds.MAX_BYTES:
        raise BadBook(_of_book("too_many_bytes", count=len(content), most=bounds.MAX_BYTES))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        if len(members) > bounds.MAX_MEMBERS:
            raise BadBook(_of_book("too_many_parts", count=len(members), most=bounds.MAX_MEMBERS))
        unzipped = sum(member.file_size for member in members)
        if unzipped > bounds.MAX_UNZIPPED:
            raise BadBook(
                _of_book("too_many_bytes_unpacked", count=unzipped, most=bounds.MAX_UNZIPPED)
            )
        cells = 0
        for member in members:  # none gives more than it says: zipfile stops there
            if member.filename.endswith((".xml", ".rels")):
                cells += _cells(archive.read(member))
        if cells > bounds.MAX_CELLS:
            raise BadBook(_of_book("too_many_cells", count=cells, most=bounds.MAX_CELLS))


def _cells(part: bytes) -> int:
    if b"\0" in part or b"<!DOCTYPE" in part:
        raise BadBook(_of_book("no_plain_xml"))
    return sum(1 for _ in CELL.finditer(part))


def _of_book(kind: str, sheet: str = "", **about: object) -> CellFault:
    return CellFault(sheet, "", wrong(kind, **about))


def _loaded(content: bytes, *, values: bool) -> Any:  # noqa: ANN401 - openpyxl has no types
    return load_workbook(io.BytesIO(content), data_only=values, keep_links=False)


def _bound_area(book: Any) -> None:  # noqa: ANN401
    """Refuse a book whose few cells stand so far apart that walking over it would never end."""
    area = 0
    for sheet in book.worksheets:
        for kind, size, most in (
            ("too_many_rows", sheet.max_row, bounds.MAX_ROWS),
            ("too_many_columns", sheet.max_column, bounds.MAX_COLUMNS),
        ):
            if size > most:
                raise BadBook(_of_book(kind, sheet.title, count=size, most=most))
        area += sheet.max_row * sheet.max_column
    if area > bounds.MAX_AREA:
        raise BadBook(_of_book("too_wide_an_area", count=area, most=bounds.MAX_AREA))


def _has_formula(book: Any) -> bool:  # noqa: ANN401
    return any(cell.data_type == "f" for sheet in book.worksheets for cell in _filled(sheet))


def _filled(sheet: Any) -> Iterator[Any]:  # noqa: ANN401
    """Yield the cells of a sheet that hold something."""
    for row in sheet.iter_rows():
        yield from (cell for cell in row if cell.value is not None)


def _grid(written: Any, kept: Any) -> Grid:  # noqa: ANN401
    rows: dict[int, dict[int, Scalar]] = {}
    unread: dict[tuple[int, int], Wrong] = {}
    for cell in _filled(written):
        value = kept.cell(cell.row, cell.column)
        rows.setdefault(cell.row, {})[cell.column] = value.value
        if value.data_type == "e":
            unread[cell.row, cell.column] = wrong("shows_error", value=value.value)
        elif cell.data_type == "f" and value.value is None:
            unread[cell.row, cell.column] = wrong("formula_without_value")
    merged = tuple((m.min_row, m.max_row, str(m)) for m in written.merged_cells.ranges)
    return Grid(written.title, rows, unread, tuple(sorted(merged)))
