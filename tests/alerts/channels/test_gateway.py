"""An SMS or a call leaves in the gateway's own form, and only its own word says it was taken."""

import json
import logging
import time
import traceback
from dataclasses import replace
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from alerts.channels.gateway import GATEWAYS, Gateway, GatewayChannel, gateway_of
from alerts.errors import SendError, Unreachable
from alerts.forms import Form
from pipeline.errors import SettingsError
from pipeline.settings import NotSet
from tests.alerts.channels.receiver import dripping, receiving, said, silent
from tests.alerts.channels.test_webhook import PARCEL as WEBHOOKS
from tests.alerts.post_office import free_port

NUMBER, SECRET = "+447700900123", "sk-0f1e2d3c4b5a"
PARCEL = replace(WEBHOOKS, address=SecretStr(NUMBER), subject="", body="【防汛】演练 走 演练")
TAKEN = said(200, b'{"messages": [{"id": "SM-1", "status": "queued"}], "error": null}')
CONFIGURED = """
schema = "floodwarn.gateways/1"

[sms]
url = "https://localhost:{port}/T0K3N"
allow_private = ["127.0.0.0/8", "::1/128"]
credential = "SMS_TOKEN"
headers = {{ Authorization = "Bearer {{credential}}", X-Request-Id = "{{id}}" }}
body = {{ recipients = [{{ msisdn = "{{to}}" }}], content = "{{text}}", lang = "{{language}}" }}
accepted = {{ at = "messages.0.status", values = ["queued", "sent"] }}
reference = "messages.0.id"
error = "error.message"
budget_s = {budget_s}
"""
FORM = """
schema = "floodwarn.gateways/1"

[voice]
url = "https://localhost:{port}/call"
allow_private = ["127.0.0.0/8", "::1/128"]
credential = "SMS_TOKEN"
encoding = "form"
body = {{ mobile = "{{digits}}", msg = "{{text}}", uid = "{{id}}", key = "{{credential}}" }}
accepted = {{ at = "code", values = [0] }}
"""


def credential(name):
    if name != "SMS_TOKEN":
        raise NotSet(f"credential {name} is not set in the environment")
    return SECRET


@pytest.fixture(scope="module")
def open_gateway(certificate):
    with receiving(certificate) as server:
        yield server


@pytest.fixture
def gateway(open_gateway):
    """Give a gateway that takes everything and has heard nothing yet."""
    open_gateway.answers, open_gateway.default = {}, TAKEN
    open_gateway.posted, open_gateway.others = [], []
    return open_gateway


@pytest.fixture
def channel(gateway, certificate, tmp_path):
    configured(tmp_path, port=gateway.server_port)
    return GatewayChannel(Form.SMS, tmp_path, credential, str(certificate[0]))


def configured(home, text=CONFIGURED, *, port, budget_s=10):
    private(home, text.format(port=port, budget_s=budget_s))


def private(home, text):
    """Write the gateways as the runbook says, for their owner alone."""
    path = home / GATEWAYS
    path.touch(mode=0o600)
    path.write_text(text)


def refusal(channel, parcel=PARCEL) -> SendError:
    with pytest.raises(SendError) as caught:
        channel.send(parcel)
    return caught.value


def test_a_text_leaves_as_the_configuration_says_under_the_deliverys_own_key(gateway, channel):
    assert channel.send(PARCEL) == "SM-1"
    (posted,) = gateway.posted
    assert json.loads(posted.body) == {
        "recipients": [{"msisdn": NUMBER}],
        "content": PARCEL.body,
        "lang": "zh",
    }
    assert posted.headers["authorization"] == f"Bearer {SECRET}"
    assert posted.headers["x-request-id"] == PARCEL.key
    channel.send(PARCEL)
    assert gateway.posted[1].body == posted.body


def test_a_gateway_may_want_a_form_and_a_number_without_its_plus(gateway, channel):
    configured(channel.home, FORM, port=gateway.server_port)
    gateway.default = said(200, b'{"code": 0}')
    assert replace(channel, form=Form.VOICE).send(PARCEL) is None
    (posted,) = gateway.posted
    assert parse_qs(posted.body.decode()) == {
        "mobile": [NUMBER[1:]],
        "msg": [PARCEL.body],
        "uid": [PARCEL.key],
        "key": [SECRET],
    }
    gateway.default = said(200, b'{"code": "0"}')
    assert refusal(replace(channel, form=Form.VOICE)).uncertain


def test_a_name_that_looks_like_a_placeholder_brings_no_secret_into_a_text(gateway, channel):
    channel.send(replace(PARCEL, body="{credential} {to} {}"))
    assert json.loads(gateway.posted[0].body)["content"] == "{credential} {to} {}"


@pytest.mark.parametrize("none", [None, "", 0, False, []])
def test_an_error_that_is_none_lets_the_gateways_word_stand(gateway, channel, none):
    body = {"messages": [{"status": "sent"}], "error": {"message": none}}
    gateway.default = said(200, json.dumps(body).encode())
    channel.send(PARCEL)
    assert len(gateway.posted) == 1


NOT_TAKEN = {
    "an error in the body": said(200, b'{"error": {"message": "no credit"}}'),
    "an error beside a yes": said(
        200, b'{"messages": [{"status": "queued"}], "error": {"message": "x"}}'
    ),
    "another word": said(200, b'{"messages": [{"status": "rejected"}]}'),
    "no word at all": said(200, b"{}"),
    "an empty list": said(202, b'{"messages": []}'),
    "nothing": said(204),
    "a word alone": said(200, b"ok"),
    "a page": said(200, b"<p>please log in</p>"),
    "cut JSON": said(200, b'{"messages": [{"status": "queued"'),
    "deep JSON": said(200, b"[" * 60_000),
    "more than is read": said(200, b'{"x": "' + b"x" * 70_000 + b'"}'),
    "garbage": b"\x00\x01 what\r\n\r\n",
    "a lost answer": b"",
    "a server that fell over": said(500, b'{"messages": [{"status": "queued"}]}'),
    "a proxy's": said(502),
    "a proxy that waited": said(504),
}


@pytest.mark.parametrize("what", NOT_TAKEN)
def test_without_the_gateways_own_word_a_text_is_uncertain_and_never_accepted(
    gateway, channel, what
):
    gateway.default = NOT_TAKEN[what]
    assert refusal(channel).uncertain
    assert len(gateway.posted) == 1


SCALARS = st.none() | st.booleans() | st.integers(0, 1) | st.sampled_from(["0", "1", "true"])
ANSWERS = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["code", "x"]), inner)
)


@given(st.fixed_dictionaries({"code": SCALARS}) | ANSWERS)
def test_no_answer_is_a_yes_but_the_gateways_own_word_at_its_own_place(heard):
    body = {"text": "{text}", "to": "{to}", "id": "{id}"}
    accepted = {"at": "code", "values": [0]}
    gateway = Gateway(url="https://gateway.invalid", body=body, accepted=accepted)
    yes = isinstance(heard, dict) and type(heard.get("code")) is int and heard["code"] == 0
    assert gateway.takes(heard) is yes


@pytest.mark.parametrize(
    "answer",
    [
        silent,
        dripping(b"HTTP/1.1 200 OK\r\nX: ", b"a"),
        dripping(said(200, Content_Length="9999"), b" "),
    ],
)
def test_a_gateway_that_takes_the_text_and_stalls_costs_its_budget_and_is_uncertain(
    gateway, channel, answer
):
    configured(channel.home, port=gateway.server_port, budget_s=1)
    gateway.default, begun = answer, time.monotonic()
    assert refusal(channel).uncertain
    assert time.monotonic() - begun < 6
    assert len(gateway.posted) == 1


@pytest.mark.parametrize(
    ("answer", "permanent", "wait_s"),
    [
        (said(429, Retry_After="120"), False, 120),
        (said(503, Retry_After="9999"), False, 600),
        (said(425), False, None),
        (said(401), False, None),
        (said(402, Retry_After="120"), False, None),
        (said(403), False, None),
        (said(404), False, None),
        (said(405), False, None),
        (said(407), False, None),
        (said(302, Location="/elsewhere"), False, None),
        (said(400), True, None),
        (said(410), True, None),
        (said(413), True, None),
        (said(422), True, None),
    ],
)
def test_a_plain_no_is_told_for_what_it_is(gateway, channel, answer, permanent, wait_s):
    gateway.default = answer
    error = refusal(channel)
    assert (error.permanent, error.uncertain, error.retry_after) == (permanent, False, wait_s)
    assert gateway.others == []


@pytest.mark.parametrize(
    "case", ["no file", "open", "no table", "no secret", "not there", "untrusted"]
)
def test_a_gateway_that_cannot_be_spoken_to_gets_nothing_until_it_can(gateway, channel, case):
    path = channel.home / GATEWAYS
    text = path.read_text()
    if case == "no file":
        path.unlink()
    elif case == "open":
        path.chmod(0o640)
    elif case == "no table":
        path.write_text(text.replace("[sms]", "[voice]"))
    elif case == "no secret":
        path.write_text(text.replace("SMS_TOKEN", "GONE"))
    elif case == "not there":
        configured(channel.home, port=free_port())
    else:
        channel = replace(channel, ca_bundle=None)
    error = refusal(channel)
    assert isinstance(error, Unreachable)
    assert not error.uncertain
    assert gateway.posted == []


def test_a_contact_without_a_phone_is_refused_at_once(channel):
    assert refusal(channel, replace(PARCEL, address=None)).permanent


@pytest.mark.parametrize(
    "spoil",
    [
        lambda t: t.replace("https:", "http:"),
        lambda t: t.replace("floodwarn.gateways/1", "floodwarn.gateways/2"),
        lambda t: t.replace("[sms]", "[sms"),
        lambda t: t.replace("[sms]", "[fax]\n[sms]"),
        lambda t: t.replace("{text}", "{words}"),
        lambda t: t.replace("{text}", "fixed"),
        lambda t: t.replace("{to}", "{id}"),
        lambda t: t.replace('"{id}"', '"{to}"'),
        lambda t: t.replace('X-Request-Id = "{id}"', 'X-Y = "z"'),
        lambda t: t.replace('credential = "SMS_TOKEN"', ""),
        lambda t: t.replace("SMS_TOKEN", SECRET),
        lambda t: t.replace("Bearer {credential}", f"Bearer {SECRET}"),
        lambda t: t.replace("X-Request-Id", '"X\\r\\nY"'),
        lambda t: t.replace('["queued", "sent"]', "[]"),
        lambda t: t.replace("127.0.0.0/8", "0.0.0.0/0"),
        lambda t: t.replace("accepted", "taken"),
        lambda t: t + 'encoding = "form"\n',
    ],
)
def test_a_configuration_that_cannot_be_used_says_why_and_quotes_nothing(tmp_path, spoil):
    text = CONFIGURED.format(port=1, budget_s=1)
    assert spoil(text) != text
    private(tmp_path, spoil(text))
    with pytest.raises(SettingsError, match=GATEWAYS) as caught:
        gateway_of(tmp_path, Form.SMS)
    told = "".join(traceback.format_exception(caught.value))
    assert not any(hidden in told for hidden in (SECRET, "T0K3N", "localhost"))


def test_a_reference_that_holds_a_number_or_a_secret_is_not_kept(gateway, channel):
    local, grouped = "0" + NUMBER[3:], "44-7700-900-123"
    for name in (
        NUMBER[1:],
        local,
        f"m{NUMBER[-7:]}",
        grouped,
        f"x-{SECRET}",
        "two words",
        "x" * 65,
    ):
        body = {"messages": [{"id": name, "status": "sent"}]}
        gateway.default = said(200, json.dumps(body).encode())
        assert channel.send(PARCEL) is None


@pytest.mark.parametrize("case", ["not there", "untrusted", "no", "garbage", "stall", "taken"])
def test_no_log_and_no_error_tells_a_number_a_secret_or_an_address(gateway, channel, caplog, case):
    caplog.set_level(logging.DEBUG)
    echo = f"{SECRET} {NUMBER} T0K3N".encode()
    gateway.default = {
        "no": said(403, echo, X_Echo=SECRET, Location=f"/{NUMBER}"),
        "garbage": said(200, echo, Content_Length="9999", X_Echo=NUMBER),
        "stall": silent,
    }.get(case, TAKEN)
    port = free_port() if case == "not there" else gateway.server_port
    configured(channel.home, port=port, budget_s=1)
    if case == "untrusted":
        channel = replace(channel, ca_bundle=None)
    told = repr(channel) + repr(PARCEL) + repr(gateway_of(channel.home, Form.SMS))
    if case == "taken":
        channel.send(PARCEL)
    else:
        told += "".join(traceback.format_exception(refusal(channel)))
    told += caplog.text
    assert not any(hidden in told for hidden in (SECRET, NUMBER[1:], "T0K3N", "localhost"))
