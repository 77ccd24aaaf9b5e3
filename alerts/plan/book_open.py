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

CELL: Final = re.compile(rb"<(?:\w+:)?c[\s/>]")
BROKEN: Final = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError,
    SyntaxError, TypeError, ValueError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What reading a book that is none, or a damaged one, can end with."""
SAVE_AGAIN: Final = "save it again as .xlsx"


@dataclass(frozen=True, slots=True)
class CellFault:
    """One fault of a workbook.

    Attributes
    ----------
    sheet : as the book calls it; empty where the fault is of the book as a whole
    cell : as Excel names it, ``C7`` or ``A5:A7``; empty where it is of the sheet as a whole
    cure : what the person should do
    """

    sheet: str
    cell: str
    message: str
    cure: str

    def line(self) -> str:
        """Return one line: sheet!cell: message (cure)."""
        where = "!".join(part for part in (self.sheet, self.cell) if part) or "workbook"
        return f"{where}: {self.message} ({self.cure})"


class BadBook(Exception):
    """A workbook that cannot be read at all."""

    def __init__(self, fault: CellFault) -> None:
        super().__init__(fault.line())
        self.fault = fault


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
    unread: Mapping[tuple[int, int], str] = field(default_factory=dict)
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
        message = f"cannot be read as a workbook: {type(error).__name__}"
        raise BadBook(CellFault("", "", message, SAVE_AGAIN)) from error


def _bound(content: bytes) -> None:
    if len(content) > bounds.MAX_BYTES:
        raise _too_much("bytes", len(content), bounds.MAX_BYTES)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        if len(members) > bounds.MAX_MEMBERS:
            raise _too_much("parts", len(members), bounds.MAX_MEMBERS)
        unzipped = sum(member.file_size for member in members)
        if unzipped > bounds.MAX_UNZIPPED:
            raise _too_much("bytes unpacked", unzipped, bounds.MAX_UNZIPPED)
        cells = 0
        for member in members:  # none gives more than it says: zipfile stops there
            if member.filename.endswith((".xml", ".rels")):
                cells += _cells(archive.read(member))
        if cells > bounds.MAX_CELLS:
            raise _too_much("cells", cells, bounds.MAX_CELLS)


def _cells(part: bytes) -> int:
    if b"\0" in part or b"<!DOCTYPE" in part:
        message = "a part of it is not plain UTF-8 XML, as workbooks are"
        raise BadBook(CellFault("", "", message, SAVE_AGAIN))
    return sum(1 for _ in CELL.finditer(part))


def _too_much(what: str, count: int, most: int) -> BadBook:
    message = f"{count} {what}; at most {most} are read"
    return BadBook(CellFault("", "", message, "export a new book, and fill in that one"))


def _loaded(content: bytes, *, values: bool) -> Any:  # noqa: ANN401 - openpyxl has no types
    return load_workbook(io.BytesIO(content), data_only=values, keep_links=False)


def _bound_area(book: Any) -> None:  # noqa: ANN401
    """Refuse a book whose few cells stand so far apart that walking over it would never end."""
    area = 0
    for sheet in book.worksheets:
        for what, size, most in (
            ("rows", sheet.max_row, bounds.MAX_ROWS),
            ("columns", sheet.max_column, bounds.MAX_COLUMNS),
        ):
            if size > most:
                message = f"{size} {what}; at most {most} are read"
                cure = f"delete the empty {what} behind the table"
                raise BadBook(CellFault(sheet.title, "", message, cure))
        area += sheet.max_row * sheet.max_column
    if area > bounds.MAX_AREA:
        raise _too_much("places for cells", area, bounds.MAX_AREA)


def _has_formula(book: Any) -> bool:  # noqa: ANN401
    return any(cell.data_type == "f" for sheet in book.worksheets for cell in _filled(sheet))


def _filled(sheet: Any) -> Iterator[Any]:  # noqa: ANN401
    """Yield the cells of a sheet that hold something."""
    for row in sheet.iter_rows():
        yield from (cell for cell in row if cell.value is not None)


def _grid(written: Any, kept: Any) -> Grid:  # noqa: ANN401
    rows: dict[int, dict[int, Scalar]] = {}
    unread: dict[tuple[int, int], str] = {}
    for cell in _filled(written):
        value = kept.cell(cell.row, cell.column)
        rows.setdefault(cell.row, {})[cell.column] = value.value
        if value.data_type == "e":
            unread[cell.row, cell.column] = f"it shows the error {value.value}"
        elif cell.data_type == "f" and value.value is None:
            unread[cell.row, cell.column] = "a formula whose value the book does not hold"
    merged = tuple((m.min_row, m.max_row, str(m)) for m in written.merged_cells.ranges)
    return Grid(written.title, rows, unread, tuple(sorted(merged)))
