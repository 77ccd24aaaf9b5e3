"""The sheets of a workbook as rows whose cells are found by path, and what is wrong with a sheet.

A fault told here is of the book as a whole: a sheet or a column that is missing would otherwise
empty every village's plan of it.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from alerts.plan.book_cells import Scalar, is_empty, meaning
from alerts.plan.book_faults import CellFault, Unreadable, Wrong, wrong
from alerts.plan.book_open import Grid, cell_name
from alerts.plan.workbook import (
    FIRST_ROW,
    KEY,
    KEY_ROW,
    NOTES,
    SHEETS,
    TITLE_ROW,
    BookLanguage,
    Column,
    Sheet,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a sheet.

    Attributes
    ----------
    title : of the sheet, as the book calls it
    columns : number of the column of each path; of a text, of each of its languages
    cells : by column number
    faults : of the row before any cell is understood: merged cells, formulas without a value
    """

    sheet: Sheet
    title: str
    number: int
    columns: Mapping[str, tuple[int, Column]]
    cells: Mapping[int, Scalar]
    faults: tuple[CellFault, ...] = ()

    def says(self, path: str) -> object:
        """Return what the cell of a path means; None where it is empty.

        Raises
        ------
        Unreadable
            The cell says nothing that its column can hold.
        """
        number, column = self.columns[path]
        return meaning(column, self.cells.get(number))

    def values(self, faults: list[CellFault]) -> dict[str, object]:
        """Return what the row says of its item, by path; what cannot be read goes to `faults`."""
        own = [
            path
            for path in self.columns
            if path not in {column.path for column in self.sheet.first}
        ]
        return self.some(own, faults)

    def some(self, paths: Sequence[str], faults: list[CellFault]) -> dict[str, object]:
        """Return what the cells of some paths say, without those that are empty."""
        found = {}
        for path in paths:
            try:
                value = self.says(path)
            except Unreadable as why:
                faults.append(self.fault(path, why.why))
                continue
            if value is not None:
                found[path] = value
        return found

    def fault(self, path: str, why: Wrong) -> CellFault:
        """Return a fault of the cell of a path, or of the nearest path that has a column."""
        return CellFault(self.title, cell_name(self.number, self._at(path)), why)

    def _at(self, path: str) -> int:
        parts = path.split(".")
        for length in range(len(parts), 0, -1):
            nearest = ".".join(parts[:length])
            for known, (number, _) in self.columns.items():
                if known == nearest or known.startswith(f"{nearest}."):
                    return number
        return self.columns[self.sheet.whose][0]


def lines_of(
    grids: Sequence[Grid], sheets: Sequence[Sheet] = SHEETS
) -> tuple[tuple[Line, ...], tuple[CellFault, ...]]:
    """Return the rows of every sheet, and what is wrong with the book as a whole."""
    by_field = {sheet.field: sheet for sheet in sheets}
    lines: list[Line] = []
    faults: list[CellFault] = []
    seen: dict[str, str] = {}
    for grid in grids:
        field = _field(grid, by_field)
        if field in NOTES or (field is None and not grid.rows):
            continue
        if field not in by_field:
            faults.append(CellFault(grid.title, "", wrong("strange_sheet")))
        elif field in seen:
            second = wrong("second_sheet", other=seen[field])
            faults.append(CellFault(grid.title, "", second))
        else:
            seen[field] = grid.title
            columns = _columns(grid, by_field[field], faults)
            lines += _lines(grid, by_field[field], columns)
    faults += [
        CellFault(f"{sheet.zh} / {sheet.en}", "", wrong("sheet_missing"))
        for sheet in sheets
        if sheet.field not in seen
    ]
    return tuple(lines), tuple(faults)


def language_of(grids: Sequence[Grid], sheets: Sequence[Sheet] = SHEETS) -> BookLanguage | None:
    """Return in which language a book's sheets are called; None where none says so."""
    titles = {grid.title for grid in grids}
    languages: tuple[BookLanguage, ...] = ("zh", "en")
    known = (one for one in languages if titles & {sheet.title(one) for sheet in sheets})
    return next(known, None)


def _field(grid: Grid, known: Container[str]) -> str | None:
    """Return which sheet it is, by the keys of its first row."""
    for text in grid.rows.get(KEY_ROW, {}).values():
        found = KEY.match(str(text))
        if found is not None and (found.group(1) in NOTES or found.group(1) in known):
            return found.group(1)
    return None


def _columns(grid: Grid, sheet: Sheet, faults: list[CellFault]) -> dict[str, tuple[int, Column]]:
    """Return the columns of a sheet by path, as its hidden row names them."""
    found: dict[str, tuple[int, Column]] = {}
    for number, text in sorted(grid.rows.get(KEY_ROW, {}).items()):
        path, column = _column(sheet, str(text))
        where = cell_name(KEY_ROW, number)
        if column is None:
            faults.append(CellFault(grid.title, where, wrong("strange_key", value=text)))
        elif path in found:
            twice = wrong("column_twice", value=text, cell=cell_name(KEY_ROW, found[path][0]))
            faults.append(CellFault(grid.title, where, twice))
        else:
            found[path] = (number, column)
    faults += _headless(grid, {number for number, _ in found.values()})
    faults += [
        CellFault(grid.title, "", wrong("column_missing", column=f"{column.zh} / {column.en}"))
        for column in (*sheet.first, *sheet.columns)
        if column.path not in {one.path for _, one in found.values()}
    ]
    faults += [
        CellFault(grid.title, name, wrong("merged_headings"))
        for first, _, name in grid.merged
        if first < FIRST_ROW
    ]
    return found


def _column(sheet: Sheet, text: str) -> tuple[str, Column | None]:
    parts = KEY.match(text)
    if parts is None or parts.group(1) != sheet.field:
        return "", None
    column, language = sheet.column(parts.group(2)), parts.group(3)
    if column is None or (column.kind == "words") != (language is not None):
        return "", None
    if language is None:
        return column.path, column
    return f"{column.path}.{language}", replace(column, language=language)


def _headless(grid: Grid, known: set[int]) -> Iterator[CellFault]:
    """Find columns in which somebody wrote, and of which nobody knows what they are."""
    told: set[int] = set(grid.rows.get(KEY_ROW, {}))
    for row, cells in sorted(grid.rows.items()):
        for number, value in cells.items():
            if row >= TITLE_ROW and number not in known | told and not is_empty(value):
                told.add(number)
                yield CellFault(grid.title, cell_name(row, number), wrong("strange_column"))


def _lines(grid: Grid, sheet: Sheet, columns: Mapping[str, tuple[int, Column]]) -> Iterator[Line]:
    merged = {row for first, last, _ in grid.merged for row in range(first, last + 1)}
    for row in sorted(set(grid.rows) | merged):
        cells = grid.rows.get(row, {})
        faults = tuple(_row_faults(grid, row))
        if row >= FIRST_ROW and (faults or not all(map(is_empty, cells.values()))):
            yield Line(sheet, grid.title, row, columns, cells, faults)


def _row_faults(grid: Grid, row: int) -> Iterator[CellFault]:
    for first, last, name in grid.merged:
        if first <= row <= last:
            yield CellFault(grid.title, name, wrong("merged_cells"))
    for (at, number), why in grid.unread.items():
        if at == row:
            yield CellFault(grid.title, cell_name(row, number), why)
