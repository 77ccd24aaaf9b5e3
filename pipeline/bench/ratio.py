"""Two ways of doing the same work, timed by turns: how many times faster one is than the other."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Self

Work = Callable[[], object]
MILLISECONDS = 1000.0


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times longer the peer took, pair by pair of one run.

    Attributes
    ----------
    median, least, most : of the pairs, the warm-up left out
    ours_ms, peer_ms : medians; of this machine at this hour, so they are not to be quoted
    pairs : how many were timed
    """

    median: float
    least: float
    most: float
    ours_ms: float
    peer_ms: float
    pairs: int

    @classmethod
    def of(cls, pairs: Iterable[tuple[float, float]]) -> Self:
        """Return the ratio of pairs of seconds: ours, the peer's."""
        ours, peer = zip(*pairs, strict=True)
        each = [theirs / mine for mine, theirs in zip(ours, peer, strict=True)]
        return cls(
            median=median(each),
            least=min(each),
            most=max(each),
            ours_ms=median(ours) * MILLISECONDS,
            peer_ms=median(peer) * MILLISECONDS,
            pairs=len(each),
        )


def by_turns(works: Iterable[tuple[Work, Work]], *, warm_up: int = 1) -> Ratio:
    """Time pairs of works, ours first in every other pair, and leave the first pairs out."""
    timed = [_pair(ours, peer, ours_first=turn % 2 == 0) for turn, (ours, peer) in enumerate(works)]
    return Ratio.of(timed[warm_up:])


def _pair(ours: Work, peer: Work, *, ours_first: bool) -> tuple[float, float]:
    first, second = _timed(ours, peer) if ours_first else _timed(peer, ours)
    return (first, second) if ours_first else (second, first)


def _timed(*works: Work) -> list[float]:
    """Return the seconds of each work; neither pays for what the other left behind."""
    gc.collect()
    marks = [time.perf_counter()]
    for work in works:
        work()
        marks.append(time.perf_counter())
    return [after - before for before, after in pairwise(marks)]
