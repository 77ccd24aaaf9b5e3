"""What a person's deed says in a village instead of orders, as the log tells it."""

from __future__ import annotations

from alerts.episode import TierEpisode
from alerts.ledger import messages
from alerts.ledger.actions import Deed, Verb
from alerts.occasion import Release, Retraction
from alerts.warning_message import Audience, WarningMessage
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
            places, told = places_of(deed), _told(connection, world, before)
            return Release(places, {place: _of(told, place) for place in places})
        case Verb.RETRACT_CONFIRM:
            told = _told(connection, world, before)
            return Retraction(_of(told), in_village=bool(told))
        case _:
            return None


def _told(connection: Connection, world: World, before: TierEpisode) -> tuple[WarningMessage, ...]:
    kept = messages.of_episodes(connection, world, (before.episode_id,))
    return tuple(
        each.message
        for each in kept
        if each.message.audience is Audience.VILLAGER and each.message.revision <= before.revision
    )


def _of(told: tuple[WarningMessage, ...], place_id: str | None = None) -> tuple[str, ...]:
    """Return to whom messages went, each person once: those about one place, or all of them."""
    refs = (ref for m in told if place_id in {None, m.place_id} for ref in m.recipients)
    return tuple(dict.fromkeys(refs))


def reason_of(deed: Deed) -> str:
    """Return a deed's reason as officers read it, with what two persons overrode."""
    overrode = deed.override if deed.verb in {Verb.RELEASE, Verb.RELEASE_CONFIRM} else None
    return deed.reason if overrode is None else f"{deed.reason}; overridden: {overrode}"
