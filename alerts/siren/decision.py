"""Whether a command makes a siren sound: never twice, never too late, never a lesser one; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from alerts.siren.command import Act, Command, Did


@dataclass(frozen=True, slots=True)
class Heard:
    """What was newest of one mode: its sequence, and every command of it that made a sound."""

    sequence: int
    ids: frozenset[str]


NOTHING: Final = Heard(-1, frozenset())
AHEAD: Final = timedelta(minutes=10)
"""By which a decision's own minute may be ahead of the siren's clock."""


@dataclass(frozen=True, slots=True)
class State:
    """What a siren remembers, and whether it takes part in exercises.

    Attributes
    ----------
    heard : by mode, for an exercise must not make a live order an older one
    """

    exercises: bool = False
    heard: Mapping[str, Heard] = field(default_factory=dict)

    def after(self, command: Command) -> State:
        """Return what it remembers once a command has been let through."""
        before = self.heard.get(command.mode, NOTHING)
        same = before.ids if before.sequence == command.sequence else frozenset[str]()
        now = Heard(command.sequence, same | {command.id})
        return replace(self, heard={**self.heard, command.mode: now})


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
    sounds before the first alone.

    Parameters
    ----------
    now : by the siren's own clock
    """
    heard = state.heard.get(command.mode, NOTHING)
    if heard.sequence > (now + AHEAD).timestamp() * 1000:
        # whoever told it had a clock that ran ahead: it must not silence all that comes after
        heard = replace(heard, sequence=NOTHING.sequence)
    if command.mode == "exercise" and not state.exercises:
        return Ignore(Did.NO_EXERCISES)
    if command.id in heard.ids:
        return Ignore(Did.REPLAYED)
    if command.sequence < heard.sequence:
        return Ignore(Did.OLDER)
    if now >= command.expires:
        return Ignore(Did.EXPIRED)
    tone = command.action is Act.SOUND and command.sequence > heard.sequence
    return Sound(tone, command.title, command.text, command.language)
