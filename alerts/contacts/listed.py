"""What a workbook or a file says of people: who can be taken in, who goes, what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from alerts.roster import Contact, ContactFault, file_of, of_rows
from alerts.toml_lines import line_of

Telling = Callable[[str, str, str], str]
"""Says in one line what is wrong with a person, by reference, field and reason."""


def _in_words(ref: str, of: str, why: str) -> str:
    return str(ContactFault(why, None, ref, of))


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list says of people, in its order.

    Attributes
    ----------
    contacts : who can be taken in, each once
    removed : references of those whom it says to remove
    refused : references of those of whom nothing is taken in
    faults : what is wrong, each in a line with its place; no value stands in it
    telling : says where the list has what is found wrong later
    """

    contacts: tuple[Contact, ...] = ()
    removed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    telling: Telling = field(default=_in_words, compare=False)


def read_file(path: Path) -> Listed:
    """Read the people of a file as ``contacts.toml`` is; it removes nobody, and sirens stay there.

    Raises
    ------
    RosterError
        It is absent, open to others, or no list of contacts at all.
    """
    rows, text = file_of(path)
    contacts, faults = of_rows(rows, text)
    contacts = tuple(contact for contact in contacts if contact.siren is None)
    refused = tuple(dict.fromkeys(fault.ref for fault in faults if fault.ref is not None))
    numbers = {raw.get("ref"): n for n, raw in enumerate(rows) if isinstance(raw, dict)}

    def telling(ref: str, of: str, why: str) -> str:
        return str(ContactFault(why, line_of(text, ("contacts", numbers[ref], of)), ref, of))

    kept = tuple(contact for contact in contacts if contact.ref not in refused)
    return Listed(kept, (), refused, tuple(map(str, faults)), telling)
