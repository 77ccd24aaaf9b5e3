"""What the watch says, in a person's language; pure. The words are data (`words.toml`)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import resources
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, TypeAdapter

from alerts.watchdog.alarm import Alarm, Kind
from alerts.watchdog.memory import Letter

FALLBACK = "en"


class _Sayings(BaseModel):
    """What is said of one kind of alarm."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str
    todo: str


class _Words(BaseModel):
    """All that is said in one language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    letter: str
    exercise: str
    since: str
    new: str
    again: str
    over: str
    runbook: str
    kinds: dict[Kind, _Sayings]


WORDS = TypeAdapter(dict[str, _Words]).validate_python(
    tomllib.loads(resources.files("alerts.watchdog").joinpath("words.toml").read_text("utf-8"))
)


@dataclass(frozen=True, slots=True)
class Reader:
    """In which language, of which site and in which zone a text is written."""

    language: str
    site: str
    zone: ZoneInfo
    is_exercise: bool = False

    @property
    def words(self) -> _Words:
        """The words of the language, or plain English."""
        return WORDS.get(self.language.partition("-")[0], WORDS[FALLBACK])


def headline(alarm: Alarm, reader: Reader) -> str:
    """Return what is wrong, in one line."""
    what = reader.words.kinds[alarm.kind].what.format(about=alarm.about, number=alarm.number)
    return f"{what} [{alarm.kind}]"


def todo(alarm: Alarm, reader: Reader) -> str:
    """Return what a person should do about it."""
    return reader.words.kinds[alarm.kind].todo


def subject(letter: Letter, reader: Reader) -> str:
    """Return a letter's subject, which says how many of each there are."""
    words = reader.words
    line = words.letter.format(
        site=reader.site, new=len(letter.new), again=len(letter.again), over=len(letter.over)
    )
    return (words.exercise if reader.is_exercise else "") + line


def body(letter: Letter, reader: Reader) -> str:
    """Return a letter's text: one digest of all that is to be told."""
    words = reader.words
    parts = ((words.new, letter.new), (words.again, letter.again), (words.over, letter.over))
    lines = [subject(letter, reader), ""]
    for title, alarms in parts:
        lines += _part(title, alarms, reader)
    return "\n".join((*lines, words.runbook, ""))


def short(letter: Letter, reader: Reader) -> str:
    """Return a letter for a telephone: how many there are, and the gravest of them."""
    told = (*letter.new, *letter.again, *letter.over)
    return f"{subject(letter, reader)}. {headline(told[0], reader)}"


def _part(title: str, alarms: Iterable[Alarm], reader: Reader) -> Iterator[str]:
    for alarm in alarms:
        since = alarm.since.astimezone(reader.zone).strftime("%Y-%m-%d %H:%M")
        yield f"{title}: {headline(alarm, reader)}"
        yield f"  {reader.words.since.format(since=since)}{todo(alarm, reader)}"
        yield ""
