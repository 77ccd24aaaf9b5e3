"""The episode of one village: tiers with memory. Rise at once, fall slowly, never fall blind.

The science's level may flap; what people were told may not. A tier rises with the first level
above it, by any number of steps. Blue and yellow fall after a hold of calm slots on complete
data and under no official red; orange and red, and what a person ordered, fall only by two persons.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from alerts.tier import Tier, above, tier_for
from alerts.warning_config import WarningConfig
from pipeline import instants
from pipeline.bulletin import DataState, RiskLevel, VillageRisk, canonical
from pipeline.world import World

HIGHEST_BY_CLOCK = Tier.YELLOW
SECOND = timedelta(seconds=1)
PRESSED = "the clock: one cycle later the way would take longer than the water"


class Change(StrEnum):
    """What one bulletin, or one person, did to an episode."""

    OPENED = "opened"
    RAISED = "raised"
    HELD = "held"
    LOWERED = "lowered"
    CLOSED = "closed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class TierEpisode:
    """What one village was told, from its first tier to the fall to none.

    Attributes
    ----------
    opened, tier_since : slots, UTC (flood time in an exercise)
    by_hand : the tier that a person ordered; the clock never lowers below it
    calm_since, calm_slots : the first of the unbroken slots with complete data, a level below
        the tier and no official red in force, and how many there were
    calm_peak : the highest tier that those slots' levels asked for
    revision : counts the states of this episode; 1 at its opening
    last_slot : the newest bulletin taken; an older one, or the same again, changes nothing.
        None where a person opened it and no bulletin has spoken since
    guard : what spoke against a fall at the newest bulletin, other than the count of calm slots
    calm_min : minutes of calm that the newest bulletin asked for
    sheltered : ids of the places that were told to move and are not released; while there are any
        the episode stays open
    closed : the slot at which the tier reached none, and nobody was away from home any more
    last_word : the village was told what it does if no further word reaches it
    """

    episode_id: str
    village_id: str
    tier: Tier
    peak: Tier
    opened: datetime
    tier_since: datetime
    by_hand: Tier
    calm_since: datetime | None
    calm_slots: int
    calm_peak: Tier
    revision: int
    last_slot: datetime | None
    closed: datetime | None
    guard: str | None = None
    calm_min: int = 0
    sheltered: tuple[str, ...] = ()
    last_word: bool = False

    @property
    def moved(self) -> datetime:
        """The newest bulletin's slot or person's minute that this state took in."""
        return max(self.tier_since, self.last_slot or self.opened)

    def to_bytes(self) -> bytes:
        """Return the state's one canonical form (JSON)."""
        said = asdict(self)
        if not self.last_word:  # so that an older state keeps its bytes
            del said["last_word"]
        return canonical(said)

    @property
    def sha256(self) -> str:
        """The content hash that messages carry of the state before them."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Return the state that `to_bytes` wrote."""
        raw = json.loads(content)
        for name in ("tier", "peak", "by_hand", "calm_peak"):
            raw[name] = Tier(raw[name])
        for name in ("opened", "tier_since", "calm_since", "last_slot", "closed"):
            raw[name] = None if raw[name] is None else instants.parse(raw[name])
        raw["sheltered"] = tuple(raw.get("sheltered", ()))
        return cls(**raw)


def _no_guard() -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Word:
    """What one bulletin says of a village.

    Attributes
    ----------
    pressed : the plan's clock leaves no time to wait for a higher level (`orders.pressing`): it
        asks for the next tier
    calm_min : minutes that this village must have been calm, where they are more than the rules'
    guard : tells why no tier may fall now although the level is low, None where nothing speaks
        against it; asked only of a village that has something to fall from
    """

    slot: datetime
    risk: VillageRisk
    pressed: bool = False
    calm_min: int = 0
    guard: Callable[[], str | None] = _no_guard


@dataclass(frozen=True, slots=True)
class Step:
    """One move of an episode.

    Attributes
    ----------
    episode : the state after; None where the village has none and needs none
    reason : why, in words for the officer and the log
    again : the standing order is said once more: a person gave it once more, or new evidence ended
        a refusal that held it back
    """

    episode: TierEpisode | None
    change: Change
    reason: str
    again: bool = False


def episode_id(world: World, village_id: str, opened: datetime) -> str:
    """Return the identity of the episode that opened at that slot."""
    parts = (world.site, world.mode, world.world_id, village_id, instants.text(opened))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def advance(episode: TierEpisode | None, word: Word, *, world: World, rules: WarningConfig) -> Step:
    """Take one bulletin's word on the village and return the episode after it.

    Parameters
    ----------
    episode : the newest state, closed or not; None where the village never had one
    word : of a slot; one that is not newer than the last taken changes nothing
    rules : the hold and the cycle's interval

    Source: DESIGN section 7, Decide-by and Falling; law 6.
    """
    risk, slot = word.risk, word.slot
    if episode is not None and episode.last_slot is not None and slot <= episode.last_slot:
        return Step(episode, Change.NONE, "this slot was taken before")
    level = tier_for(risk.level)
    asked = above(level) if word.pressed else level
    why = PRESSED if word.pressed else _rose(asked)
    if episode is None or episode.closed is not None:
        if asked is Tier.NONE:
            return Step(episode, Change.NONE, "calm, or blind from the start: no tier")
        fresh = opened(episode, risk.village_id, asked, world=world, slot=slot)
        return Step(replace(fresh, last_slot=slot), Change.OPENED, why)
    seen = _count_calm(episode, word, asked, rules.interval)
    if asked > seen.tier:
        return Step(put_at(seen, asked, slot=slot), Change.RAISED, why)
    return _fall_by_clock(seen, risk, slot=slot, rules=rules)


def advance_through(
    episode: TierEpisode | None,
    told: Iterable[Word],
    *,
    world: World,
    rules: WarningConfig,
) -> tuple[Step, ...]:
    """Take several bulletins' words, oldest first; return each one's step."""
    steps = []
    for word in told:
        step = advance(episode, word, world=world, rules=rules)
        episode = step.episode
        steps.append(step)
    return tuple(steps)


def in_all(before: TierEpisode | None, last: Step) -> Step:
    """Return what steps from `before` to `last` come to, as people who heard none of them see it.

    Of one step, what it is.
    """
    after, was = last.episode, _standing(before)
    if after is None or _standing(after) == was:
        return replace(last, change=Change.NONE if after in {before, None} else Change.HELD)
    if after.tier < was:
        fell = Change.LOWERED if after.closed is None else Change.CLOSED
        return replace(last, change=fell)
    same = before is not None and before.episode_id == after.episode_id
    return replace(last, change=Change.RAISED if same else Change.OPENED)


def said_again(step: Step) -> Step:
    """Return a step that says once more what stands, where it says nothing of its own."""
    return replace(step, again=True) if step.change is Change.HELD else step


def _fall_by_clock(
    episode: TierEpisode, risk: VillageRisk, *, slot: datetime, rules: WarningConfig
) -> Step:
    if (doubt := _doubt(risk) or episode.guard) is not None:
        return Step(episode, Change.HELD, f"held: {doubt}")
    if not calm_for_the_hold(episode, rules):
        return Step(episode, Change.HELD, "held: not calm for long enough")
    if episode.tier > HIGHEST_BY_CLOCK:
        return Step(episode, Change.HELD, f"held: {episode.tier.colour} falls only by two persons")
    target = max(episode.calm_peak, episode.by_hand)
    if target >= episode.tier:
        return Step(episode, Change.HELD, "held: ordered by a person")
    why = f"calm for {hold_min(episode, rules)} minutes on complete data"
    return fallen(put_at(episode, target, slot=slot), why)


def calm_for_the_hold(episode: TierEpisode, rules: WarningConfig) -> bool:
    """Tell whether the calm has lasted; what else a fall must wait for becomes one more line."""
    if episode.calm_since is None or episode.last_slot is None:
        return False
    calm = episode.last_slot - episode.calm_since
    long_enough = calm >= timedelta(minutes=hold_min(episode, rules))
    return long_enough and episode.calm_slots >= rules.clear_cycles


def hold_min(episode: TierEpisode, rules: WarningConfig) -> int:
    """Return the minutes that it must have been calm."""
    return max(rules.hold_minutes, episode.calm_min)


def _doubt(risk: VillageRisk) -> str | None:
    """Return why a low level is no calm: what is not seen, or what another authority warns of.

    Source: DESIGN law 1; users.md 2, an official red blocks an all-clear while in force.
    """
    if risk.data_state is not DataState.COMPLETE:
        return f"the data are {risk.data_state}"
    return "an official red warning is in force" if risk.official is RiskLevel.RED else None


def _count_calm(episode: TierEpisode, word: Word, asked: Tier, interval: timedelta) -> TierEpisode:
    """Return the next revision, its calm slots counted; a gap or any doubt starts them anew."""
    risk, slot = word.risk, word.slot
    seen = replace(
        episode,
        revision=episode.revision + 1,
        last_slot=slot,
        guard=word.guard(),
        calm_min=word.calm_min,
    )
    if _doubt(risk) is not None or asked >= episode.tier:
        return replace(seen, calm_since=None, calm_slots=0, calm_peak=Tier.NONE)
    gap = episode.last_slot is None or slot - episode.last_slot > interval
    if episode.calm_since is None or gap:
        return replace(seen, calm_since=slot, calm_slots=1, calm_peak=asked)
    return replace(seen, calm_slots=episode.calm_slots + 1, calm_peak=max(episode.calm_peak, asked))


def opened(
    past: TierEpisode | None, village_id: str, tier: Tier, *, world: World, slot: datetime
) -> TierEpisode:
    """Return a new episode; its opening slot, so its identity, is no earlier episode's."""
    first = slot if past is None or slot > past.opened else past.opened + SECOND
    return TierEpisode(
        episode_id=episode_id(world, village_id, first),
        village_id=village_id,
        tier=tier,
        peak=tier,
        opened=first,
        tier_since=slot,
        by_hand=Tier.NONE,
        calm_since=None,
        calm_slots=0,
        calm_peak=Tier.NONE,
        revision=1,
        last_slot=None if past is None else past.last_slot,
        closed=None,
    )


def put_at(episode: TierEpisode, tier: Tier, *, slot: datetime) -> TierEpisode:
    """Return the episode at a tier, its calm counted anew; at none it ends if all are at home."""
    return replace(
        episode,
        tier=tier,
        peak=max(episode.peak, tier),
        tier_since=slot,
        calm_since=None,
        calm_slots=0,
        calm_peak=Tier.NONE,
        closed=slot if tier is Tier.NONE and not episode.sheltered else None,
    )


def fallen(episode: TierEpisode, reason: str) -> Step:
    """Return the step to a state whose tier is lower: the episode's end, or not yet."""
    change = Change.CLOSED if episode.closed is not None else Change.LOWERED
    return Step(episode, change, reason)


def _standing(episode: TierEpisode | None) -> Tier:
    return Tier.NONE if episode is None or episode.closed is not None else episode.tier


def _rose(tier: Tier) -> str:
    return f"the level rose to {tier.colour}"
