"""What a person says back of an order, and how far a place has come by it; pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Said(StrEnum):
    """What somebody in the village says of an order.

    `UNCLEAR` is an answer that may mean anything, or a key that was pressed before the whole text
    was heard: it shows that somebody is there, and answers nothing.
    """

    RECEIVED = "received"
    ON_SITE = "on_site"
    MOVED = "moved"
    COUNTED = "counted"
    HELP = "help"
    UNCLEAR = "unclear"


STAGES: Final = (Said.RECEIVED, Said.ON_SITE, Said.MOVED, Said.COUNTED)
"""How far a place has come, each stage in all those after it. Source: users.md 13."""
WHERE: Final = frozenset(STAGES[1:])
"""What tells where the person is who says it."""
DIGITS: Final = {"1": Said.RECEIVED, "2": Said.COUNTED, "9": Said.HELP}
"""Source: alerting.md 3.2 (C10); users.md, the sample texts."""
UNSPOKEN: Final = frozenset({"P", "S", "Z", "C", "M"})
"""Of Unicode's categories: what stands around a digit and says nothing."""


def read_reply(text: str) -> Said:
    """Return what an SMS or a key press says; anything but one of the digits is unclear.

    A digit counts alone, in any script: of a text with more in it, a person must ask.
    """
    plain = unicodedata.normalize("NFKC", text)
    left = [c for c in plain if unicodedata.category(c)[0] not in UNSPOKEN]
    if len(left) != 1 or not left[0].isdecimal():
        return Said.UNCLEAR
    return DIGITS.get(str(unicodedata.decimal(left[0])), Said.UNCLEAR)


def reached(said: Iterable[Said]) -> Said | None:
    """Return the furthest stage that a place has come to; None before anybody received the order.

    Whoever asks for help has received it.
    """
    stages = {Said.RECEIVED if each is Said.HELP else each for each in said}
    return next((stage for stage in reversed(STAGES) if stage in stages), None)


def has_reached(said: Iterable[Said], stage: Said) -> bool:
    """Tell whether a place has come to a stage or beyond it."""
    furthest = reached(said)
    return furthest is not None and STAGES.index(furthest) >= STAGES.index(stage)


def is_on_site(said: Iterable[Said]) -> bool:
    """Tell whether one person may still be in a place by what they said of it, oldest first.

    Who has moved with the first group may have gone back for the next; who has counted all has
    left. What is received says nothing of where somebody is.
    """
    told = [each for each in said if each in WHERE]
    return bool(told) and told[-1] is not Said.COUNTED


def of_each(said: Said, orders: int) -> tuple[Said, ...]:
    """Return what one word says of each of so many orders that it may be about.

    All of them were received; which of them all are counted in is another question.
    """
    counts_one_of_many = said is Said.COUNTED and orders > 1
    return (Said.RECEIVED, Said.UNCLEAR) if counts_one_of_many else (said,)
