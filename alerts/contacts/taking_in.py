"""Who of a list of people can stand beside those who are there, each whole: a pure judgement.

What the roster would do with two entries of one person at night, by leaving one or its right out,
is told here, and keeps that person as they were.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from alerts.roster import Contact, beside

Wrongs = tuple[tuple[str, str], ...]
"""(field, why) of each thing that is wrong with a person."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What becomes of each person of a list, in its order.

    Attributes
    ----------
    added, changed : whom to keep, as they are to be
    removed : references of those who are there and go
    refused : what is wrong with each of the others, by reference
    """

    added: tuple[Contact, ...] = ()
    changed: tuple[Contact, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    refused: Mapping[str, Wrongs] = field(default_factory=dict)


def settle(
    current: Iterable[Contact], listed: Collection[Contact], removed: Collection[str]
) -> Settled:
    """Settle who is added, changed, removed and refused.

    Parameters
    ----------
    current : who is in the roster
    listed : each person once
    removed : references of those whom the list says to remove
    """
    before = {contact.ref: contact for contact in current}
    refused: dict[str, Wrongs] = {}
    while True:
        asked = [contact for contact in listed if contact.ref not in refused]
        named = {contact.ref for contact in asked}
        staying = [c for ref, c in before.items() if ref not in named and ref not in removed]
        new = _refused_of(staying, asked)
        if not new:
            break
        refused |= new
    return Settled(
        added=tuple(c for c in asked if c.ref not in before),
        changed=tuple(c for c in asked if c.ref in before and before[c.ref] != c),
        unchanged=tuple(c.ref for c in asked if before.get(c.ref) == c),
        removed=tuple(ref for ref in removed if ref in before),
        refused=refused,
    )


def _refused_of(staying: Iterable[Contact], asked: Iterable[Contact]) -> dict[str, Wrongs]:
    """Return whom those before them leave no room; who then stays as they were is not yet known."""
    kept = list(staying)
    refused: dict[str, Wrongs] = {}
    for contact in asked:
        _, wrong = beside(kept, contact)
        if wrong:
            refused[contact.ref] = tuple(wrong)
        else:
            kept.append(contact)
    return refused
