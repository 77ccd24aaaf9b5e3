"""What a provider allows is never passed, in any order of instants, and nothing is kept back."""

from itertools import accumulate

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from alerts.pace import MINUTE_US, SET_BACK_US, Allowance, Cap, Rate, foretold

SECOND = 1_000_000
RATES = st.builds(Rate, st.integers(1, 6000), st.integers(1, 40))
CAPS = st.builds(Cap, st.integers(1, 8), st.integers(1, 90))
PACES = RATES | CAPS
STEPS = st.lists(st.integers(-40 * SECOND, 40 * SECOND) | st.integers(0, SECOND), max_size=60)


def walked(steps):
    """Return the instants of clocks that go wrong by less than what is taken for set back."""
    found, latest = [], 0
    for step in steps:
        at = max((found[-1] if found else 0) + step, latest - SET_BACK_US)
        found.append(at)
        latest = max(latest, at)
    return found


def takes(pace, instants):
    """Return the instants at which one was allowed, and taken."""
    state, taken = (), []
    for at in instants:
        if pace.free_at(state, at) <= at:
            state = pace.taken(state, at)
            taken.append(at)
    return sorted(taken)


def excess(pace, taken):
    """Return how much more there was than allowed, in the worst of all windows; at most 0 is good.

    Of a rate it is in tokens, times the microseconds of a minute.
    """
    if isinstance(pace, Cap):
        most = pace.most
        spans = [last - first for first, last in zip(taken, taken[most:], strict=False)]
        return max((pace.seconds * SECOND - span for span in spans), default=0)
    return max(
        (
            (j - i + 1 - pace.burst) * MINUTE_US - pace.per_minute * (taken[j] - taken[i])
            for i in range(len(taken))
            for j in range(i, len(taken))
        ),
        default=0,
    )


@given(PACES, STEPS)
def test_no_window_ever_holds_more_than_is_allowed_in_whatever_order_clocks_tell_it(pace, steps):
    assert excess(pace, takes(pace, walked(steps))) <= 0


@given(PACES, STEPS)
def test_who_waits_as_long_as_told_is_let_through_and_never_passes_the_limit(pace, steps):
    state, taken, now = (), [], 0
    for step in steps:
        now = pace.free_at(state, max(now, now + step))
        assert pace.free_at(state, now) == now
        state = pace.taken(state, now)
        taken.append(now)
    assert excess(pace, taken) <= 0


@given(PACES, STEPS)
def test_the_wait_that_is_told_is_the_shortest(pace, steps):
    """One earlier would have passed the limit: so nothing is kept back."""
    state, taken = (), []
    for at in accumulate(map(abs, steps)):
        free = pace.free_at(state, at)
        if free > at:
            assert excess(pace, [*taken, free - 2]) > -pace_step(pace)
        else:
            state = pace.taken(state, at)
            taken.append(at)


def pace_step(pace):
    """Return what rounding to whole microseconds may cost, in the units of `excess`."""
    return pace.per_minute * 64 if isinstance(pace, Rate) else 0


@given(PACES, STEPS, st.integers(MINUTE_US * 60, 10**12))
def test_a_clock_that_was_set_back_gives_nothing_away_and_does_not_wait_for_its_mistake(
    pace, steps, by
):
    state: tuple[int, ...] = ()
    for at in (by + MINUTE_US * 2 + each for each in walked(steps)):
        state = pace.taken(state, at)
    assume(state and max(state) > SET_BACK_US + MINUTE_US * 60)
    interval = pace.seconds * SECOND if isinstance(pace, Cap) else MINUTE_US
    free = pace.free_at(state, 0)
    assert free <= interval
    assert free > 0 or (isinstance(pace, Cap) and len(state) < pace.most)


@given(CAPS, STEPS)
def test_a_call_that_was_not_taken_is_as_if_it_had_never_been(cap, steps):
    state = ()
    for at in walked(steps)[: cap.most - 1]:
        state = cap.taken(state, at)
    now = max(state, default=0) + 1
    assert cap.given_back(cap.taken(state, now), now) == state


@given(RATES)
def test_what_a_provider_was_asked_counts_whatever_it_answered(rate):
    state = rate.taken((), 0)
    assert rate.given_back(state, 0) == state


def by_hand(numbers, allowed):
    """Return when each text leaves, by trying after each of them which may leave first."""
    account = dict.fromkeys(allowed.account, ())
    each = {number: dict.fromkeys(allowed.each, ()) for number in numbers}
    left, found, now = list(range(len(numbers))), {}, 0
    while left:
        free = {
            place: max(
                [
                    now,
                    *(pace.free_at(state, now) for pace, state in account.items()),
                    *(pace.free_at(state, now) for pace, state in each[numbers[place]].items()),
                ]
            )
            for place in left
        }
        place = min(left, key=lambda one: (free[one], one))
        now = found[place] = free[place]
        for states in (account, each[numbers[place]]):
            states.update({pace: pace.taken(state, now) for pace, state in states.items()})
        left.remove(place)
    return tuple(found[place] for place in range(len(numbers)))


ALLOWANCES = st.builds(
    Allowance, st.lists(PACES, max_size=2).map(tuple), st.lists(CAPS, max_size=2).map(tuple)
)


@given(st.lists(st.sampled_from("abcd"), max_size=25), ALLOWANCES)
def test_what_is_foretold_is_what_trying_each_after_the_other_gives(numbers, allowed):
    assert foretold(numbers, allowed) == by_hand(numbers, allowed)


@pytest.mark.parametrize(
    ("allowed", "numbers", "minutes"),
    [
        (Allowance((Rate(60),)), "abcdefg", 6 / 60),
        (Allowance((Rate(60, 5),)), "abcdefg", 2 / 60),
        (Allowance((Cap(2, 40),)), "abcdefg", 3 * 40 / 60),
        (Allowance(each=(Cap(1, 60), Cap(5, 3600))), "aaaaabb", 4),
        (Allowance(each=(Cap(1, 60), Cap(5, 3600))), "aaaaaab", 60),
        (Allowance(), "aaaa", 0),
    ],
)
def test_minutes_that_anyone_can_count(allowed, numbers, minutes):
    assert max(foretold(numbers, allowed)) == minutes * MINUTE_US


def test_a_crowd_is_foretold_in_a_moment():
    """As `check` does, also where one officer would be called for each of 2,000 villages."""
    numbers = [f"{n}" for n in range(18_000)] + ["officer"] * 2_000
    allowed = Allowance((Rate(6000, 20),), (Cap(1, 60), Cap(5, 3600)))
    assert max(foretold(numbers, allowed)) == pytest.approx(399 * 60 * MINUTE_US, rel=0.01)
