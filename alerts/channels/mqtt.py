"""Sirens and loudspeakers by MQTT 5 and TLS: a signed command on a topic of each device's own.

``mqtt.toml`` in FLOODWARN_HOME, private as the contacts are, names the broker. That the broker has
taken a command is accepted; what the device itself says within the time for it is told beside it. A
device that was away gets the command when it is back, while it is worth sounding. Nothing is ever
retained: a siren that is switched on next week must not sound for tonight.
"""

from __future__ import annotations

import secrets
import ssl
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from typing_extensions import override

from alerts.credential_name import CredentialName
from alerts.errors import RosterError, SendError, Unreachable
from alerts.orders import WHOLE_VILLAGE
from alerts.parcel import Parcel, Siren
from alerts.roster import read_private
from alerts.siren.command import Act, Command, Did, Word, device_key, opened, sealed, topic
from alerts.siren.decision import ALL_PLACES
from pipeline.errors import SettingsError
from pipeline.world import Mode

BROKER: Final = "mqtt.toml"
AT_LEAST_ONCE: Final = 1
NOT_ALLOWED: Final = 0x87
NOBODY_LISTENS: Final = 0x10
KEY_LENGTH: Final = 32
MADE_NO_SOUND: Final = frozenset({Did.FAILED, Did.OLDER, Did.EXPIRED, Did.NO_EXERCISES})
"""What a device says that has not sounded; one that was told before (`REPLAYED`) has."""


class Broker(BaseModel):
    """The broker of a deployment's sirens.

    Attributes
    ----------
    ca : file in FLOODWARN_HOME of the authority that its certificate is checked against; without
        one the deployment's or the system's
    password, key : names under which the environment or an Airflow Connection holds the secrets;
        from the key each device's own is derived
    worth_minutes : from handing over until a command is not to sound any more
    answer_s : for which a device's own word is waited for, within `budget_s`
    budget_s : for one parcel, from connecting to the last word; within a lease
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    schema_id: Literal["floodwarn.mqtt/1"] = Field(alias="schema")
    host: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:-]{1,253}$")]
    port: int = Field(8883, gt=0, lt=65536)
    ca: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9_.-]*$")] | None = None
    user: str = "floodwarn"
    password: CredentialName
    key: CredentialName
    worth_minutes: int = Field(60, ge=5, le=360)
    answer_s: float = Field(5.0, ge=0, le=20)
    budget_s: float = Field(20.0, ge=1, le=40)


class Trusted(ssl.SSLContext):
    """Whom a broker's certificate is checked against; it holds the last line made with it."""

    line: ssl.SSLSocket | None = None

    @override
    def wrap_socket(self, *given: Any, **named: Any) -> ssl.SSLSocket:
        self.line = super().wrap_socket(*given, **named)
        return self.line


@dataclass(frozen=True, slots=True)
class Access:
    """A broker, and what opens it."""

    broker: Broker
    trusted: Trusted
    password: str = field(repr=False)
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MqttChannel:
    """Hands commands to the deployment's broker, each on a line of its own.

    Attributes
    ----------
    home : where `BROKER` lies; read anew for each parcel, so that a cure acts at once
    credential : tells a secret by its name
    """

    home: Path
    credential: Callable[[str], str]
    now: Callable[[], datetime]
    ca_bundle: str | None = None

    def send(self, parcel: Parcel) -> str | None:
        """Hand one command over; return what the device said that it does, where it said so.

        Raises
        ------
        Unreachable
            The broker is not configured, has no secret, or was not reached: nothing has left.
        SendError
            With `uncertain` where the command was handed over and the broker did not answer.
        """
        siren, village = parcel.address, parcel.about.village_id
        if not isinstance(siren, Siren) or village is None:
            raise SendError("siren: the contact or the text is none of a siren", retryable=False)
        try:
            access = access_of(self.home, self.credential, self.ca_bundle)
        except SettingsError as error:
            raise Unreachable(f"siren: {error}") from None
        # counted anew for each attempt: an order that still stands is worth sounding
        now = self.now()
        expires = min(parcel.about.expires_at, now + timedelta(minutes=access.broker.worth_minutes))
        worth_s = max(1, ceil((expires - now).total_seconds()))
        names = (parcel.about.world.site, village, siren.device)
        line = _Line(access, device_key(access.key, *names))
        try:
            line.open(topic(*names, "ack"))
            line.give(topic(*names, "cmd"), _command(parcel, expires), worth_s)
            return line.word_of(parcel.key)
        finally:
            line.close()


def broker_of(home: Path) -> Broker:
    """Return the deployment's broker.

    Raises
    ------
    SettingsError
        There is none, others may read it, or it cannot be used; what stands there is not quoted.
    """
    try:
        return Broker.model_validate(tomllib.loads(read_private(home / BROKER).decode()))
    except RosterError as error:
        raise SettingsError(f"no broker can be read: {error}") from None
    except ValidationError as error:
        places = {str(each["loc"][0]) for each in error.errors(include_input=False) if each["loc"]}
        raise SettingsError(f"{BROKER}: wrong or missing: {', '.join(sorted(places))}") from None
    except ValueError:
        raise SettingsError(f"{BROKER} cannot be read as TOML") from None


def master_key(broker: Broker, credential: Callable[[str], str]) -> str:
    """Return the key that every siren's own is derived from.

    Raises
    ------
    SettingsError
        It is not set, or so short that it could be guessed.
    """
    key = credential(broker.key)
    if len(key) < KEY_LENGTH:
        raise SettingsError(f"credential {broker.key} is shorter than {KEY_LENGTH} characters")
    return key


def access_of(home: Path, credential: Callable[[str], str], ca_bundle: str | None) -> Access:
    """Return the deployment's broker with what opens it.

    Raises
    ------
    SettingsError
        Something of it is not there, or cannot be used.
    """
    broker = broker_of(home)
    authority = ca_bundle if broker.ca is None else home / broker.ca
    trusted = Trusted(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if authority is None:
            trusted.load_default_certs()
        else:
            trusted.load_verify_locations(authority)
    except OSError:
        raise SettingsError(f"{BROKER}: ca: no certificate of an authority can be read") from None
    return Access(broker, trusted, credential(broker.password), master_key(broker, credential))


def _command(parcel: Parcel, expires: datetime) -> Command:
    about = parcel.about
    return Command(
        id=parcel.key,
        issued=parcel.queued_at,
        expires=expires,
        mode="live" if about.world.mode is Mode.LIVE else "exercise",
        action=Act.SOUND if about.sounds else Act.SPEAK,
        title=parcel.subject,
        text=parcel.body,
        language=parcel.language,
        sequence=int(parcel.queued_at.timestamp() * 1000),
        place=_place(about.place_id),
    )


def _place(place_id: str | None) -> str:
    return ALL_PLACES if place_id is None or place_id == WHOLE_VILLAGE else place_id


class _Line:
    """One connection, driven by hand inside one budget; it keeps what the other side says."""

    def __init__(self, access: Access, key: bytes) -> None:
        self.broker, self.trusted, self.key = access.broker, access.trusted, key
        self.ends = time.monotonic() + self.broker.budget_s
        self.connected: ReasonCode | None = None
        self.listens = False
        self.taken: ReasonCode | None = None
        self.words: list[Word] = []
        self.client = self._client(access)

    def open(self, hears: str) -> None:
        """Connect, and listen to what the device says.

        Raises
        ------
        Unreachable
            The broker is not there, is another one, or refuses our login.
        """
        try:
            self.client.connect(self.broker.host, self.broker.port, ceil(self.broker.budget_s))
        except (OSError, ValueError) as error:
            raise Unreachable(f"siren: connecting failed, {type(error).__name__}") from None
        self._hear(lambda: self.connected is not None)
        if self.connected is None or self.connected.is_failure:
            code = "nothing" if self.connected is None else self.connected.value
            raise Unreachable(f"siren: connecting answered {code}")
        self.client.subscribe(hears, qos=AT_LEAST_ONCE)
        self._hear(lambda: self.listens)
        if not self.listens:
            raise Unreachable("siren: the broker fell silent")

    def give(self, where: str, command: Command, worth_s: int) -> None:
        """Hand a command over, and wait for the broker to take it.

        Raises
        ------
        SendError
            It did not, or did not say so.
        """
        lives = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        lives.MessageExpiryInterval = worth_s
        self.client.publish(where, sealed(command, self.key), AT_LEAST_ONCE, properties=lives)
        self._hear(lambda: self.taken is not None)
        if self.taken is None:
            raise SendError("siren: the broker said nothing", retryable=True, uncertain=True)
        if self.taken.value == NOBODY_LISTENS:
            raise SendError("siren: the device has never called its broker", retryable=True)
        if self.taken.is_failure:
            refused = self.taken.value == NOT_ALLOWED
            raise SendError(f"siren: answered {self.taken.value}", retryable=not refused)

    def word_of(self, ident: str) -> str | None:
        """Return what the device says that it does; None where it says nothing in time.

        Raises
        ------
        SendError
            It says that it made no sound.
        """
        self.ends = min(self.ends, time.monotonic() + self.broker.answer_s)
        self._hear(lambda: any(word.id == ident for word in self.words))
        did = next((word.did for word in self.words if word.id == ident), None)
        if did in MADE_NO_SOUND:
            raise SendError(f"siren: no sound, device:{did}", retryable=False)
        return None if did is None else f"device:{did}"

    def close(self) -> None:
        """Hang up, also where paho leaves a line open: one on which the handshake failed."""
        self.client.disconnect()
        if self.trusted.line is not None:
            self.trusted.line.close()

    def _hear(self, enough: Callable[[], bool]) -> None:
        """Let the line work until enough was heard, it broke, or its time is over."""
        while not enough() and (left := self.ends - time.monotonic()) > 0:
            if self.client.loop(left) is not MQTTErrorCode.MQTT_ERR_SUCCESS:
                return

    def _client(self, access: Access) -> Client:
        made = Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"floodwarn-{secrets.token_hex(8)}",
            protocol=MQTTProtocolVersion.MQTTv5,
        )
        made.username_pw_set(self.broker.user, access.password)
        made.tls_set_context(access.trusted)
        made.connect_timeout = self.broker.budget_s / 4

        def connected(*said: object) -> None:
            self.connected = said[3] if isinstance(said[3], ReasonCode) else None

        def listens(*_: object) -> None:
            self.listens = True

        def taken(*said: object) -> None:
            self.taken = said[3] if isinstance(said[3], ReasonCode) else None

        def told(_client: Client, _data: object, message: MQTTMessage) -> None:
            word = opened(Word, bytes(message.payload), self.key)
            self.words += [] if word is None else [word]

        made.on_connect, made.on_subscribe, made.on_publish = connected, listens, taken
        made.on_message = told
        return made
