"""What a channel carries: how long a text may be, in which alphabet, and what it must not hold.

The numbers are data (`channel_limits.toml`). Source: users.md 9 and 10; alerting.md 3.2 C8, C9.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from enum import StrEnum
from functools import cached_property, lru_cache
from importlib import resources
from math import ceil
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Kind = TypeVar("Kind")
Positive = Annotated[int, Field(gt=0)]
ANY = "other"
"""Of what differs by language, the entry for those that are not named."""


class Alphabet(StrEnum):
    """What an SMS is written in: 7 bits a letter where the GSM alphabet has them all, else 16."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SmsLimit(_Frozen):
    """What one alphabet leaves room for, in its own units.

    Attributes
    ----------
    single : units of one message by itself; part : of each part of a longer one
    wanted_parts : more is a warning; max_parts : more is not sent
    """

    single: Positive
    part: Positive
    wanted_parts: Positive
    max_parts: Positive


class Rate(_Frozen):
    """How fast a language is spoken to a frightened person; spaces are no characters."""

    unit: Literal["characters", "words"]
    per_second: Annotated[float, Field(gt=0)]

    def seconds(self, text: str) -> float:
        """Return how long a text takes to say."""
        words = text.split()
        spoken = len(words) if self.unit == "words" else sum(map(len, words))
        return spoken / self.per_second


class VoiceLimit(_Frozen):
    """A call: seconds of one pass, and the rates of the languages."""

    max_seconds: Positive
    rates: dict[str, Rate]


class Gsm7(_Frozen):
    """The GSM alphabet: its own letters, those that take two places, and what stands for others."""

    basic: str
    extension: str
    instead: dict[str, str]

    @cached_property
    def letters(self) -> frozenset[str]:
        return frozenset(self.basic + self.extension)

    @cached_property
    def table(self) -> dict[int, str]:
        return str.maketrans(self.instead)


class Limits(_Frozen):
    """``channel_limits.toml``, by form.

    Attributes
    ----------
    variable : characters of one name put into a text registered with a provider; by language
    signature : how an SMS names who sends it; by language
    line : characters of a text that is one line, by what it is
    forbidden : patterns that no text to a village may match, by what each is
    """

    sms: dict[Alphabet, SmsLimit]
    variable: dict[str, Positive]
    signature: dict[str, str]
    voice: VoiceLimit
    line: dict[str, Positive]
    forbidden: dict[str, str]
    gsm7: Gsm7

    @cached_property
    def patterns(self) -> dict[str, re.Pattern[str]]:
        return {what: re.compile(pattern) for what, pattern in self.forbidden.items()}

    @cached_property
    def any_forbidden(self) -> re.Pattern[str]:
        return re.compile("|".join(f"(?:{pattern})" for pattern in self.forbidden.values()))


class Size(_Frozen):
    """How long an SMS is: its alphabet, its units in that, and the parts that it is sent in."""

    alphabet: Alphabet
    units: int
    parts: int


@lru_cache(maxsize=1)
def limits() -> Limits:
    """Return the limits that the package brings along, read once."""
    text = resources.files("alerts").joinpath("channel_limits.toml").read_text("utf-8")
    return Limits.model_validate(tomllib.loads(text))


def alphabet(text: str) -> Alphabet:
    """Return the alphabet that a text needs."""
    return Alphabet.GSM7 if limits().gsm7.letters.issuperset(text) else Alphabet.UCS2


def size(text: str) -> Size:
    """Return how long a text is as an SMS."""
    used = alphabet(text)
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    if used is Alphabet.GSM7:
        units = len(text) + sum(map(text.count, limits().gsm7.extension))
    limit = limits().sms[used]
    parts = 1 if units <= limit.single else ceil(units / limit.part)
    return Size.model_construct(alphabet=used, units=units, parts=parts)


def in_gsm7(text: str) -> str:
    """Return the text without the accents that the GSM alphabet lacks, where that is all it lacks.

    One circumflex makes three parts of one: "côtés" is read as well as "cotés".
    """
    gsm7 = limits().gsm7
    if gsm7.letters.issuperset(text):
        return text
    plain = "".join(map(_without_accent, text.translate(gsm7.table)))
    return plain if gsm7.letters.issuperset(plain) else text


def _without_accent(letter: str) -> str:
    if letter in limits().gsm7.letters:
        return letter
    return unicodedata.normalize("NFD", letter)[0]


def seconds(text: str, language: str) -> float:
    """Return how long one pass of a text takes to say in a language."""
    return _of(limits().voice.rates, language).seconds(text)


def signature(source: str, language: str) -> str:
    """Return how an SMS names who sends it, in a language."""
    return _of(limits().signature, language).format(source=source)


def variable_max(language: str) -> int | None:
    """Return the most characters of a name that a provider puts into a text; None: any number."""
    return limits().variable.get(language.split("-", maxsplit=1)[0])


def _of(named: dict[str, Kind], language: str) -> Kind:
    return named.get(language.split("-", maxsplit=1)[0], named[ANY])


def forbidden(text: str) -> list[str]:
    """Return what a text holds that no channel takes, by name."""
    return [what for what, pattern in limits().patterns.items() if pattern.search(text)]


def sendable(text: str) -> str:
    """Return a text without what no channel takes: what is left is sent, the rest refused it."""
    before = None
    while before != text:  # what closes up around a gap may be another one
        before, text = text, limits().any_forbidden.sub(" ", text)
    return text
