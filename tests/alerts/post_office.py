"""A real SMTP server on 127.0.0.1 that misbehaves for whom it is told to."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller

BEHAVIOURS = (
    "accept",
    "451 recipient",
    "550 recipient",
    "451 text",
    "550 text",
    "stall recipient",
    "stall text",
    "hang up on text",
    "accept and hang up",
)


class PostOffice:
    """Takes mail in; `behaviour` tells, by a recipient's name, how to fail, and then how often.

    Whoever stalls does so for a minute, or until `woken`, and then takes the mail.
    """

    def __init__(self) -> None:
        self.behaviour: dict[str, str] = {}
        self.default = "accept"
        self.times: dict[str, int] = {}
        self.mails: list[tuple[str, EmailMessage]] = []
        self.tries: Counter[str] = Counter()
        self.guard = threading.Lock()
        self.on: Callable[[str, str], None] = lambda _stage, _name: None
        self.woken = threading.Event()

    def accepted(self) -> Counter[str]:
        """Return how often each message id was accepted."""
        return Counter(str(mail["Message-ID"]) for _, mail in self.mails)

    def of(self, name: str) -> list[EmailMessage]:
        return [mail for to, mail in self.mails if to == name]

    def _how(self, name: str, stage: str) -> str:
        how = self.behaviour.get(name, self.default)
        if not how.endswith(stage) and not (stage == "text" and how == "accept and hang up"):
            return "accept"
        if name in self.times and self.tries[name] > self.times[name]:
            return "accept"
        return how

    async def _stalled(self) -> None:
        for _ in range(60 * 20):
            if self.woken.is_set():
                return
            await asyncio.sleep(0.05)

    async def handle_RCPT(self, _server, _session, envelope, address, _options) -> str:  # noqa: N802
        name = address.partition("@")[0]
        with self.guard:
            self.tries[name] += 1
        self.on("recipient", name)
        how = self._how(name, "recipient")
        if how.startswith("stall"):
            await self._stalled()
        if how[:3].isdigit():
            return f"{how[:3]} no such luck for <{address}>"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope) -> str:  # noqa: N802
        name = envelope.rcpt_tos[0].partition("@")[0]
        self.on("text", name)
        how = self._how(name, "text")
        if how.startswith("stall"):
            await self._stalled()
        if how == "hang up on text":
            server.transport.abort()
            return "250 never heard"
        if how[:3].isdigit():
            return f"{how[:3]} no such luck for <{envelope.rcpt_tos[0]}>"
        with self.guard:
            self.mails.append((name, message_from_bytes(envelope.content, policy=policy.default)))
        self.on("accepted", name)
        if how == "accept and hang up":
            server.transport.abort()
        return "250 kept"


@contextmanager
def open_for_business() -> Iterator[tuple[PostOffice, int]]:
    """Run a post office; give it and its port."""
    office = PostOffice()
    port = free_port()
    controller = Controller(office, hostname="127.0.0.1", port=port, ready_timeout=30)
    controller.start()
    try:
        yield office, port
    finally:
        controller.stop()


def free_port() -> int:
    """Return a port on 127.0.0.1 that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
