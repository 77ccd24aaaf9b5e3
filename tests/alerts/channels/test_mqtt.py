"""The sender of sirens against a real broker: what it knows is what it says, and no more."""

import logging
import socket
import ssl
import time
from threading import Thread

import pytest
from pydantic import SecretStr

from alerts.channels.mqtt import BROKER
from alerts.errors import SendError, Unreachable
from alerts.siren.command import Command, device_key, opened, topic
from tests.alerts.channels.mosquitto import SENDER, free_port, password, running
from tests.alerts.siren.beside import (
    MASTER,
    SECRETS,
    Beside,
    channel_of,
    home_with,
    parcel,
    until,
)
from tests.services import require


@pytest.fixture(scope="module")
def broker(tmp_path_factory, certificate):
    require("mosquitto")
    with running(tmp_path_factory.mktemp("broker"), certificate) as broker:
        yield broker


@pytest.fixture
def home(broker, tmp_path, certificate):
    return home_with(tmp_path / "home", broker.port, certificate, answer_s=0.3)


@pytest.fixture
def channel(home):
    return channel_of(home)


@pytest.fixture
def siren(broker, tmp_path):
    """Give a siren that its broker knows, and that is switched off."""
    siren = Beside(broker, tmp_path / "heard.json")
    with siren.listening():
        pass
    return siren


def instead(home, old, new):
    path = home / BROKER
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def in_plain_words(server):
    with server.accept()[0] as line:
        line.send(b"\x20\x03\0\0\0")


def refused(channel, told) -> SendError:
    with pytest.raises(SendError) as caught:
        channel.send(told)
    return caught.value


def test_taken_by_the_broker_is_all_that_is_known_of_a_device_that_is_away(siren, channel):
    assert channel.send(parcel()) is None


def test_a_command_is_signed_for_its_device_ends_in_time_and_is_not_kept(siren, channel, broker):
    got = []
    with broker.line("hekou-1") as line:
        line.on_message = lambda _c, _d, message: got.append(message)
        line.subscribe(topic("valley", "hekou", "hekou-1", "cmd"), qos=1)
        channel.send(parcel(7))
        until(lambda: bool(got))
    said = opened(Command, got[0].payload, device_key(MASTER, "valley", "hekou", "hekou-1"))
    assert (said.id, said.mode, said.action) == (parcel(7).key, "live", "sound")
    assert (said.expires - said.issued).total_seconds() == 3600
    assert 3500 < got[0].properties.MessageExpiryInterval <= 3600
    assert got[0].qos == 1
    late = []
    with broker.line("hekou-1") as line:
        line.on_message = lambda _c, _d, message: late.append(message)
        line.subscribe(topic("valley", "hekou", "hekou-1", "cmd"), qos=1)
        time.sleep(0.5)
    assert late == []


def test_a_device_that_never_called_is_tried_again(channel):
    error = refused(channel, parcel(device="hekou-2"))
    assert error.retryable
    assert not error.uncertain
    assert not isinstance(error, Unreachable)


def test_what_the_brokers_list_does_not_let_us_do_is_refused_for_good(home, channel, monkeypatch):
    monkeypatch.setitem(SECRETS, "SIREN_PASSWORD", password("baishi-1"))
    instead(home, 'host = "localhost"', 'host = "localhost"\nuser = "baishi-1"')
    error = refused(channel, parcel())
    assert error.permanent
    assert not error.uncertain
    assert "135" in str(error)


@pytest.mark.parametrize("broken", ["down", "silent", "no tls", "password", "authority", "name"])
def test_a_broker_that_cannot_be_spoken_to_leaves_all_others_alone(
    home, channel, broker, broken, monkeypatch, certificate
):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = f"port = {broker.port}"
        instead(home, "budget_s = 8", "budget_s = 2")
        match broken:
            case "down":
                instead(home, port, f"port = {free_port()}")
            case "silent":
                instead(home, port, f"port = {silent.getsockname()[1]}")
            case "no tls":
                Thread(target=lambda: in_plain_words(silent)).start()
                instead(home, port, f"port = {silent.getsockname()[1]}")
            case "password":
                monkeypatch.setitem(SECRETS, "SIREN_PASSWORD", "another")
            case "authority":
                instead(home, 'ca = "ca.pem"\n', "")
            case "name":
                instead(home, 'host = "localhost"', 'host = "127.0.0.1"')
        begun = time.monotonic()
        error = refused(channel, parcel())
    assert isinstance(error, Unreachable)
    assert time.monotonic() - begun < 5


def test_a_broker_that_falls_silent_leaves_it_uncertain(home, channel, broker, certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def half() -> None:
            """Take a login and a listener, and then say nothing more."""
            with context.wrap_socket(server.accept()[0], server_side=True) as line:
                for answer in (b"\x20\x03\0\0\0", b"\x90\x04\0\x01\0\x01"):
                    line.recv(4096)
                    line.send(answer)
                while line.recv(4096):
                    pass

        Thread(target=half, daemon=True).start()
        instead(home, f"port = {broker.port}", f"port = {server.getsockname()[1]}")
        instead(home, "budget_s = 8", "budget_s = 2")
        error = refused(channel, parcel())
    assert error.uncertain
    assert error.retryable


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"floodwarn.mqtt/1"', '"floodwarn.mqtt/2"'),
        ("port = ", 'port = "no" # '),
        ('password = "SIREN_PASSWORD"', 'password = "s3cret of the broker"'),
        ('key = "SIREN_KEY"', 'key = "NOT_SET"'),
        ('ca = "ca.pem"', 'ca = "../ca.pem"'),
        ('ca = "ca.pem"', 'ca = "nowhere.pem"'),
        ("host", "hoost"),
        ('schema = "', "schema = "),
    ],
)  # fmt: skip
def test_a_broker_that_is_not_configured_is_waited_for_and_its_file_not_quoted(
    home, channel, siren, old, new
):
    text = (home / BROKER).read_text()
    instead(home, old, new)
    error = refused(channel, parcel())
    assert isinstance(error, Unreachable)
    assert "s3cret" not in str(error)
    (home / BROKER).write_text(text)
    assert channel.send(parcel()) is None


def test_a_file_that_others_may_read_or_a_key_that_can_be_guessed_sends_nothing(
    home, channel, monkeypatch
):
    (home / BROKER).chmod(0o644)
    assert "open to others" in str(refused(channel, parcel()))
    (home / BROKER).chmod(0o600)
    monkeypatch.setitem(SECRETS, "SIREN_KEY", "short")
    error = refused(channel, parcel())
    assert isinstance(error, Unreachable)
    assert "short" not in str(error).replace("shorter", "")


@pytest.mark.parametrize(
    "told",
    [parcel(address=SecretStr("a@b.invalid")), parcel(village=None)],
    ids=["person", "notice"],
)
def test_what_is_none_of_a_siren_is_refused(channel, told):
    assert refused(channel, told).permanent


def test_no_secret_reaches_a_log_or_an_error(channel, siren, caplog, home, monkeypatch):
    caplog.set_level(logging.DEBUG)
    channel.send(parcel())
    monkeypatch.setitem(SECRETS, "SIREN_PASSWORD", "another-s3cret")
    told = str(refused(channel, parcel())) + caplog.text + repr(channel)
    hidden = (MASTER, password(SENDER), "another-s3cret", parcel().body)
    assert not [secret for secret in hidden if secret in told]
