"""How persons move an episode: one raises; two lower, release or retract; no one lowers alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from alerts.episode import (
    Change,
    Step,
    TierEpisode,
    calm_for_the_hold,
    fallen,
    hold_min,
    opened,
    put_at,
)
from alerts.errors import Refused
from alerts.tier import Tier
from alerts.warning_config import WarningConfig
from pipeline.world import World


def order_by_person(
    episode: TierEpisode | None, village_id: str, tier: Tier, *, world: World, slot: datetime
) -> Step:
    """Raise a village to `tier` by one person's order, or keep what is higher; never lower.

    No clock and no bulletin lowers it below `tier` afterwards. The tier that stands, ordered once
    more, is said once more: whoever was not reached is told anew.

    Parameters
    ----------
    slot : the minute of the order (flood time); it takes no bulletin's place

    Raises
    ------
    Refused
        The tier asked for is none: that is a lowering, and takes two.
    """
    if tier is Tier.NONE:
        raise Refused("an order names a tier; to lower one is another command, by two persons")
    if episode is None or episode.closed is not None:
        fresh = opened(episode, village_id, tier, world=world, slot=slot)
        return Step(replace(fresh, by_hand=tier), Change.OPENED, "ordered by a person")
    kept = replace(episode, by_hand=max(tier, episode.by_hand), revision=episode.revision + 1)
    if tier <= episode.tier:
        reason = f"ordered by a person; {episode.tier.colour} already"
        return Step(kept, Change.HELD, reason, again=tier is episode.tier)
    return Step(put_at(kept, tier, slot=slot), Change.RAISED, "ordered by a person")


def rise_by_report(
    episode: TierEpisode | None, village_id: str, tier: Tier, *, world: World, slot: datetime
) -> Step:
    """Raise a village to `tier` for what one person saw; where it stands there already, nothing.

    It is evidence and no order: what it raised falls as what a bulletin raised does.

    Parameters
    ----------
    slot : the minute of the report (flood time); it takes no bulletin's place
    """
    stands = episode is not None and episode.closed is None
    if tier is Tier.NONE or (stands and episode is not None and tier <= episode.tier):
        return Step(episode, Change.NONE, "reported; it asks for nothing more")
    if episode is None or not stands:
        fresh = opened(episode, village_id, tier, world=world, slot=slot)
        return Step(fresh, Change.OPENED, "reported by a person")
    seen = replace(episode, revision=episode.revision + 1)
    return Step(put_at(seen, tier, slot=slot), Change.RAISED, "reported by a person")


def restate(episode: TierEpisode, reason: str) -> Step:
    """Say an open episode's orders once more, for something beside the flood has changed."""
    return Step(replace(episode, revision=episode.revision + 1), Change.HELD, reason, again=True)


def lower_by_person(
    episode: TierEpisode,
    tier: Tier,
    *,
    by: tuple[str, str],
    slot: datetime,
    rules: WarningConfig,
    override: str | None = None,
) -> Step:
    """Lower an open episode by two persons.

    Parameters
    ----------
    by : roster references of who asked and who agreed
    slot : the minute of the second person's word (flood time)
    override : the reason why both let it fall although a rule would hold it

    Raises
    ------
    Refused
        It is one person twice, the tier is not lower, or a rule holds it and nobody overrides.
    """
    if by[0] == by[1]:
        raise Refused("no one lowers alone: a second person must agree")
    if episode.closed is not None or tier >= episode.tier:
        raise Refused(f"the tier is {episode.tier.colour}; {tier.colour} is not lower")
    if tier < lowest_now(episode, slot=slot, rules=rules) and not override:
        held = episode.guard or (
            f"not calm on complete data and under no official red for {hold_min(episode, rules)} "
            "minutes"
        )
        raise Refused(f"{held}; state a reason to override it")
    lowered = replace(episode, by_hand=Tier.NONE, revision=episode.revision + 1)
    why = "lowered by two persons" + (f", overriding the hold: {override}" if override else "")
    return fallen(put_at(lowered, tier, slot=slot), why)


def lowest_now(episode: TierEpisode, *, slot: datetime, rules: WarningConfig) -> Tier:
    """Return the lowest tier to which two persons may lower without overriding a rule."""
    heard = episode.last_slot is not None and slot - episode.last_slot <= 2 * rules.interval
    calm = heard and episode.guard is None and calm_for_the_hold(episode, rules)
    if episode.closed is not None or not calm:
        return episode.tier
    return min(episode.calm_peak, episode.tier)


def release(episode: TierEpisode, places: tuple[str, ...], *, slot: datetime) -> Step:
    """Let the people of places that were told to move go home; the last of them ends the episode.

    Parameters
    ----------
    places : ids; each must be away from home
    slot : the minute of the last person's word (flood time)

    Raises
    ------
    Refused
        Some place is not away from home, or people are still told to prepare or to move.
    """
    if episode.closed is not None or episode.tier >= Tier.ORANGE:
        raise Refused(f"the tier is {episode.tier.colour}: lower it before anyone goes home")
    at_home = [place for place in places if place not in episode.sheltered]
    if at_home or not places:
        away = ", ".join(episode.sheltered) or "nobody"
        raise Refused(f"not away from home: {', '.join(at_home) or 'none named'}; away: {away}")
    left = tuple(place for place in episode.sheltered if place not in places)
    over = not left and episode.tier is Tier.NONE
    after = replace(
        episode,
        revision=episode.revision + 1,
        sheltered=left,
        tier_since=slot,
        closed=slot if over else None,
    )
    return Step(after, Change.CLOSED if over else Change.HELD, f"released: {', '.join(places)}")


def retract(episode: TierEpisode, *, by: tuple[str, str], slot: datetime) -> Step:
    """Take back an order that was sent in error, and end the episode; by two persons.

    Raises
    ------
    Refused
        It is one person twice, or nothing stands.
    """
    if by[0] == by[1]:
        raise Refused("no one retracts alone: a second person must agree")
    if episode.closed is not None:
        raise Refused("nothing stands that could be retracted")
    wrong = replace(episode, by_hand=Tier.NONE, sheltered=(), revision=episode.revision + 1)
    ended = put_at(wrong, Tier.NONE, slot=slot)
    return Step(ended, Change.CLOSED, "retracted by two persons: sent in error")
