"""A night whose people are reached by SMS and mail: each ends as its own server says."""

import json
import logging

import pytest
from sqlalchemy import null, update

from alerts.channels import channels
from alerts.channels.gateway import GATEWAYS
from alerts.roster import CONTACTS
from tests.alerts.channels.receiver import dripping, receiving, said, silent
from tests.alerts.channels.test_gateway import CONFIGURED, NUMBER, SECRET, TAKEN, private
from tests.alerts.channels.test_webhook_night import everything
from tests.alerts.night import attempt, delivery, levels, message, only

PERSON, OFFICER = "hekou/responsible", "county_duty-1"


@pytest.fixture(scope="module")
def open_gateway(certificate):
    with receiving(certificate) as server:
        yield server


@pytest.fixture
def gateway(night, post, open_gateway, monkeypatch, certificate):
    """Give the gateway of the night's home, beside its post office."""
    monkeypatch.setenv("SMS_TOKEN", SECRET)
    monkeypatch.setenv("FLOODWARN_CA_BUNDLE", str(certificate[0]))
    open_gateway.default, open_gateway.posted = TAKEN, []
    text = CONFIGURED.format(port=open_gateway.server_port, budget_s=2)
    private(night.home, text + text.partition("\n\n")[2].replace("[sms]", "[voice]"))
    return open_gateway


def by_telephone(night, *refs, ways='"sms", "email"'):
    """Leave only those people, each with a phone."""
    only(night, *refs)
    path = night.home / CONTACTS
    phone = f'[[contacts]]\nphone = "{NUMBER}"\nchannels = [{ways}]\n'
    path.write_text(path.read_text().replace("[[contacts]]\n", phone))
    assert night.roster.faults == ()


def ended(night):
    """Return the states of each channel's deliveries."""
    found = {}
    for row in night.rows(delivery):
        found.setdefault(row.channel, set()).add(row.state)
    return found


def sent(gateway):
    return [json.loads(posted.body)["content"] for posted in gateway.posted]


def test_the_stored_words_leave_once_with_their_mark_and_without_a_link(night, gateway):
    by_telephone(night, PERSON)
    night.warned(levels(hekou=4))
    for later in (0, 60):
        night.delivered(after_s=later, channels=channels(night.settings))
    assert ended(night) == {"sms": {"accepted"}, "email": {"accepted"}}
    stored = [row.sms for row in night.rows(message) if row.audience == "villager"]
    assert sorted(sent(gateway)) == sorted(row for row in stored if "演练" in row)
    for words in sent(gateway):
        signature, _, rest = words.partition("】")
        assert signature.startswith("【")
        assert rest.startswith("演练")
        assert rest.endswith("演练")
        assert "http" not in words
        assert "回复" not in words
    keys = {row.delivery_key for row in night.rows(delivery) if row.channel == "sms"}
    assert {posted.headers["x-request-id"] for posted in gateway.posted} == keys
    assert "SM-1" in {row.reference for row in night.rows(attempt)}


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (said(200, b'{"error": {"message": "no credit"}}'), "uncertain"),
        (said(429, Retry_After="5"), "failed_retry"),
        (said(503), "failed_retry"),
        (said(502), "uncertain"),
        (said(400), "failed_final"),
        (b"garbage", "uncertain"),
        (silent, "uncertain"),
        (dripping(TAKEN[:-20], b" "), "uncertain"),
    ],
)
def test_an_sms_that_was_not_taken_is_never_shown_as_such_and_the_mail_goes_all_the_same(
    night, gateway, caplog, answer, state
):
    caplog.set_level(logging.DEBUG)
    by_telephone(night, PERSON)
    gateway.default = answer
    night.warned(levels(hekou=4))
    night.delivered(channels=channels(night.settings))
    assert ended(night) == {"sms": {state}, "email": {"accepted"}}
    told = everything(night.engine) + caplog.text
    assert not any(hidden in told for hidden in (NUMBER[1:], SECRET, "T0K3N"))


def test_a_gateway_that_asks_for_time_is_given_it(night, gateway):
    by_telephone(night, PERSON)
    gateway.default = said(429, Retry_After="300")
    night.warned(levels(hekou=4))
    night.delivered(channels=channels(night.settings))
    tried = len(gateway.posted)
    assert tried
    gateway.default = TAKEN
    night.delivered(after_s=290, channels=channels(night.settings))
    assert len(gateway.posted) == tried
    night.delivered(after_s=320, channels=channels(night.settings))
    assert ended(night)["sms"] == {"accepted"}


def test_a_mail_that_is_refused_does_not_keep_the_sms_back(night, gateway, post):
    post.default = "550 recipient"
    by_telephone(night, PERSON)
    night.warned(levels(hekou=4))
    night.delivered(channels=channels(night.settings))
    assert ended(night) == {"sms": {"accepted"}, "email": {"failed_final"}}


def test_a_call_brings_its_own_words_and_an_officer_hears_the_subject(night, gateway):
    by_telephone(night, PERSON, OFFICER, ways='"voice", "sms"')
    with (night.home / GATEWAYS).open("a") as file:
        file.write("per_number_minute = 0\nper_number_hour = 0\n")
    night.warned(levels(hekou=4))
    night.delivered(channels=channels(night.settings))
    assert ended(night) == {"sms": {"accepted"}, "voice": {"accepted"}}
    chinese = [row for row in night.rows(message) if row.language == "zh"]
    own = {row.audience: row.voice for row in chinese if row.audience == "officer"}
    texts = {row.sms for row in chinese} | set(own.values())
    (call,) = set(sent(gateway)) - texts
    assert texts < set(sent(gateway))
    for row in chinese:
        if row.audience == "villager":
            place = row.voice.split("\n")[1].partition("河口村")[2].partition("，")[0]
            assert call.count(place) >= 2
    for row in (row for row in chinese if row.audience == "officer"):
        said_by_mail = row.subject.removeprefix("【演练】").removesuffix("【演练】").strip()
        assert said_by_mail in row.sms
        assert row.voice.count(said_by_mail) == 2


def test_what_was_not_written_as_an_sms_is_refused_and_says_so(night, gateway):
    by_telephone(night, PERSON)
    night.warned(levels(hekou=4))
    with night.engine.begin() as connection:
        connection.execute(update(message).values(sms=null()))
    night.delivered(channels=channels(night.settings))
    assert ended(night) == {"sms": {"failed_final"}, "email": {"accepted"}}
    details = {row.detail for row in night.rows(attempt)}
    assert "sms: nothing was written in this form" in details
    assert gateway.posted == []


def test_a_gateway_that_is_configured_later_lets_what_waited_through(night, gateway):
    by_telephone(night, PERSON)
    path = night.home / GATEWAYS
    text = path.read_text()
    path.unlink()
    night.warned(levels(hekou=4))
    made = channels(night.settings)
    night.delivered(channels=made)
    assert ended(night)["sms"] <= {"failed_retry", "pending"}
    path.write_text(text)
    path.chmod(0o600)
    night.delivered(after_s=60, channels=made)
    assert ended(night)["sms"] == {"accepted"}
