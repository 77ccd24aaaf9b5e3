"""The approved words of one language: templates of texts and the words for codes, kept by hash."""

from __future__ import annotations

import hashlib
from enum import Enum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerts.episode import Change
from alerts.tier import Action, Tier
from pipeline.bulletin import (
    Confidence,
    DataState,
    Indicator,
    Sighting,
    Signal,
    StationEventKind,
)
from pipeline.world import Mode

Line = Annotated[str, Field(min_length=1, max_length=400)]
Page = Annotated[str, Field(min_length=1, max_length=8000)]

OVER = "{{ village }}, {{ township }}: no flash flood message is in force as of {{ at }}."
"""What the end of an alert says where templates have no word of their own."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Template(_Frozen):
    """One text, in Jinja2; the subject is one line."""

    subject: Line
    body: Page


class Saying(_Frozen):
    """One text of a form that has no subject: the line of an SMS, or one pass of a call.

    What every text of its form begins and ends with (signature, mark) is put around it.
    """

    text: Page


class Clock(_Frozen):
    """How an hour is said; ``{time}`` is the local time, 24 hours.

    Attributes
    ----------
    after_midnight : from 00:00 to before 05:00
    first, second : the two passes of the hour that a clock change repeats
    """

    plain: Line
    after_midnight: Line
    first: Line
    second: Line


class Changed(_Frozen):
    """What an order's first line says has changed since the order before it.

    Attributes
    ----------
    closed : ``{name}`` is what has closed; opened : where something has opened again
    leave : to those who were told to get ready, and now leave
    """

    closed: Line = "The way has changed: {name} cannot be used."
    opened: Line = "The way has changed."
    leave: Annotated[str, Field(max_length=200)] = ""


class LastWord(_Frozen):
    """What those who wait for word read where no further word may reach them.

    Attributes
    ----------
    said : ``{sign}`` is at what they leave by themselves, ``{to}`` where to
    mark : the sign of ``{mark}``, the plan's mark of the water; bucket : of the village's rain
        bucket; water : where the plan has neither
    either : between two signs
    meeting : where to go where the plan names no shelter
    """

    said: Annotated[str, Field(max_length=400, pattern=r"\{sign\}.*\{to\}|\{to\}.*\{sign\}")] = (
        "The network may fail. If {sign}, go to {to} at once, without word from us."
    )
    mark: Annotated[str, Field(max_length=100, pattern=r"^[^{}]*\{mark\}[^{}]*$")] = (
        "the water stands {mark}"
    )
    bucket: Line = "the rain bucket is at its line"
    water: Line = "the water comes near the houses"
    either: Annotated[str, Field(min_length=1, max_length=8)] = " or "
    meeting: Line = "where your village has agreed to meet"


class Notices(_Frozen):
    """What officers get where a feed, or every station of a township, falls silent and is back."""

    silent: Template
    heard: Template


class Cap(_Frozen):
    """The texts of a CAP info block in this language.

    Attributes
    ----------
    ended, over : headline and description of the end
    """

    event: Annotated[str, Field(min_length=1, max_length=35)]
    headline: Line
    description: Page
    instruction: Page
    ended: Line
    over: Page = OVER
    note: Line


class Words(_Frozen):
    """The word for every code that an officer's text may show; what was seen may lack its own."""

    tier: dict[str, Line]
    action: dict[str, Line]
    change: dict[str, Line]
    signal: dict[str, Line]
    indicator: dict[str, Line]
    data_state: dict[str, Line]
    confidence: dict[str, Line]
    basis: dict[str, Line]
    event: dict[str, Line]
    saw: dict[str, Line] = {}

    @model_validator(mode="before")
    @classmethod
    def _add_later_codes(cls, raw: Any) -> Any:  # noqa: ANN401 - raw TOML
        """Fill in what templates that were kept before a code existed cannot know."""
        if not isinstance(raw, dict):
            return raw
        return {
            name: LATER.get(name, {}) | words if isinstance(words, dict) else words
            for name, words in raw.items()
        }

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for name, codes in CODES.items():
            missing = [code for code in codes if code not in getattr(self, name)]
            if missing:
                raise ValueError(f"words.{name} has no word for {', '.join(missing)}")
        return self


def _names(codes: type[Enum]) -> tuple[str, ...]:
    return tuple(str(code.value) for code in codes)


CODES = {
    "tier": tuple(tier.colour for tier in Tier),
    "action": _names(Action),
    "change": _names(Change),
    "signal": _names(Signal),
    "indicator": _names(Indicator),
    "data_state": _names(DataState),
    "confidence": _names(Confidence),
    "event": _names(StationEventKind),
    "basis": ("computed", "empirical", "county_default", "rule"),
}
LATER = {"action": {"retract": "sent in error"}}
SPOKEN = (Action.STAND_BY, Action.PREPARE, Action.MOVE, Action.REFUGE, Action.STAND_DOWN)
SPOKEN_LATER = (Action.RETURN, Action.RETRACT)
"""Asked for by `lint` alone: older templates are still read, and plain words stand in for these."""
FORMS_LATER = ("signature", "sms", "voice", "again", "notice", "ask", "call")
"""Fields that the first templates did not have."""
SAW = {
    Sighting.CALM: "the water is calm",
    Sighting.RISING: "the water is rising",
    Sighting.AT_BRIDGE: "water at the bridge",
    Sighting.OVER: "water over the road or the bridge",
    Sighting.IN_HOUSES: "water in the houses",
    Sighting.DEBRIS: "mud and stones coming down",
}
"""Said where templates have no word of their own."""
HELPED = "those who need help in {place}"
"""Said where templates have no word of their own."""
REAL = "REAL, NOT AN EXERCISE"
LATER_WORDS = {"helped": HELPED, "real": REAL}
WITHOUT_PLAN = (Action.PREPARE, Action.MOVE)


class Templates(_Frozen):
    """``messages/<lang>.toml``.

    Attributes
    ----------
    source : who speaks: the full name of an authority known in the village
    contact : whom to answer
    helped : how those of a place are called who do not get away alone
    join : between the names of a list
    marks : first and last word of every text of a mode that is not live
    real : the same of a live text to a village that has just been in an exercise
    villager : by action, for a place of a plan
    without_plan : by action, for a village as a whole
    officer : what the duty officers get at any change
    signature : how an SMS begins, as registered with the provider; None: the source
    sms : by action, what fits on a telephone's screen; without one, plain words are sent
    voice : by action, what a call says; without one, plain words are said
    again : said before a call's text is said the second time
    notice : of a silence; without it, plain words are sent
    ask : whether an order that waits should go, to an approver; without it, plain words are sent
    call : that an order is unanswered, to whom the ladder calls; without it, plain words are sent
    """

    language: str
    source: Line
    contact: Line
    marks: dict[Mode, Line]
    real: Line = REAL
    villager: dict[Action, Template]
    without_plan: dict[Action, Template]
    officer: Template
    cap: Cap
    clock: Clock
    changed: Changed = Changed()
    last_word: LastWord = LastWord()
    helped: Annotated[str, Field(max_length=100, pattern=r"^[^{}]*\{place\}[^{}]*$")] = HELPED
    join: Annotated[str, Field(min_length=1, max_length=8)] = ", "
    signature: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    sms: dict[Action, Saying] = {}
    voice: dict[Action, Saying] = {}
    again: Line | None = None
    notice: Notices | None = None
    ask: Template | None = None
    call: Template | None = None
    words: Words

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for name, wanted in (("villager", SPOKEN), ("without_plan", WITHOUT_PLAN)):
            missing = [action for action in wanted if action not in getattr(self, name)]
            if missing:
                raise ValueError(f"no [{name}.{missing[0]}]")
        missing_marks = [mode for mode in (Mode.EXERCISE, Mode.REPLAY) if mode not in self.marks]
        if missing_marks:
            raise ValueError(f"no mark for the mode {missing_marks[0]}")
        if Mode.LIVE in self.marks:
            raise ValueError("a live text bears no mark")
        return self

    def to_bytes(self) -> bytes:
        """Return the one canonical form, kept by its hash.

        Templates that were kept before a form existed keep their hash.
        """
        absent: dict[str, bool | dict[str, bool]] = {
            name: True for name in FORMS_LATER if not getattr(self, name)
        }
        absent |= {name: True for name, said in LATER_WORDS.items() if getattr(self, name) == said}
        if self.cap.over == OVER:
            absent["cap"] = {"over": True}
        if not self.changed.leave:
            absent["changed"] = {"leave": True}
        if self.last_word == LastWord():
            absent["last_word"] = True
        if not self.words.saw:
            absent["words"] = {"saw": True}
        return self.model_dump_json(exclude=absent).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Return the templates that `to_bytes` wrote."""
        return cls.model_validate_json(content)

    @property
    def sha256(self) -> str:
        """The content hash that messages carry."""
        return hashlib.sha256(self.to_bytes()).hexdigest()
