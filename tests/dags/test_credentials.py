"""A secret comes from the environment, or else from a Connection, and Airflow masks it."""

from types import SimpleNamespace

import pytest

from pipeline.errors import SettingsError


@pytest.fixture
def masked(monkeypatch):
    monkeypatch.delenv("RAIN_KEY", raising=False)
    told: list[str] = []
    monkeypatch.setattr("dags.credentials.mask_secret", told.append)
    return told


def credential(name):
    """Ask the module, which imports Airflow: only the process that runs these tests waits."""
    from dags.credentials import credential

    return credential(name)


def connection(monkeypatch, get=None, **fields):
    found = SimpleNamespace(**({"conn_type": "http", "password": None} | fields))
    known = SimpleNamespace(get=get or (lambda _: found))
    monkeypatch.setattr("dags.credentials.Connection", known)


def test_the_environment_comes_first(masked, monkeypatch):
    connection(monkeypatch, password="other")
    monkeypatch.setenv("RAIN_KEY", "hush")
    assert credential("RAIN_KEY") == "hush"
    assert masked == ["hush"]


def test_a_connection_gives_its_password(masked, monkeypatch):
    connection(monkeypatch, password="hush")
    assert credential("RAIN_KEY") == "hush"
    assert masked == ["hush"]


def test_a_databases_connection_gives_its_whole_address(masked, monkeypatch):
    address = "postgres://reader:hush@db.example/rain"
    connection(monkeypatch, conn_type="postgres", password="hush", get_uri=lambda: address)
    assert credential("RAIN_KEY") == address
    assert masked == [address]


def test_what_is_nowhere_is_told_by_its_name_alone(masked, monkeypatch):
    def get(name):
        raise RuntimeError("vault at hush")

    connection(monkeypatch, get)
    with pytest.raises(SettingsError, match="RAIN_KEY") as refused:
        credential("RAIN_KEY")
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("password", ["a\nb", "", None])
def test_a_password_that_cannot_be_sent_is_refused(masked, monkeypatch, password):
    connection(monkeypatch, password=password)
    with pytest.raises(SettingsError, match="RAIN_KEY"):
        credential("RAIN_KEY")


def test_a_secret_of_the_environment_that_cannot_be_sent_is_not_looked_for_elsewhere(
    masked, monkeypatch
):
    connection(monkeypatch, password="other")
    monkeypatch.setenv("RAIN_KEY", "a\nb")
    with pytest.raises(SettingsError, match="control characters"):
        credential("RAIN_KEY")


def test_airflow_itself_gives_a_connection(masked, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_RAIN_KEY", "http://:hush@feeds.example")
    assert credential("RAIN_KEY") == "hush"
