"""The drill's telephones: a gateway of their own, and every manner in which a person answers."""

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from alerts.channels.gateway import GATEWAYS, GatewayChannel
from alerts.cli.app import run
from alerts.errors import SendError
from alerts.forms import Form
from alerts.phones.book import Line
from alerts.phones.lines import CREDENTIAL, NOBODYS, gateways_toml
from alerts.phones.manner import (
    SHARE,
    Manner,
    Ring,
    counts_after,
    deeds,
    manner_of,
    masked,
)
from alerts.phones.server import (
    LOG,
    Exchange,
    certificate_in,
    create_phones_app,
    lines_of,
    listening,
    serving,
)
from alerts.roster import CONTACTS, Roster, write_private
from alerts.simulated_drill import HOME, furnish
from pipeline.database import private_folder
from tests.alerts.channels.test_webhook import PARCEL
from tests.alerts.deliver.test_loop import until
from tests.alerts.night import WALL
from tests.alerts.people.persons import kept
from tests.alerts.post_office import free_port
from tests.golden.samples import quick_valley
from tests.services import ROOT
from tests.valley import VALLEY

NUMBERS = [f"+999{n:08d}" for n in range(2000)]
NUMBER = NUMBERS[7]
TEXT = replace(PARCEL, address=SecretStr(NUMBER), subject="", body="EXERCISE go EXERCISE")
HOUR = timedelta(hours=1)


def ring(form=Form.VOICE, number=NUMBER):
    return Ring("k1", form, number, WALL, WALL + counts_after(number, 1))


def done(manner, form=Form.VOICE):
    return [deed.what for deed in deeds(ring(form), manner, 1)]


def test_a_seed_and_a_number_always_give_the_same_manner_and_each_its_share():
    drawn = [manner_of(number, 1) for number in NUMBERS]
    assert drawn == [manner_of(number, 1) for number in NUMBERS]
    assert drawn != [manner_of(number, 2) for number in NUMBERS]
    counted = Counter(drawn)
    for manner, share in SHARE.items():
        assert abs(counted[manner] - 20 * share) < 60, manner


def test_a_person_answers_late_never_twice_wrongly_or_is_another():
    assert done(Manner.PROMPT) == ["delivered", "key 1"]
    assert done(Manner.TWICE) == ["delivered", "key 1", "key 1"]
    assert done(Manner.NEVER) == ["no answer"]
    assert done(Manner.NO_KEY) == ["delivered"]
    assert done(Manner.WRONG_KEY) == ["delivered", "key 7"]
    assert done(Manner.EARLY_KEY) == ["delivered", "key 1 before the end"]
    assert done(Manner.WRONG_NUMBER) == ["failed"]
    assert done(Manner.WRONG_NUMBER, Form.SMS) == ["failed", "reply wrong number"]
    assert done(Manner.PROMPT, Form.SMS) == ["delivered", "reply 2"]
    prompt, late = (deeds(ring(), m, 1)[1].at for m in (Manner.PROMPT, Manner.LATE))
    assert late - prompt >= timedelta(minutes=6)


@pytest.mark.parametrize("manner", Manner)
@pytest.mark.parametrize("form", [Form.SMS, Form.VOICE])
def test_nothing_comes_back_before_it_was_given_nor_out_of_time(manner, form):
    for deed in deeds(ring(form), manner, 1):
        assert WALL < deed.at < WALL + HOUR
        assert NUMBER not in deed.what + deed.ident


@pytest.fixture
def phones(tmp_path):
    """Give telephones that listen, and the channel that is configured for them."""
    certificate = certificate_in(tmp_path, WALL)
    exchange = Exchange(1, tmp_path / LOG, "http://127.0.0.1:9", b"k" * 32, lambda: WALL)
    with listening() as line, serving(create_phones_app(exchange), line, certificate):
        write_private(tmp_path / GATEWAYS, gateways_toml(line.getsockname()[1]).encode())
        yield exchange, GatewayChannel(Form.VOICE, tmp_path, lambda _: "", str(certificate[0]))


def test_a_call_is_taken_by_the_configured_gateway_and_once(phones, tmp_path):
    exchange, channel = phones
    assert channel.send(TEXT) == channel.send(TEXT) == "line-0"
    taken = lines_of(tmp_path / LOG)
    assert [(line.ident, line.form, line.what) for line in taken] == [
        (TEXT.key, "voice", "taken"),
        (TEXT.key, "voice", "again"),
    ]
    first = exchange.due_at()
    exchange.speak(WALL + HOUR)
    assert first is not None
    assert exchange.due_at() is None


def test_no_number_and_no_text_is_in_the_log_which_nobody_else_reads(phones, tmp_path):
    exchange, channel = phones
    channel.send(TEXT)
    exchange.speak(WALL + HOUR)
    written = (tmp_path / LOG).read_text()
    assert NUMBER.removeprefix("+") not in written
    assert TEXT.body not in written
    assert masked(NUMBER) in written
    assert (tmp_path / LOG).stat().st_mode & 0o077 == 0
    assert all(Line.read(line).written() == line for line in written.splitlines())


def test_what_nobody_hears_is_in_the_log_as_unheard(phones, tmp_path):
    exchange, channel = phones
    channel.send(TEXT)
    exchange.speak(WALL + HOUR)  # nothing listens at port 9
    assert {line.status for line in lines_of(tmp_path / LOG)} == {None, 0}


def test_what_is_no_number_is_refused(phones):
    _, channel = phones
    with pytest.raises(SendError):
        channel.send(replace(TEXT, address=SecretStr("112")))


def test_the_gateways_are_of_this_machine_alone_and_hold_no_secret():
    text = gateways_toml(8093)
    assert text.count('url = "https://localhost:8093/') == 2
    assert CREDENTIAL in text
    assert "whsec" not in text
    assert json.dumps(text)


def test_the_telephones_alone_serve_an_exercise_that_is_played_elsewhere(tmp_path):
    home, port = tmp_path / "home", free_port()
    command = [sys.executable, "-m", "alerts.cli", "phones", "--port", str(port)]
    secret = "whsec_" + "a2tr" * 12
    where = {"FLOODWARN_HOME": str(home), "FLOODWARN_SITE": str(VALLEY), CREDENTIAL: secret}
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | where) as serving_alone:
        try:
            channel = GatewayChannel(Form.SMS, home, lambda _: "", str(home / "phones.pem"))
            until(lambda: is_taken(channel), seconds=60)
            contacts = Roster.load(home).contacts
        finally:
            serving_alone.terminate()
    assert {"taken"} <= {line.what for line in lines_of(home / LOG)}
    assert contacts
    assert all(c.phone.get_secret_value().startswith(NOBODYS) and c.exercise for c in contacts)


def is_taken(channel):
    try:
        return channel.send(TEXT) == "line-0"
    except SendError:
        return False


def test_contacts_of_somebody_else_are_not_overwritten(tmp_path, monkeypatch):
    monkeypatch.setenv("FLOODWARN_HOME", str(tmp_path))
    monkeypatch.setenv("FLOODWARN_SITE", str(VALLEY))
    monkeypatch.setenv(CREDENTIAL, "whsec_" + "a2tr" * 12)
    write_private(tmp_path / CONTACTS, b'schema = "floodwarn.contacts/1"\ncontacts = []\n')
    before = (tmp_path / CONTACTS).read_bytes()
    assert run(["phones"]) == 1
    assert (tmp_path / CONTACTS).read_bytes() == before


def test_the_telephones_have_people_of_their_own_whatever_database_the_environment_names(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("FLOODWARN_PEOPLE_URL", f"sqlite:///{tmp_path}/people.db")
    private_folder(tmp_path)
    kept(tmp_path)
    furnish(tmp_path / HOME, quick_valley())
    numbers = [c.phone.get_secret_value() for c in Roster.load(tmp_path / HOME).contacts]
    assert numbers
    assert all(number.startswith(NOBODYS) for number in numbers)
