"""The duty page: what every village was told, why, and who has answered; and the officer's acts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from prometheus_client import CONTENT_TYPE_LATEST

from alerts.board.act_routes import act_routes, refused
from alerts.board.gate import NoRight, admit
from alerts.board.pages import HEADERS, page, wall_page
from alerts.board.requests import (
    Identifier,
    VillageId,
    frame_of,
    from_our_page,
    login_of,
)
from alerts.board.state import BoardSource
from alerts.errors import AlertError, NotGone

GEOJSON = "application/geo+json"
XML = "application/xml"


def create_app(source: BoardSource, current_user: Callable[..., Any]) -> FastAPI:
    """Return the board as an ASGI app; every route asks `current_user`, then the table of roles.

    Parameters
    ----------
    source : where the pages' content is read from
    current_user : FastAPI dependency that returns the user's login or refuses the request
    """
    app = FastAPI(
        title="floodwarn board",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(from_our_page)],
    )

    def known(request: Request, login: str = Depends(current_user)) -> None:
        request.state.login = login
        admit(source, request, login)

    @app.exception_handler(NoRight)
    def turned_away(request: Request, error: NoRight) -> Response:
        if "village_id" in request.path_params:
            return refused(source, request, error)
        return PlainTextResponse(str(error), 403)

    for routes in (_pages(source), _files(source), act_routes(source)):
        app.include_router(routes, dependencies=[Depends(known)])
    return app


def _pages(source: BoardSource) -> APIRouter:
    router = APIRouter()

    @router.get("/")
    def now_page(request: Request) -> HTMLResponse:
        return page("now.html", view=source.now_view(), **frame_of(request))

    @router.get("/villages/{village_id}")
    def village_page(request: Request, village_id: VillageId) -> HTMLResponse:
        view = source.village_view(village_id)
        if view is None:
            raise HTTPException(404, "no such village")
        return page("village.html", view=view, **frame_of(request))

    @router.get("/answers")
    def answers_page(request: Request) -> HTMLResponse:
        view = source.answers_view(login_of(request))
        return page("answers.html", view=view, **frame_of(request))

    @router.get("/feeds")
    def feeds_page(request: Request) -> HTMLResponse:
        return page("feeds.html", view=source.feeds_view(), **frame_of(request))

    @router.get("/wall")
    def wall(request: Request) -> StreamingResponse:
        return wall_page(source.wall_view(), request.scope.get("server"))

    return router


def _files(source: BoardSource) -> APIRouter:
    """Return what other systems fetch."""
    router = APIRouter()

    @router.get("/metrics")
    def metrics() -> Response:
        return Response(source.metrics(), media_type=CONTENT_TYPE_LATEST)

    @router.get("/cap/{identifier}.xml")
    def cap_alert(identifier: Identifier) -> Response:
        try:
            copy = source.cap_alert(identifier)
        except NotGone as error:
            raise HTTPException(409, str(error)) from error
        except AlertError as error:
            raise HTTPException(503, str(error)) from error
        if copy is None:
            raise HTTPException(404, "no such alert")
        return Response(copy.content, media_type=XML, headers=HEADERS)

    @router.get("/villages.geojson")
    def present_state() -> Response:
        return Response(source.present_state(), media_type=GEOJSON, headers=HEADERS)

    return router
