"""What leaves by webhook: signed for its receiver, once, and told for what it was answered."""

import base64
import hashlib
import hmac
import json
import logging
import socket
import time
import traceback
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from alerts.channels.webhook import WebhookChannel, body
from alerts.errors import SendError, Unreachable
from alerts.parcel import About, Hook, Parcel
from alerts.signed_post import signed, signing_key
from alerts.warning_message import Audience
from pipeline.errors import SettingsError
from pipeline.settings import NotSet
from pipeline.world import Mode, World
from tests.alerts.channels.receiver import LOCAL, dripping, receiving, said, silent
from tests.alerts.post_office import free_port

NOW = datetime(2026, 11, 24, 2, 0, 7, tzinfo=UTC)
OLD = "whsec_" + base64.b64encode(b"an old key of 32 bytes, told to all."[:32]).decode()
NEW = "whsec_" + base64.b64encode(b"another key of 32 bytes, just made.!"[:32]).decode()
SECRETS = {"HOOK_OLD": OLD, "HOOK_NEW": NEW, "HOOK_BAD": "whsec_c2hvcnQ="}
PLACE = "/services/T0K3N-of-this-place"
PARCEL = Parcel(
    key="f" * 64,
    contact_ref="hekou/responsible",
    address=None,
    subject="山洪",
    body="现在就走\nhttps://x.invalid/ack/t",
    language="zh",
    queued_at=datetime(2026, 11, 24, 2, tzinfo=UTC),
    urgent=True,
    about=About(
        world=World("valley", Mode.EXERCISE, "e1"),
        message_id="m1",
        expires_at=datetime(2026, 11, 24, 8, tzinfo=UTC),
        audience=Audience.VILLAGER,
        village_id="hekou",
        place_id="hekou-1",
        action="move",
        decide_by=datetime(2014, 11, 4, 2, 40, tzinfo=UTC),
    ),
)


def credential(name):
    if name not in SECRETS:
        raise NotSet(f"credential {name} is not set in the environment")
    return SECRETS[name]


@pytest.fixture(scope="module")
def open_receiver(certificate):
    with receiving(certificate) as server:
        yield server


@pytest.fixture
def receiver(open_receiver):
    """Give a receiver that says 204 and has heard nothing yet."""
    open_receiver.answers, open_receiver.default = {}, said(204)
    open_receiver.posted, open_receiver.others = [], []
    return open_receiver


@pytest.fixture
def channel(certificate):
    return WebhookChannel(credential, lambda: NOW, str(certificate[0]), budget_s=10)


def to(url, *credentials, allow=LOCAL):
    hook = Hook(SecretStr(url + PLACE), credentials or ("HOOK_OLD",), allow)
    return replace(PARCEL, address=hook)


def refusal(channel, parcel) -> SendError:
    with pytest.raises(SendError) as caught:
        channel.send(parcel)
    return caught.value


def holds(posted, secret) -> bool:
    """Verify as the specification tells a receiver to, by nothing of ours."""
    key = base64.b64decode(secret.split("_", 1)[1])
    head = f"{posted.headers['webhook-id']}.{posted.headers['webhook-timestamp']}."
    digest = hmac.new(key, head.encode() + posted.body, hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(digest).decode()
    return any(
        hmac.compare_digest(wanted, each) for each in posted.headers["webhook-signature"].split(" ")
    )


def test_the_signature_is_that_of_the_specifications_own_example():
    key = signing_key("K", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signed("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', [key], at=at)
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize(
    ("names", "known", "unknown"),
    [
        (("HOOK_OLD",), [OLD], [NEW]),
        (("HOOK_NEW", "HOOK_OLD"), [OLD, NEW], []),
        (("HOOK_NEW", "GONE"), [NEW], [OLD]),
        (("HOOK_BAD", "HOOK_OLD"), [OLD], [NEW]),
    ],
)
def test_a_receiver_that_knows_one_of_the_secrets_can_tell_that_we_spoke(
    receiver, channel, names, known, unknown
):
    channel.send(to(receiver.url, *names))
    (posted,) = receiver.posted
    assert posted.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert all(holds(posted, secret) for secret in known)
    assert not any(holds(posted, secret) for secret in unknown)
    assert not holds(replace(posted, body=posted.body + b" "), known[0])
    assert not holds(replace(posted, headers=posted.headers | {"webhook-id": "x"}), known[0])


def test_a_repeat_bears_the_same_id_and_the_same_bytes(receiver, channel):
    channel.send(to(receiver.url))
    later = replace(channel, now=lambda: datetime(2026, 11, 24, 3, tzinfo=UTC))
    later.send(to(receiver.url))
    first, second = receiver.posted
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == PARCEL.key
    assert first.body == second.body
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert holds(second, OLD)


def test_what_is_posted_says_what_a_machine_must_know_and_names_no_person(receiver, channel):
    channel.send(to(receiver.url))
    (posted,) = receiver.posted
    assert json.loads(posted.body) == {
        "type": "warning.issued",
        "timestamp": "2026-11-24T02:00:00Z",
        "data": {
            "message_id": "m1",
            "audience": "villager",
            "site": "valley",
            "mode": "exercise",
            "village": "hekou",
            "place": "hekou-1",
            "action": "move",
            "urgent": True,
            "language": "zh",
            "subject": "山洪",
            "body": "现在就走\nhttps://x.invalid/ack/t",
            "decide_by": "2014-11-04T02:40:00Z",
            "expires_at": "2026-11-24T08:00:00Z",
        },
    }
    assert PARCEL.contact_ref not in f"{posted}"
    assert posted.headers["content-type"] == "application/json; charset=utf-8"


def test_a_notice_is_told_as_one():
    posted = json.loads(body(replace(PARCEL, about=replace(PARCEL.about, audience=None))))
    assert (posted["type"], posted["data"]["audience"]) == ("notice.issued", None)
    assert posted["data"]["action"] is None


@pytest.mark.parametrize(
    ("audience", "kind"),
    [(Audience.OFFICER, "officer.informed"), (Audience.APPROVER, "approval.asked")],
)
def test_what_may_still_wait_for_a_yes_bears_no_action_that_a_siren_could_follow(audience, kind):
    about = replace(PARCEL.about, audience=audience, place_id=None)
    posted = json.loads(body(replace(PARCEL, about=about)))
    assert (posted["type"], posted["data"]["audience"]) == (kind, audience.value)
    assert posted["data"]["action"] is None
    assert "move" not in f"{posted}"


YES = [
    said(204),
    said(200),
    said(202, b"ok"),
    said(200, b"{}", Content_Type="application/json"),
    said(299, b'{"ok":true,"error":null,"code":200}'),
]


@pytest.mark.parametrize("answer", YES)
def test_a_receiver_that_takes_it_is_believed(receiver, channel, answer):
    receiver.default = answer
    channel.send(to(receiver.url))
    assert len(receiver.posted) == 1


UNCLEAR = {
    "an error in the body": said(200, b'{"errcode": 310000, "errmsg": "sign not match"}'),
    "an error in words": said(200, b'{"Error": "quota"}'),
    "no success": said(200, b'{"success": false}'),
    "a bad code": said(200, b'{"code": 9499, "msg": "Bad Request"}'),
    "a bad status": said(200, b'{"status": "ERROR"}'),
    "a server that fell over": said(500, b"ok"),
    "a proxy's": said(502, Retry_After="9"),
    "a proxy that waited": said(504),
    "a proxy that waited for its server": said(408),
    "a page": said(200, b"<!doctype html><p>please log in</p>"),
    "cut JSON": said(200, b'{"ok": tr'),
    "deep JSON": said(200, b"[" * 60_000),
    "bytes of nothing": said(200, b"\xff\xfe\x00"),
    "more than is read": said(200, b"x" * 70_000),
    "packed twice": said(200, b"ok", Content_Encoding="gzip, gzip"),
    "cut in its body": said(200, b"ok", Content_Length="99"),
    "cut in its headers": b"HTTP/1.1 200 OK\r\nServer: x\r\n",
    "garbage": b"\x00\x01 what\r\n\r\n",
    "another protocol": b"220 mail ready\r\n",
    "nothing": b"",
    "a status that is none": said(600),
}


@pytest.mark.parametrize("what", UNCLEAR)
def test_whatever_is_no_plain_answer_after_the_text_leaves_it_uncertain(receiver, channel, what):
    receiver.default = UNCLEAR[what]
    assert refusal(channel, to(receiver.url)).uncertain
    assert len(receiver.posted) == 1


@pytest.mark.parametrize(
    "answer",
    [
        silent,
        dripping(b"HTTP/1.1 200 OK\r\nX: ", b"a"),
        dripping(said(200, Content_Length="9999"), b"a"),
    ],
)
def test_a_receiver_that_takes_the_text_and_stalls_costs_its_budget_and_is_uncertain(
    receiver, channel, answer
):
    receiver.default, begun = answer, time.monotonic()
    assert refusal(replace(channel, budget_s=1.0), to(receiver.url)).uncertain
    assert time.monotonic() - begun < 4
    assert len(receiver.posted) == 1


@pytest.mark.parametrize(
    ("answer", "permanent", "wait_s"),
    [
        (said(429, Retry_After="120"), False, 120),
        (said(429, Retry_After="9" * 400), False, 600),
        (said(429, Retry_After="soon"), False, None),
        (said(429, b'{"ok": true}'), False, None),
        (said(503, Retry_After="7"), False, 7),
        (said(425), False, None),
        (said(401, Retry_After="120"), False, None),
        (said(403), False, None),
        (said(404), False, None),
        (said(302, Location="/elsewhere"), False, None),
        (said(400), True, None),
        (said(410, b"ok"), True, None),
        (said(413), True, None),
        (said(422), True, None),
    ],
)
def test_a_plain_no_is_told_for_what_it_is(receiver, channel, answer, permanent, wait_s):
    receiver.default = answer
    error = refusal(channel, to(receiver.url))
    assert (error.permanent, error.uncertain, error.retry_after) == (permanent, False, wait_s)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(receiver, channel, status):
    receiver.default = said(status, Location=f"{receiver.url}/elsewhere")
    assert not refusal(channel, to(receiver.url)).uncertain
    assert [posted.path for posted in receiver.posted] == [PLACE]
    assert receiver.others == []


def nothing_has_left(error: SendError) -> bool:
    return error.retryable and not error.uncertain


def test_a_receiver_that_is_not_there_is_tried_again_and_says_nothing_of_the_others(channel):
    error = refusal(channel, to(f"https://localhost:{free_port()}"))
    assert nothing_has_left(error)
    assert not isinstance(error, Unreachable)


def test_a_receiver_whose_certificate_nobody_vouches_for_is_told_nothing(receiver, channel):
    assert nothing_has_left(refusal(replace(channel, ca_bundle=None), to(receiver.url)))
    other_name = receiver.url.replace("localhost", "127.0.0.1")
    assert nothing_has_left(refusal(channel, to(other_name)))
    assert receiver.posted == []


@pytest.mark.parametrize("allow", [(), ("10.0.0.0/8",)])
def test_a_private_network_that_the_contact_does_not_declare_is_not_spoken_to(
    receiver, channel, allow
):
    assert nothing_has_left(refusal(channel, to(receiver.url, allow=allow)))
    assert receiver.posted == []


@pytest.mark.parametrize("names", [("GONE",), ("HOOK_BAD",)])
def test_without_a_secret_nothing_leaves_until_there_is_one(receiver, channel, names):
    assert nothing_has_left(refusal(channel, to(receiver.url, *names)))
    assert receiver.posted == []


def test_a_line_that_is_made_after_the_time_is_over_gets_no_text(receiver, channel, monkeypatch):
    at_once = socket.getaddrinfo

    def late(*arguments, **named):
        time.sleep(0.8)
        return at_once(*arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", late)
    assert nothing_has_left(refusal(replace(channel, budget_s=0.3), to(receiver.url)))
    time.sleep(1.2)
    assert receiver.posted == []


@pytest.mark.parametrize("address", [None, SecretStr("a@mailbox.invalid")])
def test_a_contact_without_a_webhook_is_refused_at_once(channel, address):
    assert refusal(channel, replace(PARCEL, address=address)).permanent


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_", "whsec_!!!!", OLD.removeprefix("whsec_"), "whsec_YQ==", "whsec_é" + OLD],
)
def test_a_secret_that_is_none_is_named_and_not_quoted(secret):
    with pytest.raises(SettingsError, match="credential HOOK is not") as caught:
        signing_key("HOOK", secret)
    assert not secret[6:] or secret[6:] not in str(caught.value)


@pytest.mark.parametrize("case", ["not there", "certificate", "no", "garbage", "stall", "network"])
def test_no_log_and_no_error_tells_a_secret_or_an_address(receiver, channel, caplog, case):
    caplog.set_level(logging.DEBUG)
    url = f"https://localhost:{free_port()}" if case == "not there" else receiver.url
    echo = f"{OLD} {PLACE}".encode()
    receiver.default = {
        "no": said(403, echo, X_Echo=OLD, Location=PLACE),
        "garbage": said(200, echo + b"<", Content_Length="9999", X_Echo=PLACE),
        "stall": silent,
    }.get(case, said(500, echo))
    channel = replace(channel, budget_s=1.0)
    if case == "certificate":
        channel = replace(channel, ca_bundle=None)
    error = refusal(channel, to(url, allow=() if case == "network" else LOCAL))
    told = "".join(traceback.format_exception(error)) + caplog.text + repr(channel)
    assert not any(hidden in told for hidden in (OLD, OLD[6:], PLACE, "localhost"))
