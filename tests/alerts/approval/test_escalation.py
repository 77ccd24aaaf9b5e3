"""Whom an order is put to and when: in turn, within the wait, and all of them before it goes."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from alerts.escalation import asked_after, turns

MINUTES = timedelta(minutes=1)
APPROVERS = st.dictionaries(
    st.sampled_from(["wang", "li", "zhao", "qian", "sun"]),
    st.sampled_from(["township", "county"]),
)
ORDER = st.lists(st.sampled_from(["wang", "li", "zhao", "nobody", "township", "county", "mayor"]))
WAIT = st.integers(0, 30).map(lambda minutes: minutes * MINUTES)
STEP = st.integers(1, 10).map(lambda minutes: minutes * MINUTES)


def by(after, minute):
    """Return who has been asked by then."""
    return {ref for ref, pause in after.items() if pause <= minute}


@given(order=ORDER, approvers=APPROVERS)
def test_each_approver_has_one_turn_and_nobody_else_has_one(order, approvers):
    refs = [ref for turn in turns(order, approvers) for ref in turn]
    assert sorted(refs) == sorted(approvers)


@given(order=ORDER, approvers=APPROVERS)
def test_who_is_named_before_is_never_asked_after(order, approvers):
    asked = turns(order, approvers)
    place = {ref: number for number, turn in enumerate(asked) for ref in turn}

    def named(ref):
        names = [at for at, name in enumerate(order) if name in {ref, approvers[ref]}]
        return min(names, default=len(order))

    for one in approvers:
        for other in approvers:
            assert (named(one) < named(other)) == (place[one] < place[other])


@given(order=ORDER, approvers=APPROVERS, wait=WAIT, step=STEP)
def test_the_asked_only_grow_and_are_all_of_them_before_the_order_goes(
    order, approvers, wait, step
):
    after = asked_after(turns(order, approvers), wait=wait, step=step)
    minutes = [n * MINUTES for n in range(31)]
    assert all(by(after, one) <= by(after, other) for one, other in pairwise(minutes))
    assert set(after) == set(approvers)
    assert all(pause == timedelta(0) or pause + step <= wait for pause in after.values())


@given(order=ORDER, approvers=APPROVERS, wait=WAIT, step=STEP)
def test_a_wait_that_has_no_room_for_the_turns_asks_all_at_once(order, approvers, wait, step):
    asked = turns(order, approvers)
    after = asked_after(asked, wait=wait, step=step)
    at_once = by(after, timedelta(0))
    assert at_once == (set(approvers) if len(asked) * step > wait else set(*asked[:1]))


@given(order=ORDER, approvers=APPROVERS, wait=WAIT, step=STEP, more=WAIT)
def test_a_longer_wait_asks_nobody_who_was_not_asked_and_skips_nobody(
    order, approvers, wait, step, more
):
    asked = turns(order, approvers)
    shorter = asked_after(asked, wait=wait, step=step)
    longer = asked_after(asked, wait=wait + more, step=step)
    assert shorter.keys() == longer.keys()
    assert all(shorter[ref] <= longer[ref] for ref in shorter)


def test_who_cannot_be_asked_is_passed_over_to_the_deputy_at_once():
    asked = turns(["head", "deputy", "county"], {"deputy": "township", "officer": "county"})
    assert asked == (("deputy",), ("officer",))
    after = asked_after(asked, wait=5 * MINUTES, step=2 * MINUTES)
    assert after == {"deputy": timedelta(0), "officer": 2 * MINUTES}
