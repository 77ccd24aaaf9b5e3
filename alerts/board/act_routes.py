"""The officer's acts in a village: a page of forms, and one address for each act."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.background import BackgroundTask

from alerts.board import acts
from alerts.board.acts import Done, Ordering
from alerts.board.gate import NoRight
from alerts.board.pages import page
from alerts.board.requests import VillageId, base_of, frame_of, login_of
from alerts.board.seat import NotOurForm, Seat
from alerts.board.state import BoardSource
from alerts.errors import AlertError
from alerts.releasing import Releasing
from pipeline.errors import StoreError

Token = Annotated[str, Form(max_length=400)]
Said = Annotated[str, Form(max_length=300)]
Name = Annotated[str, Form(max_length=120)]
Names = Annotated[list[Name], Form(max_length=200)]
HTTP_SEE_OTHER = 303
Act = Callable[[Seat], Done]


def act_routes(source: BoardSource) -> APIRouter:
    """Return the page of acts and the addresses of its forms."""
    router = APIRouter(prefix="/villages/{village_id}")
    _page(router, source)
    _judged(router, source)
    _raised(router, source)
    _lowered(router, source)
    _ways(router, source)
    _home(router, source)
    _answers(router, source)
    return router


def _page(router: APIRouter, source: BoardSource) -> None:
    @router.get("/acts")
    def acts_page(request: Request, village_id: VillageId, note: str = "") -> HTMLResponse:
        view = source.acts_view(village_id, login_of(request), note)
        if view is None:
            raise HTTPException(404, "no such village")
        return page("acts.html", view=view, **frame_of(request))


def _judged(router: APIRouter, source: BoardSource) -> None:
    @router.post("/approve")
    def approve(request: Request, village_id: VillageId, token: Token = "") -> Response:
        return _act(source, request, token, lambda seat: acts.approve(seat, village_id))

    @router.post("/refuse")
    def refuse(
        request: Request, village_id: VillageId, token: Token = "", reason: Said = ""
    ) -> Response:
        return _act(source, request, token, lambda seat: acts.refuse(seat, village_id, reason))


def _raised(router: APIRouter, source: BoardSource) -> None:
    @router.post("/report")
    def report(
        request: Request,
        village_id: VillageId,
        token: Token = "",
        saw: Name = "",
        words: Said = "",
        ago: Name = "",
    ) -> Response:
        return _act(
            source,
            request,
            token,
            lambda seat: acts.report_sighting(seat, village_id, saw, words, ago),
        )

    @router.post("/order")
    def order(
        request: Request,
        village_id: VillageId,
        token: Token = "",
        tier: Name = "",
        reason: Said = "",
        after: Name = "",
    ) -> Response:
        ordering = Ordering(village_id, tier, reason, after)
        return _act(source, request, token, lambda seat: acts.order(seat, ordering))


def _lowered(router: APIRouter, source: BoardSource) -> None:
    @router.post("/lower")
    def lower(
        request: Request,
        village_id: VillageId,
        token: Token = "",
        tier: Name = "",
        reason: Said = "",
        override: Said = "",
    ) -> Response:
        return _act(
            source,
            request,
            token,
            lambda seat: acts.ask_to_lower(seat, village_id, tier, reason, override),
        )

    @router.post("/retract")
    def retract(
        request: Request, village_id: VillageId, token: Token = "", reason: Said = ""
    ) -> Response:
        return _act(
            source, request, token, lambda seat: acts.ask_to_retract(seat, village_id, reason)
        )

    @router.post("/agree")
    def agree(
        request: Request, village_id: VillageId, token: Token = "", asked: Name = ""
    ) -> Response:
        return _act(source, request, token, lambda seat: acts.agree(seat, asked))


def _ways(router: APIRouter, source: BoardSource) -> None:
    @router.post("/close")
    def close(
        request: Request,
        village_id: VillageId,
        token: Token = "",
        what: Name = "",
        reason: Said = "",
    ) -> Response:
        return _act(
            source, request, token, lambda seat: acts.report_closed(seat, village_id, what, reason)
        )

    @router.post("/reopen")
    def reopen(
        request: Request,
        village_id: VillageId,
        token: Token = "",
        what: Name = "",
        reason: Said = "",
    ) -> Response:
        return _act(
            source, request, token, lambda seat: acts.report_open(seat, village_id, what, reason)
        )


def _home(router: APIRouter, source: BoardSource) -> None:
    @router.post("/release")
    def release(
        request: Request,
        village_id: VillageId,
        places: Names = [],  # noqa: B006 - FastAPI copies it
        checked: Names = [],  # noqa: B006
        token: Token = "",
        override: Said = "",
    ) -> Response:
        def let_home(seat: Seat) -> Done:
            ticked, why = frozenset(checked), override.strip() or None
            asked = Releasing(village_id, tuple(places), ticked, seat.person.ref, why)
            return acts.let_home(seat, asked)

        return _act(source, request, token, let_home)


def _answers(router: APIRouter, source: BoardSource) -> None:
    @router.post("/answer")
    def answer(
        request: Request,
        village_id: VillageId,
        token: Token = "",
        who: Name = "",
        said: Name = "",
    ) -> Response:
        done = _act(source, request, token, lambda seat: acts.answer(seat, who, said))
        if done.status_code != HTTP_SEE_OTHER:
            return done
        return RedirectResponse(f"{base_of(request)}answers", HTTP_SEE_OTHER)


def _act(source: BoardSource, request: Request, token: str, act: Act) -> Response:
    """Let the form's person act; then show the village's acts anew, so no reload acts twice."""
    village_id = str(request.path_params["village_id"])
    try:
        seat = source.seat(login_of(request))
        seat.check(token)
        done = act(seat)
    except (AlertError, StoreError) as error:
        return refused(source, request, error)
    note = seat.note(village_id, done.said)
    return RedirectResponse(
        f"{base_of(request)}villages/{village_id}/acts?note={note}",
        status_code=HTTP_SEE_OTHER,
        background=BackgroundTask(seat.send) if done.sends else None,
    )


def refused(source: BoardSource, request: Request, error: Exception) -> Response:
    """Return the page that says why an act was refused."""
    village_id = str(request.path_params["village_id"])
    view = source.refused_view(village_id, login_of(request), str(error))
    if view is None:
        raise HTTPException(404, "no such village") from error
    status = 403 if isinstance(error, NotOurForm | NoRight) else 409
    return page("refused.html", status=status, view=view, **frame_of(request))
