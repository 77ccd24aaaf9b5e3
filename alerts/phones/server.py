"""Door: the drill's telephones as a gateway of their own, on this machine alone.

It takes SMS and calls as the configured gateway of `alerts.phones.lines` sends them, writes each
into its log, and lets the lines answer through our own signed addresses, each in its manner. It is
a tool of drills and tests: no number is shown, and nothing it is given goes any further.
"""

from __future__ import annotations

import heapq
import json
import os
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Annotated, Final, Literal

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from alerts.forms import Form
from alerts.phones.book import AGAIN, TAKEN, Line
from alerts.phones.lines import HOST
from alerts.phones.manner import Deed, Ring, counts_after, deeds, manner_of, masked
from alerts.roster import read_private, write_private
from alerts.signed_post import signed

LOG: Final = "phones.jsonl"
CERTIFICATE, CERTIFICATE_KEY = "phones.pem", "phones-key.pem"
YEARS: Final = timedelta(days=3650)
ANSWERED_WITHIN_S: Final = 10.0
LOOK_S: Final = 0.2
"""From one look at what is due to the next, where nobody else asks for it."""
DIRECT: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Asked(BaseModel):
    """One SMS or call as the gateway posts it."""

    to: Annotated[str, Field(pattern=r"^\+[0-9]{7,15}$")]
    text: Annotated[str, Field(min_length=1, max_length=20_000)]
    id: Annotated[str, Field(min_length=1, max_length=128)]
    language: str = ""


@dataclass(slots=True, eq=False)
class Exchange:
    """The telephones, what they were given and what they have yet to say.

    Attributes
    ----------
    log : file that every line is written to, for its owner alone
    answers_to : address of our own side, where receipts, replies and keys are posted
    key : by which they are signed
    now : the clock that all of it goes by
    hasten : so many times faster than people they answer, and their own are counted
    """

    seed: int
    log: Path
    answers_to: str
    key: bytes = field(repr=False)
    now: Callable[[], datetime]
    hasten: float = 1.0
    _due: list[tuple[datetime, int, Deed]] = field(default_factory=list, repr=False)
    _known: dict[str, str] = field(default_factory=dict, repr=False)
    _counts_at: dict[str, datetime] = field(default_factory=dict, repr=False)
    _numbers: Iterator[int] = field(default_factory=count, repr=False)
    _guard: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def take(self, form: Form, asked: Asked) -> str:
        """Take an SMS or a call; return the telephones' own name for it.

        The same once more is told the same name, and nothing rings.
        """
        at = self.now()
        with self._guard:
            name = self._known.get(asked.id)
            if name is not None:
                self._write(Line(at, asked.id, form.value, masked(asked.to), AGAIN))
                return name
            name = self._known[asked.id] = f"line-{len(self._known)}"
            ring = self._ring(form, asked, at)
            for deed in deeds(ring, manner_of(asked.to, self.seed), self.seed):
                sooner = replace(deed, at=at + (deed.at - at) / self.hasten)
                heapq.heappush(self._due, (sooner.at, next(self._numbers), sooner))
            self._write(Line(at, asked.id, form.value, masked(asked.to), TAKEN))
        return name

    def due_at(self) -> datetime | None:
        """Return when something is said next; None where nothing is left to say."""
        with self._guard:
            return self._due[0][0] if self._due else None

    @property
    def left(self) -> int:
        """How much is left to say."""
        return len(self._due)

    def speak(self, now: datetime) -> int:
        """Post everything that is due by then, in its order; return how much that was."""
        spoken = 0
        while (deed := self._next(now)) is not None:
            status, answers = self._post(deed)
            line = Line(
                deed.at,
                deed.ident,
                deed.form.value,
                masked(deed.number),
                deed.what,
                status,
                answers,
            )
            with self._guard:
                self._write(line)
            spoken += 1
        return spoken

    def _ring(self, form: Form, asked: Asked, at: datetime) -> Ring:
        counts_at = at + counts_after(asked.to, self.seed) / self.hasten
        if form is Form.SMS:  # a text is an order of its own; a call may be one more about the same
            self._counts_at[asked.to] = counts_at
        left = self._counts_at.get(asked.to, counts_at) - at
        return Ring(asked.id, form, asked.to, at, at + left * self.hasten)

    def _next(self, now: datetime) -> Deed | None:
        with self._guard:
            if not self._due or self._due[0][0] > now:
                return None
            return heapq.heappop(self._due)[2]

    def _post(self, deed: Deed) -> tuple[int, int]:
        """Post one deed; return the status, 0 of no answer, and how many answers were taken."""
        content = json.dumps(deed.post).encode()
        headers = signed(f"{deed.ident}/{deed.what}", content, [self.key], at=self.now())
        request = urllib.request.Request(  # noqa: S310 - the address is the operator's own
            f"{self.answers_to}/inbound/{deed.form}",
            content,
            {"Content-Type": "application/json", **headers},
        )
        try:
            with DIRECT.open(request, timeout=ANSWERED_WITHIN_S) as answer:
                return answer.status, int(json.load(answer).get("answers", 0))
        except urllib.error.HTTPError as error:
            return error.code, 0
        except (OSError, ValueError):
            return 0, 0

    def _write(self, line: Line) -> None:
        handle = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as file:
            file.write(f"{line.written()}\n")


def create_phones_app(exchange: Exchange) -> FastAPI:
    """Return the gateway: ``/sms`` and ``/voice`` take a text, ``/healthz`` what is yet to come."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/{form}")
    def take(form: Literal["sms", "voice"], asked: Asked) -> JSONResponse:
        return JSONResponse({"code": 0, "reference": exchange.take(Form(form), asked)})

    @app.get("/healthz")
    def healthz() -> JSONResponse:
        return JSONResponse({"status": "ok", "left": exchange.left})

    return app


def lines_of(log: Path) -> tuple[Line, ...]:
    """Return what the telephones wrote; nothing where there is no such file."""
    if not log.exists():
        return ()
    text = read_private(log).decode()
    return tuple(Line.read(line) for line in text.splitlines() if line)


def certificate_in(folder: Path, now: datetime) -> tuple[Path, Path]:
    """Return the files of a certificate of this machine's own name, made where there is none."""
    certificate, private = folder / CERTIFICATE, folder / CERTIFICATE_KEY
    if certificate.exists() and private.exists():
        return certificate, private
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    own = x509.SubjectAlternativeName([x509.DNSName(HOST)])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now.astimezone(UTC) - YEARS)
        .not_valid_after(now.astimezone(UTC) + YEARS)
        .add_extension(own, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    form, unlocked = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    for path in (certificate, private):
        path.unlink(missing_ok=True)
    write_private(private, key.private_bytes(pem, form, unlocked))
    write_private(certificate, made.public_bytes(pem))
    return certificate, private


@contextmanager
def listening(port: int = 0) -> Iterator[socket.socket]:
    """Give a socket of this machine that already listens; 0 takes a free port."""
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        line.bind(("127.0.0.1", port))
        line.listen(512)
        yield line


@contextmanager
def serving(
    app: FastAPI, line: socket.socket, certificate: tuple[Path, Path] | None = None
) -> Iterator[None]:
    """Serve an app beside the caller's work, by TLS where there is a certificate."""
    config = uvicorn.Config(app, access_log=False, server_header=False, log_level="warning")
    if certificate is not None:
        config.ssl_certfile, config.ssl_keyfile = map(str, certificate)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [line]}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(ANSWERED_WITHIN_S)


@contextmanager
def speaking(exchange: Exchange) -> Iterator[None]:
    """Let the telephones say what is due beside the caller's work."""
    over = threading.Event()

    def speak() -> None:
        while not over.wait(LOOK_S):
            exchange.speak(exchange.now())

    speaker = threading.Thread(target=speak, daemon=True)
    speaker.start()
    try:
        yield
    finally:
        over.set()
        speaker.join(ANSWERED_WITHIN_S)


def serve(exchange: Exchange, port: int, certificate: tuple[Path, Path]) -> None:
    """Serve the telephones until a signal ends it."""
    with speaking(exchange), suppress(KeyboardInterrupt):
        uvicorn.run(
            create_phones_app(exchange),
            host="127.0.0.1",
            port=port,
            access_log=False,
            server_header=False,
            log_level="warning",
            ssl_certfile=str(certificate[0]),
            ssl_keyfile=str(certificate[1]),
        )
