"""A hostile warning is refused, or read for what it says, soon and to nobody's harm."""

import pytest

from pipeline.errors import DecodeError
from pipeline.feeds.cap import PROTOCOL
from pipeline.feeds.cap_area import MOST_CORNERS
from pipeline.feeds.registry import decode
from pipeline.feeds.xml import MAX_BYTES, MAX_DEPTH, MAX_NODES
from pipeline.observation import Decoded, OfficialWarning
from tests.feeds.sample_cap import AREA, CAP, ROWS, alert, cap_spec, index, info, national
from tests.feeds.samples import payload
from tests.feeds.watchdog import watched

LONG = MAX_BYTES - 10_000
"""Bytes that leave room for a message around them."""

NAMESPACES = " ".join(f"xmlns:n{i}='u'" for i in range(99_000))
LAUGHS = '<!ENTITY l0 "lol">' + "".join(
    f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10)
)
SIGNATURE = "http://www.w3.org/2000/09/xmldsig#"
UPDATE = {"msgType": "Update", "number": 9}


def read(text: str) -> Decoded:
    with watched():
        return decode(payload(text, "w.xml", "office"), cap_spec())


def only(text: str) -> OfficialWarning:
    (warning,) = read(text).warnings
    return warning


def with_type(internal: str, headline: str) -> str:
    """Return a message below a document type, which uses what that defines."""
    return f"<!DOCTYPE alert [{internal}]>{alert(info(headline=headline))}"


REFUSED = {
    "a document type that defines nothing": (with_type("", "x"), "document type"),
    "a thousand million laughs": (with_type(LAUGHS, "&l9;"), "document type"),
    "a file of ours": (
        with_type('<!ENTITY x SYSTEM "file:///etc/hostname">', "&x;"), "document type",
    ),
    "a server inside": (
        with_type('<!ENTITY x SYSTEM "http://192.0.2.1/latest">', "&x;"), "document type",
    ),
    "a parameter entity": (
        with_type('<!ENTITY % p SYSTEM "http://192.0.2.1/p.dtd">%p;', "x"), "document type",
    ),
    "a document type elsewhere": (
        f'<!DOCTYPE alert SYSTEM "http://192.0.2.1/a.dtd">{alert()}', "document type",
    ),
    "an entity that nobody defines": (alert(info(headline="&x;")), "well-formed"),
    "a great depth": (alert("<a>" * MAX_DEPTH + "</a>" * MAX_DEPTH), "deeper"),
    "a great number": (alert(info(AREA + "<area/>" * MAX_NODES)), "nodes"),
    "a great size": (alert(info(headline="x" * MAX_BYTES)), "bytes"),
    "another namespace": (alert().replace(CAP, f"{CAP}.1"), "neither"),
    "a prefix that is bound to another": (
        alert().replace("<alert ", '<c:alert xmlns:c="urn:x" ').replace("</alert>", "</c:alert>"),
        "neither",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_warning_needs_is_refused_with_its_reason(name):
    text, why = REFUSED[name]
    with pytest.raises(DecodeError, match=why):
        read(text)


def of_length(unit: str, of: int = LONG) -> str:
    return unit * (of // len(unit.encode()))


LENGTHY = {
    "blanks after a place": national(description=f"其中甲乙{of_length(' ')}x"),
    "places without a colour": national(description=of_length("其中等地")),
    "one clause that never ends": national(description="其中" * 30 + of_length("等地")),
    "clauses as long as may be": national(description=of_length("其中" + "甲" * 60)),
    "blanks among references": alert(**UPDATE, references=f"a{of_length(' ')}b"),
    "references that are none": alert(**UPDATE, references=of_length("a,b ")),
    "a number of many digits": alert(info(AREA + f"<circle>{of_length('9')}</circle>")),
    "areas": alert(info(of_length(AREA, LONG * 3 // 10))),
    "namespaces": alert(info(AREA + f"<b {NAMESPACES}/>")),
}


@pytest.mark.parametrize("name", LENGTHY)
def test_a_lengthy_message_is_read_in_its_own_time(name):
    assert len(read(LENGTHY[name]).warnings) == 1


def test_a_ring_of_more_corners_than_may_be_is_told_and_the_area_keeps_its_name():
    def ring(corners: int) -> str:
        pairs = " ".join(f"{27 + i % 2},{113 + i / 1e6:.6f}" for i in range(corners))
        return alert(info(f"<area><areaDesc>A</areaDesc><polygon>{pairs}</polygon></area>"))

    assert len(only(ring(MOST_CORNERS)).areas[0].polygons[0]) == MOST_CORNERS + 1
    (area,) = only(ring(MOST_CORNERS + 1)).areas
    assert (area.description, area.polygons) == ("A", ())


def wrapped(inner: str) -> str:
    """Return a message whose signature holds another one, which is the one that was signed."""
    signature = f'<Signature xmlns="{SIGNATURE}"><Object>{inner}</Object></Signature>'
    return alert().replace("</alert>", f"{signature}</alert>")


def test_a_message_within_another_says_nothing_wherever_it_stands():
    text = wrapped(alert(info(severity="Extreme"), number=7))
    assert read(text) == read(alert())
    assert read(index([text]).decode()) == read(alert())


def test_an_index_says_nothing_of_its_own_and_its_entities_are_refused():
    with pytest.raises(DecodeError, match="document type"):
        read("<!DOCTYPE feed [<!ENTITY x 'y'>]>" + index(ROWS).decode())
    with pytest.raises(DecodeError, match="document type"):
        PROTOCOL.links(payload("<!DOCTYPE rss [<!ENTITY x 'y'>]><rss/>"))


def test_what_a_sender_writes_is_shown_on_one_line_without_control_signs():
    hostile = "a\n\u202eb\u2028c\u200bd"
    warning = only(alert(info(AREA.replace("Upper valley", hostile), event=hostile)))
    for said in (warning.event, warning.areas[0].description):
        assert said.isprintable()
    assert read(alert(sender=hostile)).warnings == ()
