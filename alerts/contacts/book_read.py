"""Read a workbook of contacts: each person whole or not at all, each fault by sheet, cell and cure.

A person who is not in the book is not touched; one is removed by the action alone. No fault quotes
what stands in a cell: a number may stand in any.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from pydantic import ValidationError

from alerts.contacts.book import NOTHING, SHEET
from alerts.contacts.listed import Listed
from alerts.people.number import e164
from alerts.plan.book_faults import BadBook, CellFault, wrong
from alerts.plan.book_open import open_book
from alerts.plan.book_rows import nested
from alerts.plan.book_tables import Line, language_of, lines_of
from alerts.plan.workbook import REMOVE, BookLanguage
from alerts.roster import Contact

QUOTES: Final = frozenset({"value", "error"})
"""What a fault of a cell quotes, and here must not."""
NOT_SHOWN: Final = "***"
KINDS: Final = {"missing": "missing", "string_pattern_mismatch": "strange_letters"}
"""What a contact's validation finds, by pydantic's name for it."""
OF_FIELD: Final = {
    "phone": "no_telephone",
    "email": "no_email",
    "channels": "unreachable",
    "logins": "login_of_another",
    "rights": "lowers_twice",
}
"""What the roster's own rules find, by the field at which it is told; others are `refused`."""

GONE: Final[dict[str, object]] = {"role": NOTHING, "villages": (), "channels": ()}
"""Of one who is to be removed: whatever else their row says does not matter."""


@dataclass(slots=True)
class _Row:
    """One row: whose it is, what it says of that person, and what is wrong with it."""

    line: Line
    faults: list[CellFault] = field(default_factory=list)
    ref: str | None = None
    contact: Contact | None = None


def read_contacts(content: bytes, *, country: str | None = None) -> Listed:
    """Read a workbook; nothing is raised for what is wrong with it.

    Parameters
    ----------
    country : calling code of numbers that are written as within their country
    """
    try:
        grids = open_book(content)
    except BadBook as bad:
        return Listed(faults=(_said(bad.fault, "en"),))
    (lines, faults), language = lines_of(grids, (SHEET,)), language_of(grids, (SHEET,)) or "en"
    if faults:
        return Listed(faults=tuple(_said(fault, language) for fault in faults))
    return _listed([_read(line, language, country) for line in lines], language)


def _listed(rows: Sequence[_Row], language: BookLanguage) -> Listed:
    _find_doubled(rows)
    refused = tuple(dict.fromkeys(r.ref for r in rows if r.faults and r.ref is not None))
    good = [row for row in rows if not row.faults]
    lines = {row.ref: row.line for row in good}

    def telling(ref: str, of: str, why: str) -> str:
        kind = OF_FIELD.get(of, "refused")
        return _said(lines[ref].fault(of, wrong(kind, message=why)), language)

    return Listed(
        contacts=tuple(row.contact for row in good if row.contact is not None),
        removed=tuple(row.ref for row in good if row.contact is None and row.ref is not None),
        refused=refused,
        faults=tuple(_said(fault, language) for row in rows for fault in row.faults),
        telling=telling,
    )


def _find_doubled(rows: Iterable[_Row]) -> None:
    count = Counter(row.ref for row in rows)
    first: dict[str, int] = {}
    for row in rows:
        if row.ref is not None and count[row.ref] > 1:
            other = first.setdefault(row.ref, row.line.number)
            one = {"one_en": f"contact {row.ref}", "one_zh": f"联系人 {row.ref}"}
            row.faults.append(row.line.fault("ref", wrong("key_twice", row=other, **one)))


def _read(line: Line, language: BookLanguage, country: str | None) -> _Row:
    """Return what a row says; without a contact where the person is to be removed.

    Who is in the book without a language reads the book's.
    """
    row = _Row(line, list(line.faults))
    said = line.some(["action", "ref"], row.faults)
    goes = said.get("action") == REMOVE
    raw = {"language": language, **(GONE if goes else line.values(row.faults)), **said}
    raw.pop("action", None)
    for name in ("villages", "channels"):
        if raw.get(name) == (NOTHING,):
            raw[name] = ()
    if "phone" in raw:
        raw["phone"] = e164(str(raw["phone"]), country) or raw["phone"]
    try:
        contact = Contact.model_validate(nested(raw))
    except ValidationError as error:
        told = {fault.cell for fault in row.faults}  # an unread cell is not missing besides
        row.faults += [fault for fault in _refusals(line, error) if fault.cell not in told]
        is_known = all(fault["loc"][:1] != ("ref",) for fault in error.errors())
        row.ref = str(raw["ref"]) if is_known else None
        return row
    row.ref = contact.ref
    row.contact = None if goes else contact
    return row


def _refusals(line: Line, error: ValidationError) -> Iterator[CellFault]:
    for fault in error.errors(include_input=False, include_context=False, include_url=False):
        path = ".".join(p for p in fault["loc"] if isinstance(p, str)) or "channels"
        own = OF_FIELD.get(path, "refused") if fault["type"] == "value_error" else "refused"
        yield line.fault(path, wrong(KINDS.get(fault["type"], own), message=fault["msg"]))


def _said(fault: CellFault, language: BookLanguage) -> str:
    """Return a fault in words that quote nothing of its cell."""
    about = tuple((n, NOT_SHOWN if n in QUOTES else said) for n, said in fault.wrong.about)
    return replace(fault, wrong=replace(fault.wrong, about=about)).line(language)
