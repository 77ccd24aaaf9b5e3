"""When an order was taken: the first time that a provider did, and never of what was not."""

from dataclasses import replace
from datetime import timedelta

from alerts.outbox import queue
from alerts.outbox.delivery import State
from alerts.outbox.sent import orders_of
from tests.alerts.night import SLOT, delivery, levels


def of(night, *slots):
    with night.engine.connect() as connection:
        return orders_of(connection, night.desk.world, "email", slots)


def test_before_it_is_sent_an_order_was_taken_by_nobody(night, post):
    night.warned(levels(hekou=4))
    assert of(night, SLOT)
    assert {at for _, _, at in of(night, SLOT)} == {None}


def test_every_order_has_the_time_at_which_it_was_taken(night, post):
    night.warned(levels(hekou=4))
    night.delivered(after_s=1)
    found = of(night, SLOT)
    queued = min(row.created_at for row in night.rows(delivery))
    assert len(found) == len(night.rows(delivery))
    assert all(slot == SLOT and tier == 4 for slot, tier, _ in found)
    assert all(at is not None and at.timestamp() * 1e6 > queued for _, _, at in found)


def test_orders_of_another_slot_or_channel_are_not_told(night, post):
    night.warned(levels(hekou=4))
    assert of(night, SLOT + timedelta(hours=1)) == []
    with night.engine.connect() as connection:
        assert orders_of(connection, night.desk.world, "sms", [SLOT]) == []


def test_what_the_ladder_sends_once_more_is_no_order_of_the_cycle(night, post):
    night.warned(levels(hekou=4))
    night.delivered(after_s=1)
    before = of(night, SLOT)
    first = queue.delivery_of(night.rows(delivery)[0])
    later = first.created_at + timedelta(minutes=5)
    again = replace(first, key="again", created_at=later, state=State.PENDING, attempts=0)
    with night.engine.begin() as connection:
        assert queue.enqueue(connection, [again]) == 1
    assert sorted(of(night, SLOT)) == sorted(before)
