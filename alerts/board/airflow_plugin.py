"""The board inside Airflow: a tab of its own, behind Airflow's login."""

from __future__ import annotations

from typing import Any

from airflow.api_fastapi.core_api.security import get_user
from airflow.plugins_manager import AirflowPlugin

from alerts.board.app import create_app
from alerts.board.state import BoardSource
from pipeline import settings

PREFIX = "/floodwarn"


class FloodwarnPlugin(AirflowPlugin):
    """Mounts the board at /floodwarn and puts it into the navigation.

    Airflow does not authenticate mounted applications: every route of ours asks `get_user`.
    """

    name = "floodwarn"
    fastapi_apps: list[Any] = [  # noqa: RUF012 - Airflow's own attribute
        {
            "app": create_app(BoardSource(settings.from_environment()), get_user),
            "url_prefix": PREFIX,
            "name": "floodwarn board",
        }
    ]
    external_views: list[Any] = [  # noqa: RUF012 - Airflow's own attribute
        {
            "name": "Flood warnings",
            "href": f"{PREFIX}/",
            "destination": "nav",
            "url_route": "floodwarn",
        }
    ]
