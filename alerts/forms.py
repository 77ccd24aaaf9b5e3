"""The same order as a mail, as an SMS and as a call; pure, so that what is stored is what is sent.

An SMS is one line that fits: who speaks, what comes, where, one thing to do, by what o'clock,
which way, what to stay off, how to answer by a digit. A call says its text twice, its times in
words. Neither names a colour, a link or a telephone number. A template that fails gives plain
words and names its fault: never silence.

Source: users.md 7 to 10 and 25; alerting.md 3.2 (C1 to C10).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from alerts.limits import in_gsm7, limits, sendable, signature, size
from alerts.message import Text, Voice, clean, fill, one_line, place_words, plain, refuse, villager
from alerts.order import LocalText, PlaceOrder
from alerts.templates import Saying
from alerts.tier import Action
from pipeline.world import Mode

BRACKETS: Final = str.maketrans("【】〖〗", "()()")
"""Of an SMS only the signature stands in them; a second pair is a second sender."""
EDGES: Final = re.compile(r"^\W+|\W+$")
CUT: Final = 8
"""Characters by which a text that cannot be sent is shortened at a time."""


class Form(StrEnum):
    """In which form a text is made."""

    MAIL = "mail"
    SMS = "sms"
    VOICE = "voice"


SPEECH: Final = (Form.SMS, Form.VOICE)
"""The forms that a telephone brings, in which a text has no subject."""


def render(
    order: PlaceOrder,
    village: LocalText,
    voice: Voice,
    *,
    at: datetime,
    form: Form,
    replies: bool = True,
) -> Text:
    """Return the text to one place in one form; that of an SMS or a call has no subject.

    Parameters
    ----------
    at : UTC (flood time): when the order was made
    replies : whether an SMS can be answered; otherwise the text says to answer by telephone
    """
    if form is Form.MAIL:
        return villager(order, village, voice, at=at)
    words = form_words(order, village, voice, at=at, form=form, replies=replies)
    return finished(order.action, words, voice, form)


def spoken_in(voice: Voice) -> list[Form]:
    """Return the forms for a telephone that a site's templates have."""
    return [form for form in SPEECH if getattr(voice.templates, form)]


def headline(text: Text, voice: Voice, form: Form) -> Text:
    """Return what a telephone brings of a text to officers: its subject, framed as that form is."""
    mark, said = voice.mark, text.subject
    if mark is not None:
        said = said.removeprefix(mark).removesuffix(mark)
    return around(one_line(sendable(said)).translate(BRACKETS), voice, form)


def spoken(text: Text, voice: Voice) -> dict[str, str]:
    """Return what a telephone brings of a text to officers, by the name of each form there is."""
    return {form.value: headline(text, voice, form).body for form in spoken_in(voice)}


def form_words(
    order: PlaceOrder,
    village: LocalText,
    voice: Voice,
    *,
    at: datetime,
    form: Form,
    replies: bool = True,
) -> dict[str, object]:
    """Return what the template of a form may say; a call's times are said in words."""
    speaker = replace(voice, aloud=form is Form.VOICE)
    words = place_words(order, village, speaker, at=at)
    said = {
        name: one_line(value).translate(BRACKETS) if isinstance(value, str) else value
        for name, value in words.items()
    }
    return said | {"replies": replies}


def finished(action: Action, words: Mapping[str, object], voice: Voice, form: Form) -> Text:
    """Return the text that a form's template and words give, with all that stands around it."""
    inner, fault = written(action, words, voice, form)
    return around(inner, voice, form, fault)


def written(
    action: Action, words: Mapping[str, object], voice: Voice, form: Form
) -> tuple[str, str | None]:
    """Return what a form says, and None; or the bare words, and why its template was not used."""
    try:
        inner = _core(action, words, voice, form)
        if voice.mode is not Mode.LIVE:
            refuse(inner)
    except Exception as error:  # noqa: BLE001 - a template may fail in any way; silence may not follow
        fault = f"{type(error).__name__}: {error}"
        return _bare(words, voice, form, fault), fault
    return inner, None


def _core(action: Action, words: Mapping[str, object], voice: Voice, form: Form) -> str:
    """Return a form's template filled, as one line without mark or signature."""
    texts: dict[Action, Saying] = getattr(voice.templates, form)
    if action not in texts:
        raise LookupError(f"no [{form}.{action}]")
    said = one_line(sendable(fill(texts[action].text, words)))
    if not said:
        raise ValueError("the template gave no text")
    if said.translate(BRACKETS) != said:
        raise ValueError("the template holds brackets that are the signature's")
    return said


def _bare(words: Mapping[str, object], voice: Voice, form: Form, fault: str) -> str:
    """Return the words themselves: of two times the one to keep, of an SMS no second sender."""
    left_out = {"source"} if form is Form.SMS else set()
    left_out |= {"at"} if words.get("by") is not None else set()
    kept = {name: value for name, value in words.items() if name not in left_out}
    said = plain(kept, fault=fault).body.split("\n")
    return one_line(sendable(voice.templates.join.join(said)))


def around(inner: str, voice: Voice, form: Form, fault: str | None = None) -> Text:
    """Return what `written` gave with the mark, and the signature or the second pass."""
    if form is Form.VOICE:
        return Text("", _call(inner, voice), fault)
    return _fitted(inner, voice, fault)


def bare_mark(voice: Voice) -> str | None:
    """Return the mark as a word, without brackets; None where there is none."""
    mark = voice.mark
    return None if mark is None else EDGES.sub("", mark)


def _call(inner: str, voice: Voice) -> str:
    """Return both passes, a line each, with the mark before and after each of them."""
    mark, again = bare_mark(voice), voice.templates.again
    lines = (mark, inner, mark, again, inner, mark)
    return clean("\n".join(line for line in lines if line))


def one_pass(inner: str, voice: Voice) -> str:
    """Return what a call says before it says it again."""
    mark = bare_mark(voice)
    return inner if mark is None else f"{mark} {inner} {mark}"


def _fitted(inner: str, voice: Voice, fault: str | None) -> Text:
    """Return an SMS; what is longer than is ever sent loses its end: a refused one is silence."""
    body = _message(inner, voice)
    while _too_long(body) and len(inner) > CUT:
        inner = inner[:-CUT].rstrip()
        body = _message(inner, voice)
        fault = fault or "ValueError: longer than an SMS may be: its end was cut"
    return Text("", body, fault)


def _message(inner: str, voice: Voice) -> str:
    """Return an SMS with its signature and mark.

    A signature in 【】 is the network's: it stands before the text, whose first word is the mark.
    """
    templates = voice.templates
    sender = templates.signature or signature(templates.source, templates.language)
    if sender.startswith("【"):
        return in_gsm7(sender + one_pass(inner, voice))
    return in_gsm7(one_pass(f"{sender} {inner}", voice))


def _too_long(body: str) -> bool:
    measured = size(body)
    return measured.parts > limits().sms[measured.alphabet].max_parts
