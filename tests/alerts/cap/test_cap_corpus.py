"""Published warnings, and documents meant to harm, are judged soon and reach for nothing outside.

What the feed makes of the published ones is held by tests/feeds/test_cap.py.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from lxml import etree

from alerts import cap_rules, cn_alert_rules
from alerts.compose import compose
from pipeline.errors import DecodeError
from pipeline.feeds.registry import decode
from tests.feeds.sample_cap import cap_spec
from tests.feeds.samples import payload
from tests.feeds.watchdog import watched
from tests.golden.samples import LIVE, ROOT, occasion, risk, valley
from tests.services import MAY_BE_ABSENT

SHARED = ROOT.parent / "shared" / "data" / "cap_samples"
AUTHOR = "http://localhost:8080"
"""Where the attack among the samples has its author's server."""

# Of each file, the first fault's kind and, where the schema finds none, the rule that it is known
# to break (PROVENANCE.md); without a rule, only what we ask of our own messages beyond the schema.
KNOWN: dict[str, str] = {
    "alphagov/update.xml": "R11 area",
    "alphagov/wainfleet.xml": "",
    "alphagov/wainfleet_cancel_with_empty_references.xml": "R4 chain",
    "alphagov/wainfleet_cancel_with_missing_references.xml": "R4 chain",
    "alphagov/wainfleet_cancel_with_references.xml": "",
    "alphagov/windemere.xml": "R4 chain",
    "cn_national/henan_wind_blue_update.xml": "schema",
    "defra/getMessage-invalid.xml": "schema",
    "defra/getMessage-valid.xml": "R4 chain",
    "defra/nws-alert.xml": "R11 area",
    "google_cap_library/australia.cap": "",
    "google_cap_library/canada.cap": "",
    "google_cap_library/canada_signed.cap": "",
    "google_cap_library/earthquake_signed.cap": "schema",
    "google_cap_library/invalid.cap": "schema",
    "google_cap_library/no_optional_fields.cap": "schema",
    "google_cap_library/noaa_errors.cap": "schema",
    "google_cap_library/thunderstorm.cap": "",
    "google_cap_library/wcatwc-warning.cap": "",
    "google_cap_library/weather.cap": "schema",
    "google_cap_library/xee.cap": "parse",
    "nws/cap.2020-05-07T14_12_00.xml": "schema",
    "oasis_examples/example1.xml": "",
    "oasis_examples/example2.xml": "",
    "oasis_examples/example3.xml": "R11 area",
    "oasis_examples/example4.xml": "",
}
WELL_CHAINED = (
    "alphagov/wainfleet_cancel_with_references.xml",
    "google_cap_library/canada.cap",
    "google_cap_library/wcatwc-warning.cap",
)
published = pytest.mark.skipif(not SHARED.is_dir(), reason=MAY_BE_ABSENT)


def read(content: bytes) -> list[str]:
    """Read it as a feed does; a refusal is the one problem."""
    try:
        faults = decode(payload(content, "w.xml", "office"), cap_spec()).faults
    except DecodeError as error:
        return [str(error)]
    return [fault.message for fault in faults]


JUDGES: dict[str, Callable[[bytes], list[str]]] = {
    "cap": cap_rules.problems,
    "national": cn_alert_rules.problems,
    "feed": read,
}


def judged(by: str, content: bytes) -> list[str]:
    with watched():
        return JUDGES[by](content)


@contextmanager
def server() -> Iterator[tuple[str, list[str]]]:
    """Stand where hostile documents point to; give the address, and who came."""
    came: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)
        over = threading.Event()

        def listen() -> None:
            while not over.is_set():
                with suppress(TimeoutError):
                    connection, _ = listening.accept()
                    came.append(connection.recv(200).decode("ascii", "replace"))
                    connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", came
        finally:
            over.set()
            thread.join()


@published
class TestPublished:
    def test_every_file_has_its_line_here(self):
        files = {str(p.relative_to(SHARED)) for e in ("cap", "xml") for p in SHARED.rglob(f"*.{e}")}
        assert files == set(KNOWN)

    @pytest.mark.parametrize("name", KNOWN)
    def test_it_is_found_valid_invalid_or_hostile_as_it_is_known_to_be(self, name):
        faults = judged("cap", (SHARED / name).read_bytes())
        kinds = [fault.split(":")[0] for fault in faults]
        by_schema = KNOWN[name] in {"schema", "parse"}
        assert kinds
        assert (kinds[0] in {"schema", "parse"}) is by_schema
        assert KNOWN[name] in ({kinds[0]} if by_schema else {"", *kinds})

    @pytest.mark.parametrize("name", WELL_CHAINED)
    def test_an_update_that_names_what_it_updates_breaks_no_chain(self, name):
        faults = judged("cap", (SHARED / name).read_bytes())
        assert not any(fault.startswith("R4") for fault in faults)

    @pytest.mark.parametrize("name", KNOWN)
    def test_nothing_published_is_taken_for_a_draft_of_ours(self, name):
        assert judged("national", (SHARED / name).read_bytes())

    @pytest.mark.parametrize("by", JUDGES)
    def test_the_attack_among_them_reaches_nobody(self, by):
        attack = (SHARED / "google_cap_library/xee.cap").read_text()
        assert AUTHOR in attack
        with server() as (address, came):
            faults = judged(by, attack.replace(AUTHOR, address).encode())
        assert ("document type" in faults[0], came) == (True, [])

    def test_the_schema_is_the_one_that_two_others_have(self):
        ours = (ROOT / "alerts/schemas/CAP-v1.2.xsd").read_bytes()
        for other in ("cap-tools", "defra"):
            assert (SHARED / f"CAP-v1.2.{other}.xsd").read_bytes() == ours

    @pytest.mark.parametrize("level", [2, 3, 4])
    def test_what_we_write_is_valid_to_the_stricter_schema_too(self, level):
        parser = etree.XMLParser(no_network=True)
        strict = etree.XMLSchema(etree.parse(SHARED / "CAP-v1.2-extended.google.xsd", parser))
        written = compose(occasion(risk(level, lead_min=90), world=LIVE), valley()).cap
        assert strict.validate(etree.fromstring(written.content)), strict.error_log


CAP = f'<alert xmlns="{cap_rules.NAMESPACE}">'
NATIONAL = "<alert>"
LAUGHS = '<!ENTITY l0 "lol">' + "".join(
    f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10)
)
INCLUDE = 'xmlns:xi="http://www.w3.org/2001/XInclude"'
INSTANCE = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
# {alert}: the root's tag; {net}, {file}: the address of a server and of a file of ours.
HOSTILE: dict[str, str] = {
    "a document type that says nothing": "<!DOCTYPE alert>{alert}</alert>",
    "an internal subset": '<!DOCTYPE alert [<!ELEMENT x ANY>]>{alert}</alert>',
    "an entity": '<!DOCTYPE alert [<!ENTITY x "y">]>{alert}<sender>&x;</sender></alert>',
    "an entity in an attribute": '<!DOCTYPE alert [<!ENTITY x "y">]>{alert}<a b="&x;"/></alert>',
    "a thousand million laughs": f"<!DOCTYPE alert [{LAUGHS}]>{{alert}}&l9;</alert>",
    "an entity of itself": '<!DOCTYPE alert [<!ENTITY x "&x;">]>{alert}&x;</alert>',
    "one long entity many times": (
        f'<!DOCTYPE alert [<!ENTITY x "{"x" * 60_000}">]>{{alert}}{"&x;" * 30_000}</alert>'
    ),
    "a file of ours": '<!DOCTYPE alert [<!ENTITY x SYSTEM "{file}">]>{alert}&x;</alert>',
    "an entity elsewhere": '<!DOCTYPE alert [<!ENTITY x SYSTEM "{net}/x">]>{alert}&x;</alert>',
    "a parameter entity": '<!DOCTYPE alert [<!ENTITY % p SYSTEM "{net}/p">%p;]>{alert}</alert>',
    "a document type elsewhere": '<!DOCTYPE alert SYSTEM "{net}/a.dtd">{alert}</alert>',
    "a public document type": '<!DOCTYPE alert PUBLIC "-//A//EN" "{net}/a.dtd">{alert}</alert>',
    "defaults of attributes": (
        '<!DOCTYPE alert [<!ATTLIST alert x CDATA "y">]>{alert}</alert>'
    ),
    "an inclusion from elsewhere": f'{{alert}}<xi:include {INCLUDE} href="{{net}}/x"/></alert>',
    "an inclusion of a file": (
        f'{{alert}}<xi:include {INCLUDE} href="{{file}}" parse="text"/></alert>'
    ),
    "a schema elsewhere": (
        f'{{alert}}<a {INSTANCE} xsi:noNamespaceSchemaLocation="{{net}}/a.xsd"/></alert>'
    ),
    "a style sheet elsewhere": '<?xml-stylesheet type="text/xsl" href="{net}/a"?>{alert}</alert>',
    "a great depth": "{alert}" + "<a>" * 50_000 + "</a>" * 50_000 + "</alert>",
    "a great number": "{alert}" + "<a/>" * 120_000 + "</alert>",
    "a great number of attributes": (
        "{alert}<a " + " ".join(f'b{i}=""' for i in range(40_000)) + "/></alert>"
    ),
    "a great number of namespaces": (
        "{alert}<a " + " ".join(f'xmlns:n{i}="u"' for i in range(20_000)) + "/></alert>"
    ),
    "a great size": "{alert}" + "x" * 5_000_000 + "</alert>",
    "comments alone": "{alert}" + "<!---->" * 70_000 + "</alert>",
    "an encoding of its own": '<?xml version="1.0" encoding="x-none"?>{alert}</alert>',
    "no end": "{alert}<info>",
    "nothing": "",
}  # fmt: skip
WITH_TYPE = [name for name, text in HOSTILE.items() if "<!DOCTYPE" in text]


def hostile(name: str, by: str, *, net: str, file: Path | None = None) -> str:
    said = {"alert": NATIONAL if by == "national" else CAP, "net": net, "file": file or "/x"}
    text = HOSTILE[name]
    for key, value in said.items():
        text = text.replace(f"{{{key}}}", str(value))
    return text


def is_of_its_form(fault: str) -> bool:
    """Tell whether a document was refused before anything that it says was looked at."""
    return fault.startswith("parse:") or "document type" in fault or "well-formed" in fault


@pytest.mark.parametrize("by", JUDGES)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused_soon_and_reaches_neither_net_nor_file(name, by, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("nobody may read this")
    with server() as (address, came):
        faults = judged(by, hostile(name, by, net=address, file=secret).encode())
    assert faults
    assert is_of_its_form(faults[0]) or name not in WITH_TYPE
    assert came == []
    assert not any("nobody may read this" in fault for fault in faults)


@pytest.mark.parametrize("by", JUDGES)
@pytest.mark.parametrize("name", WITH_TYPE)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_another_encoding_hides_no_document_type(name, by, encoding):
    text = hostile(name, by, net="http://192.0.2.1")
    assert is_of_its_form(judged(by, text.encode(encoding))[0])


def test_whoever_reaches_for_the_server_is_seen():
    with server() as (address, came):
        host, _, port = address.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(b"GET /x")
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(1) == b""
    assert came == ["GET /x"]
