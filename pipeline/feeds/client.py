"""Fetch a feed's bytes as they are: from files by time pattern, or over HTTP; the one client.

A file or address that is not there is told, not raised: what one slot lacks stops no other slot.
Nothing here decodes, and no credential, user or query string enters an error or a log.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from threading import Thread
from typing import Final
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

import requests
from typing_extensions import override

from pipeline.errors import FetchError
from pipeline.feeds.window import Window
from pipeline.observation import RawPayload
from pipeline.site.model import FeedSpec

CONNECT_S: Final = 5.0
READ_S: Final = 10.0
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 8.0
CHUNK: Final = 65_536
SCHEMES: Final = ("http://", "https://")
TRY_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
MEDIA_TYPES: Final = {".tif": "image/tiff", ".tiff": "image/tiff", ".csv": "text/csv"}
UNKNOWN_MEDIA: Final = "application/octet-stream"


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


@dataclass(frozen=True, slots=True)
class Source:
    """A feed as it is fetched in one deployment.

    Attributes
    ----------
    where : the declaration's `where` with the deployment's folders put in
    token : bearer token, or None
    """

    spec: FeedSpec
    where: str
    token: str | None = None

    @property
    def is_remote(self) -> bool:
        """Whether it is spoken to over HTTP."""
        return self.where.startswith(SCHEMES)


def fetch(
    source: Source,
    window: Window,
    *,
    clock: Callable[[], datetime],
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[RawPayload | FetchFailure]:
    """Yield the payload, or the failure, of every address that the window asks for.

    Over HTTP every address is tried again within the feed's `budget_s`, which they share.

    Parameters
    ----------
    clock : tells when a payload was here
    pause : waits for some seconds
    """
    if not source.is_remote:
        yield from (_read(source.spec, path, clock) for path in addresses(source, window))
        return
    deadline = time.monotonic() + source.spec.budget_s
    with _Straight() as session:
        if source.token is not None:
            session.headers["Authorization"] = f"Bearer {source.token}"
        get = _Getter(session, source.spec, deadline, clock, pause)
        yield from (get(address) for address in addresses(source, window))


def addresses(source: Source, window: Window) -> list[str]:
    """Return the file or URL of each slot of the window, each once, oldest first."""
    spec = source.spec
    if spec.pattern is None:
        return [source.where]
    interval = timedelta(minutes=spec.interval_min)
    back = timedelta(0) if spec.stamp == "end" else interval
    stamps = [(slot - back).astimezone(ZoneInfo(spec.zone)) for slot in window.slots(interval)]
    base = source.where.rstrip("/")
    return list(dict.fromkeys(f"{base}/{stamp.strftime(spec.pattern)}" for stamp in stamps))


def redacted(address: str) -> str:
    """Return an address without user, password, query and fragment."""
    if not address.startswith(SCHEMES):
        return address
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def read_file(spec: FeedSpec, path: Path, *, fetched_at: datetime) -> RawPayload:
    """Return the bytes of one file, bounded before they are read.

    Raises
    ------
    FetchError
        It is absent, unreadable or larger than the feed's `max_bytes`.
    """
    try:
        size = path.stat().st_size
        if size > spec.max_bytes:
            message = f"{path}: {size} bytes; at most {spec.max_bytes} are read"
            raise FetchError(message, retryable=False)
        content = path.read_bytes()
    except OSError as error:
        raise FetchError(f"{path}: {type(error).__name__}", retryable=False) from error
    return RawPayload(spec.feed_id, str(path), fetched_at, content, _media_type(str(path)))


def _read(spec: FeedSpec, address: str, clock: Callable[[], datetime]) -> RawPayload | FetchFailure:
    path = Path(address.removeprefix("file://"))
    if not path.exists():
        return FetchFailure(str(path), "no such file", absent=True)
    try:
        return read_file(spec, path, fetched_at=clock())
    except FetchError as error:
        return FetchFailure(str(path), str(error))


def _media_type(address: str) -> str:
    return MEDIA_TYPES.get(Path(urlsplit(address).path).suffix.lower(), UNKNOWN_MEDIA)


@dataclass(frozen=True, slots=True)
class _Getter:
    """One session's way with one feed."""

    session: requests.Session
    spec: FeedSpec
    deadline: float
    clock: Callable[[], datetime]
    pause: Callable[[float], None]

    def __call__(self, address: str) -> RawPayload | FetchFailure:
        """Return the payload of an address, tried until the deadline."""
        wait_s, shown = FIRST_PAUSE_S, redacted(address)
        message = "the feed's time budget was spent before it was asked"
        while (left_s := self.deadline - time.monotonic()) > 0:
            try:
                return self._once(address, shown, left_s)
            except _Absent:
                return FetchFailure(shown, "404", absent=True)
            except FetchError as error:
                message = str(error)
                chosen_s = random.uniform(wait_s / 2, wait_s)  # noqa: S311 - spreads retries
                rest_s = max(error.retry_after or 0.0, chosen_s)
                if not error.retryable or rest_s >= self.deadline - time.monotonic():
                    break
            self.pause(rest_s)
            wait_s = min(2 * wait_s, LONGEST_PAUSE_S)
        return FetchFailure(shown, message)

    def _once(self, address: str, shown: str, left_s: float) -> RawPayload:
        """Return what the server has, or fail at the deadline whatever the server does until then.

        A socket's time-out does not end it: every byte of a header or a body starts that anew. The
        thread that is left behind has nothing to give any more, and ends with the process at last.

        Raises
        ------
        FetchError
            There was no whole and good answer by then.
        """
        done: Future[RawPayload] = Future()

        def ask() -> None:
            try:
                done.set_result(self._asked(address, shown, left_s))
            except Exception as error:  # noqa: BLE001 - handed to the caller, as it is
                done.set_exception(error)

        Thread(target=ask, name=f"fetch {self.spec.feed_id}", daemon=True).start()
        try:
            return done.result(left_s)
        except TimeoutError:
            raise FetchError(f"{shown}: slower than its time budget") from None

    def _asked(self, address: str, shown: str, left_s: float) -> RawPayload:
        timeout = (min(CONNECT_S, left_s), min(READ_S, left_s))
        try:
            with self.session.get(
                address, timeout=timeout, stream=True, allow_redirects=False
            ) as answer:
                self._refuse_bad(answer, shown)
                content = self._bounded(answer, shown)
                media = answer.headers.get("Content-Type", _media_type(address))
        except requests.RequestException as error:
            raise FetchError(f"{shown}: {type(error).__name__}") from None
        media = media[:100] if media.isprintable() else UNKNOWN_MEDIA
        return RawPayload(self.spec.feed_id, shown, self.clock(), content, media)

    def _refuse_bad(self, answer: requests.Response, shown: str) -> None:
        status = answer.status_code
        if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            raise _Absent
        if status != HTTPStatus.OK:
            raise FetchError(
                f"{shown}: HTTP {status}",
                retryable=status in TRY_AGAIN,
                retry_after=_retry_after(answer.headers.get("Retry-After"), self.clock()),
            )

    def _bounded(self, answer: requests.Response, shown: str) -> bytes:
        """Return the body; neither the bytes on the wire nor those they unpack to pass the bound.

        Raises
        ------
        FetchError
            The body is too large, came too slowly, or was cut before it began.
        """
        most = self.spec.max_bytes
        stated = _whole(answer.headers.get("Content-Length", ""))
        if stated is not None and stated > most:
            raise FetchError(f"{shown}: more than {most} bytes", retryable=False)
        body = bytearray()
        for chunk in answer.iter_content(CHUNK):
            body += chunk
            if time.monotonic() > self.deadline:
                raise FetchError(f"{shown}: slower than its time budget")
            if len(body) > most:
                raise FetchError(f"{shown}: more than {most} bytes", retryable=False)
        # An answer that was cut among its headers looks like this one, and is no empty payload.
        if not body and stated is None and "Transfer-Encoding" not in answer.headers:
            raise FetchError(f"{shown}: cut before its body")
        return bytes(body)


class _Straight(requests.Session):
    """A session that goes where it is sent and nowhere else.

    Told not to follow a redirect, `requests` still reads the whole of its body, without bound.
    """

    @override
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return no address, so that a redirect is an answer as any other."""


class _Absent(Exception):
    """The server has nothing there."""


def _whole(text: str) -> float | None:
    """Return a whole number as a header states it, inf beyond all floats; None if it is none."""
    # isdigit alone takes what float refuses, such as a superscript two.
    return float(text) if text.isascii() and text.isdigit() else None


def _retry_after(text: str | None, now: datetime) -> float | None:
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
