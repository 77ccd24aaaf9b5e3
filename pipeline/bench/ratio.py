"""Two ways of doing the same work, timed by turns: how many times faster one is than the other."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple, Self

from pipeline.errors import PipelineError

Work = Callable[[], object]
Pair = tuple[float, float]
"""Seconds of the one and of the other."""

MILLISECONDS = 1000.0


class Differs(PipelineError):
    """The two sides did not answer alike, so that their times say nothing."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times longer the peer took, pair by pair of one run.

    Attributes
    ----------
    median, least, most : of the pairs, the warm-up left out
    ours_ms, peer_ms : medians; of this machine at this hour, so they are not to be quoted
    pairs : how many were timed
    first_ours_ms, first_peer_ms : of the warm-up
    """

    median: float
    least: float
    most: float
    ours_ms: float
    peer_ms: float
    pairs: int
    first_ours_ms: float
    first_peer_ms: float

    def reaches(self, reach: float | None) -> bool:
        """Whether half of the pairs were at least so many times faster; None asks for nothing."""
        return reach is None or self.median >= reach

    @classmethod
    def of(cls, first: Pair, pairs: Iterable[Pair]) -> Self:
        """Return the ratio of pairs of seconds, ours and the peer's; the first only warms up."""
        ours, peer = zip(*pairs, strict=True)
        each = [theirs / mine for mine, theirs in zip(ours, peer, strict=True)]
        return cls(
            median=median(each),
            least=min(each),
            most=max(each),
            ours_ms=median(ours) * MILLISECONDS,
            peer_ms=median(peer) * MILLISECONDS,
            pairs=len(each),
            first_ours_ms=first[0] * MILLISECONDS,
            first_peer_ms=first[1] * MILLISECONDS,
        )


class Measured(NamedTuple):
    """One line.

    Attributes
    ----------
    reach : how many times faster than the peer it must be; None = it is told, and need not be
    """

    work: str
    peer: str
    reach: float | None
    ratio: Ratio

    @property
    def reached(self) -> bool:
        """Whether it was as many times faster as it must be, in half of the pairs."""
        return self.ratio.reaches(self.reach)


def by_turns(works: Iterable[tuple[Work, Work]], *, repeatable: bool = False) -> Ratio:
    """Time pairs of works, ours first in every other pair; the first pair warms up.

    Parameters
    ----------
    repeatable : each work is done once before it is timed, so that it finds the memory of its own
        kind and not what the other gave back, which the kernel has yet to clear
    """
    # What is there already is no garbage of theirs, and need not be searched at each turn.
    gc.freeze()
    try:
        first, *timed = (
            _pair(ours, peer, ours_first=turn % 2 == 0, repeatable=repeatable)
            for turn, (ours, peer) in enumerate(works)
        )
    finally:
        gc.unfreeze()
    return Ratio.of(first, timed)


def _pair(ours: Work, peer: Work, *, ours_first: bool, repeatable: bool) -> Pair:
    turn = (ours, peer) if ours_first else (peer, ours)
    first, second = (_timed(work, repeatable=repeatable) for work in turn)
    return (first, second) if ours_first else (second, first)


def _timed(work: Work, *, repeatable: bool) -> float:
    """Return the seconds of a work; it does not pay for what another left behind."""
    if repeatable:
        work()
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
