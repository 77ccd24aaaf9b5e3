"""What a webhook's receiver must answer under a good status to be believed; all else is unclear."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.plain_yes import says_yes

YES = [
    b"",
    b"ok",
    b" Accepted\r\n",
    b"received",
    b"\xef\xbb\xbfSUCCESS",
    b"{}",
    b'{"ok":true,"error":null,"errors":[],"failed":0,"code":200,"status":"accepted"}',
    b'{"errcode":0,"errmsg":"ok"}',
    b'{"Code":"OK","Message":"OK","RequestId":"1"}',
    b'{"error_code":"0","id":"transfer"}',
    b'\xef\xbb\xbf{"result":"Received"}',
]
UNCLEAR = [
    b'{"status": false}',
    b'{"status": 500}',
    b'{"success": "false"}',
    b'{"code": "500"}',
    b'{"code": false}',
    b'{"Code": "isv.x"}',
    b'{"result": "fail"}',
    b'{"error_response": {}}',
    b'{"ok": true, "error_response": {}}',
    b'{"ok": true, "status": "rejected"}',
    b'{"ok": false, "OK": true, "ok": true}',
    b'{"id": "1", "message": "ok"}',
    b'[{"error": 1}]',
    b"[]",
    b"false",
    b"true",
    b"error",
    b"FAIL: bad token",
    b"\xef\xbb\xbf<html>please log in",
    b'\xef\xbb\xbf{"errcode": 310000}',
    b'{"errcode": 310000, "errmsg": "sign not match"}',
    b"<!doctype html><p>please log in</p>",
    b'{"ok": tr',
    "收到".encode(),
]


@pytest.mark.parametrize("content", YES)
def test_nothing_and_a_plain_yes_are_believed(content):
    assert says_yes(content)


@pytest.mark.parametrize("content", UNCLEAR)
def test_whatever_is_no_plain_yes_is_not_believed(content):
    assert not says_yes(content)


@given(
    st.binary(max_size=60) | st.from_regex(r'\A\{"(ok|error)": [a-z0-9"]{1,9}\}?\Z').map(str.encode)
)
def test_any_body_has_an_answer(content):
    assert says_yes(content) in {True, False}


NOES = st.sampled_from(
    [
        *(("ok", False), ("success", 1), ("status", 500), ("Result", "no"), ("code", True)),
        *(("errCode", "x"), ("error", {}), ("failed", 1), ("ERRORS", [0]), ("failure", "x")),
    ]
)
FIELDS = st.tuples(st.sampled_from(["id", "message", "data"]), st.text() | st.integers())


@given(st.lists(FIELDS), NOES, st.randoms(use_true_random=False))
def test_no_yes_outweighs_a_no(fields, no, draw):
    said_too = [*fields, ("ok", True), ("code", 0), no]
    draw.shuffle(said_too)
    pairs = ", ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in said_too)
    assert not says_yes(f"{{{pairs}}}".encode())
