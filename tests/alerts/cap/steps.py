"""The steps of a village's story, at random: what bulletins say of it, and what persons do."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from alerts.tier import Tier
from pipeline.bulletin import DataState


@dataclass(frozen=True)
class Told:
    """A bulletin: how the level moves, what it sees, and how late it is taken up.

    Attributes
    ----------
    moves : levels up or down from the last; None is down to none
    missed : cycles before it that brought no bulletin
    waits_min : from its cutoff to its turn, so that a person's deed may come between
    queued : it waits for the next one, and both are taken up at once
    """

    moves: int | None = 0
    state: DataState = DataState.COMPLETE
    lead_min: int | None = None
    official: int = 0
    missed: int = 0
    waits_min: int = 1
    left_out: bool = False
    again: bool = False
    queued: bool = False


@dataclass(frozen=True)
class Deed:
    """What a person does, so many seconds after what was before.

    Attributes
    ----------
    which : of the plan's places, routes, crossings or shelters; more than there are begin anew
    """

    verb: str
    after_s: int = 600
    tier: Tier = Tier.NONE
    overrides: bool = False
    which: int = 0


def _calm(count: int, state: DataState = DataState.COMPLETE) -> list[Told | Deed]:
    return [Told(None), *(Told(0, state) for _ in range(count))]


def bulletins() -> st.SearchStrategy[Told]:
    """Draw one bulletin; most rise, most are complete."""
    return st.builds(
        Told,
        moves=st.sampled_from([1, 1, 1, 2, 2, 0, 0, -1, None]),
        state=st.sampled_from([DataState.COMPLETE, DataState.COMPLETE, *DataState]),
        lead_min=st.none() | st.integers(-120, 900),
        official=st.sampled_from([0, 0, 0, 3, 4]),
        missed=st.sampled_from([0, 0, 0, 1, 3]),
        waits_min=st.sampled_from([0, 1, 4, 30, 90]),
        left_out=st.sampled_from([False] * 9 + [True]),
        again=st.sampled_from([False] * 5 + [True]),
        queued=st.sampled_from([False] * 4 + [True]),
    )


def deeds() -> st.SearchStrategy[Deed]:
    """Draw one person's deed, or one that two agreed to."""
    return st.builds(
        Deed,
        verb=st.sampled_from(
            ["order", "order", "lower", "release", "retract", "close", "close", "reopen"]
        ),
        after_s=st.sampled_from([0, 1, 59, 600, 3600]),
        tier=st.sampled_from(Tier),
        overrides=st.booleans(),
        which=st.integers(0, 7),
    )


def _ebb(count: int) -> list[Told | Deed]:
    return [Told(-1), *(Told(0) for _ in range(count))]


HOME: list[Told | Deed] = [
    Deed("lower", tier=Tier.NONE, overrides=True),
    *(Deed("release") for _ in range(6)),
]
"""Two persons lower a village whatever holds it, and its places go home one by one."""


def steps() -> st.SearchStrategy[list[Told | Deed]]:
    """Draw a story's steps: a rise or an order, then more of all, ebbs, long calms, ways home."""
    one = st.one_of(bulletins(), bulletins(), deeds()).map(lambda step: [step])
    calm = st.builds(_calm, st.integers(1, 8), st.sampled_from([DataState.COMPLETE, *DataState]))
    begun = st.builds(Told, st.integers(2, 4), lead_min=st.none() | st.integers(-120, 900))
    ordered = st.builds(Deed, st.just("order"), tier=st.sampled_from([Tier.YELLOW, Tier.RED]))
    first = st.one_of(begun, begun, ordered, bulletins()).map(lambda step: [step])
    ebb = st.builds(_ebb, st.integers(2, 8))
    more = st.lists(st.one_of(*[one] * 4, calm, ebb, st.just(HOME)), min_size=5, max_size=14)
    return st.builds(lambda head, rest: [s for part in (head, *rest) for s in part], first, more)
