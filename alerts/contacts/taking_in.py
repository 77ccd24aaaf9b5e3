"""Who of a list of people can stand beside those who are there, each whole: a pure judgement.

What the roster would do with two entries of one person at night, by leaving one or its right out,
is told here, and keeps that person as they were.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

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
    brought : who stood in the file until now, to keep before the others: it is read no more
    """

    added: tuple[Contact, ...] = ()
    changed: tuple[Contact, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    refused: Mapping[str, Wrongs] = field(default_factory=dict)
    brought: tuple[Contact, ...] = ()

    @property
    def to_keep(self) -> tuple[Contact, ...]:
        """Each person to write down once, as they are to be."""
        people = (*self.brought, *self.added, *self.changed)
        return tuple({contact.ref: contact for contact in people}.values())


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


def settle_first(
    in_file: Collection[Contact], listed: Collection[Contact], removed: Collection[str]
) -> Settled:
    """Settle the first list of all, by which the people of the file come along."""
    settled = settle(in_file, listed, removed)
    is_taken = settled.to_keep or settled.unchanged or settled.removed
    return replace(settled, brought=tuple(in_file)) if is_taken else settled


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
