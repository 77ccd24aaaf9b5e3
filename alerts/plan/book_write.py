"""Write plans as a workbook: lists to choose from, codes as text, headings in Chinese or English.

The same plans give the same bytes. What is written as text stays text: no cell of it is a formula.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from openpyxl import Workbook  # type: ignore[import-untyped]
from openpyxl.styles import Alignment, Font, PatternFill  # type: ignore[import-untyped]
from openpyxl.utils import get_column_letter  # type: ignore[import-untyped]
from openpyxl.worksheet.datavalidation import DataValidation  # type: ignore[import-untyped]

from alerts.plan.book_escape import escaped
from alerts.plan.book_rows import Row, rows_of
from alerts.plan.book_text import INSTRUCTIONS, INSTRUCTIONS_TITLE, KNOWN_TITLE, NEEDED
from alerts.plan.book_whose import KnownVillage
from alerts.plan.model import Plan
from alerts.plan.workbook import (
    FIRST_ROW,
    KEY_ROW,
    LONGEST_TEXT,
    MAX_ROWS,
    SHEETS,
    TITLE_ROW,
    VILLAGES,
    WHOSE,
    BookLanguage,
    Choice,
    Column,
    Sheet,
)

AS_TEXT: Final = "@"
AS_DAY: Final = "yyyy-mm-dd"
FIRST_DAY: Final = date(1900, 3, 1)
"""Before it Excel counts a day that never was; such days are written as text."""
EXACT: Final = 10**15
"""From here on Excel rounds whole numbers; such, and fractions of more than 16 digits, are text."""
FORMULA_MARKS: Final = ("=", "+", "-", "@")
NARROW, WIDE = 16, 34
BOLD: Final = Font(bold=True)
WRAPPED: Final = Alignment(wrap_text=True, vertical="top")
SHADED: Final = PatternFill("solid", fgColor="DDE7F0")
STAMP: Final = (1980, 1, 1, 0, 0, 0)
SAVED_AT: Final = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</)")
BETWEEN: Final = "; "


class TooLong(ValueError):
    """A text that no cell can hold, or more rows than a book is read with."""


@dataclass(frozen=True, slots=True)
class Book:
    """What a book is made of.

    Attributes
    ----------
    languages : of the site, in which texts are asked for; those that a plan has are added
    """

    plans: Sequence[Plan]
    known: Sequence[KnownVillage]
    languages: tuple[str, ...]

    @property
    def spoken(self) -> tuple[str, ...]:
        """Every language of which a column is needed."""
        said = (language for plan in self.plans for language in _languages(plan))
        return tuple(dict.fromkeys((*self.languages, *said)))


def write_book(book: Book, language: BookLanguage) -> bytes:
    """Return plans as a workbook (.xlsx); of no plans, an empty one to fill in.

    Parameters
    ----------
    language : of headings, lists and instructions

    Raises
    ------
    TooLong
        A text of a plan is longer than a cell can be, or a sheet than is read.
    """
    workbook = Workbook()
    instructions(workbook.active, INSTRUCTIONS_TITLE[language], INSTRUCTIONS[language])
    last = _known(workbook, book, language)
    names = {village.village_id: village for village in book.known}
    for sheet in SHEETS:
        page = workbook.create_sheet(sheet.title(language))
        columns = sheet.spread(book.spoken)
        head(page, sheet, columns, language)
        lists(page, columns, language, last)
        number = FIRST_ROW
        for plan in book.plans:
            whose = _whose(plan.village_id, names, language)
            for row in rows_of(plan, sheet):
                fill(page, number, columns, whose | dict(row), language)
                number += 1
        bound(sheet, number)
    return bytes_of(workbook)


def _languages(plan: Plan) -> tuple[str, ...]:
    return (*plan.languages, *(language for _, text in plan.texts() for language in text))


def instructions(page: Any, title: str, lines: Sequence[str]) -> None:  # noqa: ANN401 - openpyxl's
    """Write the sheet that tells a clerk how to fill in the others."""
    page.title = title
    page.cell(KEY_ROW, 1, "instructions:text")
    page.row_dimensions[KEY_ROW].hidden = True
    page.column_dimensions["A"].width = 110
    for number, line in enumerate(lines, start=TITLE_ROW):
        page.cell(number, 1, line).alignment = WRAPPED


def _known(workbook: Any, book: Book, language: BookLanguage) -> int:  # noqa: ANN401
    """Write the codes to choose from; return the last row."""
    page = workbook.create_sheet(KNOWN_TITLE[language])
    columns = WHOSE[1:]
    for number, column in enumerate(columns, start=1):
        _text(page.cell(KEY_ROW, number), column.key("known_villages"))
        page.cell(TITLE_ROW, number, column.title(language)).font = BOLD
        page.column_dimensions[get_column_letter(number)].width = WIDE
    page.row_dimensions[KEY_ROW].hidden = True
    page.freeze_panes = page.cell(FIRST_ROW, 1)
    for row, village in enumerate(book.known, start=FIRST_ROW):
        name = village.name if language == "zh" else village.name_en or village.name
        for number, text in enumerate((village.village_id, name, village.township), start=1):
            _text(page.cell(row, number), text)
    return max(FIRST_ROW, TITLE_ROW + len(book.known))


def head(
    page: Any,  # noqa: ANN401
    sheet: Sheet,
    columns: Sequence[Column],
    language: BookLanguage,
) -> None:
    """Write the hidden keys and the headings of a sheet."""
    for number, column in enumerate(columns, start=1):
        page.cell(KEY_ROW, number, column.key(sheet.field))
        needed = NEEDED if _is_needed(sheet, column) else ""
        head = page.cell(TITLE_ROW, number, column.title(language) + needed)
        head.font, head.alignment, head.fill = BOLD, WRAPPED, SHADED
        width = WIDE if column.kind in {"words", "text"} else NARROW
        page.column_dimensions[get_column_letter(number)].width = width
        page.column_dimensions[get_column_letter(number)].number_format = _format(column)
    page.row_dimensions[KEY_ROW].hidden = True
    page.freeze_panes = page.cell(FIRST_ROW, len(sheet.first) + 1)


def _is_needed(sheet: Sheet, column: Column) -> bool:
    """Tell whether its cell must be filled, as far as it does not depend on other cells."""
    if column.path == sheet.whose:
        return True
    if sheet.model is None:
        return column.path in NEEDED_PATHS.get(sheet.field, ())
    field = sheet.model.model_fields.get(column.path)
    return column.path == "route" or (field is not None and field.is_required())


NEEDED_PATHS: Final[Mapping[str, frozenset[str]]] = {
    VILLAGES: frozenset({"exercise", "valid_from", "times.call", "times.gather", "times.help"}),
    "people": frozenset({"role", "ref"}),
    "offline": frozenset({"works", "shelter"}),
    "buckets": frozenset({"hours", "prepare_mm", "move_mm"}),
}


def _format(column: Column) -> str:
    if column.kind == "date":
        return AS_DAY
    return "General" if column.kind in {"whole", "decimal"} else AS_TEXT


def lists(
    page: Any,  # noqa: ANN401
    columns: Sequence[Column],
    language: BookLanguage,
    last: int = FIRST_ROW,
) -> None:
    """Give cells the entries to choose from; a code that is not among them is asked about."""
    for number, column in enumerate(columns, start=1):
        letter = get_column_letter(number)
        if column.path == "village_id":
            entries = f"'{KNOWN_TITLE[language]}'!$A${FIRST_ROW}:$A${last}"
        elif column.kind == "choice":
            entries = f'"{",".join(choice.label(language) for choice in column.choices)}"'
        else:
            continue
        strict = column.kind == "choice" and not column.free
        style = "stop" if strict else "warning"
        choose = DataValidation("list", entries, allow_blank=True, errorStyle=style)
        choose.showErrorMessage = True
        choose.add(f"{letter}{FIRST_ROW}:{letter}{MAX_ROWS}")
        page.add_data_validation(choose)


def _whose(
    village_id: str, names: Mapping[str, KnownVillage], language: BookLanguage
) -> dict[str, object]:
    village = names.get(village_id)
    if village is None:
        return {"village_id": village_id}
    name = village.name if language == "zh" else village.name_en or village.name
    return {"village_id": village_id, "village": name, "township": village.township}


def fill(
    page: Any,  # noqa: ANN401
    number: int,
    columns: Sequence[Column],
    row: Row,
    language: BookLanguage,
) -> None:
    """Write one row; what begins like a formula is a text all the same."""
    for at, column in enumerate(columns, start=1):
        value = row.get(column.path)
        if isinstance(value, Mapping):
            value = value.get(column.language)
        if value not in (None, (), ""):
            _write(page.cell(number, at), column, value, language)


def _write(cell: Any, column: Column, value: object, language: BookLanguage) -> None:  # noqa: ANN401
    match value:
        case bool():
            _text(cell, _label(column.choices, "yes" if value else "no", language))
        case str() if column.kind == "choice":
            _text(cell, _label(column.choices, value, language))
        case tuple():
            _text(cell, _listed(column, value, language))
        case date() if value >= FIRST_DAY:
            cell.value, cell.number_format = value, AS_DAY
        case int() | float() if abs(value) < EXACT and float(f"{value:.16g}") == value:
            cell.value = value
        case _:
            _text(cell, str(value))


def _listed(column: Column, value: tuple[Any, ...], language: BookLanguage) -> str:
    if column.kind == "position":
        return ", ".join(map(repr, value))
    if column.kind == "positions":
        return BETWEEN.join(", ".join(map(repr, position)) for position in value)
    return BETWEEN.join(_label(column.choices, str(item), language) for item in value)


def _label(choices: Sequence[Choice], value: str, language: BookLanguage) -> str:
    return next((c.label(language) for c in choices if c.value == value), value)


def _text(cell: Any, text: str) -> None:  # noqa: ANN401
    kept = escaped(text)
    if len(kept) > LONGEST_TEXT:
        raise TooLong(f"a text of {len(kept)} characters; a cell holds {LONGEST_TEXT}")
    cell.value = kept
    cell.data_type = "s"  # whatever it begins with
    cell.number_format = AS_TEXT
    cell.quotePrefix = kept.startswith(FORMULA_MARKS)


def bound(sheet: Sheet, rows: int) -> None:
    """Refuse a sheet of more rows than are read.

    Raises
    ------
    TooLong
        It has more.
    """
    if rows > MAX_ROWS:
        raise TooLong(f"{rows} rows of {sheet.en}; a book has {MAX_ROWS}: name fewer")


def bytes_of(workbook: Any) -> bytes:  # noqa: ANN401 - openpyxl's
    """Return a workbook's bytes, which do not tell when it was written."""
    saved, kept = io.BytesIO(), io.BytesIO()
    workbook.save(saved)
    with (
        zipfile.ZipFile(saved) as written,
        zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as out,
    ):
        for name in written.namelist():
            part = written.read(name)
            if name == "docProps/core.xml":
                part = SAVED_AT.sub(rb"\g<1>2000-01-01T00:00:00Z\3", part)
            out.writestr(zipfile.ZipInfo(name, STAMP), part, zipfile.ZIP_DEFLATED)
    return kept.getvalue()
