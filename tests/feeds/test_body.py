"""A body takes no more memory than a feed may, packed or not, and none is half a body."""

import gzip
import tracemalloc
import zlib
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import FetchError
from pipeline.feeds.answer import FetchFailure
from pipeline.feeds.body import Body, BodyRefused
from pipeline.feeds.client import fetch
from pipeline.feeds.source import Source
from pipeline.feeds.window import Window
from tests.feeds.samples import NOW, csv_spec
from tests.feeds.server import LOCAL, serving

MOST = 1_000_000


@cache
def bomb() -> bytes:
    """Return a body of which 200 MB would come out."""
    return gzip.compress(b"0" * 200_000_000)


def read(coding: str, content: bytes, *, most: int = MOST, step: int = 65_536) -> bytes:
    body = Body(coding, most)
    for start in range(0, len(content), step):
        body.add(content[start : start + step])
    return body.content()


@given(st.lists(st.binary(max_size=200), max_size=4), st.integers(1, 60))
def test_whatever_was_packed_comes_out_in_whatever_pieces(members, step):
    whole = b"".join(members)
    assert read("", whole, step=step) == whole
    assert read("deflate", zlib.compress(whole), step=step) == whole
    assert read("gzip", b"".join(map(gzip.compress, members)), step=step) == whole
    assert read("GZIP", gzip.compress(whole) + b"\0" * 9, step=step) == whole


@given(st.binary(min_size=1, max_size=300), st.data())
def test_a_packed_body_that_is_cut_is_none(whole, data):
    packed = gzip.compress(whole)
    cut = data.draw(st.integers(1, len(packed) - 1))
    with pytest.raises(FetchError, match="cut"):
        read("gzip", packed[:cut])


def test_a_bomb_never_takes_the_memory_that_it_would():
    packed = bomb()
    tracemalloc.start()
    with pytest.raises(BodyRefused, match="more than 1000000 bytes"):
        read("gzip", packed)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * MOST


def test_a_bomb_over_http_is_refused_in_its_memory():
    packed = bomb()
    with serving(lambda *_: (200, {"Content-Encoding": "gzip"}, packed)) as server:
        spec = csv_spec(max_bytes=MOST, allow_private=LOCAL)
        tracemalloc.start()
        (failure,) = fetch(Source(spec, server.url), Window(NOW, NOW), clock=lambda: NOW)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert isinstance(failure, FetchFailure)
    assert failure.trace.host_answered
    assert peak < 8 * MOST


@pytest.mark.parametrize("coding", ["gzip, gzip", "gzip,deflate", "br", "zstd", "x" * 9000])
def test_a_coding_within_a_coding_is_not_taken(coding):
    with pytest.raises(BodyRefused, match="packed"):
        Body(coding, MOST)


def test_members_that_hold_nothing_are_bounded_on_the_wire():
    with pytest.raises(BodyRefused, match="more than 5000 bytes"):
        read("gzip", gzip.compress(b"") * 1000, most=5000)


def test_garbage_is_a_fault_that_tells_nothing_of_itself():
    with pytest.raises(FetchError, match="cannot be unpacked"):
        read("gzip", b"s3cret" * 99)
