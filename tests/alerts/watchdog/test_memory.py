"""Whom the watch tells what: once, again after an hour, and when it is over."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.watchdog.alarm import Alarm, Kind, Severity
from alerts.watchdog.memory import AGAIN, SETTLED, Letter, Memory

START = datetime(2026, 11, 24, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
KINDS = (Kind.CYCLE, Kind.DISK, Kind.DATABASE)
SEEN = st.lists(st.frozensets(st.sampled_from(KINDS)), min_size=1, max_size=150)


def alarm(kind: Kind, at: datetime) -> Alarm:
    return Alarm(kind, Severity.GRAVE, at)


def passes(seen, *, refs=("a",), reached=lambda _ref, _minute: True, unseen=frozenset()):
    """Make a pass a minute; yield (minute, reference, letter) of all that was tried to be told."""
    memory = Memory()
    for minute, kinds in enumerate(seen):
        at = START + minute * MINUTE
        memory = memory.after([alarm(kind, at) for kind in kinds], unseen, at=at)
        memory = Memory.from_bytes(memory.to_bytes())  # a restart forgets nothing
        for ref in refs:
            letter = memory.letter(ref, at=at)
            if letter:
                yield minute, ref, letter
                if reached(ref, minute):
                    memory = memory.told(ref, letter, at=at)


def test_what_was_remembered_of_the_future_is_of_now():
    later = START + timedelta(days=400)
    memory = Memory().after([alarm(Kind.CYCLE, later)], (), at=later)
    memory = memory.told("a", memory.letter("a", at=later), at=later)
    memory = replace(memory, passes={"outside": later}, beat=later, over=memory.standing)
    known = memory.until(START)
    (kept,) = known.standing
    assert known.over == known.standing
    assert {kept.seen, kept.alarm.since, known.passes["outside"], known.beat} == {START}
    assert kept.told == {"a": START}
    assert known.letter("a", at=START + AGAIN).again
    assert memory.until(later) == memory


@given(SEEN)
def test_nobody_gets_more_than_one_letter_a_pass(seen):
    told = Counter((minute, ref) for minute, ref, _ in passes(seen, refs=("a", "b")))
    assert set(told.values()) <= {1}


@given(SEEN)
def test_nobody_hears_the_end_of_what_they_never_heard_of_and_each_end_once(seen):
    open_: set[str] = set()
    for _, _, letter in passes(seen):
        ended = [a.id for a in letter.over]
        assert len(set(ended)) == len(ended)
        assert set(ended) <= open_
        open_ -= set(ended)
        assert not open_ & {a.id for a in letter.new}, "told as new twice"
        open_ |= {a.id for a in letter.new}
        assert {a.id for a in letter.again} <= open_


@given(SEEN)
def test_whatever_is_found_is_told_in_the_same_pass_unless_it_was_told_of_late(seen):
    told: dict[str, int] = {}
    letters = {minute: letter for minute, _, letter in passes(seen)}
    for minute, kinds in enumerate(seen):
        letter = letters.get(minute, Letter())
        for each in (*letter.new, *letter.again):
            told[each.id] = minute
        for each in letter.over:
            told.pop(each.id, None)
        assert all(minute - told[kind.value] < 60 for kind in kinds)


def test_what_lasts_is_told_once_an_hour_and_what_flaps_is_one_alarm():
    lasting = list(passes([frozenset({Kind.CYCLE})] * 150))
    assert [(m, bool(x.new), bool(x.again)) for m, _, x in lasting] == [
        (0, True, False),
        (60, False, True),
        (120, False, True),
    ]
    flapping = list(passes([frozenset({Kind.CYCLE}), frozenset()] * 20))
    assert [minute for minute, _, _ in flapping] == [0]


def test_the_end_is_told_when_it_has_been_over_for_some_minutes():
    told = list(passes([frozenset({Kind.DISK}), *[frozenset()] * 20]))
    assert [minute for minute, _, _ in told] == [0, SETTLED // MINUTE]
    assert [a.kind for a in told[1][2].over] == [Kind.DISK]


def test_what_could_not_be_looked_for_is_not_over():
    found = Memory().after([alarm(Kind.CYCLE, START)], (), at=START)
    found = found.told("a", found.letter("a", at=START), at=START)
    for minute in range(1, 40):
        found = found.after([], {Kind.CYCLE}, at=START + minute * MINUTE)
    assert [kept.alarm.kind for kept in found.standing] == [Kind.CYCLE]
    assert not found.letter("a", at=START + 39 * MINUTE)
    assert found.letter("a", at=START + AGAIN).again


def test_who_could_not_be_reached_is_tried_each_pass_and_the_others_are_left_in_peace():
    told = list(
        passes(
            [frozenset({Kind.DATABASE})] * 5,
            refs=("a", "b"),
            reached=lambda ref, minute: ref == "a" or minute == 3,
        )
    )
    assert [(minute, ref) for minute, ref, _ in told] == [
        (0, "a"), (0, "b"), (1, "b"), (2, "b"), (3, "b"),
    ]  # fmt: skip


def test_an_alarm_is_as_old_as_when_it_was_first_seen():
    memory = Memory()
    for minute in range(5):
        at = START + minute * MINUTE
        memory = memory.after([alarm(Kind.DISK, at)], (), at=at)
    assert memory.standing[0].alarm.since == START


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"standing": 1}', b"\xff"])
def test_a_torn_memory_is_refused_by_name(content):
    with pytest.raises(ValueError):  # noqa: PT011 - pydantic's is one
        Memory.from_bytes(content)
