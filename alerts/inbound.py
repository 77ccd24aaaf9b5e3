"""What a provider posts back, read as its configuration says: receipts, replies, keys; pure.

A receipt says what became of one delivery. A reply comes from a number, and does not say which
order it means. A key is pressed in one call, and counts once the whole text was played.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SecretStr,
    StringConstraints,
    model_validator,
)

from alerts.credential_name import CredentialName
from alerts.said import Said, read_reply

MOST_TEXT: Final = 2000
Place = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$")]
"""Keys and, in lists, indices from 0, with dots between: ``messages.0.status``."""
Word = str | int | bool
Words = Annotated[tuple[Word, ...], Field(min_length=1)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ReceiptAt(_Frozen):
    """Where a receipt stands in a post.

    Attributes
    ----------
    id : of the delivery, or the provider's own name for what it took
    delivered, failed : words that say what became of it; any other says nothing yet
    """

    id: Place
    status: Place
    delivered: Words
    failed: tuple[Word, ...] = ()


class ReplyAt(_Frozen):
    """Where a reply, or a key press, stands in a post.

    Attributes
    ----------
    text : the SMS, or the key
    number : of whoever replies; country : the calling code of one that is written without
    id : of the delivery that is answered, as a call knows it
    heard_at, heard : where it stands, and by which words, that the whole text was played
    """

    text: Place
    number: Place | None = None
    country: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,2}$")] | None = None
    id: Place | None = None
    heard_at: Place | None = None
    heard: tuple[Word, ...] = ()

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if (self.number is None) is (self.id is None):
            raise ValueError("a reply is known by its number, a key by its call's id: one of them")
        if (self.heard_at is None) is not (not self.heard):
            raise ValueError("heard_at and heard need one another")
        if self.id is not None and self.heard_at is None:
            raise ValueError("of a call it must be told that the whole text was heard: heard_at")
        return self


class Inbound(_Frozen):
    """How a provider's posts are known as its own, and read.

    Attributes
    ----------
    credential : name under which the environment or an Airflow Connection holds the secret
    header : that bears the secret itself; None: posts are signed by Standard Webhooks
    each : where a list stands of which every item is read by itself; ``*``: the post is that list
    """

    credential: CredentialName
    header: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,60}$")] | None = None
    encoding: Literal["json", "form"] = "json"
    each: Place | Literal["*"] | None = None
    receipt: ReceiptAt | None = None
    reply: ReplyAt | None = None

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if self.receipt is None and self.reply is None:
            raise ValueError("neither a receipt nor a reply is read")
        return self


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one delivery: it was brought, or never will be."""

    ident: str
    delivered: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """What somebody says, known by their number or by the call that they were in.

    Attributes
    ----------
    country : the calling code of a number that is written without one
    """

    said: Said
    number: SecretStr | None = None
    country: str | None = None
    ident: str | None = None


def read_post(inbound: Inbound, posted: JsonValue) -> tuple[Receipt | Reply, ...]:
    """Return what a decoded post says; nothing where it says nothing that is asked for.

    Raises
    ------
    ValueError
        It is a list where none is read, or none where one is.
    """
    items = [posted]
    if inbound.each is not None:
        listed = posted if inbound.each == "*" else found_at(posted, inbound.each)
        items = listed if isinstance(listed, list) else []
    if isinstance(posted, list) is not (inbound.each == "*") or not items:
        raise ValueError("a list, or none, where the other is configured")
    found = (
        each
        for item in items
        for each in (_receipt(inbound.receipt, item), _reply(inbound.reply, item))
    )
    return tuple(each for each in found if each is not None)


def _receipt(at: ReceiptAt | None, said: JsonValue) -> Receipt | None:
    if at is None:
        return None
    ident, status = found_at(said, at.id), found_at(said, at.status)
    if not isinstance(ident, str | int) or isinstance(ident, bool):
        return None
    if is_one_of(status, at.delivered):
        return Receipt(str(ident), delivered=True)
    return Receipt(str(ident), delivered=False) if is_one_of(status, at.failed) else None


def _reply(at: ReplyAt | None, said: JsonValue) -> Reply | None:
    if at is None:
        return None
    text = found_at(said, at.text)
    who = found_at(said, at.number or at.id or "")
    if not _is_text(text) or not _is_text(who):
        return None
    meant = read_reply(str(text)[:MOST_TEXT])
    if at.number is not None:
        return Reply(meant, number=SecretStr(str(who)), country=at.country)
    heard = at.heard_at is not None and is_one_of(found_at(said, at.heard_at), at.heard)
    return Reply(meant if heard else Said.UNCLEAR, ident=str(who))


def _is_text(value: JsonValue) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def is_one_of(found: JsonValue, words: tuple[Word, ...]) -> bool:
    """Tell whether what was found is one of the words as it is written: "0" is not 0."""
    return any(type(found) is type(word) and found == word for word in words)


def found_at(said: JsonValue, place: str) -> JsonValue:
    """Return what stands at a place; None where nothing does."""
    for part in place.split("."):
        if isinstance(said, dict):
            said = said.get(part)
        elif isinstance(said, list) and part.isdecimal() and int(part) < len(said):
            said = said[int(part)]
        else:
            return None
    return said
