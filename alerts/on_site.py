"""Whoever is on site in a village that turns red is told to leave with its people.

Plans name those who live or work in a place. A neighbour's patrol, an officer or somebody who stood
in for one of the plan's people is there by their own word alone, and no order names them.

Source: anchors.md 4 (17).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from alerts.contact import Contact
from alerts.ledger.on_site import OnSite, on_site
from alerts.roster import Roster
from alerts.tier import LEAVING, Tier
from alerts.warning_message import Audience, WarningMessage
from pipeline.database import Connection
from pipeline.world import World

Refs = tuple[str, ...]


def leaving_too(
    connection: Connection, world: World, episode_id: str, messages: Iterable[WarningMessage]
) -> Mapping[str, Refs]:
    """Return of each place that is told to leave at red who said that they are on site there."""
    places = {
        message.place_id
        for message in messages
        if message.audience is Audience.VILLAGER
        and message.tier is Tier.RED
        and message.action in LEAVING
    }
    return by_place(places, on_site(connection, world, episode_id)) if places else {}


def by_place(places: Collection[str], there: Iterable[OnSite]) -> dict[str, Refs]:
    """Return whom the order to each place concerns of those who are on site.

    Who is in none of these places hears of all: in the whole village, as at yellow, or in a place
    that an edit took out of the plan. One text too many is better than none.
    """
    found: dict[str, Refs] = {}
    for each in there:
        for place in {each.place_id} if each.place_id in places else places:
            found[place] = tuple(dict.fromkeys((*found.get(place, ()), each.contact_ref)))
    return found


def leaving(roster: Roster, people: Iterable[Contact], there: Iterable[str]) -> tuple[Contact, ...]:
    """Return an order's people and who is on site besides, each once.

    Nobody stands in for a person on site, whoever is away by the roster.
    """
    found = (contact for ref in there if (contact := roster.contact(ref)) is not None)
    return tuple(dict.fromkeys((*people, *(c for c in found if c.siren is None))))


def cannot_be_told(roster: Roster, there: Iterable[str]) -> list[str]:
    """Return in words who is on site and has no way to be told."""
    found = ((ref, roster.contact(ref)) for ref in there)
    return [
        f"on site and cannot be told: {ref}"
        for ref, contact in found
        if contact is None or not contact.channels
    ]
