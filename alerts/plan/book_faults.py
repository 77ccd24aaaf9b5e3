"""What is wrong with a workbook, in the language of its clerk; every word is in the table beside.

A fault is kept as its key and what it is about, and put into words only where it is read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from pydantic import BaseModel, ConfigDict

from alerts.plan.workbook import BookLanguage

TABLE: Final = "book_faults.toml"


class _Words(BaseModel):
    """One thing to say, in both languages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    en: str
    zh: str

    def said(self, language: BookLanguage, about: Mapping[str, str]) -> str:
        return (self.zh if language == "zh" else self.en).format_map(about)


class _Kind(_Words):
    """One kind of fault, and the key of its cure."""

    cure: str


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    cures: Mapping[str, _Words]
    faults: Mapping[str, _Kind]


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong.

    Attributes
    ----------
    kind : of the table's faults
    about : what fills its words, by name
    """

    kind: str
    about: tuple[tuple[str, str], ...] = ()

    def message(self, language: BookLanguage) -> str:
        """Return what is wrong."""
        return _table().faults[self.kind].said(language, dict(self.about))

    def cure(self, language: BookLanguage) -> str:
        """Return what the person should do."""
        table = _table()
        return table.cures[table.faults[self.kind].cure].said(language, dict(self.about))


def wrong(kind: str, **about: object) -> Wrong:
    """Return a fault of a kind, about something."""
    return Wrong(kind, tuple((name, str(value)) for name, value in about.items()))


class Unreadable(Exception):
    """A cell that cannot be what its column asks for."""

    def __init__(self, why: Wrong) -> None:
        super().__init__(why.message("en"))
        self.why = why


@dataclass(frozen=True, slots=True)
class CellFault:
    """One fault of a workbook.

    Attributes
    ----------
    sheet : as the book calls it; empty where the fault is of the book as a whole
    cell : as Excel names it, ``C7`` or ``A5:A7``; empty where it is of the sheet as a whole
    """

    sheet: str
    cell: str
    wrong: Wrong

    def line(self, language: BookLanguage) -> str:
        """Return one line: sheet!cell: message (cure)."""
        where = "!".join(part for part in (self.sheet, self.cell) if part) or "workbook"
        return f"{where}: {self.wrong.message(language)} ({self.wrong.cure(language)})"


class BadBook(Exception):
    """A workbook that cannot be read at all."""

    def __init__(self, fault: CellFault) -> None:
        super().__init__(fault.line("en"))
        self.fault = fault


@cache
def _table() -> _Table:
    text = resources.files("alerts.plan").joinpath(TABLE).read_text("utf-8")
    return _Table.model_validate(tomllib.loads(text))
