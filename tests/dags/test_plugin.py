"""Inside Airflow an officer acts as the person whom the roster knows by Airflow's login."""

import warnings

import pytest
from fastapi.testclient import TestClient

from tests.board.duty import FIRST, Officer, played


@pytest.fixture
def duty(tmp_path, monkeypatch):
    yield from played(tmp_path, monkeypatch)


@pytest.fixture
def plugin(airflow_home):
    """Return the plugin's module and Airflow's own dependency, imported in this Airflow."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from airflow.api_fastapi.core_api.security import get_user

        from alerts.board import airflow_plugin
    return airflow_plugin, get_user


def test_airflow_s_login_acts_below_the_board_s_prefix(duty, plugin):
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from fastapi import FastAPI

    from alerts.board.app import create_app
    from alerts.board.state import BoardSource

    module, get_user = plugin
    board = create_app(BoardSource(duty.settings), module.login_of)
    board.dependency_overrides[get_user] = lambda: SimpleAuthManagerUser(
        username="officer", role="viewer"
    )
    airflow = FastAPI()
    airflow.mount(module.PREFIX, board)
    officer = Officer(TestClient(airflow, follow_redirects=False), module.PREFIX)
    duty.red()
    officer.does("approve")
    assert [(row["verb"], row["by_ref"]) for row in duty.deeds()] == [("approve", FIRST)]
