"""How far a long work is, told to whoever shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Progress = Callable[[int, int], None]
"""Called with what is done and what there is in all."""
Item = TypeVar("Item")


def followed(items: Sequence[Item], progress: Progress | None) -> Iterator[Item]:
    """Yield the items, telling of each when it is done with."""
    for number, item in enumerate(items, start=1):
        yield item
        if progress is not None:
            progress(number, len(items))
