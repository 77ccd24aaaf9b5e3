"""A signature vouches for the whole alert and for nothing else, and only with the key one knows."""

import importlib
import re
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from alerts.cap_rules import problems
from alerts.cap_signature import sign, verified
from alerts.compose import compose
from alerts.errors import Refused
from tests.alerts.cap import oracle
from tests.alerts.cap.episodes import settings, tell
from tests.alerts.cap.pairs import YEAR, pair
from tests.alerts.cap.steps import steps
from tests.alerts.night import WALL
from tests.golden.samples import occasion, risk, valley

OURS, THEIRS = pair(), pair()
PAIRS = {"ec": OURS, "rsa": pair(rsa=True)}
ALERT = compose(occasion(risk(4, lead_min=90)), valley()).cap.content
DS = "http://www.w3.org/2000/09/xmldsig#"
SIGNATURE = re.compile(rb"<ds:Signature .*</ds:Signature>", re.DOTALL)


@cache
def signed() -> bytes:
    return sign(ALERT, OURS.file, now=WALL)


def read(content: bytes) -> bytes:
    return verified(content, OURS.certificate, now=WALL)


def canonical(content: bytes) -> bytes:
    return etree.tostring(etree.fromstring(content), method="c14n")


def signature() -> bytes:
    return SIGNATURE.search(signed()).group()


def refused(content: bytes) -> bool:
    try:
        read(content)
    except Refused:
        return True
    return False


@pytest.mark.parametrize("kind", PAIRS)
def test_a_signed_alert_is_valid_cap_and_its_signature_stands_last(kind):
    content = sign(ALERT, PAIRS[kind].file, now=WALL)
    root = oracle.parsed(content)
    assert oracle.schema().validate(root), oracle.schema().error_log
    assert problems(content) == []
    assert root[-1].tag == f"{{{DS}}}Signature"
    assert verified(content, PAIRS[kind].certificate, now=WALL) == canonical(ALERT)


@given(setting=settings(), drawn=steps())
def test_whatever_is_told_can_be_signed_and_without_its_signature_is_what_was_kept(setting, drawn):
    for each in tell(setting, drawn).told:
        content = sign(each.cap.content, OURS.file, now=WALL)
        assert problems(content) == []
        assert read(content) == canonical(each.cap.content)
        assert SIGNATURE.sub(b"", content) == each.cap.content


def test_with_another_key_it_is_refused_whatever_certificate_it_bears():
    with pytest.raises(Refused, match="not verified"):
        verified(signed(), THEIRS.certificate, now=WALL)
    assert refused(sign(ALERT, THEIRS.file, now=WALL))
    assert refused(ALERT)


@given(place=st.integers(0, len(ALERT) - 1), byte=st.integers(0, 255))
def test_a_byte_of_the_alert_that_is_another_is_refused_or_means_the_same(place, byte):
    changed = ALERT[:place] + bytes([byte]) + ALERT[place + 1 :]
    end = changed.rfind(b"</alert>")
    content = changed[:end] + signature() + changed[end:]
    try:
        found = read(content)
    except Refused:
        return
    assert found == canonical(ALERT)


VALUES = [
    (found.start(1), found.end(1))
    for found in re.finditer(rb"<(?:\w+)>([^<]+)</", ALERT)
    if found.group(1).strip()
]


@given(data=st.data())
def test_no_byte_of_any_value_can_be_another(data):
    start, end = data.draw(st.sampled_from(VALUES))
    place = data.draw(st.integers(start, end - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != signed()[place]))
    assert refused(signed()[:place] + bytes([byte]) + signed()[place + 1 :])


@given(data=st.data())
def test_no_byte_of_what_was_signed_for_can_be_another(data):
    spans = [m.span(1) for m in re.finditer(rb"<ds:(?:Digest|Signature)Value>([^<=]+)", signed())]
    assert len(spans) == 2
    start, end = data.draw(st.sampled_from(spans))
    place = data.draw(st.integers(start, end - 2))
    byte = data.draw(st.sampled_from(b"ABCDwxyz0189+/").filter(lambda b: b != signed()[place]))
    assert refused(signed()[:place] + bytes([byte]) + signed()[place + 1 :])


def test_what_is_put_beside_what_was_signed_is_refused():
    more = b"<info><language>en</language></info>"
    assert refused(signed().replace(b"<info>", more + b"<info>", 1))
    assert refused(signed().replace(signature(), signature() + more))
    assert refused(signed().replace(b"<info>", b"<?do it?><info>", 1))


def test_a_signature_that_does_not_stand_where_cap_has_it_vouches_for_nothing():
    moved = signed().replace(signature(), b"").replace(b"</info>", signature() + b"</info>", 1)
    assert refused(moved)


def test_a_comment_cannot_hide_any_of_what_was_signed():
    split = signed().replace(b"Extreme", b"Ex<!-- -->treme")
    assert read(split) == canonical(ALERT)


def forged() -> bytes:
    assert b"<severity>Extreme" in ALERT
    return ALERT.replace(b"<severity>Extreme", b"<severity>Minor")


def inside(evil: bytes, more: bytes) -> bytes:
    end = evil.rfind(b"</alert>")
    return evil[:end] + more + evil[end:]


def bare(content: bytes) -> bytes:
    return content.partition(b"?>")[2].strip()


@pytest.mark.parametrize(
    "wrapped",
    [
        inside(forged(), b"%(signature)s"),
        inside(forged(), b"%(whole)s"),
        inside(forged(), b"%(signature)s%(whole)s"),
        inside(forged(), b"<ds:Object xmlns:ds='" + DS.encode() + b"'>%(whole)s</ds:Object>"),
        inside(forged(), b"<ds:Signature xmlns:ds='" + DS.encode() + b"'>%(whole)s</ds:Signature>"),
        b"<alerts>%(whole)s</alerts>",
        b"<alerts>" + bare(forged()) + b"%(whole)s</alerts>",
    ],
)
def test_a_signature_that_is_wrapped_into_another_alert_vouches_for_nothing(wrapped):
    parts = {b"signature": signature(), b"whole": bare(signed())}
    assert refused(wrapped % parts)


@pytest.mark.parametrize("uri", [b"#orig", b"", b"http://localhost/alert.xml"])
def test_a_reference_to_a_part_vouches_for_nothing(uri):
    content = signed().replace(b'URI=""', b'URI="' + uri + b'"')
    content = content.replace(b"<identifier>", b'<identifier Id="orig">', 1)
    assert refused(content)


def test_a_part_that_the_key_itself_has_signed_is_no_alert():
    signxml = importlib.import_module("signxml")
    root = etree.fromstring(ALERT.replace(b"<identifier>", b'<identifier Id="part">', 1))
    signer = signxml.XMLSigner(signature_algorithm=signxml.SignatureMethod.ECDSA_SHA256)
    part = signer.sign(root, key=OURS.key, reference_uri="part", cert=OURS.certificate.decode())
    with pytest.raises(Refused, match="no CAP 1.2 alert"):
        read(etree.tostring(part))


def test_a_weak_digest_is_refused():
    assert refused(signed().replace(b"2001/04/xmlenc#sha256", b"2000/09/xmldsig#sha1"))


@given(st.binary(max_size=300))
def test_whatever_comes_is_refused_and_breaks_nothing(content):
    assert refused(content)


@pytest.mark.parametrize(
    "head",
    [
        b'<!DOCTYPE alert [<!ENTITY a "b">]>',
        b'<!DOCTYPE alert SYSTEM "file:///etc/hostname">',
    ],
)
def test_a_document_type_and_what_is_too_large_are_refused(head):
    assert refused(head + bare(signed()))
    assert refused(signed() + b" " * (512 * 1024))


def test_an_expired_certificate_neither_signs_nor_vouches():
    short = pair(until=WALL + YEAR / 2)
    content = sign(ALERT, short.file, now=WALL)
    assert verified(content, short.certificate, now=WALL) == canonical(ALERT)
    with pytest.raises(Refused, match="not valid after"):
        verified(content, short.certificate, now=WALL + YEAR)
    with pytest.raises(Refused, match="not valid after"):
        sign(ALERT, short.file, now=WALL + YEAR)


def ed25519() -> bytes:
    pem = Ed25519PrivateKey.generate()
    made = pem.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made + OURS.certificate


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (b"", "no private key"),
        (OURS.key, "no private key with its certificate"),
        (OURS.certificate, "no private key"),
        (OURS.key + THEIRS.certificate, "not verified"),
        (ed25519(), "neither RSA nor"),
    ],
)
def test_what_is_no_key_with_its_certificate_signs_nothing(file, why):
    with pytest.raises(Refused, match=why):
        sign(ALERT, file, now=WALL)


def test_key_and_certificate_may_stand_in_either_order():
    assert read(sign(ALERT, OURS.certificate + OURS.key, now=WALL)) == canonical(ALERT)


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    def absent(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(Refused, match=re.escape("floodwarn[sign]")):
        sign(ALERT, OURS.file, now=WALL)
