"""Ways to reach people: one module a provider; `channels` makes those of a deployment."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr

from alerts.channels.email import EmailChannel, Server
from alerts.channels.file import FileChannel
from alerts.parcel import Channel
from pipeline.settings import Settings, credential

OUTGOING = "outgoing"


def channels(settings: Settings) -> Mapping[str, Channel]:
    """Return the deployment's channels by the name that contacts use.

    Raises
    ------
    SettingsError
        The mail server wants a login whose password is not in the environment.
    """
    return {
        "email": EmailChannel(_server(settings)),
        "file": FileChannel(settings.home / OUTGOING),
    }


def _server(settings: Settings) -> Server:
    login = settings.smtp_login
    return Server(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.smtp_sender,
        security=settings.smtp_security,
        login=login,
        password=None if login is None else SecretStr(credential(settings.smtp_credential)),
    )
