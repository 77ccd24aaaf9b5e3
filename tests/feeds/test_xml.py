"""XML of strangers never costs more than its bytes, and nothing outside is ever asked."""

import pytest

from pipeline.errors import DecodeError
from pipeline.feeds.xml import MAX_BYTES, MAX_DEPTH, MAX_NODES, parsed

LAUGHS = (
    '<!DOCTYPE a [<!ENTITY l0 "lol">'
    + "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    + "]>"
)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (f'{LAUGHS}<a b="&l9;">&l9;</a>'.encode(), "document type"),
        (f'<?xml version="1.0" encoding="utf-16"?>{LAUGHS}<a>&l9;</a>'.encode("utf-16"), "type"),
        (b'<!DOCTYPE a SYSTEM "http://192.0.2.1/a.dtd"><a/>', "document type"),
        (b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1), "deeper"),
        (b"<a>" + b"<b/>" * MAX_NODES + b"</a>", "nodes"),
        (b"<a>" + b"<!---->" * MAX_NODES + b"</a>", "nodes"),
        (b"<a>" + b"x" * 10_000_000 + b"</a>", "bytes"),
        (b"<a>&unknown;</a>", "well-formed"),
        (b"<a><b></a>", "well-formed"),
        (b"", "well-formed"),
    ],
)
def test_what_is_hostile_or_broken_is_refused_with_its_reason(content, why):
    with pytest.raises(DecodeError, match=why):
        parsed(content, "x.xml")


def test_what_is_as_deep_and_large_as_may_be_is_read():
    assert parsed(b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH, "x.xml").tag == "a"
    filled = b"<a>" + b"x" * (MAX_BYTES - 7) + b"</a>"
    assert len(parsed(filled, "x.xml").text or "") == MAX_BYTES - 7


def test_what_stands_elsewhere_is_never_brought_in():
    inner = '<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="pyproject.toml"/>'
    root = parsed(f"<a>{inner}</a>".encode(), "x.xml")
    assert "".join(map(str, root.itertext())) == ""


def test_a_refusal_quotes_nothing_of_the_payload():
    with pytest.raises(DecodeError) as refused:
        parsed(b"<a><secret-phone></a>", "x.xml")
    assert "secret" not in str(refused.value)
