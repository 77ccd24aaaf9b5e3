"""A gateway in a process of its own, as a provider's is: it takes everything and keeps a log."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.alerts.channels.receiver import receiving, said
from tests.services import ROOT

TAKEN = said(200, b'{"messages": [{"status": "queued"}]}')


@dataclass(frozen=True)
class Heard:
    """One text, its number, and when it came by the clock that all processes of a machine share."""

    at: float
    key: str
    number: str


@dataclass
class Apart:
    """The gateway as a test sees it.

    Attributes
    ----------
    log : what it heard, oldest first; there once it has closed
    """

    port: int
    log: list[Heard] = field(default_factory=list)


@contextmanager
def gateway_apart(certificate: tuple[Path, Path]) -> Iterator[Apart]:
    """Open a gateway; its log is there afterwards."""
    command = [sys.executable, "-m", __name__, *map(str, certificate)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as process:
        apart = Apart(int(process.stdout.readline()))
        try:
            yield apart
        finally:
            said_at_last, _ = process.communicate(timeout=30)
            apart.log += sorted((Heard(*each) for each in json.loads(said_at_last)), key=_at)


def _at(heard: Heard) -> float:
    return heard.at


def _serve(certificate: tuple[Path, Path]) -> None:
    """Serve until nobody listens any more, then tell what was heard."""
    with receiving(certificate) as server:
        server.default = TAKEN
        print(server.server_port, flush=True)
        sys.stdin.read()
        posted = [
            (
                each.at,
                each.headers["x-request-id"],
                json.loads(each.body)["recipients"][0]["msisdn"],
            )
            for each in server.posted
        ]
    print(json.dumps(posted))


if __name__ == "__main__":
    _serve((Path(sys.argv[1]), Path(sys.argv[2])))
