"""A provider's post is read as its configuration says, and anything else says nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts.inbound import Inbound, Receipt, Reply, read_post
from alerts.said import Said

CALLS = Inbound.model_validate(
    {
        "credential": "VOICE_IN",
        "receipt": {"id": "call.uid", "status": "call.state", "delivered": ["done", 0]},
        "reply": {
            "id": "call.uid",
            "text": "digits",
            "heard_at": "call.played",
            "heard": ["full"],
        },
    }
)
TEXTS = Inbound.model_validate(
    {
        "credential": "SMS_IN",
        "reply": {"number": "from", "text": "body", "country": "86"},
        "receipt": {"id": "ref", "status": "stat", "delivered": ["DELIVRD"], "failed": ["UNDELIV"]},
    }
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["from", "body", "call", "uid", "ref", "stat"]), inner)
    ),
    max_leaves=12,
)


def call(played="full", digits="1", state="ringing"):
    return {"call": {"uid": "k1", "state": state, "played": played}, "digits": digits}


def test_a_key_counts_once_the_whole_text_was_played():
    assert read_post(CALLS, call()) == (Reply(Said.RECEIVED, ident="k1"),)
    assert read_post(CALLS, call(played="part")) == (Reply(Said.UNCLEAR, ident="k1"),)
    assert read_post(CALLS, call(played=None)) == (Reply(Said.UNCLEAR, ident="k1"),)


def test_a_post_may_be_a_receipt_and_a_key_at_once():
    assert read_post(CALLS, call(state="done", digits="9")) == (
        Receipt("k1", delivered=True),
        Reply(Said.HELP, ident="k1"),
    )


def test_a_status_that_is_not_named_says_nothing_yet():
    assert read_post(TEXTS, {"ref": "SM-1", "stat": "BUFFERED"}) == ()
    assert read_post(TEXTS, {"ref": "SM-1", "stat": "DELIVRD"}) == (
        Receipt("SM-1", delivered=True),
    )
    assert read_post(TEXTS, {"ref": 7, "stat": "UNDELIV"}) == (Receipt("7", delivered=False),)
    assert read_post(CALLS, {"call": {"uid": "k", "state": False}}) == ()


def test_a_reply_shows_no_number():
    (reply,) = read_post(TEXTS, {"from": "13800138000", "body": "1"})
    assert reply.said is Said.RECEIVED
    assert "13800138000" not in repr(reply)


@given(posted=JSON, inbound=st.sampled_from([CALLS, TEXTS]))
def test_no_post_makes_it_fail(posted, inbound):
    if isinstance(posted, list):
        with pytest.raises(ValueError, match="list"):
            read_post(inbound, posted)
        return
    for each in read_post(inbound, posted):
        assert isinstance(each, Receipt | Reply)


def test_every_item_of_a_batch_is_read():
    texts = [{"from": "1", "body": "1"}, {"ref": "m", "stat": "DELIVRD"}, {"other": 1}]
    for each, posted in (("*", texts), ("items.new", {"items": {"new": texts}})):
        batch = TEXTS.model_copy(update={"each": each})
        reply, receipt = read_post(batch, posted)
        assert (reply.said, receipt) == (Said.RECEIVED, Receipt("m", delivered=True))
    with pytest.raises(ValueError, match="list"):
        read_post(TEXTS.model_copy(update={"each": "items"}), {"items": "none"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"credential": "X"},
        {"credential": "x y", "receipt": {"id": "a", "status": "b", "delivered": ["c"]}},
        {"credential": "X", "reply": {"text": "t"}},
        {"credential": "X", "reply": {"text": "t", "id": "i"}},
        {"credential": "X", "reply": {"text": "t", "id": "i", "number": "n"}},
        {"credential": "X", "header": "X T", "reply": {"text": "t", "number": "n"}},
        {"credential": "X", "reply": {"text": "t", "id": "i", "heard": ["yes"]}},
    ],
)
def test_a_configuration_that_could_take_a_key_for_what_it_is_not_is_refused(wrong):
    with pytest.raises(ValidationError):
        Inbound.model_validate(wrong)
