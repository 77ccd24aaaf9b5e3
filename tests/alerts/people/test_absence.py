"""Who is away is not sent to, and who stands in is; an order never goes to nobody for that."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.contacts.register import Act
from alerts.contacts.rota import come_back, leave
from alerts.errors import Refused
from alerts.people.absence import Absence, is_away, present
from alerts.roster import Roster
from tests.alerts.approval.test_in_turn import FIRST, SECOND, TOWNSHIP, asking, asks, mails
from tests.alerts.night import WALL, delivery, levels, only
from tests.alerts.people.persons import ACT, CHIEF, EVERYBODY, LEADER, NOW, WEAK, kept

HOUR = timedelta(hours=1)
PERSON, DEPUTY, OTHER = "hekou/responsible", "hekou/responsible-deputy", "hekou/warning"
OFFICERS = ("county_duty-1", "county_duty-2")

people = st.sampled_from("abcde")
absences = st.lists(
    st.builds(
        Absence,
        people,
        st.just(NOW) | st.just(NOW + HOUR),
        st.just(NOW + 2 * HOUR),
        st.none() | people | st.just("stranger"),
    ),
    max_size=8,
).map(tuple)
asked = st.lists(people, max_size=5)
KNOWN = frozenset("abcde")


@given(asked, absences)
def test_nobody_who_is_away_is_told_unless_nobody_else_is_left(refs, away):
    found = present(refs, away, KNOWN, NOW)
    gone = [ref for ref in found if is_away(ref, away, NOW)]
    assert not gone or found == tuple(dict.fromkeys(refs))
    assert set(found) <= KNOWN
    assert len(found) == len(set(found))
    assert bool(found) is bool(refs)


@given(asked, absences)
def test_who_is_there_is_told_and_an_absence_that_is_over_or_to_come_changes_nothing(refs, away):
    found = present(refs, away, KNOWN, NOW)
    assert {ref for ref in refs if not is_away(ref, away, NOW)} <= set(found)
    assert present(refs, away, KNOWN, NOW + 3 * HOUR) == tuple(dict.fromkeys(refs))
    assert present(refs, away, KNOWN, NOW - HOUR) == tuple(dict.fromkeys(refs))


def test_a_deputy_who_is_away_is_stood_in_for_in_turn():
    chain = (Absence("a", NOW, NOW + HOUR, "b"), Absence("b", NOW, NOW + HOUR, "c"))
    assert present(["a", "d"], chain, KNOWN, NOW) == ("c", "d")
    ring = (*chain, Absence("c", NOW, NOW + HOUR, "a"))
    assert present(["a", "d"], ring, KNOWN, NOW) == ("d",)
    assert present(["a"], ring, KNOWN, NOW) == ("a",)


def test_an_absence_is_kept_and_ends_when_the_person_is_back(home):
    kept(home)
    leave(home, Absence("chief", NOW, NOW + HOUR, LEADER.ref), ACT)
    roster = Roster.load(home)
    assert roster.present([CHIEF, WEAK], NOW) == (LEADER, WEAK)
    assert roster.present([CHIEF, LEADER], NOW) == (LEADER,)
    assert roster.present([CHIEF], NOW + HOUR) == (CHIEF,)
    assert come_back(home, "chief", Act("chief", NOW + HOUR / 2)) == 1
    assert Roster.load(home).present([CHIEF], NOW + HOUR / 2) == (CHIEF,)


@pytest.mark.parametrize(
    ("absence", "by", "why"),
    [
        (Absence("chief", NOW, NOW + HOUR), LEADER.ref, "no right"),
        (Absence("nobody", NOW, NOW + HOUR), "chief", "nobody is not in the roster"),
        (Absence("chief", NOW, NOW + HOUR, "nobody"), "chief", "nobody is not in the roster"),
        (Absence("chief", NOW, NOW + HOUR, "chief"), "chief", "cannot stand in"),
        (Absence("chief", NOW, NOW), "chief", "before it begins"),
    ],
)
def test_an_absence_that_would_lead_nowhere_is_refused(home, absence, by, why):
    kept(home)
    with pytest.raises(Refused, match=why):
        leave(home, absence, Act(by, NOW))
    assert Roster.load(home) == Roster(EVERYBODY)


def test_a_person_says_so_of_themselves(home):
    kept(home)
    leave(home, Absence(LEADER.ref, NOW, NOW + HOUR), Act(LEADER.ref, NOW))
    assert [absence.ref for absence in Roster.load(home).absences] == [LEADER.ref]


def told(night):
    return {row.contact_ref for row in night.rows(delivery)}


def test_an_order_goes_to_the_deputy_of_one_who_is_away_also_by_the_file(night):
    only(night, *OFFICERS, PERSON, OTHER)
    by = Act(OFFICERS[0], WALL)
    leave(night.home, Absence(PERSON, WALL - HOUR, WALL + HOUR, OTHER), by)
    leave(night.home, Absence(OFFICERS[0], WALL - HOUR, WALL + HOUR), by)
    night.warned(levels(hekou=4))
    assert PERSON not in told(night)
    assert OTHER in told(night)
    assert OFFICERS[0] not in told(night)
    assert OFFICERS[1] in told(night)


def test_one_who_is_away_is_told_all_the_same_where_the_order_would_go_to_nobody(night):
    only(night, OFFICERS[0], PERSON)
    by = Act(OFFICERS[0], WALL)
    for ref in (OFFICERS[0], PERSON):
        leave(night.home, Absence(ref, WALL - HOUR, WALL + HOUR), by)
    night.warned(levels(hekou=4))
    assert told(night) == {OFFICERS[0], PERSON}


def test_what_waits_goes_to_the_deputy_at_its_next_attempt_and_to_the_person_if_none_is_reached(
    night, post
):
    only(night, *OFFICERS, PERSON, DEPUTY)
    night.warned(levels(hekou=4))
    post.behaviour["hekou-responsible"] = "451 recipient"
    night.delivered()
    by = Act(OFFICERS[0], WALL)
    leave(night.home, Absence(PERSON, WALL - HOUR, WALL + HOUR, DEPUTY), by)
    before = len(post.mails)
    night.delivered(after_s=60)
    assert {to.partition("@")[0] for to, _ in post.mails[before:]} == {"hekou-responsible-deputy"}
    assert set(night.states()) == {"accepted"}
    rows = [row for row in night.rows(delivery) if row.contact_ref == PERSON]
    assert {row.attempts for row in rows} == {2}


def away(night, ref, deputy=None, by=OFFICERS[0]):
    leave(night.home, Absence(ref, WALL - HOUR, WALL + HOUR, deputy), Act(by, WALL))


def test_a_question_to_an_approver_goes_to_nobody_who_stands_in(night, post):
    asking(night).warned(levels(hekou=3))
    assert [ref for ref, _, _ in asks(night)] == [FIRST, SECOND, TOWNSHIP]
    away(night, FIRST, PERSON)
    assert mails(night, post, 0) == [FIRST]


def test_an_approver_who_is_away_is_passed_over_and_the_deputy_approves_nothing(night):
    away(night, FIRST, PERSON)
    asking(night).warned(levels(hekou=3))
    assert [(ref, minute) for ref, minute, _ in asks(night)] == [(SECOND, 0), (TOWNSHIP, 1)]


def test_where_every_approver_is_away_they_are_asked_all_the_same(night):
    for ref in (SECOND, TOWNSHIP, FIRST):
        away(night, ref)
    asking(night).warned(levels(hekou=3))
    assert [ref for ref, _, _ in asks(night)] == [FIRST, SECOND, TOWNSHIP]
