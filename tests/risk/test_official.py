"""Which official warnings are in force, whatever the order in which their messages came."""

from datetime import timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.observation import WarningKind
from pipeline.risk.official import STANDS, FeedWarning, from_record, in_force, to_record
from tests.risk.small_site import HOUR, NOON
from tests.risk.warnings import EVERYWHERE, area, message, names, read

UPDATE, CANCEL = WarningKind.UPDATE, WarningKind.CANCEL
MINUTE = timedelta(minutes=1)


def standing(*messages: FeedWarning, at=NOON) -> list[str]:
    return [m.warning.identifier for m in in_force(messages, at)]


def later(number: int, kind: WarningKind, *of: int, minutes: int = 1, **fields):
    sent = NOON - HOUR + minutes * MINUTE
    return message(number, kind=kind, sent=sent, references=names(*of), **fields)


def test_an_update_supersedes_what_it_refers_to_even_if_it_came_first():
    for order in permutations(read(message(1), message(2), later(3, UPDATE, 1))):
        assert standing(*order) == ["W2", "W3"]


def test_a_cancel_ends_what_it_refers_to_and_stands_for_nothing():
    assert standing(*read(message(1), later(2, CANCEL, 1))) == []


def test_what_was_superseded_does_not_come_back():
    chain = read(message(1), later(2, UPDATE, 1), later(3, CANCEL, 2, minutes=2))
    assert standing(*chain) == []


def test_a_warning_ends_at_its_expiry_and_not_before():
    one = read(message(1, expires=NOON))
    assert standing(*one, at=NOON - MINUTE) == ["W1"]
    assert standing(*one, at=NOON) == []


def test_a_warning_stands_from_its_sending_though_the_event_begins_later():
    assert standing(*read(message(1, onset=NOON + 6 * HOUR))) == ["W1"]


def test_a_warning_that_nobody_ends_does_not_stand_for_ever():
    one = read(message(1))
    assert standing(*one, at=NOON - HOUR + STANDS - MINUTE) == ["W1"]
    assert standing(*one, at=NOON - HOUR + STANDS) == []


def test_an_alert_ends_nothing_whatever_it_refers_to():
    assert standing(*read(message(1), message(2, references=names(1, 2)))) == ["W1", "W2"]


def test_no_message_ends_a_later_one_so_two_cannot_end_each_other():
    pair = read(later(1, UPDATE, 2), later(2, UPDATE, 1, minutes=2))
    assert standing(*pair) == ["W2"]


def test_a_feed_ends_no_warning_of_another():
    other = read(later(2, CANCEL, 1), feed="other")
    assert standing(*read(message(1)), *other) == ["W1"]


def test_of_a_chain_the_newest_stands_alone():
    first = names(1)[0]
    two = later(2, UPDATE, 1, chain=first)
    three = later(3, UPDATE, 1, minutes=2, chain=first)
    end = later(4, CANCEL, 1, minutes=3, chain=first)
    for order in permutations(read(message(1), two, three)):
        assert standing(*order) == ["W3"]
    assert standing(*read(message(1), two, three, end)) == []
    split = read(message(1), later(2, UPDATE, 1), later(3, UPDATE, 1, minutes=2))
    assert standing(*split) == ["W2", "W3"]


messages = st.builds(
    lambda number, kind, of, minutes, level: later(
        number, kind, *of, minutes=minutes, areas=(area(level),)
    ),
    st.integers(0, 5), st.sampled_from([*WarningKind]), st.lists(st.integers(0, 5), max_size=3),
    st.integers(0, 9), st.integers(1, 4),
)  # fmt: skip


@given(st.lists(messages, unique_by=lambda m: m.identity), st.randoms())
def test_the_order_of_messages_changes_nothing(some, random):
    mixed = list(read(*some))
    random.shuffle(mixed)
    assert in_force(mixed, NOON) == in_force(read(*some), NOON)


@given(messages)
def test_a_record_is_read_as_it_was_written(one):
    drawn = message(areas=(area(3, "甲县", geocodes=(("a", "b"),), polygons=(EVERYWHERE,)),))
    for warning in (one, drawn):
        assert from_record(to_record(warning)) == warning
