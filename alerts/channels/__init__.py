"""Ways to reach people: one module a provider; `channels` makes those of a deployment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from alerts.cap_receiver import PROVIDER, is_push
from alerts.channels import cap
from alerts.channels.cap import CapChannel
from alerts.channels.email import EmailChannel, Server
from alerts.channels.file import FileChannel
from alerts.channels.gateway import MINUTE_S, GatewayChannel, gateway_of
from alerts.channels.mqtt import MqttChannel
from alerts.channels.webhook import WebhookChannel
from alerts.errors import Unreachable
from alerts.forms import SPEECH, Form
from alerts.pace import UNLIMITED, Allowance, Cap, Rate
from alerts.parcel import Channel, Parcel
from alerts.roster import SIREN
from pipeline import clock
from pipeline.errors import SettingsError
from pipeline.settings import Settings, ca_bundle, credential

OUTGOING = "outgoing"


def channels(
    settings: Settings, credential: Callable[[str], str] = credential
) -> Mapping[str, Channel]:
    """Return the deployment's channels by the name that contacts use; receivers of CAP have one.

    Parameters
    ----------
    credential : tells a secret by its name
    """
    return {
        "email": _email(settings, credential),
        PROVIDER: CapChannel(settings, credential, clock.now, ca_bundle()),
        "file": FileChannel(settings.home / OUTGOING),
        "webhook": WebhookChannel(credential, clock.now, ca_bundle()),
        SIREN: MqttChannel(settings.home, credential, clock.now, ca_bundle()),
        **{form: GatewayChannel(form, settings.home, credential, ca_bundle()) for form in SPEECH},
    }


def allowance(settings: Settings, channel: str) -> Allowance:
    """Return what the provider of a channel allows; of one that cannot be used, nothing leaves."""
    if is_push(channel):
        return cap.allowance(settings, channel)
    if channel in SPEECH:
        try:
            return gateway_of(settings.home, Form(channel)).allowance
        except SettingsError:
            return UNLIMITED
    mails, posts = settings.smtp_per_minute, settings.webhook_per_minute
    if channel == "email" and mails is not None:
        return Allowance(account=(Rate(mails),))
    if channel == "webhook" and posts is not None:
        return Allowance(each=(Cap(posts, MINUTE_S),))
    return UNLIMITED


@dataclass(frozen=True, slots=True)
class Unset:
    """A channel that lacks what it needs: what goes by it waits, and all others go on."""

    why: str

    def send(self, _parcel: Parcel) -> None:
        """Send nothing.

        Raises
        ------
        Unreachable
            Always.
        """
        raise Unreachable(self.why)


def _email(settings: Settings, credential: Callable[[str], str]) -> Channel:
    try:
        return EmailChannel(_server(settings, credential))
    except SettingsError as error:
        return Unset(f"email: {error}")


def _server(settings: Settings, credential: Callable[[str], str]) -> Server:
    login = settings.smtp_login
    return Server(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.smtp_sender,
        security=settings.smtp_security,
        login=login,
        password=None if login is None else SecretStr(credential(settings.smtp_credential)),
    )
