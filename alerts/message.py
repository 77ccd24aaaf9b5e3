"""Write the text for one place or for the officers, in one language; a failure is never silence.

A villager's text says who speaks, what comes, where, one thing to do, by what o'clock, by which
way, what to stay off and how to answer: no colour, no jargon, no measured number. An officer's
text adds the evidence. Local time appears here and on pages only.

Source: alerting.md 3.2 (C1-C12); users.md 7 to 9 and 25.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from jinja2 import StrictUndefined
from jinja2 import Template as JinjaTemplate
from jinja2.sandbox import SandboxedEnvironment

from alerts.decide_by import NEVER_IN_TIME, arrive_by, leave_by
from alerts.order import Alone, LocalText, PlaceOrder
from alerts.plain_words import PLAIN_ASK
from alerts.plan.helped import is_helped
from alerts.spoken_time import DAWN_HOUR, spoken_time
from alerts.templates import Clock, Template, Templates
from alerts.tier import LEAVING, Action
from alerts.warning_config import WarningConfig
from pipeline.world import Mode

MAX_BODY = 6000
ROUND_MIN = 5
UNPRINTABLE = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
JOINERS = "\u200c\u200d"
"""Kept of the unprintable: what Persian and Indic scripts are written with."""
EMPTY_LINES = re.compile(r"\n{3,}")
REFUSED = (
    *("not a drill", "not an exercise", "pas un exercice"),
    *("这不是演练", "不是演练", "并非演练"),
)
"""Phrases that no text may hold but a live one (Hawaii 2018: the drill's script said so)."""


@dataclass(frozen=True, slots=True)
class Text:
    """What a person reads.

    Attributes
    ----------
    fault : why the template was not used and the plain text stands here; None as a rule
    """

    subject: str
    body: str
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Voice:
    """In whose name, how and in which language a text speaks.

    Attributes
    ----------
    aloud : to the ear, so that a time is said in words
    drilled : the village has just been in an exercise
    """

    mode: Mode
    templates: Templates
    config: WarningConfig
    aloud: bool = False
    drilled: bool = False

    @property
    def language(self) -> str:
        return self.templates.language

    def say(self, text: LocalText | None) -> str | None:
        """Return a text in this language, else in English, else in any."""
        return None if text is None else in_language(text, self.language)

    @property
    def mark(self) -> str | None:
        """The first and last word of every text; None where it needs none to be understood."""
        if self.mode is Mode.LIVE:
            return self.templates.real if self.drilled else None
        return self.templates.marks.get(self.mode)

    @property
    def source(self) -> str:
        """The authority that speaks."""
        return self.templates.source

    @property
    def contact(self) -> str:
        """Whom to answer or ask."""
        return self.templates.contact

    def clock(self, instant: datetime | None) -> str | None:
        """Return the local time of an instant as this language says it; None of None."""
        if instant is None:
            return None
        say = self._aloud if self.aloud else digits
        return clock(instant, self.config.zone, self.templates.clock, say)

    def _aloud(self, local: datetime) -> str:
        return spoken_time(local.hour, local.minute, self.language)

    def minute(self, instant: datetime | None) -> str | None:
        """Return local date and time, for officers; with its offset where it comes twice."""
        if instant is None:
            return None
        local = instant.astimezone(ZoneInfo(self.config.zone))
        return local.strftime("%Y-%m-%d %H:%M %z" if comes_twice(local) else "%Y-%m-%d %H:%M")


def in_language(text: Mapping[str, str], language: str) -> str | None:
    """Return the text in a language, else in its base, English or any: words beat silence."""
    for key in (language, language.split("-", maxsplit=1)[0], "*", "en"):
        if key in text:
            return text[key]
    return next(iter(text.values()), None)


def digits(local: datetime) -> str:
    """Return a local time as a page shows it, 24 h."""
    return local.strftime("%H:%M")


def clock(
    instant: datetime, zone: str, words: Clock, say: Callable[[datetime], str] = digits
) -> str:
    """Return the local time, 24 h, saying so after midnight and in an hour that comes twice.

    Parameters
    ----------
    say : how the hour and minute of a local time are put
    """
    local = instant.astimezone(ZoneInfo(zone))
    said = words.after_midnight if local.hour < DAWN_HOUR else words.plain
    said = said.format(time=say(local))
    if comes_twice(local):
        said = (words.second if local.fold else words.first).format(time=said)
    return said


def comes_twice(local: datetime) -> bool:
    """Tell whether the clocks show this local time twice, as when summer time ends."""
    return local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()


def villager(order: PlaceOrder, village: LocalText, voice: Voice, *, at: datetime) -> Text:
    """Return the text to one place.

    Parameters
    ----------
    at : UTC (flood time): when the order was made
    """
    templates = voice.templates
    planned = order.to is not None or order.action not in templates.without_plan
    template = (templates.villager if planned else templates.without_plan)[order.action]
    return _written(template, place_words(order, village, voice, at=at), voice)


def place_words(
    order: PlaceOrder, village: LocalText, voice: Voice, *, at: datetime
) -> dict[str, object]:
    """Return what a template about one place may say, by name; None where there is nothing to.

    Parameters
    ----------
    at : UTC (flood time): when the order was made
    """
    place = place_name(order, voice)
    return {
        "source": voice.source,
        "contact": voice.contact,
        "village": voice.say(village),
        "place": place,
        "Place": place[:1].upper() + place[1:],
        "helped": is_helped(order.place_id),
        "to": voice.say(order.to),
        "way": voice.say(order.way),
        "avoid": voice.say(order.avoid),
        "signal": voice.say(order.signal),
        "mark": voice.say(order.mark),
        "by": voice.clock(_by(order, at)),
        "at": voice.clock(at),
        "changed": _changed(order, voice),
        "alone": None if order.alone is None else _last_word(order.alone, voice),
        # who is under way must not be told to go on where no way leads any more
        "cut": order.decide_by == NEVER_IN_TIME,
        "action": voice.templates.words.action[order.action],
    }


def place_name(order: PlaceOrder, voice: Voice) -> str:
    """Return who or what an order is for, in this language."""
    place = voice.say(order.place) or ""
    return voice.templates.helped.format(place=place) if is_helped(order.place_id) else place


def _changed(order: PlaceOrder, voice: Voice) -> str | None:
    """Return what has changed since the order before; None where there is nothing to say of it."""
    said = voice.templates.changed
    if order.changed is None:
        leaves = order.was is Action.PREPARE and order.action in LEAVING
        return said.leave or None if leaves else None
    names = voice.templates.join.join(voice.say(name) or "" for name in order.changed)
    return said.closed.format(name=names) if names else said.opened


def _last_word(alone: Alone, voice: Voice) -> str:
    """Return at what people leave by themselves, and where to, for no more word may reach them."""
    words, mark = voice.templates.last_word, voice.say(alone.mark)
    signs = [] if mark is None else [words.mark.format(mark=mark)]
    signs += [words.bucket] if alone.bucket else []
    sign = words.either.join(signs) or words.water
    return words.said.format(sign=sign, to=voice.say(alone.to) or words.meeting)


def _by(order: PlaceOrder, at: datetime) -> datetime | None:
    """Return the clock time that the villager must keep; None where it is over or unknown.

    Rounded down to five minutes: a round time is remembered, and early is safe.
    """
    wanted = leave_by(order.decide_by) if order.action is Action.PREPARE else None
    if order.action is Action.MOVE and not order.decide_by.passed:
        wanted = arrive_by(order.decide_by)
    if wanted is None:
        return None
    rounded = wanted.replace(minute=wanted.minute - wanted.minute % ROUND_MIN, second=0)
    return rounded if rounded > at else None


def officer(facts: Mapping[str, object], voice: Voice) -> Text:
    """Return the officers' text; `facts` is what `alerts.officer_facts` gathers."""
    return _written(voice.templates.officer, dict(facts), voice)


def ask(facts: Mapping[str, object], voice: Voice) -> Text:
    """Return what an approver is asked; `facts` as of the officers' text."""
    return _written(voice.templates.ask or PLAIN_ASK, dict(facts), voice)


def notice(template: Template, facts: Mapping[str, object], voice: Voice) -> Text:
    """Return what officers are told of a silence; `facts` is what `alerts.notice_facts` gathers."""
    return _written(template, dict(facts), voice)


def call(template: Template, facts: Mapping[str, object], voice: Voice) -> Text:
    """Return what those are told who are called for want of an answer; see `alerts.call_text`."""
    return _written(template, dict(facts), voice)


def passage(source: str, words: Mapping[str, object], voice: Voice) -> Text:
    """Return one template filled, as the body of a text without a subject (CAP's elements)."""
    return _written(Template(subject="-", body=source), dict(words), voice)


def marked(text: Text, voice: Voice) -> Text:
    """Return a text with its mark, if any, first and last.

    Raises
    ------
    ValueError
        A text that is not live holds a phrase that says it is.
    """
    if voice.mode is not Mode.LIVE:
        refuse(f"{text.subject}\n{text.body}")
    return _bracketed(text, voice)


def refuse(said: str) -> None:
    """Let a text pass that is not live.

    Raises
    ------
    ValueError
        It holds a phrase that says it is.
    """
    squeezed = " ".join(said.casefold().split())
    for phrase in REFUSED:
        if phrase in squeezed:
            raise ValueError(f"refused phrase: {phrase}")


def _bracketed(text: Text, voice: Voice) -> Text:
    mark = voice.mark
    if mark is None:
        return text
    return Text(f"{mark} {text.subject} {mark}", f"{mark}\n{text.body}\n{mark}", text.fault)


def with_answer_link(body: str, line: str) -> str:
    """Return a body with the answer's line added, before the closing mark where there is one."""
    lines = body.split("\n")
    end = len(lines) - 1 if len(lines) > 1 and lines[0] == lines[-1] else len(lines)
    return "\n".join([*lines[:end], line, *lines[end:]])


def _written(template: Template, words: dict[str, object], voice: Voice) -> Text:
    """Fill a template; whatever goes wrong in it, plain words go out and the fault is named."""
    try:
        filled = Text(
            subject=one_line(fill(template.subject, words)),
            body=clean(fill(template.body, words))[:MAX_BODY],
        )
        if not filled.body:
            raise ValueError("the template gave no text")  # noqa: TRY301 - one boundary
        return marked(filled, voice)
    except Exception as error:  # noqa: BLE001 - a template may fail in any way; silence may not follow
        fault = f"{type(error).__name__}: {error}"
        return _bracketed(plain(words, fault=fault), voice)


def plain(words: Mapping[str, object], *, fault: str) -> Text:
    """Return the words themselves, one to a line, without any template."""
    names = ("source", "village", "place", "headline", "action", "to", "way", "by", "at")
    said = [one_line(str(words[name])) for name in names if words.get(name) is not None]
    said = [line for line in said if not _refused(line)]
    return Text(subject=one_line(": ".join(said[:3])), body="\n".join(said), fault=fault)


def _refused(line: str) -> bool:
    return any(phrase in line.casefold() for phrase in REFUSED)


def clean(text: str) -> str:
    """Return the text without control characters, doubled spaces or doubled empty lines."""
    told = text.replace("\r\n", "\n").replace("\t", " ").split("\n")
    lines = [" ".join(_printable(line).split()) for line in told]
    return EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()


def _printable(line: str) -> str:
    if line.isprintable():  # as nearly every line is, and asking letter by letter is slow
        return line
    return "".join(c for c in line if c in JOINERS or unicodedata.category(c) not in UNPRINTABLE)


def one_line(text: str) -> str:
    """Return the text as one line, as a subject must be."""
    return " ".join((text if text.isprintable() else clean(text)).split())


_SANDBOX = SandboxedEnvironment(
    undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
)


def fill(source: str, words: Mapping[str, object]) -> str:
    """Return one template filled, as it is; a name that it uses and nobody gave is an error."""
    return _compiled(source).render(words)


@lru_cache(maxsize=256)
def _compiled(source: str) -> JinjaTemplate:
    return _SANDBOX.from_string(source)
