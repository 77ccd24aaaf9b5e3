"""The chase on both databases: each step once, an answer by any way ends it, a new order begins."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.actions import Told, acknowledge
from alerts.chase import chase, neighbours, silent
from alerts.issue import Minute
from alerts.ladder import Ladders
from alerts.outbox.delivery import LADDER, State
from alerts.roster import CONTACTS
from alerts.said import Said
from alerts.tables import climb, ladder_call
from pipeline.database import reading
from tests.alerts.night import (
    FLOOD,
    HOUR,
    SLOT,
    WALL,
    delivery,
    episode,
    levels,
    message,
    only,
    valley,
)

RED = levels(hekou=4)
TOWNSHIP = "township_duty-17d971"


def at(minutes: float) -> Minute:
    passed = timedelta(minutes=minutes)
    return Minute(WALL + passed, FLOOD + passed)


def chased(night, minutes):
    return chase(night.desk, at(minutes))


def called(night):
    return {row.contact_ref for row in night.rows(delivery) if row.purpose == LADDER}


def orders(night):
    return [row for row in night.rows(message) if row.audience == "villager"]


def test_a_red_that_nobody_answers_goes_to_its_people_thrice_and_up_the_ladder(night):
    night.warned(RED)
    own = {(r.message_id, r.contact_ref) for r in night.rows(delivery) if r.purpose == "villager"}
    assert chased(night, 1).calls == 0
    township = chased(night, 2)
    assert (township.tries, township.calls) == (len(own), 1)
    assert called(night) == {TOWNSHIP}
    county = chased(night, 4)
    assert (county.tries, county.calls) == (len(own), 2)
    assert called(night) == {TOWNSHIP, "county_duty-1", "county_duty-2"}
    assert chased(night, 60) == type(county)(0, 0)


def test_looking_twice_calls_once_also_after_a_pause(night):
    night.warned(RED)
    first = chased(night, 30)
    before = night.rows(delivery), night.rows(climb), night.rows(ladder_call)
    assert (first.tries, first.calls) == (len(orders_people(night)), 3)
    assert chased(night, 30).calls == 0
    assert (night.rows(delivery), night.rows(climb), night.rows(ladder_call)) == before


def orders_people(night):
    return {(r.message_id, r.contact_ref) for r in night.rows(delivery) if r.purpose == "villager"}


def test_an_answer_ends_the_climbing_of_its_own_place_alone(night):
    night.warned(RED)
    night.answered(place="riverside")
    chased(night, 10)
    climbed = {row.place_id for row in night.rows(climb) if row.stage == "received"}
    assert "riverside" not in climbed
    assert {"island", "south", "care-home", "riverside:help"} <= climbed


def test_a_higher_order_starts_anew_and_an_old_answer_stops_it_not(night):
    night.warned(levels(hekou=3))
    night.answered(Said.COUNTED)
    chased(night, 30)
    assert not night.rows(climb)
    night.warned(levels(SLOT + HOUR, hekou=4), at=at(60))
    assert chased(night, 62).calls == 1
    assert {row.stage for row in night.rows(climb)} == {"received", "try"}


def test_a_person_with_many_places_is_called_once_with_a_list(night):
    night.warned(levels(hekou=4, baishi=4))
    chased(night, 2)
    to_township = [r for r in night.rows(delivery) if r.contact_ref == TOWNSHIP]
    calls = {row.call_id: row for row in night.rows(ladder_call)}
    (one,) = [calls[r.message_id] for r in to_township if r.purpose == LADDER]
    assert one.body.count("\n- ") >= 6
    assert "riverside" in one.body or "河边" in one.body


def test_a_call_goes_out_and_is_withdrawn_where_an_answer_came_before_it(night, post):
    night.warned(RED)
    night.delivered()
    chased(night, 2.1)
    night.answered()
    night.delivered(after_s=130)
    (call,) = [row for row in night.rows(delivery) if row.purpose == LADDER]
    assert (call.state, call.reason) == (State.SUPERSEDED.value, "answered meanwhile")


def test_a_call_that_is_still_wanted_arrives_marked_as_the_exercise_that_it_is(night, post):
    night.warned(RED)
    night.delivered()
    chased(night, 2.1)
    night.delivered(after_s=130)
    mail = post.of("township-duty-17d971")[-1]
    said = mail.get_content().strip().splitlines()
    assert said[0] == said[-1] == "【演练】"


def test_help_is_heard_by_the_whole_ladder_at_once(night):
    night.warned(RED)
    night.answered(Said.HELP, place="care-home")
    chased(night, 0.2)
    assert {(r.stage, r.place_id) for r in night.rows(climb)} == {("help", "care-home")}
    assert called(night) == {TOWNSHIP, "county_duty-1", "county_duty-2"}


def test_received_is_not_moved_each_missed_deadline_calls_the_next(night):
    night.warned(RED)
    night.answered()
    chased(night, 3)
    assert not night.rows(climb)
    chased(night, 5)
    assert {r.stage for r in night.rows(climb)} == {"on_site"}
    night.answered(Said.COUNTED)
    chased(night, 200)
    assert {r.stage for r in night.rows(climb)} == {"on_site"}


def test_an_order_that_waits_for_an_approver_climbs_from_the_hour_at_which_it_goes(night):
    config = valley().config.model_copy(update={"send_red": "approve"})
    night.pack = replace(valley(), config=config)
    night.warned(RED)
    assert chased(night, 3).calls == 0
    assert chased(night, 5).calls == 1


def test_a_lowered_order_is_chased_no_more(night):
    night.warned(levels(hekou=3))
    night.pack = replace(valley(), villages=valley().villages)
    night.answered(Said.UNCLEAR)
    with night.engine.begin() as connection:
        connection.execute(episode.update().values(closed=1))
    assert chased(night, 60).calls == 0


def test_a_village_of_which_nobody_says_a_word_is_silent_and_any_word_ends_that(night):
    night.warned(RED)

    def mute(minutes):
        chased(night, minutes)
        with reading(night.engine) as connection:
            return silent(connection, valley(), night.world, now=at(minutes).wall)

    assert mute(5) == frozenset()
    assert mute(6) == {"hekou"}
    night.answered(Said.UNCLEAR, place="south")
    assert mute(6) == frozenset()


def test_the_tier_of_a_silent_village_does_not_fall(night):
    night.warned(levels(hekou=2))
    quiet = [levels(SLOT + h * HOUR) for h in range(1, 6)]
    for hour, told in enumerate(quiet, start=1):
        chased(night, 60 * hour - 1)
        night.warned(told, at=at(60 * hour))
    newest = max(night.rows(episode), key=lambda row: row.revision)
    assert (newest.tier, newest.closed) == (2, 0)


@pytest.mark.parametrize("said", [Said.RECEIVED, Said.HELP, Said.UNCLEAR])
def test_once_somebody_has_spoken_it_falls_as_ever(night, said):
    night.warned(levels(hekou=2))
    night.answered(said)
    for hour in range(1, 6):
        night.warned(levels(SLOT + hour * HOUR), at=at(60 * hour))
    assert max(night.rows(episode), key=lambda row: row.revision).closed == 1


def test_an_officer_answers_on_behalf_and_that_ends_it_too(night):
    night.warned(RED)
    for row in orders(night):
        told = Told(row.message_id, "hekou/responsible", "county_duty-1")
        acknowledge(night.desk, told, at(1))
    assert chased(night, 30).calls == 3  # on site, and the first groups: nobody has said so
    assert "received" not in {row.stage for row in night.rows(climb)}


def test_neighbours_are_next_up_and_down_the_water():
    pack = valley()
    for village in pack.villages:
        near = neighbours(pack, village.village_id)
        assert village.village_id not in near
        if village.downstream_id is not None:
            assert village.downstream_id in near
            assert village.village_id in neighbours(pack, village.downstream_id)


def test_neighbours_are_called_last(night):
    path = night.home / CONTACTS
    path.write_text(
        path.read_text()
        + '\n[[contacts]]\nref = "patrol"\nrole = "patrol"\nvillages = ["baishi"]\n'
        + 'email = "patrol@mailbox.invalid"\nexercise = true\n'
    )
    night.warned(RED)
    near = "baishi" in neighbours(valley(), "hekou")
    chased(night, 6)
    assert ("patrol" in called(night)) is near


def test_a_site_may_state_its_own_ladder(night):
    red = {"red": {"rungs": [{"after_minutes": 1, "roles": ["county_duty"]}]}}
    config = valley().config.model_copy(update={"ladder": Ladders.model_validate(red)})
    assert config.sha256 != valley().config.sha256
    night.pack = replace(valley(), config=config)
    night.warned(RED)
    chased(night, 1)
    assert called(night) == {"county_duty-1", "county_duty-2"}


def test_where_nobody_can_be_told_the_ladder_climbs_all_the_same(night):
    only(night, "county_duty-1", TOWNSHIP)
    night.warned(RED)
    chased(night, 6)
    assert called(night) == {"county_duty-1", TOWNSHIP}
    with reading(night.engine) as connection:
        assert silent(connection, valley(), night.world, now=at(6).wall) == {"hekou"}


def test_a_call_about_a_red_waits_for_its_provider_as_long_as_the_order_does(night):
    night.warned(RED)
    chased(night, 2)
    (call,) = [row for row in night.rows(delivery) if row.purpose == LADDER]
    orders_end = max(r.expires_at for r in night.rows(delivery) if r.purpose == "villager")
    assert call.expires_at == orders_end
