"""Guessing becomes slow and stays slow; nobody is ever shut out by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from alerts.tries import FORGET_S, FREE, GUESSED, LONGEST_S, MOST_KEPT, Tries, pause_s

counts = st.integers(0, 10_000)


@dataclass
class Watch:
    """A clock that goes when it is told to."""

    at: float = 0.0

    def __call__(self) -> float:
        return self.at


def guesses(tries: Tries, watch: Watch, until_s: float, address: Callable[[int], str]) -> int:
    """Guess as fast as it is let, ten times a second; return how many tries were judged."""
    judged = 0
    while watch.at < until_s:
        judged += tries.enter("officer", address(judged)) == 0
        watch.at += 0.1
    return judged


@given(counts, counts)
def test_a_pause_never_shrinks_with_more_wrong_tries_and_is_never_for_good(own, of_login):
    assert 0 <= pause_s(own, of_login) <= LONGEST_S
    assert pause_s(own, of_login) <= pause_s(own + 1, of_login)
    assert pause_s(own, of_login) <= pause_s(own, of_login + 1)


@given(counts)
def test_an_address_that_failed_at_nothing_is_judged_at_once(of_login):
    assert pause_s(0, of_login) == 0


def test_the_pause_doubles():
    assert [pause_s(own, own) for own in range(FREE + 8)] == [
        *[0.0] * FREE, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0
    ]  # fmt: skip


def test_who_guesses_for_an_hour_from_one_address_gets_one_try_a_minute():
    watch = Watch()
    judged = guesses(Tries(watch), watch, 3600, lambda _: "192.0.2.1")
    assert 55 <= judged <= 70


def test_another_login_from_the_same_address_waits_too():
    watch = Watch()
    tries = Tries(watch)
    for number in range(FREE):
        assert tries.enter(f"login-{number}", "192.0.2.1") == 0
    assert tries.enter("another", "192.0.2.1") > 0


def test_who_guesses_from_many_addresses_has_one_try_of_each_once_it_is_seen():
    watch = Watch()
    tries = Tries(watch)
    for number in range(GUESSED):
        assert tries.enter("officer", f"192.0.2.{number}") == 0
    assert [tries.enter("officer", "198.51.100.7") > 0 for _ in range(3)] == [False, True, True]


def test_the_addresses_of_one_ipv6_household_are_one():
    watch = Watch()
    tries = Tries(watch)
    judged = sum(tries.enter("officer", f"2001:db8::{number:x}") == 0 for number in range(100))
    assert judged == FREE


def test_the_owner_comes_in_while_others_guess_and_waits_a_minute_at_most_after_a_slip():
    watch = Watch()
    tries = Tries(watch)
    guesses(tries, watch, 600, lambda number: f"192.0.2.{number % 250}")
    assert tries.enter("officer", "203.0.113.5") == 0  # a slip of the finger
    assert 0 < tries.enter("officer", "203.0.113.5") <= LONGEST_S
    while watch.at < 600 + LONGEST_S:
        tries.enter("officer", "192.0.2.9")
        watch.at += 0.1
    assert tries.enter("officer", "203.0.113.5") == 0


def test_a_hundred_tries_at_one_instant_are_a_hundred():
    tries = Tries(Watch())
    assert sum(tries.enter("officer", "192.0.2.1") == 0 for _ in range(100)) == FREE


def test_who_was_right_has_failed_at_nothing():
    tries = Tries(Watch())
    for _ in range(10 * FREE):
        assert tries.enter("officer", "192.0.2.1") == 0
        tries.right("officer", "192.0.2.1")


def test_what_is_long_past_is_forgotten():
    watch = Watch()
    tries = Tries(watch)
    guesses(tries, watch, 30, lambda _: "192.0.2.1")
    watch.at += FORGET_S + 1
    assert sum(tries.enter("officer", "192.0.2.1") == 0 for _ in range(100)) == FREE


def test_memory_is_bounded_however_many_names_are_tried():
    tries = Tries(Watch())
    for number in range(MOST_KEPT):
        tries.enter(f"login-{number}", f"10.0.{number // 256}.{number % 256}")
    assert len(tries._wrong) == MOST_KEPT
