"""A feed speaks to the public internet and to what it declares; to nothing else, by no trick."""

import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from pipeline.feeds import guard
from pipeline.feeds.answer import FetchFailure
from pipeline.feeds.client import fetch
from pipeline.feeds.guard import Guard, HostRefused, networks, unwrapped
from pipeline.feeds.source import Source
from pipeline.feeds.window import Window
from pipeline.observation import RawPayload
from tests.feeds.samples import NOW, csv_spec
from tests.feeds.server import LOCAL, serving

ONE = Window(NOW, NOW)
OURS = [
    "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1",
    "169.254.169.254", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1",
    "fe80::1%lo", "fc00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a00:1::1",
    "::127.0.0.1", "2001:db8::1",
]  # fmt: skip


def found(*addresses: str):
    """Resolve every name to these addresses."""
    kinds = {4: socket.AF_INET, 6: socket.AF_INET6}
    return lambda _, port: [
        (kinds[ip_address(a).version], socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses
    ]


def answers(where: str, **changes):
    spec = csv_spec(**({"budget_s": 2.0} | changes))
    return list(fetch(Source(spec, where), ONE, clock=lambda: NOW, pause=lambda _: None))


@pytest.mark.parametrize("address", OURS)
def test_what_is_not_public_is_refused(address):
    with pytest.raises(HostRefused):
        Guard(resolve=found(address)).checked("gauge.example", 80)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_what_is_public_is_asked(address):
    assert Guard(resolve=found(address)).checked("gauge.example", 80)


def test_one_private_address_among_public_ones_refuses_the_name():
    with pytest.raises(HostRefused):
        Guard(resolve=found("8.8.8.8", "10.0.0.1")).checked("gauge.example", 80)


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_alike_however_it_is_wrapped(inner: IPv4Address):
    wraps = [
        f"::ffff:{inner}",
        f"64:ff9b::{inner}",
        str(IPv6Address((0x2002 << 112) | int(inner) << 80)),
    ]
    for each in map(ip_address, wraps):
        assert unwrapped(each) == inner
        assert Guard().admits(each) == Guard().admits(inner)


@given(st.ip_addresses())
def test_a_declared_network_admits_its_own_and_nothing_more(address):
    own = Guard(networks(["10.20.0.0/16", "fd00:1::/32"]))
    inside = any(unwrapped(address) in network or address in network for network in own.allowed)
    assert own.admits(address) == (inside or Guard().admits(address))


@pytest.mark.parametrize("declared", ["0.0.0.0/0", "::/0", "10.0.0.1/8", "gauges"])
def test_a_network_of_everything_or_of_nothing_is_no_declaration(declared):
    with pytest.raises(ValueError, match="."):
        networks([declared])


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f000001", "017700000001", "0x7f.1", "127.1", "[::1]",
     "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "localhost", "LOCALHOST", "localhost."],
)  # fmt: skip
def test_however_our_own_address_is_written_nobody_is_asked(host):
    with serving(lambda *_: (200, {}, b"secret")) as server:
        (failure,) = answers(f"http://{host}:{server.server_port}/meta?key=hush")
        assert server.asked == []
    assert isinstance(failure, FetchFailure)
    assert not failure.absent
    assert "hush" not in repr(failure)


@pytest.mark.parametrize(
    "trick",
    ["http://8.8.8.8@{}/", "http://{}@8.8.8.8/", "http://8.8.8.8\\@{}/", "http://8.8.8.8#@{}/",
     "http://8.8.8.8:80@{}/", "http://user:hush@{}/", "http://8.8.8.8%2f@{}/",
     "http://{} @8.8.8.8/"],
)  # fmt: skip
def test_a_user_in_an_address_leads_nowhere(trick, monkeypatch):
    asked: list[tuple] = []
    monkeypatch.setattr(guard, "_resolve", lambda *host: asked.append(host) or [])
    with serving(lambda *_: (200, {}, b"secret")) as server:
        (failure,) = answers(trick.format(f"127.0.0.1:{server.server_port}"), budget_s=0.3)
        assert server.asked == []
    assert isinstance(failure, FetchFailure)
    assert "hush" not in repr(failure)
    assert {host for host, _ in asked} <= {"8.8.8.8"}


def test_a_refused_host_is_asked_once_and_named_alone():
    with serving(lambda *_: (200, {}, b"secret")) as server:
        (failure,) = answers(f"http://localhost:{server.server_port}/path?key=hush", budget_s=5.0)
    assert "localhost is not of the public internet" in failure.message
    assert failure.trace.host_answered is None


def test_a_name_that_changes_its_answer_leads_nowhere_else(monkeypatch):
    told = iter(["8.8.8.8", *["127.0.0.1"] * 9])
    tried: list[tuple] = []

    def resolve(host, port):
        return found(next(told))(host, port)

    monkeypatch.setattr(guard, "_resolve", resolve)
    monkeypatch.setattr(socket.socket, "connect", lambda _, where: tried.append(where) or refuse())
    (failure,) = answers("http://rebinding.example/rain.csv", budget_s=0.3)
    assert tried == [("8.8.8.8", 80)]
    assert isinstance(failure, FetchFailure)


def refuse():
    raise ConnectionRefusedError


def test_the_address_that_was_judged_is_the_one_that_is_asked(monkeypatch):
    with serving(lambda *_: (200, {}, b"1")) as server:
        names: list[str] = []
        monkeypatch.setattr(
            guard,
            "_resolve",
            lambda host, port: names.append(host) or found("127.0.0.1")(host, port),
        )
        (answer,) = answers(f"http://gauge.example:{server.server_port}/", allow_private=LOCAL)
        assert names == ["gauge.example"]
        assert server.headers[0]["Host"] == f"gauge.example:{server.server_port}"
    assert isinstance(answer, RawPayload)


def test_proxies_and_passwords_of_the_environment_are_not_used(monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password hush\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with (
        serving(lambda *_: (200, {}, b"proxied")) as proxy,
        serving(lambda *_: (200, {}, b"1")) as server,
    ):
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        (answer,) = answers(server.url + "/", allow_private=LOCAL)
        assert proxy.asked == []
        assert "Authorization" not in server.headers[0]
    assert answer.content == b"1"


@pytest.fixture
def certificate(tmp_path):
    """Make a certificate for gauge.example, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gauge.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("gauge.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path / "gauge.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize("name", ["gauge.example", "other.example"])
def test_tls_is_checked_against_the_name_and_not_the_address(certificate, monkeypatch, name):
    monkeypatch.setattr(guard, "_resolve", found("127.0.0.1"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    line = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        try:
            with context.wrap_socket(line.accept()[0], server_side=True) as secure:
                secure.recv(65_536)
                secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1")
        except OSError:
            return

    thread = Thread(target=answer)
    thread.start()
    where = f"https://{name}:{line.getsockname()[1]}/"
    source = Source(csv_spec(budget_s=0.9, allow_private=LOCAL), where, None, str(certificate))
    (got,) = fetch(source, ONE, clock=lambda: NOW)
    line.close()
    thread.join()
    assert isinstance(got, RawPayload) == (name == "gauge.example")
