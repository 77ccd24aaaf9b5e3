"""Who has many places is rung once, with a list; a receipt and a key are of the whole call."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.file import FileChannel
from alerts.errors import SendError
from alerts.hearing import Ear, hear
from alerts.inbound import Receipt, Reply
from alerts.one_call import MOST_IN_A_CALL, in_one_call
from alerts.outbox.delivery import RING_BACK, State
from alerts.roster import CONTACTS
from alerts.said import Said
from tests.alerts.night import WALL, acknowledgement, delivery, levels, message

WHO = "我是青溪镇防汛办。"
KEYS = "听明白按一，要帮忙按九。"


class Phones:
    """A voice gateway that takes every call, or does what it is told to."""

    def __init__(self, behave=lambda parcel: None):
        self.calls, self.behave, self.guard = [], behave, threading.Lock()

    def send(self, parcel):
        with self.guard:
            self.calls.append(parcel)
        return self.behave(parcel)


@pytest.fixture
def responsible(night):
    """Give the responsible person of hekou, and of baishi, each a telephone."""
    text = night.home.joinpath(CONTACTS).read_text()
    for number, ref in enumerate(("hekou/responsible", "baishi/responsible")):
        named = f'ref = "{ref}"\n'
        ways = f'phone = "+861380013800{number}"\nchannels = ["voice"]\n'
        assert named in text
        text = text.replace(named, named + ways)
    night.home.joinpath(CONTACTS).write_text(text)
    return "hekou/responsible"


def called(night, phones, after_s=0):
    post = FileChannel(night.home / "outgoing")
    return night.delivered(after_s=after_s, channels={"voice": phones, "email": post})


def calls(night, ref="hekou/responsible"):
    return [r for r in night.rows(delivery) if (r.channel, r.contact_ref) == ("voice", ref)]


def test_five_places_are_one_call_that_names_them_all(night, responsible):
    night.warned(levels(hekou=4))
    phones = Phones()
    called(night, phones)
    (call,) = [c for c in phones.calls if c.contact_ref == responsible]
    assert {row.state for row in calls(night)} == {State.ACCEPTED.value}
    assert len(calls(night)) == MOST_IN_A_CALL
    for place in ("河边两组", "南巷", "敬老院", "两河中间"):
        assert call.body.count(place) >= 2
    assert (call.body.count(WHO), call.body.count(KEYS)) == (2, 2)
    assert call.body.split("\n")[0] == call.body.split("\n")[-1] == "演练"


def test_each_person_has_a_call_of_their_own(night, responsible):
    night.warned(levels(hekou=4, baishi=4))
    phones = Phones()
    called(night, phones)
    assert sorted(c.contact_ref for c in phones.calls) == ["baishi/responsible", responsible]


def test_a_call_that_failed_is_tried_again_as_a_whole(night, responsible):
    night.warned(levels(hekou=4))

    def down(parcel):
        raise SendError("busy", retryable=True)

    called(night, Phones(down))
    assert {row.state for row in calls(night)} == {State.FAILED_RETRY.value}
    phones = Phones()
    called(night, phones, after_s=60)
    assert len(phones.calls) == 1


def test_one_order_that_cannot_be_said_keeps_the_others_from_nobody(night, responsible):
    night.warned(levels(hekou=4))
    lost = calls(night)[0].message_id
    with night.engine.begin() as connection:
        connection.execute(message.update().where(message.c.message_id == lost).values(voice=None))
    phones = Phones()
    called(night, phones)
    states = {row.message_id: row.state for row in calls(night)}
    assert states.pop(lost) == State.FAILED_FINAL.value
    assert set(states.values()) == {State.ACCEPTED.value}
    assert len(phones.calls) == 1


@pytest.mark.parametrize("reference", [None, "CALL-7"])
def test_a_receipt_is_of_the_whole_call(night, responsible, reference):
    night.warned(levels(hekou=4))
    phones = Phones(lambda parcel: reference)
    called(night, phones)
    ident = reference or phones.calls[0].key
    ear = Ear(night.engine, night.world, night.roster)
    hear(ear, [Receipt(ident, delivered=True)], channel="voice", now=WALL)
    assert {row.state for row in calls(night)} == {State.DELIVERED.value}


def test_what_overtakes_the_gateways_own_answer_is_of_the_whole_call_as_well(night, responsible):
    """A gateway may answer us only when the call is over: receipt and key are there before it."""
    night.warned(levels(hekou=4))
    ear = Ear(night.engine, night.world, night.roster)

    def answered_at_once(parcel):
        hear(ear, [Receipt(parcel.key, delivered=True)], channel="voice", now=WALL)
        hear(ear, [Reply(Said.RECEIVED, ident=parcel.key)], channel="voice", now=WALL)

    called(night, Phones(answered_at_once))
    assert {row.state for row in calls(night)} == {State.DELIVERED.value}
    assert [row.said for row in night.rows(acknowledgement)] == ["received"] * MOST_IN_A_CALL


def test_a_key_answers_all_that_the_call_said_but_counts_no_place_of_several(night, responsible):
    night.warned(levels(hekou=4))
    phones = Phones()
    called(night, phones)
    ear, ident = Ear(night.engine, night.world, night.roster), phones.calls[0].key
    hear(ear, [Reply(Said.RECEIVED, ident=ident)], channel="voice", now=WALL)
    assert [row.said for row in night.rows(acknowledgement)] == ["received"] * MOST_IN_A_CALL
    back = hear(ear, [Reply(Said.COUNTED, ident=ident)], channel="voice", now=WALL)
    assert back.rung_back == MOST_IN_A_CALL
    assert {row.said for row in night.rows(acknowledgement)} == {"received", "unclear"}
    called(night, phones, after_s=30)
    assert len(phones.calls) == 1 + MOST_IN_A_CALL  # each order by itself
    hear(ear, [Reply(Said.COUNTED, ident=phones.calls[-1].key)], channel="voice", now=WALL)
    assert sum(row.said == "counted" for row in night.rows(acknowledgement)) == 1


def test_a_key_says_nothing_of_what_went_with_a_call_that_failed(night, responsible):
    """The whole call failed; then one order was tried by itself, and its key is its own alone."""
    night.warned(levels(hekou=4))

    def down(parcel):
        raise SendError("busy", retryable=True)

    called(night, Phones(down))
    first = calls(night)[0].delivery_key
    with night.engine.begin() as connection:
        connection.execute(
            delivery.update()
            .where(delivery.c.channel == "voice", delivery.c.delivery_key != first)
            .values(next_at=delivery.c.next_at + 3_600_000_000)
        )
    phones = Phones()
    called(night, phones, after_s=60)
    assert [parcel.key for parcel in phones.calls] == [first]
    ear = Ear(night.engine, night.world, night.roster)
    done = hear(ear, [Reply(Said.RECEIVED, ident=first)], channel="voice", now=WALL)
    assert done.answers == 1


def test_after_a_call_of_which_nobody_knows_a_new_order_is_not_hidden_in_its_repeat(
    night, responsible
):
    night.warned(levels(hekou=4))

    def lost(parcel):
        raise SendError("silence", retryable=True, uncertain=True)

    called(night, Phones(lost))
    phones = Phones()
    called(night, phones, after_s=5)
    assert len(phones.calls) == MOST_IN_A_CALL  # each under its own id, with its own words alone
    assert all(parcel.body.count("河口村") == 2 for parcel in phones.calls)


def test_one_who_must_be_rung_about_one_order_alone_is_also_after_a_limit(night, responsible):
    night.warned(levels(hekou=4))
    phones = Phones()
    called(night, phones)
    ear = Ear(night.engine, night.world, night.roster)
    hear(ear, [Reply(Said.COUNTED, ident=phones.calls[0].key)], channel="voice", now=WALL)
    with night.engine.begin() as connection:
        connection.execute(
            delivery.update()
            .where(delivery.c.purpose == RING_BACK)
            .values(state=State.THROTTLED.value, reason="the provider allows no more now")
        )
    called(night, phones, after_s=30)
    assert len(phones.calls) == 1 + MOST_IN_A_CALL


SENTENCES = st.lists(
    st.text("山洪来了走快", min_size=1, max_size=8).map(lambda text: text + "。"),
    min_size=1,
    max_size=4,
)


@given(st.lists(SENTENCES, min_size=1, max_size=MOST_IN_A_CALL))
def test_whatever_is_put_into_one_call_is_said_in_it(texts):
    inner = ["".join(sentences) for sentences in texts]
    whole = in_one_call([f"演练\n{text}\n演练\n再说一遍。\n{text}\n演练" for text in inner])
    for sentences in texts:
        for sentence in sentences:
            assert whole.count(sentence) >= 2


def test_calls_without_marks_or_without_the_words_between_are_joined_as_well():
    plain = in_one_call(
        ["a one. press.\nagain\na one. press.", "a two. press.\nagain\na two. press."]
    )
    assert plain.split("\n") == [
        *("a one.", "a two. press.", "again"),
        *("a one.", "a two. press."),
    ]
    assert in_one_call(["x\nx"]) == "x\nx"
