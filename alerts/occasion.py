"""Why a village is told something: a bulletin or a person's deed, and the episode around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from alerts.cap import Reference
from alerts.episode import Step, TierEpisode
from alerts.plan.ways import OPEN, Closures
from pipeline.bulletin import Evidence, RiskBulletin
from pipeline.world import World


@dataclass(frozen=True, slots=True)
class ByHand:
    """What a person did: ordered, reported, lowered, or judged an order that waits.

    Attributes
    ----------
    action_id : of the ledger's row
    by : roster references; two where a tier was lowered
    """

    action_id: str
    by: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Release:
    """Places whose people may go home, by id; `told` are those to whom an order of each went."""

    places: tuple[str, ...]
    told: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Retraction:
    """An order that was sent in error.

    Attributes
    ----------
    told : the roster references to whom it went; none where it went by role alone
    in_village : something was said in the village; of blue, and at a river point, nothing ever is
    """

    told: tuple[str, ...]
    in_village: bool


@dataclass(frozen=True, slots=True)
class Occasion:
    """All that one village's messages rest on, configuration apart.

    Attributes
    ----------
    bulletin : the newest that moved the episode; of a person's order, the newest there is, if any
    at : UTC (flood time) at which people are told: the bulletin's cutoff, the minute of the
        person's order or, where the bulletin was taken up late, that later minute
    before : the episode's state before the step, that is before the first of several bulletins
    earlier : this episode's CAP alerts so far, as issued, oldest first
    closures : what is reported closed when people are told
    instead : what is said in the village instead of orders
    seen : what a person at the water reported, that no bulletin knows yet
    held : minutes for which an approver's "no" holds back what is said
    closures_before : what was, where that alone has changed; only the places whose order is
        another one by it are told
    last_word : no further word may reach the village; only who waits for word is told
    drilled : the village has just been in an exercise, so that a live text says that it is real
    """

    world: World
    village_id: str
    bulletin: RiskBulletin | None
    at: datetime
    before: TierEpisode | None
    step: Step
    by_hand: ByHand | None = None
    earlier: tuple[Reference, ...] = ()
    closures: Closures = OPEN
    closures_before: Closures | None = None
    instead: Release | Retraction | None = None
    seen: Evidence | None = None
    held: int | None = None
    drilled: bool = False
    last_word: bool = False

    @property
    def restates(self) -> bool:
        """Whether what stands is said anew for something beside the flood.

        Nobody is asked to approve it once more.
        """
        return self.last_word or self.closures_before is not None

    @property
    def known_at(self) -> datetime:
        """The minute up to which readings, or a person, speak; `at` where nobody was late."""
        if self.by_hand is not None or self.bulletin is None:
            return self.at
        return self.bulletin.cutoff
