"""The board without Airflow: the same pages behind a login of their own, on 127.0.0.1."""

from __future__ import annotations

import base64
import time
from collections import deque
from typing import Annotated

import uvicorn
from fastapi import APIRouter, FastAPI, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from alerts.board.app import create_app
from alerts.board.pages import page
from alerts.board.state import BoardSource
from alerts.login import COOKIE, SESSION_S, Account, account_of
from pipeline.settings import Settings

MAX_FAILURES = 5
FAILURE_WINDOW_S = 60.0
MOST_SHOWN = 400


class _Throttle:
    """Counts failed log-ins; it slows guessing and never touches an open session."""

    def __init__(self) -> None:
        self._failures: deque[float] = deque(maxlen=MAX_FAILURES)

    def blocked(self) -> bool:
        full = len(self._failures) == MAX_FAILURES
        return full and time.monotonic() - self._failures[0] < FAILURE_WINDOW_S

    def failed(self) -> None:
        self._failures.append(time.monotonic())


def create_standalone(source: BoardSource, account: Account) -> FastAPI:
    """Return the board behind its own login; the anonymous sees the login and ``/healthz``.

    A monitoring system shows name and password with each request (RFC 7617).
    """
    throttle = _Throttle()

    def current_user(request: Request) -> str:
        user = account.user_of(request.cookies.get(COOKIE)) or _shown(request, account, throttle)
        if user is None:
            raise HTTPException(401, "log in first")
        return user

    app = create_app(source, current_user)
    app.add_exception_handler(401, _to_login)
    app.include_router(_public_pages(account, throttle))
    return app


def serve(settings: Settings, port: int) -> None:
    """Serve the board on 127.0.0.1; a login made now is printed once and kept as a hash."""
    app = create_standalone(BoardSource(settings), account_of(settings.home))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


def _to_login(_request: Request, _error: Exception) -> Response:
    return RedirectResponse("/login", status_code=303)


def _shown(request: Request, account: Account, throttle: _Throttle) -> str | None:
    """Return the user whose name and password a request shows; guesses are slowed too."""
    kind, _, coded = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic" or throttle.blocked():
        return None
    try:
        user, _, password = (
            base64.b64decode(coded[:MOST_SHOWN], validate=True).decode().partition(":")
        )
    except ValueError:
        return None
    if account.accepts(user, password):
        return user
    throttle.failed()
    return None


def _public_pages(account: Account, throttle: _Throttle) -> APIRouter:
    router = APIRouter()

    @router.get("/healthz")
    def healthz() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    @router.get("/login")
    def login_page() -> HTMLResponse:
        return page("login.html", message="")

    @router.post("/login")
    def login(
        username: Annotated[str, Form(max_length=100)],
        password: Annotated[str, Form(max_length=200)],
    ) -> Response:
        if throttle.blocked():
            return page("login.html", status=429, message="Too many tries. Wait a minute.")
        if not account.accepts(username, password):
            throttle.failed()
            return page("login.html", status=401, message="Name or password is wrong.")
        answer = RedirectResponse("/", status_code=303)
        answer.set_cookie(
            COOKIE, account.session(), max_age=SESSION_S, httponly=True, samesite="strict"
        )
        return answer

    return router
