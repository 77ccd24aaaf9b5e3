"""One feed's way over HTTP: asked within its budget, bounded, and told without secrets."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import requests
from typing_extensions import override
from urllib3.exceptions import HTTPError

from pipeline.errors import FetchError
from pipeline.feeds.addresses import address_sha256, origin, redacted
from pipeline.feeds.answer import Fetched, FetchFailure, Trace, Unchanged, Validators, validators
from pipeline.feeds.body import Body
from pipeline.feeds.deadline import Deadline, TooSlow
from pipeline.feeds.guard import Guard, GuardedAdapter, HostRefused, HostUnknown, networks
from pipeline.feeds.source import SCHEMES, Source

CONNECT_S: Final = 5.0
READ_S: Final = 10.0
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 8.0
CHUNK: Final = 65_536
MOST_MEDIA: Final = 100
TRY_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
HOSTS_FAULT: Final = frozenset({429, *range(500, 600)})
"""Any other status is an answer: what is wrong is the address, or what we may read there."""

NOWHERE: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
MEDIA_TYPES: Final = {".tif": "image/tiff", ".tiff": "image/tiff", ".csv": "text/csv"}
UNKNOWN_MEDIA: Final = "application/octet-stream"
Heard = Fetched | FetchFailure | Unchanged


THREAD: Final = "fetch "
LOGGERS: Final = ("connection", "connectionpool", "poolmanager", "response", "util.retry")


def _is_not_ours(record: logging.LogRecord) -> bool:
    return not (record.threadName or "").startswith(THREAD)


# The library logs whole addresses, at DEBUG and where headers cannot be read; a secret may be in
# their query. Those of others in this process stay as they are.
for _name in LOGGERS:
    logging.getLogger(f"urllib3.{_name}").addFilter(_is_not_ours)


class HostFailed(FetchError):
    """The host did not do its part."""


@contextmanager
def visiting(
    source: Source, *, clock: Callable[[], datetime], pause: Callable[[float], None]
) -> Iterator[Visit]:
    """Open one session with a feed; its budget begins."""
    spec = source.spec
    deadline = Deadline.after(spec.budget_s)
    with straight(Guard(networks(spec.allow_private)), source.ca_bundle) as session:
        session.headers.update({"Accept-Encoding": "gzip"})
        session.headers.update(source.secret_headers)
        yield Visit(session, source, deadline, clock, pause)


def straight(guard: Guard, ca_bundle: str | None) -> requests.Session:
    """Return a session that connects where its guard does, and goes nowhere else from there.

    Parameters
    ----------
    ca_bundle : file of the authorities that are trusted; None = those of the library
    """
    session = _Straight()
    # Neither proxies nor .netrc of whoever started the process: what is asked is declared.
    session.trust_env = False
    session.verify = ca_bundle or True
    session.headers.update({"User-Agent": "floodwarn"})
    adapter = GuardedAdapter(guard)
    for scheme in SCHEMES:
        session.mount(scheme, adapter)
    return session


def media_of(address: str) -> str:
    """Return the media type that the end of an address tells."""
    return MEDIA_TYPES.get(Path(urlsplit(address).path).suffix.lower(), UNKNOWN_MEDIA)


@dataclass(frozen=True, slots=True)
class Visit:
    """One session with one feed."""

    session: requests.Session
    source: Source
    deadline: Deadline
    clock: Callable[[], datetime]
    pause: Callable[[float], None]

    def ask(self, address: str, known: Validators) -> Heard:
        """Return what an address holds, asked until it answers or the deadline comes.

        Parameters
        ----------
        known : of what we hold already; the answer may be that it still is so
        """
        shown, trace = redacted(address), Trace(address_sha256(address))
        try:
            trace = replace(trace, host=origin(address)[1])
        except FetchError as error:
            return FetchFailure(shown, str(error), trace=trace)
        wait_s, message = FIRST_PAUSE_S, "the feed's time budget was spent before it was asked"
        while self.deadline.left_s > 0:
            try:
                return self._once(address, known, trace)
            except FetchError as error:
                message = f"{shown}: {error}"
                trace = replace(trace, host_answered=_answered(error))
                chosen_s = random.uniform(wait_s / 2, wait_s)  # noqa: S311 - spreads retries
                rest_s = max(error.retry_after or 0.0, chosen_s)
                if not error.retryable or rest_s >= self.deadline.left_s:
                    break
            self.pause(rest_s)
            wait_s = min(2 * wait_s, LONGEST_PAUSE_S)
        return FetchFailure(shown, message, trace=trace)

    def _once(self, address: str, known: Validators, trace: Trace) -> Heard:
        def work() -> Heard:
            return self._heard(address, known, replace(trace, host_answered=True))

        return self.deadline.hold(work, name=THREAD + self.source.spec.feed_id)

    def _heard(self, address: str, known: Validators, trace: Trace) -> Heard:
        left_s = max(self.deadline.left_s, 0.001)
        try:
            with self.session.get(
                address,
                params=self.source.secret_query,
                headers=_conditions(known),
                timeout=(min(CONNECT_S, left_s), min(READ_S, left_s)),
                stream=True,
                allow_redirects=False,
            ) as answer:
                return self._read(answer, address, known, trace)
        except FetchError:
            raise
        except (requests.RequestException, HTTPError, OSError) as error:
            # Its kind only: what it says quotes the address, with the credential in it.
            wrong = isinstance(error, ValueError)
            kind = type(error).__name__
            raise (FetchError(kind, retryable=False) if wrong else HostFailed(kind)) from None
        except Exception as error:  # noqa: BLE001 - one address stops no other
            raise FetchError(type(error).__name__, retryable=False) from None

    def _read(
        self, answer: requests.Response, address: str, known: Validators, trace: Trace
    ) -> Heard:
        shown = redacted(address)
        if answer.status_code in NOWHERE:
            return FetchFailure(shown, "404", absent=True, trace=trace)
        if answer.status_code == HTTPStatus.NOT_MODIFIED and known:
            return Unchanged(shown, replace(trace, validators=known))
        self._refuse_bad(answer)
        said = answer.headers
        seen = validators(said.get("ETag"), said.get("Last-Modified"), said.get("Date"))
        content = self._content(answer)
        media = said.get("Content-Type", media_of(address))
        media = media[:MOST_MEDIA] if media.isprintable() else UNKNOWN_MEDIA
        feed_id = self.source.spec.feed_id
        seen_by = replace(trace, validators=seen)
        return Fetched(feed_id, shown, self.clock(), content, media, seen_by)

    def _refuse_bad(self, answer: requests.Response) -> None:
        status = answer.status_code
        if status != HTTPStatus.OK:
            kind = HostFailed if status in HOSTS_FAULT else FetchError
            raise kind(
                f"HTTP {status}",
                retryable=status in TRY_AGAIN,
                retry_after=retry_after(answer.headers.get("Retry-After"), self.clock()),
            )

    def _content(self, answer: requests.Response) -> bytes:
        """Return the body; neither the bytes on the wire nor those they unpack to pass the bound.

        Raises
        ------
        HostFailed
            It was cut before it began.
        TooSlow
            It had not come whole by the deadline.
        FetchError
            It is too large, or packed in a way that is not taken.
        """
        most = self.source.spec.max_bytes
        body = Body(answer.headers.get("Content-Encoding", ""), most)
        stated = _whole(answer.headers.get("Content-Length", ""))
        if stated is not None and stated > most:
            raise FetchError(f"more than {most} bytes", retryable=False)
        while chunk := answer.raw.read(CHUNK, decode_content=False):
            body.add(chunk)
            if self.deadline.left_s < 0:
                raise TooSlow("slower than its time budget")
        # An answer that was cut among its headers looks like this one, and is no empty payload.
        if body.is_empty and stated is None and "Transfer-Encoding" not in answer.headers:
            raise HostFailed("cut before its body")
        return body.content()


class _Straight(requests.Session):
    """A session that goes where it is sent and nowhere else.

    Told not to follow a redirect, `requests` still reads the whole of its body, without bound.
    """

    @override
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return no address, so that a redirect is an answer as any other."""


def _answered(error: FetchError) -> bool | None:
    """Tell whether the host did its part; None = it was not asked."""
    if isinstance(error, HostRefused):
        return None
    return not isinstance(error, HostFailed | HostUnknown | TooSlow)


def _conditions(known: Validators) -> dict[str, str]:
    headers = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in headers.items() if value is not None}


def _whole(text: str) -> float | None:
    """Return a whole number as a header states it, inf beyond all floats; None if it is none."""
    # isdigit alone takes what float refuses, such as a superscript two.
    return float(text) if text.isascii() and text.isdigit() else None


def retry_after(text: str | None, now: datetime) -> float | None:
    """Return seconds from a Retry-After header: seconds or an HTTP date (RFC 9110, 10.2.3)."""
    if text is None:
        return None
    seconds = _whole(text)
    if seconds is not None:
        return seconds
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
