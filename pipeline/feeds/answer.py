"""What asking an address gave: bytes, nothing new, or a failure; and what is remembered of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from pipeline.observation import RawPayload

MOST_TAG: Final = 256
"""Characters of an entity tag that are kept; no server in use writes more than about 100."""

TAG: Final = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"')
"""RFC 9110, 8.8.3, without the bytes beyond ASCII that it still allows."""

DATE: Final = re.compile(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT")
"""RFC 9110, 5.6.7: the one form that a sender may write."""

SETTLED: Final = timedelta(seconds=1)
"""By then a date in whole seconds tells two states of a file apart. Source: RFC 9110, 8.8.2.2."""


@dataclass(frozen=True, slots=True)
class Validators:
    """By what a server knows the state of an address again; fit to be stored and sent back."""

    etag: str | None = None
    last_modified: str | None = None

    def __bool__(self) -> bool:
        """Whether there is anything to send."""
        return self.etag is not None or self.last_modified is not None


@dataclass(frozen=True, slots=True)
class Trace:
    """What the fetch log keeps of an attempt beside its outcome; nothing in it is secret.

    Attributes
    ----------
    address_sha256 : hash of the whole address, without the feed's credential
    host : `host:port` that was asked; None = a file, or nobody was asked
    host_answered : whether the host did its part, whatever it said of the address
    """

    address_sha256: str | None = None
    host: str | None = None
    host_answered: bool | None = None
    validators: Validators = Validators()


@dataclass(frozen=True, slots=True)
class Fetched(RawPayload):
    """A payload that a feed gave."""

    trace: Trace = field(default=Trace(), compare=False)


@dataclass(frozen=True, slots=True)
class FetchFailure:
    """One address that gave no payload.

    Attributes
    ----------
    absent : it is not there (no file, 404), which is news and no fault of the feed
    """

    source_url: str
    message: str
    absent: bool = False
    trace: Trace = field(default=Trace(), compare=False)


@dataclass(frozen=True, slots=True)
class Unchanged:
    """One address that holds what it held when it was last read: a sign of life."""

    source_url: str
    trace: Trace = field(default=Trace(), compare=False)


Answer = RawPayload | FetchFailure | Unchanged


def validators(etag: str | None, modified: str | None, sent: str | None) -> Validators:
    """Return what of a server's word can be kept and sent back.

    Parameters
    ----------
    modified : header Last-Modified; of no use while the second in which it lies still runs
    sent : header Date
    """
    if etag is not None and (len(etag) > MOST_TAG or not TAG.fullmatch(etag)):
        etag = None
    if modified is not None and not _settled(modified, sent):
        modified = None
    return Validators(etag, modified)


def _settled(modified: str, sent: str | None) -> bool:
    changed = _instant(modified)
    if changed is None:
        return False
    told = None if sent is None else _instant(sent)
    return told is None or told - changed >= SETTLED


def _instant(text: str) -> datetime | None:
    if not DATE.fullmatch(text):
        return None
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None
