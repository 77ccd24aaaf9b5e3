"""Where providers post receipts, replies and key presses, and contacts' systems their answers.

Nothing is read of a post that is not signed, but what says whose key is to be asked.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal
from urllib.parse import parse_qsl

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import JsonValue

from alerts.channels.gateway import gateway_of
from alerts.errors import AlertError
from alerts.forms import Form
from alerts.hearing import Ear, Heard, hear
from alerts.inbound import Inbound, Reply, found_at, read_post
from alerts.outbox import queue
from alerts.parcel import Hook
from alerts.said import Said
from alerts.signed_post import is_signed, signing_key
from pipeline.database import reading
from pipeline.errors import SettingsError

WEBHOOK = "webhook"
MOST_BYTES: Final = 64 * 1024
MOST_FIELDS: Final = 200
COME_AGAIN: Final = {"Retry-After": "10"}
Credential = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Door:
    """What listening to providers needs.

    Attributes
    ----------
    ear : gives the world that is paged, and the roster of the moment
    credential : tells a secret by its name
    now : wall time
    """

    home: Path
    ear: Callable[[], Ear]
    credential: Credential
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class _Post:
    """One post as it came.

    Attributes
    ----------
    headers : by lower-case name
    """

    headers: Mapping[str, str]
    content: bytes


def inbound_routes(door: Door) -> APIRouter:
    """Return the addresses; each refuses what bears no right signature, and says nothing of why."""
    router = APIRouter(prefix="/inbound")

    @router.post("/webhook")
    async def webhook(request: Request) -> JSONResponse:
        post = await _read(request)
        return await _answered(lambda: _of_contact(door, post))

    @router.post("/{form}")
    async def gateway(request: Request, form: Literal["sms", "voice"]) -> JSONResponse:
        post = await _read(request)
        return await _answered(lambda: _of_gateway(door, Form(form), post))

    return router


async def _read(request: Request) -> _Post:
    """Read no more of a post than any that is meant for us has."""
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MOST_BYTES:
            raise HTTPException(413, "too long")
    return _Post({name.lower(): value for name, value in request.headers.items()}, bytes(content))


async def _answered(listen: Callable[[], Heard]) -> JSONResponse:
    try:
        heard = await run_in_threadpool(listen)
    except SettingsError as error:
        raise HTTPException(401, "not signed") from error
    except ValueError as error:
        raise HTTPException(422, "cannot be read") from error
    except AlertError as error:  # nobody is paged now, or the roster cannot be read: come again
        raise HTTPException(503, "not now", headers=COME_AGAIN) from error
    if heard.is_early:  # what it names may be known in a moment; what was taken is not taken twice
        raise HTTPException(503, "not yet", headers=COME_AGAIN)
    return JSONResponse({"status": "ok", "answers": heard.answers, "receipts": heard.receipts})


def _of_gateway(door: Door, form: Form, post: _Post) -> Heard:
    inbound = gateway_of(door.home, form).inbound
    if inbound is None or not _is_ours(door, inbound, post):
        raise SettingsError("not signed")
    posted = read_post(inbound, _decoded(inbound.encoding, post.content))
    return hear(door.ear(), posted, channel=form, now=door.now())


def _decoded(encoding: Literal["json", "form"], content: bytes) -> JsonValue:
    if encoding == "form":
        return dict(parse_qsl(content.decode(), max_num_fields=MOST_FIELDS))
    try:
        said: JsonValue = json.loads(content)
    except RecursionError:
        raise ValueError("nested too deep") from None
    return said


def _is_ours(door: Door, inbound: Inbound, post: _Post) -> bool:
    secret = door.credential(inbound.credential)
    if inbound.header is not None:
        given = post.headers.get(inbound.header.lower(), "")
        return hmac.compare_digest(given.encode(), secret.encode())
    key = signing_key(inbound.credential, secret)
    return is_signed(post.headers, post.content, [key], now=door.now())


def _of_contact(door: Door, post: _Post) -> Heard:
    """Take what a contact's own system says of a delivery that it was given."""
    ear = door.ear()
    ident, said = _stated(post.content)
    with reading(ear.engine) as connection:
        delivery = queue.find(connection, ident)
    contact = None if delivery is None else ear.roster.contact(delivery.contact_ref)
    hook = None if contact is None else contact.webhook
    keys = [] if hook is None else _keys(door.credential, hook)
    if not is_signed(post.headers, post.content, keys, now=door.now()):
        raise SettingsError("not signed")
    return hear(ear, [Reply(said, ident=ident)], channel=WEBHOOK, now=door.now())


def _stated(content: bytes) -> tuple[str, Said]:
    """Return the delivery and what is said of it: ``{"id": "...", "said": "received"}``."""
    stated = _decoded("json", content)
    ident, said = found_at(stated, "id"), found_at(stated, "said")
    if not isinstance(ident, str) or not isinstance(said, str):
        raise ValueError("no id, or nothing said")  # noqa: TRY004 - as of all that cannot be read
    return ident, Said(said)


def _keys(credential: Credential, hook: Hook) -> list[bytes]:
    keys = []
    for name in hook.credentials:
        try:
            keys.append(signing_key(name, credential(name)))
        except SettingsError:
            continue
    return keys
