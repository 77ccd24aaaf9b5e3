"""The duty is taken over by name, with what is open read; a shift that nobody took is seen."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.actions import Asked, request_lower
from alerts.contacts.on_duty import changed, open_items
from alerts.contacts.register import Act
from alerts.contacts.rota import plan_shift, shift_of, shifts, take_over, untaken_shifts
from alerts.errors import Refused
from alerts.people.shift import EARLY, GRACE, Shift, untaken
from alerts.tier import Tier
from tests.alerts.night import FLOOD, MINUTE, WALL, levels
from tests.alerts.people.persons import ACT, LEADER, NOW, kept

HOUR = timedelta(hours=1)
MINUTES = timedelta(minutes=1)
NIGHT = Shift("county_duty", NOW, NOW + 8 * HOUR, "chief")


@pytest.fixture
def planned(home):
    kept(home)
    plan_shift(home, NIGHT, ACT)
    return home


def by(ref, at=NOW):
    return Act(ref, at)


def test_a_shift_that_nobody_took_is_seen_ten_minutes_after_it_began_and_not_before(planned):
    assert untaken_shifts(planned, NOW + GRACE - MINUTES) == ()
    assert untaken_shifts(planned, NOW + GRACE) == (NIGHT,)
    take_over(planned, by("chief", NOW + GRACE))
    assert untaken_shifts(planned, NOW + GRACE) == ()
    (taken,) = shifts(planned)
    assert (taken.taken_by, taken.taken_at) == ("chief", NOW + GRACE)


def test_a_shift_is_taken_once_a_little_early_and_by_a_stand_in_who_names_the_role(planned):
    for at in (NOW - EARLY - MINUTES, NOW + 8 * HOUR):
        with pytest.raises(Refused, match="no shift now"):
            take_over(planned, by("chief", at))
    with pytest.raises(Refused, match="no shift now"):
        take_over(planned, by(LEADER.ref))
    with pytest.raises(Refused, match="not in the roster"):
        take_over(planned, by("nobody"), "county_duty")
    assert take_over(planned, by(LEADER.ref, NOW - EARLY), "county_duty").ref == "chief"
    assert shift_of(planned, by("chief")).taken_by == LEADER.ref
    with pytest.raises(Refused, match="has taken this shift"):
        take_over(planned, by("chief"))


@pytest.mark.parametrize(
    ("shift", "who", "why"),
    [
        (Shift("county_duty", NOW, NOW, "chief"), "chief", "before it begins"),
        (Shift("county_duty", NOW, NOW + HOUR, "nobody"), "chief", "not in the roster"),
        (Shift("county_duty", NOW, NOW + HOUR, "chief"), LEADER.ref, "no right"),
    ],
)
def test_a_shift_of_nobody_or_of_no_time_is_refused(home, shift, who, why):
    kept(home)
    with pytest.raises(Refused, match=why):
        plan_shift(home, shift, by(who))
    assert shifts(home) == ()


@given(st.integers(-60, 600), st.none() | st.just("x"))
def test_only_a_running_shift_past_its_minutes_that_nobody_took_is_told(minute, who):
    at = NOW + minute * MINUTES
    shift = Shift("r", NOW, NOW + 8 * HOUR, "chief", who)
    assert bool(untaken([shift], at)) is (who is None and 10 <= minute < 480)


def test_who_takes_over_reads_what_is_open_and_what_changed(night):
    night.warned(levels(hekou=4))
    asked = Asked("hekou", Tier.YELLOW, "gauge lies", "county_duty-1")
    request = request_lower(night.desk, asked, MINUTE)
    told = open_items(night.engine, night.world, WALL)
    assert [line.partition(":")[0] for line in told] == ["hekou", "hekou"]
    assert "red since" in told[0]
    assert f"floodwarn agree {request} --by REF" in told[1]
    since = changed(night.engine, night.world, WALL)
    assert [line.partition(" ")[2] for line in since] == [
        "hekou: lower_request by county_duty-1: gauge lies",
        "hekou: told at red",
    ]
    assert changed(night.engine, night.world, WALL + HOUR) == ()
    assert FLOOD != WALL  # the duty goes by the clock on the wall
