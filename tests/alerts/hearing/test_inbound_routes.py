"""Nobody but the provider, or the contact's own system, is heard at the door that is open."""

import json
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient

from alerts.board.ack_app import AckDesk, create_ack_app
from alerts.board.inbound_routes import MOST_BYTES, Door
from alerts.channels.gateway import GATEWAYS
from alerts.errors import NothingToDo
from alerts.hearing import Ear
from alerts.one_call import MOST_IN_A_CALL
from alerts.roster import CONTACTS, signing_key
from alerts.signed_post import signed
from alerts.signed_post import signing_key as key_of
from pipeline.settings import NotSet
from pipeline.world import Mode
from tests.alerts.night import HOUR, SLOT, WALL, acknowledgement, delivery, levels

KEY = b"k" * 32
SECRETS = {"SMS_IN": "t0ken", "VOICE_IN": "whsec_" + "a2tr" * 12, "HOOK": "whsec_" + "a2tr" * 12}
GATEWAY = """
schema = "floodwarn.gateways/1"

[sms]
url = "https://sms.invalid/send"
body = { to = "{to}", text = "{text}", uid = "{id}" }
accepted = { at = "code", values = [0] }

[sms.inbound]
credential = "SMS_IN"
header = "X-Token"
encoding = "form"
reply = { number = "from", text = "text" }
receipt = { id = "uid", status = "stat", delivered = ["DELIVRD"] }

[voice]
url = "https://voice.invalid/call"
body = { to = "{to}", text = "{text}", uid = "{id}" }
accepted = { at = "code", values = [0] }

[voice.inbound]
credential = "VOICE_IN"
reply = { id = "uid", text = "key", heard_at = "played", heard = [true] }
"""


def credential(name):
    if name not in SECRETS:
        raise NotSet(f"credential {name} is not set in the environment")
    return SECRETS[name]


@pytest.fixture
def client(night):
    text = night.home.joinpath(CONTACTS).read_text()
    named = 'ref = "hekou/responsible"\n'
    ways = 'phone = "+8613800138000"\nchannels = ["sms", "voice", "webhook"]\n'
    hook = 'webhook = { url = "https://hook.invalid/in", credentials = ["HOOK"] }\n'
    assert named in text
    night.home.joinpath(CONTACTS).write_text(text.replace(named, named + ways + hook))
    gateways = night.home / GATEWAYS
    gateways.touch(mode=0o600)
    gateways.write_text(GATEWAY)
    night.warned(levels(hekou=2))
    door = Door(
        night.home, lambda: Ear(night.engine, night.world, night.roster), credential, lambda: WALL
    )
    desk = AckDesk(
        engine=night.engine,
        site="valley",
        mode=Mode.EXERCISE,
        zone=ZoneInfo("Asia/Shanghai"),
        key=signing_key(night.home),
        door=door,
        now=lambda: WALL,
    )
    with TestClient(create_ack_app(desk)) as client:
        client.desk = desk
        yield client


def of(night, channel):
    return next(
        row
        for row in night.rows(delivery)
        if (row.channel, row.contact_ref) == (channel, "hekou/responsible")
    )


def said(night):
    return [(row.said, row.via) for row in night.rows(acknowledgement)]


def post_signed(client, path, posted, *, at=WALL, key=None, name="msg"):
    content = json.dumps(posted).encode()
    keys = [key_of("K", SECRETS["VOICE_IN"]) if key is None else key]
    return client.post(path, content=content, headers=signed(name, content, keys, at=at))


class Ways:
    """Channels that take everything."""

    def send(self, _parcel):
        return None


def test_a_reply_with_the_providers_token_is_heard(client, night):
    night.delivered(channels=dict.fromkeys(("email", "sms", "voice", "webhook"), Ways()))
    data = {"from": "+86 138 0013 8000", "text": "1"}
    answer = client.post("/inbound/sms", data=data, headers={"X-Token": "t0ken"})
    assert (answer.status_code, answer.json()["answers"]) == (200, 1)
    assert said(night) == [("received", "reply")]


def test_a_key_in_a_signed_post_is_heard_and_once(client, night):
    posted = {"uid": of(night, "voice").delivery_key, "key": "1", "played": True}
    assert post_signed(client, "/inbound/voice", posted).json()["answers"] == 1
    assert post_signed(client, "/inbound/voice", posted).json()["answers"] == 0
    assert said(night) == [("received", "key")]


def test_a_key_of_a_call_whose_name_we_have_yet_to_be_told_is_asked_for_again(client, night):
    """The gateway answers us late: by then the key was posted, under a name of its own."""
    posted = {"uid": "CALL-7", "key": "1", "played": True}
    night.warned(levels(SLOT + HOUR, hekou=4))
    answers = []

    class Late(Ways):
        def send(self, _parcel):
            answers.append(post_signed(client, "/inbound/voice", posted))
            return "CALL-7"

    night.delivered(channels=dict.fromkeys(("email", "sms", "webhook"), Ways()) | {"voice": Late()})
    assert {answer.status_code for answer in answers} == {503}
    assert {answer.headers["Retry-After"] for answer in answers} == {"10"}
    again = post_signed(client, "/inbound/voice", posted)
    assert (again.status_code, again.json()["answers"]) == (200, MOST_IN_A_CALL)
    stranger = post_signed(client, "/inbound/voice", posted | {"uid": "CALL-8"})
    assert (stranger.status_code, stranger.json()["answers"]) == (200, 0)


def test_a_contacts_system_answers_for_its_own_delivery(client, night):
    posted = {"id": of(night, "webhook").delivery_key, "said": "received"}
    assert post_signed(client, "/inbound/webhook", posted).status_code == 200
    assert said(night) == [("received", "webhook")]


def test_it_answers_for_nobody_elses(client, night):
    posted = {"id": of(night, "voice").delivery_key, "said": "received"}
    assert post_signed(client, "/inbound/webhook", posted).json()["answers"] == 0
    other = next(r for r in night.rows(delivery) if r.contact_ref != "hekou/responsible")
    posted = {"id": other.delivery_key, "said": "received"}
    assert post_signed(client, "/inbound/webhook", posted).status_code == 401
    assert said(night) == []


@pytest.mark.parametrize("path", ["/inbound/sms", "/inbound/voice", "/inbound/webhook"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Token": ""},
        {"X-Token": "t0ken2"},
        {"webhook-id": "m", "webhook-timestamp": "x", "webhook-signature": "v1,AA=="},
        {"webhook-id": "m", "webhook-timestamp": "9" * 40, "webhook-signature": "v1,"},
    ],
)
def test_whoever_cannot_sign_is_refused_and_changes_nothing(client, night, path, headers):
    posted = {"id": of(night, "webhook").delivery_key, "said": "received"}
    answer = client.post(path, json=posted, headers=headers)
    assert answer.status_code == 401
    assert said(night) == []


@pytest.mark.parametrize("late", [timedelta(minutes=6), timedelta(minutes=-6)])
def test_a_post_that_was_overheard_is_refused_later(client, night, late):
    posted = {"uid": of(night, "voice").delivery_key, "key": "1", "played": True}
    assert post_signed(client, "/inbound/voice", posted, at=WALL - late).status_code == 401
    assert post_signed(client, "/inbound/voice", posted, key=KEY).status_code == 401
    assert said(night) == []


def test_a_long_post_is_cut_off_before_it_is_read(client):
    answer = client.post("/inbound/sms", content=b"x" * (MOST_BYTES + 1))
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[" * 5000, b'{"id": 1}', b'{"id":"a","said":"b"}']
)
def test_what_cannot_be_read_is_refused_and_not_quoted(client, content):
    answer = client.post("/inbound/webhook", content=content)
    assert answer.status_code in {401, 422}
    assert "said" not in answer.text


def test_while_nobody_is_paged_a_provider_is_asked_to_come_again(client):
    def nobody():
        raise NothingToDo("no exercise is open")

    desk = replace(client.desk, door=replace(client.desk.door, ear=nobody))
    with TestClient(create_ack_app(desk)) as quiet:
        headers = {"X-Token": "t0ken"}
        answer = quiet.post("/inbound/sms", data={"from": "+86", "text": "1"}, headers=headers)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")


def test_an_unknown_provider_is_not_there(client):
    assert client.post("/inbound/fax").status_code == 422
    assert client.get("/inbound/sms").status_code == 405
