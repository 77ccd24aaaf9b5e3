"""What comes back answers the order that it means, and where it may mean two, neither."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from alerts.hearing import Ear, Heard, hear
from alerts.inbound import Receipt, Reply
from alerts.outbox import queue
from alerts.outbox.delivery import Outcome, State
from alerts.outbox.receipts import NOT_BROUGHT
from alerts.people.absence import Absence
from alerts.roster import CONTACTS
from alerts.said import Said
from alerts.tables import acknowledgement, attempt
from pipeline.world import World
from tests.alerts.night import WALL, delivery, levels, message

NUMBER = "+8613800138000"
LATER = WALL + timedelta(seconds=30)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ear(night):
    """Give a night at which the responsible person of two villages has one telephone."""
    path = night.home / CONTACTS
    text = path.read_text()
    for ref in ("hekou/responsible", "baishi/responsible"):
        with_phone = f'ref = "{ref}"\nphone = "{NUMBER}"\nchannels = ["email", "voice", "sms"]\n'
        assert f'ref = "{ref}"\n' in text
        text = text.replace(f'ref = "{ref}"\n', with_phone)
    path.write_text(text)
    return Ear(night.engine, night.world, night.roster)


class Ways:
    """Channels that take everything."""

    def send(self, _parcel):
        return None


def given(night, *told):
    """Warn, and let everything reach its provider."""
    night.warned(*told)
    ways = Ways()
    night.delivered(channels={"email": ways, "voice": ways, "sms": ways})


def reply(said, number=NUMBER):
    return Reply(said, number=number_of(number))


def number_of(number):
    return SecretStr(number)


def heard(ear, *posted, channel="sms"):
    return hear(ear, posted, channel=channel, now=LATER)


def said(night):
    places = {row.message_id: (row.village_id, row.place_id) for row in night.rows(message)}
    return {(*places[row.message_id], row.said) for row in night.rows(acknowledgement)}


def test_a_reply_answers_every_order_that_its_sender_was_given_in_the_village(night, ear):
    given(night, levels(hekou=4))
    heard(ear, reply(Said.RECEIVED))
    answered = said(night)
    places = {r.place_id for r in night.rows(message) if r.audience == "villager"}
    assert answered == {("hekou", place, "received") for place in places}
    assert {row.via for row in night.rows(acknowledgement)} == {"reply"}


def test_a_bare_one_from_somebody_with_two_villages_acknowledges_neither_and_rings_back(night, ear):
    given(night, levels(hekou=4, baishi=4))
    done = heard(ear, reply(Said.RECEIVED))
    assert {what for *_, what in said(night)} == {"unclear"}
    again = [
        row
        for row in night.rows(delivery)
        if (row.channel, row.contact_ref) == ("voice", "hekou/responsible")
    ]
    assert done.rung_back > 0
    orders = {
        r.place_id
        for r in night.rows(message)
        if (r.audience, r.village_id) == ("villager", "hekou")
    }
    assert len(again) == 2 * len(orders)  # once as ordered, once more for the key


def test_the_same_reply_twice_is_one(night, ear):
    given(night, levels(hekou=4, baishi=4))
    heard(ear, reply(Said.RECEIVED))
    before = night.rows(acknowledgement), night.rows(delivery)
    assert heard(ear, reply(Said.RECEIVED)) == Heard()
    assert (night.rows(acknowledgement), night.rows(delivery)) == before


def test_help_is_heard_for_every_village_that_it_may_mean(night, ear):
    given(night, levels(hekou=4, baishi=4))
    assert heard(ear, reply(Said.HELP)).rung_back == 0
    assert {(village, what) for village, _, what in said(night)} == {
        ("hekou", "help"),
        ("baishi", "help"),
    }


def test_all_here_of_many_places_counts_none_of_them_but_is_received(night, ear):
    given(night, levels(hekou=4))
    assert heard(ear, reply(Said.COUNTED)).rung_back > 0
    assert {what for *_, what in said(night)} == {"received", "unclear"}


def test_all_here_of_one_place_is_its_headcount(night, ear):
    given(night, levels(hekou=2))
    heard(ear, reply(Said.COUNTED))
    assert said(night) == {("hekou", "village", "counted")}


@pytest.mark.parametrize("number", ["+447700900123", "", "1"])
def test_a_number_that_is_nobodys_answers_nothing(night, ear, number):
    given(night, levels(hekou=4))
    assert heard(ear, reply(Said.RECEIVED, number)) == Heard()


def test_a_national_number_is_known_with_the_countrys_code(night, ear):
    given(night, levels(hekou=2))
    plain = number_of("138 0013 8000")
    assert heard(ear, Reply(Said.RECEIVED, number=plain)) == Heard()
    assert heard(ear, Reply(Said.RECEIVED, number=plain, country="86")).answers == 1


def test_nobody_receives_by_a_reply_what_has_not_reached_them(night, ear):
    night.warned(levels(hekou=4))
    assert heard(ear, reply(Said.RECEIVED)) == Heard()
    assert heard(ear, reply(Said.HELP)) == Heard()
    assert said(night) == set()


def test_a_deputy_answers_for_who_is_away(night, ear):
    away = Absence(
        "hekou/responsible-deputy", WALL - MINUTE, WALL + 60 * MINUTE, "hekou/responsible"
    )
    given(night, levels(hekou=2))
    with_deputy = replace(ear, roster=replace(ear.roster, absences=(away,)))
    heard(with_deputy, reply(Said.RECEIVED))
    who = {row.contact_ref for row in night.rows(acknowledgement)}
    assert who == {"hekou/responsible", "hekou/responsible-deputy"}


def voice_call(night, place="riverside"):
    of = {r.message_id: r.place_id for r in night.rows(message)}
    return next(
        row
        for row in night.rows(delivery)
        if row.channel == "voice" and of.get(row.message_id) == place
    )


def test_a_key_answers_the_order_of_its_own_call_alone(night, ear):
    night.warned(levels(hekou=4, baishi=4))
    call = voice_call(night)
    heard(ear, Reply(Said.COUNTED, ident=call.delivery_key), channel="voice")
    assert {(row.message_id, row.said, row.via) for row in night.rows(acknowledgement)} == {
        (call.message_id, "counted", "key")
    }


def test_a_key_of_another_channel_or_of_another_world_answers_nothing(night, ear):
    night.warned(levels(hekou=4))
    key = voice_call(night).delivery_key
    assert heard(ear, Reply(Said.RECEIVED, ident=key), channel="sms") == Heard()
    other = Ear(ear.engine, World("valley", night.world.mode, "x2"), ear.roster)
    assert heard(other, Reply(Said.RECEIVED, ident=key), channel="voice") == Heard()
    assert heard(ear, Reply(Said.RECEIVED, ident="0" * 64), channel="voice") == Heard()


def tried(night, outcome, reference=None, at=WALL):
    """Lease one call, try it, and note what came of it."""
    with night.engine.begin() as connection:
        wanted = queue.Wanted("voice", at)
        (leased,) = queue.lease(connection, night.world, wanted, by="me", now=at)
        begun = queue.begin(connection, leased, by="me", now=at)
        if outcome is not None:
            queue.finish(connection, begun, outcome, now=at)
        if reference is not None:
            queue.refer(connection, begun, reference)
    return begun


def state(night, key):
    (row,) = (row for row in night.rows(delivery) if row.delivery_key == key)
    return row


@pytest.mark.parametrize("by_reference", [True, False])
def test_a_receipt_says_that_what_was_accepted_arrived(night, ear, by_reference):
    night.warned(levels(hekou=4))
    begun = tried(night, Outcome.ACCEPTED, "SM-1")
    ident = "SM-1" if by_reference else begun.key
    assert heard(ear, Receipt(ident, delivered=True), channel="voice").receipts == 1
    assert state(night, begun.key).state == State.DELIVERED.value
    assert heard(ear, Receipt(ident, delivered=True), channel="voice") == Heard()


def test_a_receipt_of_a_failure_shows_it_and_a_later_yes_is_believed(night, ear):
    night.warned(levels(hekou=4))
    begun = tried(night, Outcome.ACCEPTED)
    heard(ear, Receipt(begun.key, delivered=False), channel="voice")
    row = state(night, begun.key)
    assert (row.state, row.reason) == (State.FAILED_FINAL.value, NOT_BROUGHT)
    heard(ear, Receipt(begun.key, delivered=True), channel="voice")
    assert state(night, begun.key).state == State.DELIVERED.value
    assert heard(ear, Receipt(begun.key, delivered=False), channel="voice") == Heard()


def test_what_a_receipt_says_to_have_arrived_is_not_sent_again_though_its_answer_was_lost(
    night, ear
):
    night.warned(levels(hekou=4))
    begun = tried(night, Outcome.UNCERTAIN)
    assert state(night, begun.key).ended_at is None
    heard(ear, Receipt(begun.key, delivered=True), channel="voice")
    assert state(night, begun.key).ended_at is not None
    with night.engine.begin() as connection:
        due = queue.Wanted("voice", LATER, at_most=1000)
        again = queue.lease(connection, night.world, due, by="me", now=LATER)
    assert begun.key not in {each.key for each in again}


def test_a_receipt_that_overtakes_its_own_answer_stands(night, ear):
    night.warned(levels(hekou=4))
    begun = tried(night, None)
    heard(ear, Receipt(begun.key, delivered=True), channel="voice")
    with night.engine.begin() as connection:
        queue.finish(connection, begun, Outcome.ACCEPTED, now=LATER)
    assert state(night, begun.key).state == State.DELIVERED.value
    assert {row.outcome for row in night.rows(attempt)} == {"accepted"}


def test_no_receipt_makes_delivered_what_was_never_tried(night, ear):
    night.warned(levels(hekou=4))
    key = voice_call(night).delivery_key
    assert heard(ear, Receipt(key, delivered=True), channel="voice") == Heard()
    assert state(night, key).state == State.PENDING.value
