"""The duty page: what every village was told, why, and who has answered. Reads only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Path, Request
from fastapi.responses import HTMLResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from alerts.board.pages import page
from alerts.board.state import BoardSource

VillageId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,40}$")]


def create_app(source: BoardSource, current_user: Callable[..., Any]) -> FastAPI:
    """Return the board as an ASGI app; every page of it asks `current_user` first.

    Parameters
    ----------
    source : where the pages' content is read from
    current_user : FastAPI dependency that returns the user or refuses the request
    """
    app = FastAPI(title="floodwarn board", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(_pages(source), dependencies=[Depends(current_user)])
    return app


def _pages(source: BoardSource) -> APIRouter:
    router = APIRouter()

    @router.get("/")
    def now_page(request: Request) -> HTMLResponse:
        return page("now.html", view=source.now_view(), base=_base(request))

    @router.get("/villages/{village_id}")
    def village_page(request: Request, village_id: VillageId) -> HTMLResponse:
        view = source.village_view(village_id)
        if view is None:
            raise HTTPException(404, "no such village")
        return page("village.html", view=view, base=_base(request))

    @router.get("/feeds")
    def feeds_page(request: Request) -> HTMLResponse:
        return page("feeds.html", view=source.feeds_view(), base=_base(request))

    @router.get("/metrics")
    def metrics() -> Response:
        return Response(source.metrics(), media_type=CONTENT_TYPE_LATEST)

    return router


def _base(request: Request) -> str:
    return str(request.scope.get("root_path", "")) + "/"
