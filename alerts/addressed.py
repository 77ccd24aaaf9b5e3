"""Whom a text is for, as the roster has them now: people, and sirens, which are none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

from alerts.roster import Contact, Roster
from alerts.sounding import calls
from alerts.tier import Tier
from alerts.warning_config import WarningConfig
from alerts.warning_message import Audience, WarningMessage
from pipeline.world import Mode

Told = TypeVar("Told")


class Addressed(Protocol):
    """What of a message says for whom it is."""

    @property
    def recipients(self) -> tuple[str, ...]:
        """Roster references of who is told by name."""

    @property
    def roles(self) -> tuple[str, ...]:
        """Roster roles of who is told besides."""

    @property
    def village_id(self) -> str:
        """The village that it speaks of."""

    @property
    def audience(self) -> Audience:
        """Whom it is written for."""


def people_of(roster: Roster, config: WarningConfig, message: Addressed) -> tuple[Contact, ...]:
    """Return whom a message is for."""
    found = roster.named(message.recipients, message.roles, message.village_id)
    if found or message.audience is Audience.OFFICER:
        return found
    return villagers(roster, config, (), message.village_id)


def villagers(
    roster: Roster, config: WarningConfig, refs: Iterable[str], village_id: str
) -> tuple[Contact, ...]:
    """Return whom an order is for; where the roster knows none of them, the village's roles."""
    in_general = config.roles.villagers
    return roster.named(refs, (), village_id) or roster.named((), in_general, village_id)


def sirens_of(
    roster: Roster, mode: Mode, message: WarningMessage, *, peak: Tier
) -> tuple[Contact, ...]:
    """Return the sirens that say a text aloud; of an exercise those that are marked for it."""
    in_exercise = mode is Mode.EXERCISE
    return tuple(
        c
        for c in roster.of_village(message.village_id)
        if c.siren is not None
        and (c.exercise or not in_exercise)
        and calls(c.siren, message, peak=peak)
    )


def for_reader(by_language: Mapping[str, Told], wanted: str, site: Iterable[str]) -> Told:
    """Return what is written in a person's language, else in one of the site's."""
    for language in (wanted, wanted.partition("-")[0], *site):
        if language in by_language:
            return by_language[language]
    return next(iter(by_language.values()))
