"""Airflow as one machine runs it: SQLite, LocalExecutor, 127.0.0.1, a real login.

Only its environment, its files and its command lines are known here; Airflow itself is not
imported. docs/adr/0009 tells where each setting comes from.
"""

from __future__ import annotations

import base64
import json
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from alerts.supervisor import Component
from pipeline.settings import embedded

DAGS = Path(__file__).resolve().parent.parent / "dags"
REPLAY_POOL = "replay"
REPLAY_SLOTS = 2
OURS_ALONE = 0o700
SECRET = 0o600


@dataclass(frozen=True, slots=True)
class LocalAirflow:
    """Where this Airflow keeps its state and listens.

    Attributes
    ----------
    folder : AIRFLOW_HOME
    port : of the api-server, on 127.0.0.1
    logins : role (viewer, user, op, admin) by login name
    database_url : Airflow's own metadata; not floodwarn's store
    """

    folder: Path
    port: int
    logins: Mapping[str, str]
    database_url: str

    @property
    def url(self) -> str:
        """The address that a browser opens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def passwords(self) -> Path:
        """The logins' passwords, readable by us alone."""
        return self.folder / "passwords.json"


def sqlite_url(folder: Path) -> str:
    """Return the address of the metadata database of a local run."""
    return embedded(folder / "airflow.db")


def write_files(airflow: LocalAirflow) -> dict[str, str]:
    """Make secrets, passwords and local settings where they are missing; return the passwords."""
    (airflow.folder / "config").mkdir(parents=True, exist_ok=True)
    airflow.folder.chmod(OURS_ALONE)
    _keep(airflow.folder / "secrets.json", _new_secrets())
    passwords = _keep(
        airflow.passwords, {login: secrets.token_urlsafe(9) for login in airflow.logins}
    )
    # Airflow looks for this module in AIRFLOW_HOME/config; ours is part of the project.
    (airflow.folder / "config" / "airflow_local_settings.py").write_text(
        "from dags.airflow_local_settings import *  # noqa: F403\n"
    )
    return passwords


def environment(airflow: LocalAirflow) -> dict[str, str]:
    """Return the variables that make every Airflow process this one."""
    keys = json.loads((airflow.folder / "secrets.json").read_text())
    return {
        "AIRFLOW_HOME": str(airflow.folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__MP_START_METHOD": "fork",
        "AIRFLOW__CORE__FERNET_KEY": keys["fernet"],
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{airflow.url}/execution/",
        # "All admins" would make every anonymous request an administrator's.
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(
            f"{login}:{role}" for login, role in airflow.logins.items()
        ),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(airflow.passwords),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": airflow.database_url,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(airflow.port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__BASE_URL": airflow.url,
        "AIRFLOW__API__SECRET_KEY": keys["session"],
        "AIRFLOW__API_AUTH__JWT_SECRET": keys["jwt"],
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
    }


def set_up() -> tuple[Component, ...]:
    """Return what must have run once before the components: database and pool."""
    return (
        _airflow("db-migrate", "db", "migrate"),
        _airflow("pool", "pools", "set", REPLAY_POOL, str(REPLAY_SLOTS), "flood_replay only"),
    )


def components(airflow: LocalAirflow) -> tuple[Component, ...]:
    """Return what runs as long as the stack does; nothing here defers, so no triggerer.

    The log server that a scheduler opens on every address (port 8793) is left out: on one machine
    the api-server reads the files themselves.
    """
    return (
        _airflow("api-server", "api-server", "--host", "127.0.0.1", "--port", str(airflow.port)),
        _airflow("scheduler", "scheduler", "--skip-serve-logs"),
        _airflow("dag-processor", "dag-processor"),
    )


def _airflow(name: str, *arguments: str) -> Component:
    return Component(f"airflow-{name}", (sys.executable, "-m", "airflow", *arguments))


def _new_secrets() -> dict[str, str]:
    return {
        "fernet": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "session": secrets.token_hex(32),
        "jwt": secrets.token_hex(32),
    }


def _keep(path: Path, fresh: dict[str, str]) -> dict[str, str]:
    """Return what the file holds, with what `fresh` adds; the file is ours alone."""
    known = json.loads(path.read_text()) if path.exists() else {}
    merged = fresh | known
    path.touch(mode=SECRET)
    path.chmod(SECRET)
    path.write_text(json.dumps(merged, indent=1, sort_keys=True))
    return {name: merged[name] for name in fresh}
