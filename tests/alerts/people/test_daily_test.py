"""Each live day whoever is on duty is asked for an answer, by the way that every order goes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.checking import ANSWER_WITHIN, heard, silent, test_duty, untested
from alerts.contacts.register import Act
from alerts.contacts.rota import leave
from alerts.issue import Minute
from alerts.outage import CHECK
from alerts.people.absence import Absence
from alerts.tables import delivery
from alerts.tier import Tier
from pipeline.database import reading
from pipeline.world import live
from tests.alerts.night import FLOOD, WALL
from tests.golden.samples import HOUR

FIRST, SECOND = "county_duty-1", "county_duty-2"
NINE = WALL - HOUR
"""Nine o'clock at the site."""
DAY = timedelta(days=1)
test_duty.__test__ = False


@pytest.fixture
def day(night):
    """Give a night that is live, and so goes on by day."""
    night.world = live("valley")
    return night


def at(wall):
    return Minute(wall, FLOOD)


def checks(night):
    return [row for row in night.rows(delivery) if row.purpose == CHECK]


def owing(night, wall):
    with reading(night.engine) as connection:
        return untested(connection, night.desk, wall)


def test_every_officer_is_asked_once_a_day_and_nobody_else(day):
    officers = {c.ref for c in day.roster.contacts if c.role in {"county_duty", "township_duty"}}
    assert set(test_duty(day.desk, at(NINE))) == officers
    assert test_duty(day.desk, at(NINE + HOUR)) == ()
    assert {row.contact_ref for row in checks(day)} == officers
    assert set(test_duty(day.desk, at(NINE + DAY))) == officers


def test_it_goes_behind_every_order(day):
    test_duty(day.desk, at(NINE))
    assert {row.tier for row in checks(day)} == {Tier.NONE}


@pytest.mark.parametrize("hours", [-1, 3, 12])
def test_nobody_is_rung_at_another_hour(day, hours):
    assert test_duty(day.desk, at(NINE + hours * HOUR)) == ()


def test_an_exercise_tests_nobody_on_duty(night):
    assert test_duty(night.desk, at(NINE)) == ()
    assert owing(night, NINE + HOUR) == {}


def test_whoever_stands_in_is_asked_in_place_of_who_is_away(day):
    away = Absence(FIRST, NINE - DAY, NINE + DAY, SECOND)
    leave(day.home, away, Act(SECOND, NINE - DAY))
    asked = test_duty(day.desk, at(NINE))
    assert SECOND in asked
    assert FIRST not in asked


def test_who_owes_an_answer_is_told_of_until_it_is_there_or_the_next_test(day):
    test_duty(day.desk, at(NINE))
    assert owing(day, NINE + HOUR)[FIRST] == NINE
    heard(day.desk, FIRST, FIRST, at(NINE + 2 * HOUR))
    assert FIRST not in owing(day, NINE + 2 * HOUR)
    assert SECOND in owing(day, NINE + 2 * HOUR)
    assert owing(day, NINE + DAY) == {}


def test_a_test_each_day_hides_nobody_who_answers_none(day):
    for days in range(4):
        test_duty(day.desk, at(NINE + days * DAY))
    later = NINE + ANSWER_WITHIN
    with reading(day.engine) as connection:
        told = silent(connection, day.world, later)[SECOND]
    assert f"{NINE:%Y-%m-%d}" in told


def test_a_later_run_of_the_same_day_writes_nothing_new(day):
    test_duty(day.desk, at(NINE))
    before = checks(day)
    test_duty(replace(day.desk), at(NINE + timedelta(minutes=5)))
    assert checks(day) == before
