"""A feed's secret by its name: from the environment, or else from an Airflow Connection."""

from __future__ import annotations

from airflow.sdk import Connection
from airflow.sdk.log import mask_secret

DATABASES = frozenset({"postgres", "sqlite", "mysql", "mssql", "oracle"})
"""Types of Connection whose secret is the whole address, with the password in it."""


def credential(name: str) -> str:
    """Return a secret and have Airflow mask it in its logs.

    Raises
    ------
    SettingsError
        Neither the environment nor a Connection has it, or it is none that can be sent.
    """
    from pipeline import settings

    try:
        value = settings.credential(name)
    except settings.NotSet:
        value = settings.sendable(name, _of_connection(name))
    mask_secret(value)
    return value


def _of_connection(name: str) -> str:
    from pipeline.errors import SettingsError

    try:
        found = Connection.get(name)
    except Exception as error:  # noqa: BLE001 - told by its kind, as not set
        # Its kind only: a secrets backend may quote its own address in what it says.
        kind = type(error).__name__
        raise SettingsError(f"credential {name} is not set, nor a Connection ({kind})") from None
    value = found.get_uri() if found.conn_type in DATABASES else found.password
    if not value:
        raise SettingsError(f"Connection {name} has no password")
    return str(value)
