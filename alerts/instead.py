"""What a person's deed says in a village instead of orders, as the log tells it."""

from __future__ import annotations

from alerts.episode import TierEpisode
from alerts.ledger import messages
from alerts.ledger.actions import Deed, Verb
from alerts.occasion import Release, Retraction
from alerts.warning_message import Audience
from pipeline.database import Connection
from pipeline.world import World

PLACES = "places:"


def subject_of(places: tuple[str, ...]) -> str:
    """Return places as a deed's subject writes them."""
    return PLACES + ",".join(places)


def places_of(deed: Deed) -> tuple[str, ...]:
    """Return the places that a deed's subject names."""
    named = (deed.subject or "").removeprefix(PLACES)
    return tuple(place for place in named.split(",") if place)


def instead_of(
    connection: Connection, world: World, deed: Deed, before: TierEpisode
) -> Release | Retraction | None:
    """Return what is said instead of orders; None where a deed gives orders, or none at all."""
    match deed.verb:
        case Verb.RELEASE | Verb.RELEASE_CONFIRM:
            return Release(places_of(deed))
        case Verb.RETRACT_CONFIRM:
            return Retraction(_told(connection, world, before))
        case _:
            return None


def _told(connection: Connection, world: World, before: TierEpisode) -> tuple[str, ...]:
    kept = messages.of_episodes(connection, world, (before.episode_id,))
    told = (
        ref
        for each in kept
        if each.message.audience is Audience.VILLAGER and each.message.revision <= before.revision
        for ref in each.message.recipients
    )
    return tuple(dict.fromkeys(told))


def reason_of(deed: Deed) -> str:
    """Return a deed's reason as officers read it, with what two persons overrode."""
    overrode = deed.override if deed.verb in {Verb.RELEASE, Verb.RELEASE_CONFIRM} else None
    return deed.reason if overrode is None else f"{deed.reason}; overridden: {overrode}"
