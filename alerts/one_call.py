"""Several texts to one person in one call: each said once, then all of them once more; pure.

Who has many places, or many villages, is rung once, with a list: a number may be called only so
often, and the last of five calls would come when the water is there.

Source: users.md 10.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

MOST_IN_A_CALL: Final = 5
"""Nobody listens longer, and nobody keeps more."""
SENTENCE: Final = re.compile(r".+?(?:[。！？]|[.!?](?=\s|$)|$)\s*", re.DOTALL)
PASSES: Final = 2


@dataclass(frozen=True, slots=True)
class _Call:
    """What a call says, as `alerts.forms` writes it: both passes, each between its marks."""

    mark: str | None
    inner: str
    again: str | None


def in_one_call(bodies: Sequence[str]) -> str:
    """Return one call that says what several do.

    What all begin with, as who speaks, is said first alone; what all end with, as which key to
    press, last alone: else it would be pressed before the rest is heard.
    """
    if len(bodies) == 1:
        return bodies[0]
    calls = [_read(body) for body in bodies]
    inner = _without_repeats([call.inner for call in calls])
    first = calls[0]
    once = [line for line in (first.mark, *inner, first.mark) if line]
    return "\n".join([*once, *([first.again] if first.again else []), *once])


def _read(body: str) -> _Call:
    lines = body.split("\n")
    if len(lines) > PASSES * 2:  # mark, text, mark, again, mark, text, mark without the inner marks
        return _Call(lines[0], lines[1], lines[3] if len(lines) % 2 == 0 else None)
    return _Call(None, lines[0], lines[1] if len(lines) == PASSES + 1 else None)


def _without_repeats(texts: Sequence[str]) -> list[str]:
    split = [SENTENCE.findall(text) for text in texts]
    least = min(map(len, split)) - 1
    head = _shared([s[:least] for s in split])
    tail = _shared([s[::-1][: max(0, least - head)] for s in split])
    last = len(split) - 1
    kept = [
        s[(head if n else 0) : (len(s) if n == last else len(s) - tail)]
        for n, s in enumerate(split)
    ]
    return ["".join(sentences).strip() for sentences in kept]


def _shared(split: Sequence[Sequence[str]]) -> int:
    """Return how many sentences all begin with."""
    pairs = zip(*split, strict=False)
    return len(list(takewhile(lambda each: len({s.strip() for s in each}) == 1, pairs)))
