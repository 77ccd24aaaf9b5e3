"""Write what officers are told of a silence, in one language; pure."""

from __future__ import annotations

from datetime import datetime

from alerts.message import Text, Voice, notice
from alerts.outage import Kind, Notice, Word
from alerts.plain_words import PLAIN_NOTICES

Facts = dict[str, object]


def notice_text(told: Notice, voice: Voice, *, at: datetime) -> Text:
    """Return the text of a notice.

    Parameters
    ----------
    at : the cutoff of the bulletin that it rests on
    """
    texts = voice.templates.notice or PLAIN_NOTICES
    template = texts.silent if told.word is Word.SILENT else texts.heard
    return notice(template, notice_facts(told, voice, at=at), voice)


def notice_facts(told: Notice, voice: Voice, *, at: datetime) -> Facts:
    """Return what a notice's template may name; of feed and township the other is None."""
    source = told.source
    return {
        "source": voice.source,
        "contact": voice.contact,
        "feed": source.name if source.kind is Kind.FEED else None,
        "township": source.name if source.kind is Kind.TOWNSHIP else None,
        "headline": f"{source.name}: {told.word}",
        "since": voice.minute(told.since),
        "at": voice.minute(at),
        "stations": len(told.stations),
        "blind": told.blind,
        "degraded": told.degraded,
    }
