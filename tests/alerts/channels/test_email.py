"""What leaves by SMTP: one plain mail, safe headers, and no more time than its budget."""

import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import SecretStr

from alerts.channels import channels
from alerts.channels.email import EmailChannel, Server
from alerts.errors import SendError, Unreachable
from alerts.parcel import About, Parcel
from pipeline.settings import Settings
from pipeline.world import Mode, World
from tests.alerts.post_office import PostOffice, free_port, open_for_business

PARCEL = Parcel(
    key="f" * 64,
    contact_ref="a",
    address=SecretStr("a@mailbox.invalid"),
    subject="山洪",
    body="现在就走\n.\n..dots",
    language="zh",
    queued_at=datetime(2026, 11, 24, 2, tzinfo=UTC),
    urgent=True,
    about=About(
        World("valley", Mode.EXERCISE, "e"), "m", datetime(2026, 11, 24, 8, tzinfo=UTC), "hekou"
    ),
)


@pytest.fixture(scope="module")
def open_post():
    with open_for_business() as (office, port):
        yield office, EmailChannel(Server("127.0.0.1", port, "duty@mailbox.invalid"))


def test_a_mail_is_marked_as_what_it_is(open_post):
    office, channel = open_post
    channel.send(PARCEL)
    mail = office.mails[-1][1]
    assert mail["Message-ID"] == f"<{'f' * 64}@mailbox.invalid>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "zh"
    assert mail["Importance"] == "high"
    assert mail["Date"] == "Tue, 24 Nov 2026 02:00:00 +0000"


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    subject=st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
    body=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=400),
    lines=st.lists(st.sampled_from([".", "..", "", "From x", "Bcc: b@x"]), max_size=5),
)
def test_every_text_arrives_as_it_was_and_makes_no_header(open_post, subject, body, lines):
    office, channel = open_post
    text = "\n".join([body, *lines])
    channel.send(replace(PARCEL, subject=subject, body=text))
    mail = office.mails[-1][1]
    assert mail.get_content().replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")
    assert mail["Bcc"] is None
    assert mail["To"] == "a@mailbox.invalid"


def test_a_server_that_is_not_there_is_tried_again():
    channel = EmailChannel(Server("127.0.0.1", free_port(), "duty@mailbox.invalid"))
    with pytest.raises(SendError) as caught:
        channel.send(PARCEL)
    assert caught.value.retryable
    assert not caught.value.uncertain


@contextmanager
def answering(*replies: bytes, pause_s: float = 0.0):
    """Run a server that says these lines, one for each of ours, and then dribbles."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            peer, _ = listening.accept()
            with peer, suppress(OSError):
                for reply in replies:
                    peer.sendall(reply)
                    peer.recv(65536)
                while pause_s:
                    time.sleep(pause_s)
                    peer.sendall(b"2")

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(10)


@pytest.mark.parametrize("greeting", [b"554 not today\r\n", b"421 busy\r\n"])
def test_what_the_server_has_against_us_is_nobodys_refusal(greeting):
    with answering(greeting) as port, pytest.raises(SendError) as caught:
        EmailChannel(Server("127.0.0.1", port, "duty@mailbox.invalid")).send(PARCEL)
    assert caught.value.retryable


@pytest.mark.parametrize("pause_s", [0.1, 4])
def test_a_server_that_stalls_or_dribbles_costs_no_more_than_the_budget(pause_s):
    begun = time.monotonic()
    with answering(b"220 hello\r\n", pause_s=pause_s) as port:
        server = Server("127.0.0.1", port, "duty@mailbox.invalid", budget_s=0.5)
        with pytest.raises(SendError) as caught:
            EmailChannel(server).send(PARCEL)
        assert time.monotonic() - begun < 3
        assert caught.value.retryable
        assert not caught.value.uncertain


UP_TO_THE_TEXT = (b"220 hello\r\n", b"250 hello\r\n", b"250 from\r\n", b"250 to\r\n", b"354 go\r\n")


@pytest.mark.parametrize("words", [b"OK queued\r\n", b"354 go\r\n", b"\r\n", b"150 wait\r\n"])
def test_words_without_a_known_code_after_the_text_leave_it_uncertain(words):
    with answering(*UP_TO_THE_TEXT, words) as port, pytest.raises(SendError) as caught:
        EmailChannel(Server("127.0.0.1", port, "duty@mailbox.invalid")).send(PARCEL)
    assert caught.value.uncertain


@pytest.mark.parametrize("stage", [2, 3, 4])
@pytest.mark.parametrize("words", [b"OK\r\n", b"199 what\r\n"])
def test_words_without_a_known_code_before_the_text_are_tried_again(stage, words):
    said = (*UP_TO_THE_TEXT[:stage], words)
    with answering(*said) as port, pytest.raises(SendError) as caught:
        EmailChannel(Server("127.0.0.1", port, "duty@mailbox.invalid")).send(PARCEL)
    assert caught.value.retryable
    assert not caught.value.uncertain


@pytest.mark.parametrize("slow", ["getaddrinfo", "create_connection"])
def test_a_line_that_is_made_after_the_time_is_over_is_cut_all_the_same(monkeypatch, slow):
    at_once = getattr(socket, slow)

    def late(*arguments, **named):
        time.sleep(0.6)
        return at_once(*arguments, **named)

    with answering(b"220 hello\r\n", pause_s=0.1) as port:
        server = Server("127.0.0.1", port, "duty@mailbox.invalid", budget_s=0.3)
        began = time.monotonic()
        with monkeypatch.context() as patched:
            patched.setattr(socket, slow, late)
            with pytest.raises(SendError) as caught:
                EmailChannel(server).send(PARCEL)
        assert time.monotonic() - began < 2
        # Where our side gave up without a connection, the server still waits for one.
        socket.create_connection(("127.0.0.1", port)).close()
    assert caught.value.retryable
    assert not caught.value.uncertain


def test_all_of_a_servers_addresses_share_one_budget(monkeypatch):
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        found = socket.getaddrinfo(*full.getsockname(), type=socket.SOCK_STREAM)
        of = {"mail.invalid": found * 6, "127.0.0.1": found}
        monkeypatch.setattr(socket, "getaddrinfo", lambda host, *_, **__: of[host])
        port, began = full.getsockname()[1], time.monotonic()
        server = Server("mail.invalid", port, "duty@mailbox.invalid", budget_s=0.5)
        with pytest.raises(SendError) as caught:
            EmailChannel(server).send(PARCEL)
        assert time.monotonic() - began < 2
        assert caught.value.retryable


def test_a_contact_without_an_address_is_refused_at_once():
    with pytest.raises(SendError) as caught:
        EmailChannel(Server("127.0.0.1", 1, "duty@mailbox.invalid")).send(
            replace(PARCEL, address=None)
        )
    assert caught.value.permanent


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_server_that_wants_a_login_gets_it_and_a_wrong_one_can_be_cured():
    class Quiet:
        async def handle_DATA(self, *_):  # noqa: N802
            return "250 kept"

    def checked(_server, _session, _envelope, _mechanism, data):
        return AuthResult(success=data.password == b"right", handled=False)

    port = free_port()
    controller = Controller(
        Quiet(),
        hostname="127.0.0.1",
        port=port,
        authenticator=checked,
        auth_require_tls=False,
        auth_required=True,
    )
    controller.start()
    try:
        server = Server("127.0.0.1", port, "duty@mailbox.invalid", login="us")
        EmailChannel(replace(server, password=SecretStr("right"))).send(PARCEL)
        with pytest.raises(SendError) as caught:
            EmailChannel(replace(server, password=SecretStr("wrong-secret"))).send(PARCEL)
    finally:
        controller.stop()
    assert caught.value.retryable
    assert "wrong-secret" not in f"{caught.value} {caught.value.__cause__}"


def test_a_login_without_its_password_keeps_mail_alone_waiting(tmp_path, monkeypatch):
    monkeypatch.delenv("FLOODWARN_SMTP_PASSWORD", raising=False)
    settings = Settings(
        tmp_path, tmp_path, "sqlite://", Mode.LIVE, "http://x", "h", 25, smtp_login="us"
    )
    waiting = channels(settings)
    assert set(waiting) == {"email", "file", "webhook", "sms", "voice", "siren", "cap"}
    with pytest.raises(Unreachable, match="FLOODWARN_SMTP_PASSWORD"):
        waiting["email"].send(PARCEL)
    monkeypatch.setenv("FLOODWARN_SMTP_PASSWORD", "a-secret")
    assert "a-secret" not in repr(channels(settings))
    monkeypatch.delenv("FLOODWARN_SMTP_PASSWORD")
    made = channels(settings, {"FLOODWARN_SMTP_PASSWORD": "kept elsewhere"}.__getitem__)
    assert made["email"].server.password.get_secret_value() == "kept elsewhere"


@pytest.mark.parametrize("known", [True, False])
def test_starttls_trusts_only_a_certificate_that_this_machine_knows(
    certificate, monkeypatch, known
):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    port, office = free_port(), PostOffice()
    controller = Controller(
        office, hostname="localhost", port=port, tls_context=context, require_starttls=True
    )
    controller.start()
    channel = EmailChannel(Server("localhost", port, "duty@mailbox.invalid", security="starttls"))
    try:
        if known:
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
            channel.send(PARCEL)
        else:
            with pytest.raises(SendError) as caught:
                channel.send(PARCEL)
            assert caught.value.retryable
    finally:
        controller.stop()
    assert len(office.mails) == int(known)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_without_the_encryption_we_ask_for_gets_nothing(open_post, security):
    office, channel = open_post
    before = len(office.mails)
    with pytest.raises(SendError) as caught:
        EmailChannel(replace(channel.server, security=security, budget_s=2)).send(PARCEL)
    assert caught.value.retryable
    assert not caught.value.uncertain
    assert len(office.mails) == before
