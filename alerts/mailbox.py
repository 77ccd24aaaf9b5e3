"""A mailbox for exercises: takes in every e-mail and shows it; nothing leaves this machine.

Mails are files under ``FLOODWARN_HOME/mailbox``, as they came. The page reads only, and listens
on 127.0.0.1 alone, as the mail server does. It answers to no other name: a page of the web whose
name was pointed here would read signed links. And it asks for the board's login.
"""

from __future__ import annotations

import itertools
import logging
import math
import os
import re
from dataclasses import asdict, dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi import Path as PathParameter
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from alerts.login import Account, account_of
from alerts.roster import write_private
from alerts.tries import Tries
from pipeline import clock
from pipeline.instants import to_us
from pipeline.settings import Settings

FOLDER = "mailbox"
HOST = "127.0.0.1"
NAMES = (HOST, "localhost")
MAX_MAIL = 1_000_000
SHOWN = 300
LINK = re.compile(r"https?://[^\s<>\"']+")
UNREADABLE = "unreadable"
REALM = "floodwarn mailbox"
log = logging.getLogger(__name__)
Name = Annotated[str, PathParameter(pattern=r"^[0-9]{20}-[0-9]+-[0-9]{6}$")]


@dataclass(frozen=True, slots=True)
class Mail:
    """One e-mail as the page shows it.

    Attributes
    ----------
    to : the recipient's name in the address, by which an exercise's contacts are told apart
    """

    name: str
    to: str
    subject: str
    date: str
    message_id: str
    body: str


class Store:
    """The SMTP side: a mail is a file, written through, before it is acknowledged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.numbers = itertools.count()

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it so
        self, _server: object, _session: object, envelope: Envelope
    ) -> str:
        """Keep a mail and say so."""
        given = envelope.content or b""
        content = given.encode() if isinstance(given, str) else given
        name = f"{to_us(clock.now()):020d}-{os.getpid()}-{next(self.numbers):06d}"
        write_private(self.folder / f"{name}.eml", content)
        return "250 kept"


def mails(folder: Path, *, to: str | None = None) -> list[Mail]:
    """Return the newest mails, newest first, of everyone or of one person."""
    read = (_read(path) for path in sorted(folder.glob("*.eml"), reverse=True))
    return list(itertools.islice((m for m in read if to is None or m.to == to), SHOWN))


def receiving(folder: Path, port: int) -> Controller:
    """Return the mail server, not started."""
    return Controller(Store(folder), hostname=HOST, port=port, data_size_limit=MAX_MAIL)


def create_mailbox_app(folder: Path, account: Account) -> FastAPI:
    """Return the page, behind the account's login; the anonymous gets ``/healthz`` alone."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=NAMES)
    tries = Tries()

    def log_in(
        request: Request, given: Annotated[HTTPBasicCredentials, Depends(HTTPBasic(realm=REALM))]
    ) -> None:
        address = None if request.client is None else request.client.host
        wait = tries.enter(given.username, address)
        if wait:
            raise HTTPException(429, "too many tries", {"Retry-After": str(math.ceil(wait))})
        if not account.accepts(given.username, given.password):
            raise HTTPException(401, "log in first", {"WWW-Authenticate": f'Basic realm="{REALM}"'})
        tries.right(given.username, address)

    @app.get("/healthz")
    def healthz() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    app.include_router(_pages(folder), dependencies=[Depends(log_in)])
    return app


def _pages(folder: Path) -> APIRouter:
    """Return everyone's mails, one person's, one mail; and ``/mails.json``."""
    router = APIRouter()

    @router.get("/")
    def everyone(to: str | None = None) -> HTMLResponse:
        return _page(mails=mails(folder, to=to), to=to)

    @router.get("/mails.json")
    def machine(to: str | None = None) -> JSONResponse:
        return JSONResponse([asdict(mail) for mail in mails(folder, to=to)])

    @router.get("/mails/{name}")
    def one(name: Name) -> HTMLResponse:
        path = folder / f"{name}.eml"
        if not path.is_file():
            raise HTTPException(404, "no such mail")
        return _page(mails=[_read(path)], to=None, whole=True)

    return router


def serve(settings: Settings, port: int, smtp_port: int) -> None:
    """Take mails in and show them until a signal ends it; a login made now is printed once."""
    account = account_of(settings.home)
    folder = settings.home / FOLDER
    server = receiving(folder, smtp_port)
    server.start()
    try:
        uvicorn.run(create_mailbox_app(folder, account), host=HOST, port=port, log_level="warning")
    finally:
        server.stop()


def _read(path: Path) -> Mail:
    """Return a mail, or that it is unreadable: one mail must not hide the others."""
    try:
        return _parsed(path)
    except Exception:  # anybody may post anything here
        log.exception("mail %s cannot be read", path.stem)
        return Mail(path.stem, to="", subject=UNREADABLE, date="", message_id="", body=UNREADABLE)


def _parsed(path: Path) -> Mail:
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    part = mail.get_body(("plain",))
    return Mail(
        name=path.stem,
        to=str(mail["To"] or "").partition("@")[0],
        subject=str(mail["Subject"] or ""),
        date=str(mail["Date"] or ""),
        message_id=str(mail["Message-ID"] or "").strip("<>").partition("@")[0],
        body="" if part is None else str(part.get_content()),
    )


def _linked(text: str) -> Markup:
    """Return a text as HTML, its addresses as links."""
    pieces, end = Markup(), 0
    for found in LINK.finditer(text):
        url = escape(found.group())
        pieces += escape(text[end : found.start()])
        pieces += Markup('<a href="{}" rel="noreferrer">{}</a>').format(url, url)
        end = found.end()
    return pieces + escape(text[end:])


def _page(*, mails: list[Mail], to: str | None, whole: bool = False) -> HTMLResponse:
    body = _TEMPLATE.render(mails=mails, to=to, whole=whole, linked=_linked)
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        "Referrer-Policy": "no-referrer",
    }
    return HTMLResponse(body, headers=headers)


def _template(text: str) -> Any:  # noqa: ANN401 - jinja2's own
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(text)


_TEMPLATE = _template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{% if not whole %}<meta http-equiv="refresh" content="10">{% endif %}
<title>Mailbox</title>
<style>
body{max-width:60rem;margin:1rem auto;padding:0 1rem;font:16px/1.45 system-ui,sans-serif}
table{border-collapse:collapse;width:100%}
td,th{border-top:1px solid #ccd;padding:.4rem .6rem;text-align:left;vertical-align:top}
pre{white-space:pre-wrap;overflow-wrap:anywhere;border-left:5px solid #5a2d82;padding-left:.9rem;
font:inherit}
</style></head><body>
<h1>{% if to %}Mails to {{ to }}{% else %}Mailbox of the exercise{% endif %}</h1>
{% if to or whole %}<p><a href="/">All mails</a></p>{% endif %}
{% if whole %}{% for mail in mails %}
<p>To <a href="/?to={{ mail.to | urlencode }}">{{ mail.to }}</a>, {{ mail.date }}</p>
<h2>{{ mail.subject }}</h2><pre>{{ linked(mail.body) }}</pre>
{% endfor %}{% else %}
<table><thead><tr><th>To</th><th>Subject</th><th>Date</th></tr></thead><tbody>
{% for mail in mails %}<tr>
<td><a href="/?to={{ mail.to | urlencode }}">{{ mail.to }}</a></td>
<td><a href="/mails/{{ mail.name }}">{{ mail.subject }}</a></td><td>{{ mail.date }}</td></tr>
{% else %}<tr><td colspan="3">No mail yet.</td></tr>{% endfor %}
</tbody></table>{% endif %}
</body></html>
""")
