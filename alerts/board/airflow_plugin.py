"""The board inside Airflow: a tab of its own, behind Airflow's login."""

from __future__ import annotations

from typing import Any

from airflow.api_fastapi.core_api.security import GetUserDep
from airflow.plugins_manager import AirflowPlugin

from alerts.board.app import create_app
from alerts.board.state import BoardSource
from pipeline import settings

PREFIX = "/floodwarn"


def login_of(user: GetUserDep) -> str:
    """Return the name by which the roster knows who is logged in."""
    return user.get_name()


class FloodwarnPlugin(AirflowPlugin):
    """Mounts the board at /floodwarn and puts it into the navigation.

    Airflow does not authenticate mounted applications: every route of ours asks `login_of`.
    """

    name = "floodwarn"
    fastapi_apps: list[Any] = [  # noqa: RUF012 - Airflow's own attribute
        {
            "app": create_app(BoardSource(settings.from_environment()), login_of),
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
