"""Whether a command makes a siren sound: never twice, never too late, never a lesser one; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from alerts.siren.command import Act, Command, Did

ALL_PLACES: Final = ""
"""The place of a text that speaks of all of them."""

Subject = tuple[str, str]
"""A mode and a place: what a newer text makes older ones of."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was newest of one mode and place.

    Attributes
    ----------
    ids : of every command of that sequence that made a sound
    toned : the newest sequence of which a text asked for the tone, and so came with it or after it
    """

    sequence: int
    ids: frozenset[str]
    toned: int = -1


NOTHING: Final = Heard(-1, frozenset())
AHEAD: Final = timedelta(minutes=10)
"""By which a decision's own minute may be ahead of the siren's clock."""


@dataclass(frozen=True, slots=True)
class State:
    """What a siren remembers, and whether it takes part in exercises.

    Attributes
    ----------
    heard : by mode, for an exercise must not make a live order an older one; and by place, for an
        order that came by a longer way is still the newest of its own place
    """

    exercises: bool = False
    heard: Mapping[Subject, Heard] = field(default_factory=dict)

    def after(self, command: Command) -> State:
        """Return what it remembers once a command has been let through."""
        subject = command.mode, command.place
        before = self.heard.get(subject, NOTHING)
        same = before.ids if before.sequence == command.sequence else frozenset[str]()
        toned = command.sequence if command.action is Act.SOUND else before.toned
        now = Heard(command.sequence, same | {command.id}, toned)
        return replace(self, heard={**self.heard, subject: now})

    def of_mode(self, mode: str, newest: int) -> dict[str, Heard]:
        """Return what was heard of a mode, by place; a sequence above `newest` tells of nothing.

        Whoever told it had a clock that ran ahead: it must not silence all that comes after.
        """
        return {
            place: Heard(
                heard.sequence if heard.sequence <= newest else NOTHING.sequence,
                heard.ids,
                heard.toned if heard.toned <= newest else NOTHING.toned,
            )
            for (of, place), heard in self.heard.items()
            if of == mode
        }


@dataclass(frozen=True, slots=True)
class Sound:
    """What is to be heard: the tone, unless it only speaks, and a text."""

    tone: bool
    title: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Ignore:
    """Nothing is to be heard."""

    why: Did


def decide(command: Command, state: State, now: datetime) -> Sound | Ignore:
    """Return what a siren makes heard of a command that was signed with its key.

    The texts of one decision, a zone each, come with one sequence: all are spoken, and the tone
    sounds before the first that asks for it alone. A text is older than a newer one of its own
    place, and than one of the whole village; what speaks of the whole village, than any.

    Parameters
    ----------
    now : by the siren's own clock
    """
    heard = state.of_mode(command.mode, int((now + AHEAD).timestamp() * 1000))
    of_the_same = {command.place, ALL_PLACES} if command.place else heard.keys()
    if command.mode == "exercise" and not state.exercises:
        return Ignore(Did.NO_EXERCISES)
    if any(command.id in each.ids for each in heard.values()):
        return Ignore(Did.REPLAYED)
    if any(command.sequence < heard[place].sequence for place in of_the_same & heard.keys()):
        return Ignore(Did.OLDER)
    if now >= command.expires:
        return Ignore(Did.EXPIRED)
    newest_tone = max((each.toned for each in heard.values()), default=NOTHING.toned)
    tone = command.action is Act.SOUND and command.sequence > newest_tone
    return Sound(tone, command.title, command.text, command.language)
