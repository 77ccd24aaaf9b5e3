"""The words of the acknowledgement page, short enough for a frightened person on a small phone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words.

    Attributes
    ----------
    received_at : holds ``{time}``, the local time
    """

    language: str
    exercise: str
    button: str
    hint: str
    received: str
    received_at: str
    expired: str
    bad: str


EN = Words(
    language="en",
    exercise="EXERCISE. Nobody is in danger.",
    button="I received this",
    hint="Press the button, then do what the message says.",
    received="Thank you. Your answer has arrived.",
    received_at="Received at {time}.",
    expired="This link is too old. Call the duty officer.",
    bad="This link is not valid. Call the duty officer.",
)
ZH = Words(
    language="zh",
    exercise="演练。没有危险。",
    button="收到",
    hint="先按“收到”，再照上面写的做。",
    received="谢谢，您的回复已收到。",
    received_at="{time} 已收到。",
    expired="链接已过期，请打电话给值班员。",
    bad="链接无效，请打电话给值班员。",
)
_BY_LANGUAGE = {words.language: words for words in (EN, ZH)}


def words_in(language: str) -> Words:
    """Return the words of a language or its base; English for one that has none here."""
    return _BY_LANGUAGE.get(language.partition("-")[0], EN)


def both() -> Words:
    """Return the words for a reader whose language is not known."""
    return Words(
        language="en",
        exercise="",
        button="",
        hint="",
        received="",
        received_at="",
        expired=f"{EN.expired} {ZH.expired}",
        bad=f"{EN.bad} {ZH.bad}",
    )
