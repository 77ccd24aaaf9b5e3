"""Read a workbook of plans: each village whole or not at all, every fault by sheet, cell and cure.

A village that is not in the book is not touched; one is removed by its action alone. A row of
which nobody can tell whose it is may be anybody's, so it holds back all whose it may be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from alerts.plan.book_faults import BadBook, CellFault, Unreadable
from alerts.plan.book_open import open_book
from alerts.plan.book_tables import Line, language_of, lines_of
from alerts.plan.book_village import Village
from alerts.plan.book_whose import KnownVillage, VillageIndex
from alerts.plan.model import Plan
from alerts.plan.workbook import VILLAGES, BookLanguage


@dataclass(frozen=True, slots=True)
class BookResult:
    """What a book changes; villages in its order.

    Attributes
    ----------
    imported : new or changed plans, by village
    unchanged : villages whose plan the book tells as it is, and those long removed
    refused : villages of which nothing is imported
    removed : villages whose plan the book says to remove
    language : of the book; None where no sheet of it says so
    """

    imported: Mapping[str, Plan] = field(default_factory=dict)
    unchanged: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    faults: tuple[CellFault, ...] = ()
    language: BookLanguage | None = None


@dataclass(slots=True)
class _Owners:
    """Whose the rows are.

    Attributes
    ----------
    held : villages that a row without an owner may be of
    anybody : a row may be of any village
    """

    lines: dict[str, list[Line]]
    held: set[str]
    faults: list[CellFault]
    anybody: bool


def read_book(
    content: bytes, *, known: Sequence[KnownVillage], current: Mapping[str, Plan]
) -> BookResult:
    """Read a workbook; nothing is raised for what is wrong with it.

    Parameters
    ----------
    known : the site's villages
    current : the plans in force, by village
    """
    try:
        grids = open_book(content)
    except BadBook as bad:
        return BookResult(faults=(bad.fault,))
    (lines, faults), language = lines_of(grids), language_of(grids)
    if faults:
        return BookResult(refused=_named(lines), faults=faults, language=language)
    return replace(_settled(_owners(lines, VillageIndex(known)), current), language=language)


def _settled(owners: _Owners, current: Mapping[str, Plan]) -> BookResult:
    imported: dict[str, Plan] = {}
    told: dict[str, list[str]] = {"unchanged": [], "refused": [], "removed": []}
    faults = list(owners.faults)
    for village_id, lines in owners.lines.items():
        village, before = Village(village_id, lines), current.get(village_id)
        plan = village.plan(before)
        faults += village.faults
        if village.faults or owners.anybody or village_id in owners.held:
            told["refused"].append(village_id)
        elif plan == before:
            told["unchanged"].append(village_id)
        elif plan is None:
            told["removed"].append(village_id)
        else:
            imported[village_id] = plan
    unchanged, refused, removed = map(tuple, told.values())
    return BookResult(imported, unchanged, refused, removed, tuple(dict.fromkeys(faults)))


def _owners(lines: Iterable[Line], known: VillageIndex) -> _Owners:
    """Find whose each row is; the rows of a code that is wrong on its own sheet are nobody's."""
    owners = _Owners({}, set(), [], anybody=False)
    strangers: set[tuple[str, str]] = set()
    for line in sorted(lines, key=lambda line: line.sheet.field != VILLAGES):
        try:
            whose = _asked(line)
            owners.lines.setdefault(known.village_of(*whose), []).append(line)
            continue
        except Unreadable as why:
            owners.faults += [*line.faults, line.fault(_named_by(line), why.why)]
        suspects, by = _suspects(line, known), _named_by(line)
        written = _written(line, by)
        if line.sheet.field == VILLAGES and written is not None:
            strangers.add((by, str(written)))
        owners.held |= suspects
        owners.anybody |= not suspects and (written is None or (by, str(written)) not in strangers)
    return owners


def _asked(line: Line) -> tuple[str | None, str | None, str | None]:
    code, name, township = (line.says(path) for path in ("village_id", "village", "township"))
    return _text(code), _text(name), _text(township)


def _suspects(line: Line, known: VillageIndex) -> set[str]:
    """Return the villages that a row may be of whose code and name do not say it."""
    said = line.some(["village_id", "village", "township"], [])
    code, name, township = (_text(said.get(p)) for p in ("village_id", "village", "township"))
    return known.suspects(code, name, township)


def _named_by(line: Line) -> str:
    paths = ("village_id", "village")
    return next((path for path in paths if _written(line, path) is not None), paths[0])


def _written(line: Line, path: str) -> object:
    return line.cells.get(line.columns[path][0])


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _named(lines: Iterable[Line]) -> tuple[str, ...]:
    """Return the codes on the sheet of villages, of a book of which nothing is read further."""
    own = [line for line in lines if line.sheet.field == VILLAGES and "village_id" in line.columns]
    codes = (line.some(["village_id"], []).get("village_id") for line in own)
    return tuple(dict.fromkeys(str(code) for code in codes if code is not None))
