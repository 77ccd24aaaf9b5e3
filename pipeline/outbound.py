"""Door: hands a text to a server of others by HTTPS, within a bounded time, told without secrets.

What matters is when it fails. Until its first byte is given to the line nothing can have been
taken; after that, silence may hide an acceptance, and is told as such. The address of a webhook is
a secret of its own: nothing here quotes it, not even its host.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from io import BytesIO
from threading import Lock
from typing import Final

from typing_extensions import override
from urllib3 import BaseHTTPResponse

from pipeline import clock
from pipeline.errors import FetchError, PostFailed
from pipeline.feeds.addresses import origin
from pipeline.feeds.body import Body
from pipeline.feeds.deadline import Deadline
from pipeline.feeds.guard import Guard, networks
from pipeline.feeds.http import CONNECT_S, THREAD, retry_after, straight

MOST_ANSWER: Final = 65_536
"""Bytes of an answer, on the wire and unpacked."""

CHUNK: Final = 8_192
TAKEN: Final = range(200, 300)
"""Statuses that say yes, as far as a status can."""

FRAMES: Final = frozenset({"content-length", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class Target:
    """Where a text may go.

    Attributes
    ----------
    url : https, without a user
    allow_private : networks that are not of the public internet and may be spoken to
    ca_bundle : file of the authorities that are trusted; None = those of the library

    Raises
    ------
    ValueError
        Of an address or network that is none; neither is quoted.
    """

    url: str = field(repr=False)
    allow_private: tuple[str, ...] = ()
    ca_bundle: str | None = None

    def __post_init__(self) -> None:
        try:
            scheme = origin(self.url)[0]
        except (FetchError, ValueError):
            scheme = None
        if scheme != "https":
            raise ValueError("not one address of https without a user")
        try:
            networks(self.allow_private)
        except ValueError:
            raise ValueError("allow_private: not networks, or all of the internet") from None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said.

    Attributes
    ----------
    body : of a status 2xx alone; None where it did not come whole, within bounds and unpacked
    retry_after : seconds that it asks us to wait
    """

    status: int
    body: bytes | None
    retry_after: float | None


def post(target: Target, content: bytes, headers: Mapping[str, str], *, budget_s: float) -> Answer:
    """Return what a server answers to a text, handed over once; a redirect is an answer.

    Raises
    ------
    PostFailed
        There was no answer; it tells whether any of the text was handed over.
    """
    deadline, text = Deadline.after(budget_s), _Text(content)

    def work() -> Answer | str:
        try:
            return _posted(target, text, headers, deadline)
        except Exception as error:  # noqa: BLE001 - its kind only: what it says quotes the address
            return type(error).__name__

    try:
        heard = deadline.hold(work, name=f"{THREAD}outbound")
    except FetchError as error:
        heard = str(error)
    if isinstance(heard, Answer):
        return heard
    raise PostFailed(heard, handed_over=text.stop())


class _Text(BytesIO):
    """A text on its way; whether any of it was handed over is settled once.

    A thread that its deadline left behind may get its line only later: it gets no text for it.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self._lock, self._begun, self._stopped = Lock(), False, False

    @override
    def read(self, size: int | None = -1, /) -> bytes:
        with self._lock:
            if self._stopped:
                raise TimeoutError
            self._begun = True
        return super().read(size)

    def stop(self) -> bool:
        """Give nothing out any more; tell whether anything was."""
        with self._lock:
            self._stopped = True
            return self._begun


def _posted(target: Target, text: _Text, headers: Mapping[str, str], deadline: Deadline) -> Answer:
    guard = Guard(networks(target.allow_private))
    with straight(guard, target.ca_bundle) as session:
        left_s = max(deadline.left_s, 0.001)
        with session.post(
            target.url,
            data=text,
            headers={**headers, "Accept-Encoding": "identity"},
            timeout=(min(CONNECT_S, left_s), left_s),
            stream=True,
            allow_redirects=False,
        ) as answer:
            return Answer(
                answer.status_code,
                _body(answer.raw, deadline) if answer.status_code in TAKEN else None,
                retry_after(answer.headers.get("Retry-After"), clock.now()),
            )


def _body(answer: BaseHTTPResponse, deadline: Deadline) -> bytes | None:
    try:
        body = Body(answer.headers.get("Content-Encoding", ""), MOST_ANSWER)
        while chunk := answer.read(CHUNK, decode_content=False):
            body.add(chunk)
            if deadline.left_s < 0:
                return None
        # An answer that was cut among its headers looks like an empty one.
        ends = answer.status == HTTPStatus.NO_CONTENT or FRAMES & {*map(str.lower, answer.headers)}
        return None if body.is_empty and not ends else body.content()
    except Exception:  # noqa: BLE001 - whatever broke it, it is not whole
        return None
