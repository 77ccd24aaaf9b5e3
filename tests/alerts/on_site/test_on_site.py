"""Who said that they are on site is told to leave when it turns red, whoever they are."""

from dataclasses import replace

import pytest

from alerts.actions import Asked, Told, acknowledge, order_village
from alerts.issue import Minute
from alerts.ledger.on_site import OnSite
from alerts.on_site import by_place
from alerts.people.absence import Absence
from alerts.said import Said, is_on_site
from alerts.tables import warning_fault
from alerts.tier import Tier
from alerts.warn import warn
from tests.alerts.night import FLOOD, HOUR, SLOT, WALL, assessed, delivery, levels, message, only

OFFICER = "county_duty-1"
NEIGHBOUR = "baishi/responsible"
TOWNSHIP = "township_duty-17d971"
OWN = "hekou/responsible"
ORANGE, RED = levels(hekou=3), levels(SLOT + HOUR, hekou=4)
LATER = Minute(WALL + HOUR, FLOOD + HOUR)
PLACES = {"riverside", "riverside:help", "island", "south", "care-home"}


def says(night, ref, *said, place="riverside"):
    """Write down what a person says, a minute after the other, of the newest order of a place."""
    newest = [row for row in night.rows(message) if row.place_id == place][-1].message_id
    for number, each in enumerate(said, start=1):
        minute = Minute(WALL + number * HOUR / 60, FLOOD)
        assert acknowledge(night.desk, Told(newest, ref, OFFICER, each), minute)


def told(night, ref, revision=2):
    """Return what a person is told to do, and in which places, by one revision of the village."""
    kept = {r.message_id: r for r in night.rows(message) if r.audience == "villager"}
    rows = [r for r in night.rows(delivery) if r.contact_ref == ref and r.message_id in kept]
    orders = [kept[r.message_id] for r in rows if kept[r.message_id].village_id == "hekou"]
    return sorted((o.place_id, o.action) for o in orders if o.revision == revision)


def test_who_said_that_he_is_on_site_is_told_to_leave_when_it_turns_red(night, post):
    night.warned(ORANGE)
    says(night, NEIGHBOUR, Said.RECEIVED, Said.ON_SITE)
    says(night, TOWNSHIP, Said.MOVED)
    night.warned(RED, at=LATER)
    assert told(night, NEIGHBOUR) == told(night, TOWNSHIP) == [("riverside", "move")]
    night.delivered(after_s=3600)
    orders = [r.subject for r in night.rows(message) if (r.place_id, r.tier) == ("riverside", 4)]
    for name in ("baishi-responsible", "township-duty-17d971"):
        assert {mail["Subject"] for mail in post.of(name)} & set(orders)


def test_who_has_left_with_all_or_never_came_is_not_told(night):
    night.warned(ORANGE)
    says(night, NEIGHBOUR, Said.RECEIVED)
    says(night, TOWNSHIP, Said.ON_SITE, Said.MOVED, Said.COUNTED)
    night.warned(RED, at=LATER)
    assert told(night, NEIGHBOUR) == told(night, TOWNSHIP) == []


@pytest.mark.parametrize(
    ("said", "is_there"),
    [
        ((), False),
        ((Said.RECEIVED, Said.HELP, Said.UNCLEAR), False),
        ((Said.MOVED,), True),
        ((Said.ON_SITE, Said.RECEIVED), True),
        ((Said.ON_SITE, Said.COUNTED, Said.HELP), False),
        ((Said.COUNTED, Said.ON_SITE), True),
    ],
)
def test_the_last_word_on_where_somebody_is_counts(said, is_there):
    assert is_on_site(said) is is_there


def test_who_is_on_site_in_the_whole_village_hears_the_order_to_each_place(night):
    night.warned(levels(hekou=2))
    says(night, NEIGHBOUR, Said.ON_SITE, place="village")
    night.warned(RED, at=LATER)
    assert {place for place, _ in told(night, NEIGHBOUR)} == PLACES


def test_an_orange_tells_nobody_to_leave_who_came_to_help(night):
    night.warned(levels(hekou=2))
    says(night, NEIGHBOUR, Said.ON_SITE, place="village")
    night.warned(levels(SLOT + HOUR, hekou=3), at=LATER)
    assert told(night, NEIGHBOUR) == []


def test_a_red_that_is_said_anew_is_told_to_who_came_since_the_first(night):
    night.warned(levels(hekou=4))
    says(night, NEIGHBOUR, Said.ON_SITE)
    order_village(night.desk, Asked("hekou", Tier.RED, "the dam", OFFICER), LATER)
    assert told(night, NEIGHBOUR) == [("riverside", "move")]


def test_who_stood_in_and_is_on_site_is_told_also_once_the_other_is_back(night):
    away = Absence(OWN, WALL - HOUR, WALL + HOUR / 2, NEIGHBOUR)
    roster = replace(night.roster, absences=(away,))
    assessed(night.engine, night.world, ORANGE)
    warn(night.engine, night.desk.pack, night.world, roster, now=WALL, flood_now=FLOOD)
    assert told(night, OWN, revision=1) == []
    says(night, NEIGHBOUR, Said.ON_SITE)
    assessed(night.engine, night.world, RED)
    warn(night.engine, night.desk.pack, night.world, roster, now=LATER.wall, flood_now=LATER.flood)
    assert told(night, NEIGHBOUR) == [("riverside", "move")]
    assert {place for place, _ in told(night, OWN)} == PLACES


def test_the_villages_own_people_are_told_no_more_often_for_being_on_site(night):
    night.warned(ORANGE)
    says(night, OWN, Said.ON_SITE)
    night.warned(RED, at=LATER)
    places = [place for place, _ in told(night, OWN)]
    assert sorted(places) == sorted(PLACES)


def test_another_village_that_turns_red_calls_nobody_back_from_here(night):
    night.warned(ORANGE)
    says(night, TOWNSHIP, Said.ON_SITE)
    night.warned(levels(SLOT + HOUR, hekou=3, baishi=4), at=LATER)
    kept = {r.message_id for r in night.rows(message) if r.audience == "villager"}
    assert not [
        r for r in night.rows(delivery) if r.contact_ref == TOWNSHIP and r.message_id in kept
    ]


def test_officers_hear_of_who_is_on_site_and_has_no_way_to_be_told(night):
    night.warned(ORANGE)
    says(night, NEIGHBOUR, Said.ON_SITE)
    only(night, OWN, OFFICER)
    (done,) = night.warned(RED, at=LATER)
    (fault,) = night.rows(warning_fault)
    assert f"on site and cannot be told: {NEIGHBOUR}" in fault.fault
    assert fault.fault == done.faults[0].fault


def test_who_is_where_no_order_goes_any_more_hears_all_of_them():
    there = (OnSite("riverside", "a"), OnSite("mill", "b"), OnSite("mill", "b"))
    assert by_place({"riverside", "south"}, there) == {"riverside": ("a", "b"), "south": ("b",)}
