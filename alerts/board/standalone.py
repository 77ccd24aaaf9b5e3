"""The board without Airflow: the same pages behind a login of their own, on 127.0.0.1."""

from __future__ import annotations

import base64
import hmac
import math
from dataclasses import dataclass
from typing import Annotated

import uvicorn
from fastapi import APIRouter, FastAPI, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from alerts.board.app import create_app
from alerts.board.gate import SCRAPER
from alerts.board.pages import page
from alerts.board.state import BoardSource
from alerts.login import COOKIE, SESSION_S, Account, Session, Sessions, account_of
from alerts.tries import Tries
from pipeline.errors import SettingsError
from pipeline.settings import Settings, credential

MOST_SHOWN = 400
METRICS_TOKEN = "FLOODWARN_METRICS_TOKEN"  # noqa: S105 - the name of a variable
HTTP_SEE_OTHER = 303


@dataclass(frozen=True, slots=True)
class _Porter:
    """Knows who asks: by an open session, or by what a program shows with each request.

    Attributes
    ----------
    tls : the board is reached by TLS, whatever a request looks like here
    """

    account: Account
    sessions: Sessions
    tls: bool
    tries: Tries

    def session(self, request: Request) -> Session | None:
        return self.sessions.open(request.cookies.get(COOKIE))

    def wait_s(self, request: Request, user: str) -> int:
        """Return whole seconds until a try is judged; 0 lets it be judged now."""
        return math.ceil(self.tries.enter(user, _address(request)))

    def accepts(self, request: Request, user: str, password: str) -> bool:
        """Tell whether name and password are right."""
        right = self.account.accepts(user, password)
        if right:
            self.tries.right(user, _address(request))
        return right

    def shown(self, request: Request) -> str | None:
        """Return whose name and password, or token, a request shows (RFC 7617, RFC 6750).

        Raises
        ------
        HTTPException
            429: too many tries.
        """
        kind, _, coded = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return SCRAPER if _is_scraper(coded) else None
        pair = _pair(coded) if kind.lower() == "basic" else None
        if pair is None:
            return None
        wait = self.wait_s(request, pair[0])
        if wait:
            raise HTTPException(429, "too many tries", headers={"Retry-After": str(wait)})
        return pair[0] if self.accepts(request, *pair) else None


def create_standalone(source: BoardSource, account: Account, tries: Tries | None = None) -> FastAPI:
    """Return the board behind its own login; the anonymous sees the login and ``/healthz``.

    A map program shows name and password with each request, a monitoring system its token.
    """
    settings = source.settings
    tls = settings.public_url.startswith("https://")
    sessions = Sessions.of(account, settings.home)
    porter = _Porter(account, sessions, tls, Tries() if tries is None else tries)

    def current_user(request: Request) -> str:
        session = porter.session(request)
        user = porter.shown(request) if session is None else session.user
        if user is None:
            raise HTTPException(401, "log in first")
        return user

    app = create_app(source, current_user)
    app.state.leaves = True
    app.add_exception_handler(401, _to_login)
    app.include_router(_way_in(porter))
    app.include_router(_way_out(porter))
    return app


def serve(settings: Settings, port: int) -> None:
    """Serve the board on 127.0.0.1; a login made now is printed once and kept as a hash."""
    app = create_standalone(BoardSource(settings), account_of(settings.home))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


def _to_login(_request: Request, _error: Exception) -> Response:
    return RedirectResponse("/login", HTTP_SEE_OTHER)


def _address(request: Request) -> str | None:
    return None if request.client is None else request.client.host


def _is_scraper(token: str) -> bool:
    try:
        wanted = credential(METRICS_TOKEN)
    except SettingsError:
        return False
    return hmac.compare_digest(token.encode(), wanted.encode())


def _pair(coded: str) -> tuple[str, str] | None:
    """Return name and password as HTTP's basic scheme writes them."""
    try:
        shown = base64.b64decode(coded[:MOST_SHOWN], validate=True).decode()
    except ValueError:
        return None
    user, _, password = shown.partition(":")
    return user, password


def _way_in(porter: _Porter) -> APIRouter:
    """Return what needs no session."""
    router = APIRouter()

    @router.get("/healthz")
    def healthz() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    @router.get("/login")
    def login_page(request: Request) -> HTMLResponse:
        session = porter.session(request)
        if session is None:
            return _login_page()
        return _login_page(user=session.user, leave=porter.account.leave(session))

    @router.post("/login")
    def login(
        request: Request,
        username: Annotated[str, Form(max_length=100)],
        password: Annotated[str, Form(max_length=200)],
    ) -> Response:
        wait = porter.wait_s(request, username)
        if wait:
            message = f"Too many tries. Wait {wait} s; who is logged in stays so."
            answer = _login_page(status=429, message=message)
            answer.headers["Retry-After"] = str(wait)
            return answer
        if not porter.accepts(request, username, password):
            return _login_page(status=401, message="Name or password is wrong.")
        return _let_in(porter, request)

    return router


def _way_out(porter: _Porter) -> APIRouter:
    """Return what ends a session, and no other site's form can."""
    router = APIRouter()

    @router.post("/logout")
    def logout(request: Request, token: Annotated[str, Form(max_length=400)] = "") -> Response:
        session = porter.session(request)
        if session is not None and not porter.account.may_leave(session, token):
            raise HTTPException(403, "the form is not from this page; open the page again")
        if session is not None:
            porter.sessions.end(session)
        answer = RedirectResponse("/login", HTTP_SEE_OTHER)
        answer.delete_cookie(COOKIE)
        return answer

    return router


def _login_page(
    *, status: int = 200, message: str = "", user: str = "", leave: str = ""
) -> HTMLResponse:
    return page("login.html", status=status, message=message, user=user, leave=leave)


def _let_in(porter: _Porter, request: Request) -> Response:
    answer = RedirectResponse("/", HTTP_SEE_OTHER)
    answer.set_cookie(
        COOKIE,
        porter.account.session(),
        max_age=SESSION_S,
        httponly=True,
        samesite="strict",
        secure=porter.tls or request.url.scheme == "https",
    )
    return answer
