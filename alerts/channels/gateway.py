"""SMS and calls by whichever gateway a county has: its request and its answer are configuration.

``gateways.toml`` in FLOODWARN_HOME, private as the contacts are, says where a text is posted, in
which form, and which word of the answer means that it was taken. Only that word does: a good status
alone says nothing, and an answer that says no under it leaves the delivery uncertain. No number,
secret, address or answer is passed on, but the gateway's own name for what it took.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from json import loads
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlencode

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)

from alerts.credential_name import CredentialName
from alerts.errors import RosterError, SendError, Unreachable
from alerts.forms import SPEECH, Form
from alerts.inbound import Inbound, Place, found_at, is_one_of
from alerts.pace import Allowance, Cap, Pace, Rate
from alerts.parcel import Parcel
from alerts.roster import read_private
from pipeline.bulletin import canonical
from pipeline.errors import PostFailed, SettingsError
from pipeline.outbound import TAKEN, Answer, Target, post

GATEWAYS: Final = "gateways.toml"
SCHEMA: Final = "floodwarn.gateways/1"
MINUTE_S: Final = 60
HOUR_S: Final = 3600
CALLS_TO_ONE: Final = {"per_number_minute": 1, "per_number_hour": 5}
"""Calls to one number, where gateways.toml states no others. Source: users.md 10."""
LAST_DIGITS: Final = 7
"""Of a number: by as many a person may be called within a country, so no name may hold them."""

PLACEHOLDER: Final = re.compile(r"\{(\w*)\}")
IN_BODY: Final = frozenset({"to", "digits", "text", "id", "language", "credential"})
IN_HEADERS: Final = IN_BODY - {"to", "digits", "text"}
"""A number or a text in a header would be in the logs of every proxy."""

TYPES: Final = {
    "json": "application/json; charset=utf-8",
    "form": "application/x-www-form-urlencoded",
}
REFERENCE: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")

HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,60}$")]
HeaderText = Annotated[str, StringConstraints(pattern=r"^[\x20-\x7e]{1,400}$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Accepted(_Frozen):
    """What of an answer says that the text was taken.

    Attributes
    ----------
    at : keys and, in lists, indices from 0, with dots between: ``messages.0.status``
    values : any of them does, as it is written: "0" is not 0
    """

    at: Place
    values: Annotated[tuple[str | int | bool, ...], Field(min_length=1)]


class Gateway(_Frozen):
    """One provider's way to take a text.

    Attributes
    ----------
    allow_private : networks that are not of the public internet and may be spoken to
    credential : name under which the environment or an Airflow Connection holds the secret
    headers, body : with placeholders (`IN_HEADERS`, `IN_BODY`); ``{id}`` stands in one of them, so
        that a repeat is known as one; ``{digits}`` is ``{to}`` without its plus
    reference : where the answer says how the gateway calls the text
    error : what stands there is the gateway's complaint, unless it is empty, 0 or false
    inbound : how what it posts to us is read: receipts, replies, key presses
    budget_s : for one text, from asking for the address to the end of the answer; within a lease
    per_minute, burst : texts that the provider takes: of the account, and at once
    lines, seconds : calls at once, and how long one takes
    per_number_minute, per_number_hour : texts to one number; 0 does not limit them
    """

    url: SecretStr
    allow_private: tuple[str, ...] = ()
    credential: CredentialName | None = None
    headers: dict[HeaderName, HeaderText] = {}
    encoding: Literal["json", "form"] = "json"
    body: dict[str, JsonValue]
    accepted: Accepted
    reference: Place | None = None
    error: Place | None = None
    budget_s: float = Field(20.0, ge=1, le=40)
    per_minute: int | None = Field(None, ge=1, le=60_000)
    burst: int = Field(1, ge=1, le=10_000)
    lines: int | None = Field(None, ge=1, le=500)
    seconds: int | None = Field(None, ge=1, le=600)
    per_number_minute: int = Field(0, ge=0, le=60)
    per_number_hour: int = Field(0, ge=0, le=60)
    inbound: Inbound | None = None

    @model_validator(mode="after")
    def _usable(self) -> Self:
        Target(self.url.get_secret_value(), self.allow_private)
        if self.encoding == "form" and not all(isinstance(v, str) for v in self.body.values()):
            raise ValueError("body: a form has texts alone")
        in_body, in_headers = _names(self.body), _names(dict(self.headers))
        if not in_body <= IN_BODY or not in_headers <= IN_HEADERS:
            raise ValueError("a placeholder that is none, or not one of a header")
        if "text" not in in_body or not in_body & {"to", "digits"}:
            raise ValueError("body: {text}, or the number as {to} or {digits}, is not in it")
        if "id" not in in_body | in_headers:
            raise ValueError("{id} is in neither body nor headers: a repeat would be a second text")
        if ("credential" in in_body | in_headers) is (self.credential is None):
            raise ValueError("{credential} and the name of a credential need one another")
        if (self.lines is None) is not (self.seconds is None):
            raise ValueError("lines and seconds need one another")
        if "burst" in self.model_fields_set and self.per_minute is None:
            raise ValueError("burst needs per_minute")
        return self

    @property
    def allowance(self) -> Allowance:
        """What the provider allows."""
        account: list[Pace] = []
        if self.per_minute is not None:
            account.append(Rate(self.per_minute, self.burst))
        if self.lines is not None and self.seconds is not None:
            account.append(Cap(self.lines, self.seconds))
        each = (Cap(self.per_number_minute, MINUTE_S), Cap(self.per_number_hour, HOUR_S))
        return Allowance(tuple(account), tuple(cap for cap in each if cap.most))

    def request(self, words: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
        """Return what is posted and its headers; the same words give the same bytes."""
        body = {key: _filled(value, words) for key, value in self.body.items()}
        content = canonical(body) if self.encoding == "json" else urlencode(body).encode()
        headers = {name: _in_text(text, words) for name, text in self.headers.items()}
        return content, {"Content-Type": TYPES[self.encoding], **headers}

    def takes(self, said: JsonValue) -> bool:
        """Tell whether an answer says, in the place for it, that the text was taken."""
        if self.error is not None and found_at(said, self.error):
            return False
        return is_one_of(found_at(said, self.accepted.at), self.accepted.values)


@dataclass(frozen=True, slots=True)
class GatewayChannel:
    """Hands parcels to the gateway that the deployment has for one form.

    Attributes
    ----------
    home : where `GATEWAYS` lies; read anew for each parcel, so that a cure acts at once
    credential : tells a secret by its name
    """

    form: Form
    home: Path
    credential: Callable[[str], str]
    ca_bundle: str | None = None

    def send(self, parcel: Parcel) -> str | None:
        """Hand one text over; return the gateway's name for it.

        Raises
        ------
        Unreachable
            The gateway is not configured, has no secret, or was not reached: nothing has left.
        SendError
            With `uncertain` where the text was handed over and no plain answer came.
        """
        if not isinstance(parcel.address, SecretStr):
            raise SendError(f"{self.form}: the contact has no phone", retryable=False)
        number = parcel.address.get_secret_value()
        try:
            gateway = gateway_of(self.home, self.form)
            secret = "" if gateway.credential is None else self.credential(gateway.credential)
        except SettingsError as error:
            raise Unreachable(f"{self.form}: {error}") from None
        words = {
            "to": number,
            "digits": number.removeprefix("+"),
            "text": parcel.body,
            "id": parcel.key,
            "language": parcel.language,
            "credential": secret,
        }
        return _reference(gateway, self._heard(gateway, words), number=number, secret=secret)

    def _heard(self, gateway: Gateway, words: Mapping[str, str]) -> JsonValue:
        content, headers = gateway.request(words)
        target = Target(gateway.url.get_secret_value(), gateway.allow_private, self.ca_bundle)
        try:
            answer = post(target, content, headers, budget_s=gateway.budget_s)
        except PostFailed as error:
            why = f"{self.form}: {error}"
            if error.handed_over:
                raise SendError(why, retryable=True, uncertain=True) from None
            raise Unreachable(why) from None
        said = _json(answer)
        if said is not None and gateway.takes(said):
            return said
        raise SendError.answered(self.form, answer.status, answer.retry_after)


def gateway_of(home: Path, form: Form) -> Gateway:
    """Return the gateway of a form; the other's faults are not this one's.

    Raises
    ------
    SettingsError
        There is none, others may read it, or it cannot be used; what stands there is not quoted.
    """
    try:
        content = read_private(home / GATEWAYS)
    except RosterError as error:
        raise SettingsError(f"no gateway can be read: {error}") from None
    return _stated(content, form)


@lru_cache(maxsize=len(SPEECH))
def _stated(content: bytes, form: Form) -> Gateway:
    """Return the gateway that a file states; it is asked for with every text."""
    try:
        raw = tomllib.loads(content.decode())
    except ValueError:
        raise SettingsError(f"{GATEWAYS} cannot be read as TOML") from None
    if raw.get("schema") != SCHEMA or not raw.keys() <= {"schema", *SPEECH}:
        raise SettingsError(f"{GATEWAYS} is not {SCHEMA} with tables {' and '.join(SPEECH)} alone")
    if form not in raw:
        raise SettingsError(f"no gateway is configured: {GATEWAYS} has no [{form}]")
    stated = raw[form]
    if form is Form.VOICE and isinstance(stated, dict):
        stated = CALLS_TO_ONE | stated
    try:
        return Gateway.model_validate(stated)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_context=False, include_url=False)
        # Of a body or a header the place is a name of the provider's, which may be anything.
        places = {
            f"{'.'.join(map(str, each['loc'][:1])) or form}: {each['msg']}" for each in faults
        }
        raise SettingsError(f"{GATEWAYS} [{form}]: {'; '.join(sorted(places))}") from None


def _names(value: JsonValue) -> set[str]:
    """Return the placeholders in all texts of a value."""
    if isinstance(value, str):
        return set(PLACEHOLDER.findall(value))
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {name for each in inner for name in _names(each)}


def _filled(value: JsonValue, words: Mapping[str, str]) -> JsonValue:
    if isinstance(value, str):
        return _in_text(value, words)
    if isinstance(value, dict):
        return {key: _filled(each, words) for key, each in value.items()}
    return [_filled(each, words) for each in value] if isinstance(value, list) else value


def _in_text(text: str, words: Mapping[str, str]) -> str:
    """Fill a text in one pass: a placeholder that a village's name looks like stays a name."""
    return PLACEHOLDER.sub(lambda found: words[found[1]], text)


def _json(answer: Answer) -> JsonValue:
    """Return what was said under a good status; None where it is no JSON, or nothing."""
    if answer.status not in TAKEN or answer.body is None:
        return None
    try:
        said: JsonValue = loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return said


def _reference(gateway: Gateway, said: JsonValue, *, number: str, secret: str) -> str | None:
    """Return the gateway's name for what it took, unless it tells a text, a number or a secret."""
    found = None if gateway.reference is None else found_at(said, gateway.reference)
    if not isinstance(found, str | int) or isinstance(found, bool):
        return None
    name = str(found)
    # A name may write the number in groups, or as it is dialled within the country.
    tells = number[-LAST_DIGITS:] in "".join(filter(str.isdecimal, name))
    tells = tells or bool(secret and secret in name)
    return None if tells or not REFERENCE.fullmatch(name) else name
