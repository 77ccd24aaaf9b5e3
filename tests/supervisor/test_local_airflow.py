"""Airflow on one machine: bound to it alone, a real login, and secrets that stay its owner's."""

import json
import stat

from alerts import local_airflow
from alerts.local_airflow import LocalAirflow


def made(tmp_path):
    airflow = LocalAirflow(
        tmp_path / "an airflow", 8099, {"officer": "admin"}, local_airflow.sqlite_url(tmp_path)
    )
    return airflow, local_airflow.write_files(airflow)


def test_nobody_is_an_administrator_unasked_and_nothing_listens_elsewhere(tmp_path):
    airflow, _ = made(tmp_path)
    variables = local_airflow.environment(airflow)
    assert variables["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] == "False"
    assert variables["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"] == "officer:admin"
    assert variables["AIRFLOW__API__HOST"] == "127.0.0.1"
    scheduler = next(c for c in local_airflow.components(airflow) if "scheduler" in c.command)
    assert "--skip-serve-logs" in scheduler.command


def test_passwords_and_keys_are_made_once_and_are_the_owners_alone(tmp_path):
    airflow, passwords = made(tmp_path)
    assert made(tmp_path)[1] == passwords
    for name in ("passwords.json", "secrets.json"):
        path = airflow.folder / name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert json.loads(path.read_text())
    assert stat.S_IMODE(airflow.folder.stat().st_mode) == 0o700
