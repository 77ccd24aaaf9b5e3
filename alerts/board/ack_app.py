"""The public pages on which a person says "received"; an app and a port of their own.

Whoever holds a link sees the one message it was sent with and can acknowledge that. GET shows
and never acknowledges: mail gateways and previews follow links before people do.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from alerts import ack
from alerts.ack import BadLink, Fault
from alerts.board.ack_words import Words, both, words_in
from alerts.board.inbound_routes import Door, inbound_routes
from alerts.deployment import Deployment, opened
from alerts.hearing import Ear
from alerts.ledger import answers, checks, messages, notices
from alerts.ledger.answers import Answer, Via
from alerts.ledger.messages import Kept
from alerts.ledger.notices import Letter
from alerts.outage import CHECK
from alerts.outbox import queue
from alerts.outbox.delivery import Delivery
from alerts.roster import Roster, signing_key
from pipeline import clock
from pipeline.database import Connection, Engine, reading
from pipeline.settings import Settings, credential
from pipeline.world import Mode

STATUS = {Fault.EXPIRED: 410, Fault.BAD: 404}
ROSTER_S = 5.0
"""For which the people that were read are those who answer."""
PER_MINUTE = 120
"""Requests of one address: a township behind one router opens its links together."""

_environment = Environment(
    loader=PackageLoader("alerts.board"), autoescape=True, undefined=StrictUndefined
)


@dataclass(frozen=True, slots=True)
class AckDesk:
    """What the pages need of a deployment.

    Attributes
    ----------
    key : signs the links
    door : where providers and contacts' systems post; None where nobody does
    now : wall time
    """

    engine: Engine
    site: str
    mode: Mode
    zone: ZoneInfo
    key: bytes
    door: Door | None = None
    now: Callable[[], datetime] = clock.now


@dataclass(slots=True, eq=False)
class _Turnstile:
    """Counts the requests of each address in the present minute."""

    minute: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Request) -> None:
        """Let a request through.

        Raises
        ------
        HTTPException
            429: the address has had its share of this minute.
        """
        minute, address = int(time.monotonic() // 60), request.client.host if request.client else ""
        with self.guard:
            if minute != self.minute:
                self.minute, self.seen = minute, Counter()
            self.seen[address] += 1
            if self.seen[address] > PER_MINUTE:
                raise HTTPException(429, "too many requests", headers={"Retry-After": "60"})


def create_ack_app(desk: AckDesk) -> FastAPI:
    """Return the app: ``/ack/{token}``, ``/healthz``, and what is posted signed, ``/inbound``."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    limited = [Depends(_Turnstile())]

    @app.exception_handler(BadLink)
    def refused(_request: Request, error: BadLink) -> Response:
        return _fault_page(error.fault)

    @app.get("/ack/{token}", dependencies=limited)
    def show(token: str) -> HTMLResponse:
        with reading(desk.engine) as connection:
            delivery, read = _named(connection, desk, token)
            received = _received(connection, desk, delivery)
        return _message_page(delivery, read, received)

    @app.post("/ack/{token}", dependencies=limited)
    def receive(token: str) -> HTMLResponse:
        with desk.engine.begin() as connection:
            delivery, read = _named(connection, desk, token)
            person = delivery.contact_ref
            answer = Answer(delivery.message_id, person, Via.LINK, person, desk.now())
            if isinstance(read, Kept):
                answers.record(connection, read, answer)
            else:
                checks.answer(connection, delivery.world, answer)
            received = _received(connection, desk, delivery)
        return _message_page(delivery, read, received)

    @app.get("/healthz")
    def healthz() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    if desk.door is not None:
        app.include_router(inbound_routes(desk.door))
    return app


def serve(settings: Settings, port: int, *, host: str = "127.0.0.1") -> None:
    """Serve the pages until a signal ends them; no access log, for its lines would hold tokens."""
    with opened(settings) as deployment:
        desk = AckDesk(
            engine=deployment.engine,
            site=deployment.pack.site_id,
            mode=settings.mode,
            zone=ZoneInfo(deployment.pack.zone),
            key=signing_key(settings.home),
            door=Door(settings.home, _Listening(deployment), credential, clock.now),
        )
        uvicorn.run(
            create_ack_app(desk),
            host=host,
            port=port,
            access_log=False,
            server_header=False,
            log_level="warning",
        )


@dataclass(slots=True)
class _Listening:
    """Gives who listens now; the people are read again every few seconds, not for each post."""

    deployment: Deployment
    roster: Roster | None = None
    read_at: float = 0.0
    guard: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> Ear:
        with self.guard:
            if self.roster is None or time.monotonic() - self.read_at > ROSTER_S:
                self.roster = Roster.load(self.deployment.settings.home)
                self.read_at = time.monotonic()
            roster = self.roster
        return Ear(self.deployment.engine, self.deployment.paging_world(), roster)


def _named(connection: Connection, desk: AckDesk, token: str) -> tuple[Delivery, Kept | Letter]:
    """Return the delivery that a token names and what it brought, if it is of this deployment."""
    key = ack.delivery_key(desk.key, token, now=desk.now())
    delivery = queue.find(connection, key)
    if delivery is None or (delivery.world.site, delivery.world.mode) != (desk.site, desk.mode):
        raise BadLink(Fault.BAD)
    read = notices.letter if delivery.purpose == CHECK else messages.message
    brought = read(connection, delivery.world, delivery.message_id)
    if brought is None:
        raise BadLink(Fault.BAD)
    return delivery, brought


def _received(connection: Connection, desk: AckDesk, delivery: Delivery) -> str | None:
    """Return the local time of this person's first acknowledgement."""
    given = answers.of_messages(connection, delivery.world, [delivery.message_id])
    own = [
        a.at for a in given.get(delivery.message_id, ()) if a.contact_ref == delivery.contact_ref
    ]
    return f"{min(own).astimezone(desk.zone):%H:%M}" if own else None


def _message_page(delivery: Delivery, brought: Kept | Letter, received: str | None) -> HTMLResponse:
    text = brought.message if isinstance(brought, Kept) else brought
    return _page(
        words_in(text.language),
        subject=text.subject,
        body=text.body,
        exercise=delivery.world.mode is Mode.EXERCISE,
        received=received,
    )


def _fault_page(fault: Fault) -> HTMLResponse:
    return _page(both(), status=STATUS[fault], fault=fault.value)


def _page(words: Words, *, status: int = 200, **shown: str | bool | None) -> HTMLResponse:
    nonce = secrets.token_urlsafe(16)
    context = {"fault": None, "subject": "", "exercise": False, "nonce": nonce, **shown}
    html = _environment.get_template("ack.html").render(words=words, **context)
    return HTMLResponse(html, status_code=status, headers=_headers(nonce))


def _headers(nonce: str) -> dict[str, str]:
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'"
        ),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
    }
