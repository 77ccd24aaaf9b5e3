"""One transaction a bulletin, in order, once; one village's fault stops no other."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.cap_rules import problems
from alerts.chase import chase
from alerts.errors import Refused
from alerts.issue import Minute
from alerts.ledger import episodes, fence
from alerts.outbox.delivery import TOLD_BEFORE
from alerts.roster import CONTACTS
from alerts.tables import cap_alert, warning_fault
from alerts.tier import Tier
from alerts.warn import warn
from pipeline import explain
from pipeline.instants import to_us
from pipeline.store.tables import config_version
from pipeline.world import Mode, World, live
from tests.alerts.night import (
    FLOOD,
    HOUR,
    MINUTE,
    SLOT,
    WALL,
    Torn,
    assessed,
    delivery,
    episode,
    levels,
    message,
    only,
    valley,
)
from tests.golden.samples import quick_valley


def newest(night):
    with night.engine.connect() as connection:
        return episodes.newest(connection, night.world)


def test_a_rise_writes_episode_messages_cap_and_deliveries_together(night):
    (done,) = night.warned(levels(hekou=4))
    assert newest(night)["hekou"].tier is Tier.RED
    assert done.messages == len(night.rows(message)) > 0
    assert done.deliveries == len(night.rows(delivery)) > 0
    assert [problems(row.content) for row in night.rows(cap_alert)] == [[]]
    assert done.faults == ()


def test_a_second_warn_of_the_same_bulletins_writes_nothing(night):
    night.warned(levels(hekou=4))
    before = [len(night.rows(table)) for table in (episode, message, delivery, cap_alert)]
    assert night.warned() == []
    assert [len(night.rows(table)) for table in (episode, message, delivery, cap_alert)] == before


def test_bulletins_are_taken_oldest_first_and_each_once(night):
    told = [levels(SLOT + h * HOUR, hekou=level) for h, level in enumerate((2, 3, 4))]
    done = night.warned(*reversed(told))
    assert [each.slot for each in done] == [SLOT, SLOT + HOUR, SLOT + 2 * HOUR]
    with night.engine.connect() as connection:
        assert fence.last_warned(connection, night.world) == SLOT + 2 * HOUR


def test_a_bulletin_older_than_the_fence_warns_nobody(night):
    night.warned(levels(SLOT + HOUR))
    assert night.warned(levels(SLOT, hekou=4)) == []
    assert night.rows(message) == []


def test_two_processes_that_warn_together_warn_once(night):
    assessed(night.engine, night.world, *(levels(SLOT + h * HOUR, hekou=h + 1) for h in range(4)))
    with ThreadPoolExecutor(3) as pool:
        passes = list(pool.map(lambda _: night.warned(), range(3)))
    slots = sorted(done.slot for each in passes for done in each)
    assert slots == sorted(set(slots))
    night.warned()
    states = [(row.village_id, row.revision) for row in night.rows(episode)]
    assert sorted(states) == [("hekou", revision) for revision in (1, 2, 3, 4)]


def test_nobody_is_warned_of_a_replay(night):
    world = World("valley", Mode.REPLAY, "r1")
    assessed(night.engine, world, levels(hekou=4))
    with pytest.raises(Refused):
        warn(night.engine, valley(), world, night.roster, now=WALL, flood_now=FLOOD)
    night.world = world
    assert night.rows(delivery) == night.rows(message) == night.rows(episode) == []


def test_officers_get_the_officers_text_and_villagers_their_own(night):
    night.warned(levels(hekou=4))
    audience = {row.message_id: row.audience for row in night.rows(message)}
    for row in night.rows(delivery):
        assert (audience[row.message_id] == "officer") == ("duty" in row.contact_ref)


def test_each_person_is_told_once_of_a_place_in_their_own_language(night):
    night.warned(levels(hekou=4))
    kept = {row.message_id: row for row in night.rows(message)}
    told = [(row.contact_ref, kept[row.message_id].place_id) for row in night.rows(delivery)]
    assert len(told) == len(set(told))
    for row in night.rows(delivery):
        assert kept[row.message_id].language == night.roster.contact(row.contact_ref).language


def hours_left(night):
    return {(row.expires_at - row.created_at) / 3_600_000_000 for row in night.rows(delivery)}


def test_a_message_is_worth_sending_as_long_on_the_wall_as_in_the_flood(night):
    night.warned(levels(hekou=4), at=Minute(WALL, FLOOD + HOUR / 2))
    assert hours_left(night) == {5.5}


def test_one_village_whose_plan_breaks_is_told_in_plain_words_and_stops_no_other(night):
    whole = night.warned(levels(hekou=4))[0].messages
    night.pack = replace(valley(), plans=Torn(valley().plans))
    night.world = World("valley", Mode.EXERCISE, "x2")
    (done,) = night.warned(levels(hekou=4, baishi=4))
    assert [fault.village_id for fault in done.faults] == ["baishi"]
    assert [row.fault for row in night.rows(warning_fault)] == [done.faults[0].fault]
    told = {row.village_id for row in night.rows(message)}
    assert told == {"hekou", "baishi"}
    assert len([r for r in night.rows(message) if r.village_id == "hekou"]) == whole
    assert newest(night)["baishi"].tier is Tier.RED


def test_where_nothing_at_all_can_be_composed_the_officers_are_told_to_call(night):
    villages = tuple(v for v in valley().villages if v.village_id != "hekou")
    night.warned(levels(hekou=2))
    night.pack = replace(valley(), villages=villages)
    night.warned(levels(SLOT + HOUR, hekou=4))
    last = night.rows(message)[-1]
    assert newest(night)["hekou"].tier is Tier.RED
    assert (last.audience, last.body.splitlines()[0]) == ("officer", "EXERCISE")
    assert "Call the village now" in last.body
    assert {row.contact_ref for row in night.rows(delivery) if row.message_id == last.message_id}


def test_a_village_that_left_the_site_keeps_its_tier(night):
    night.warned(levels(hekou=4))
    night.pack = replace(
        valley(), villages=tuple(v for v in valley().villages if v.village_id != "hekou")
    )
    night.warned(*(levels(SLOT + h * HOUR) for h in range(1, 6)))
    assert newest(night)["hekou"].tier is Tier.RED


@pytest.mark.parametrize("level", [2, 4])
def test_of_a_village_that_left_the_site_nobody_is_told_anew_while_nothing_changes(night, level):
    night.warned(levels(hekou=level))
    before = night.rows(message), night.rows(delivery)
    night.pack = replace(
        quick_valley(), villages=tuple(v for v in valley().villages if v.village_id != "hekou")
    )
    for hour in range(1, 4):
        night.warned(levels(SLOT + hour * HOUR, hekou=level))
    assert (night.rows(message), night.rows(delivery)) == before
    assert newest(night)["hekou"].tier is Tier(level)
    assert night.rows(warning_fault) == []
    night.warned(levels(SLOT + 4 * HOUR, hekou=4 if level == 2 else 0))
    told = len(night.rows(message)) - len(before[0])
    assert told == (1 if level == 2 else 0)


def test_who_does_not_get_away_alone_is_told_before_the_larger_place_and_again_so(night):
    night.warned(levels(hekou=4))
    place = {row.message_id: row.place_id for row in night.rows(message)}
    rank = {place[row.message_id]: row.rank for row in night.rows(delivery)}
    first_to_last = sorted((p for p in rank if p), key=rank.__getitem__, reverse=True)
    people = {zone.id: zone.people for zone in valley().plans["hekou"].zones}
    assert set(first_to_last[:2]) == {"care-home", "riverside:help"}
    assert [people[zone] for zone in first_to_last[2:]] == sorted(people.values(), reverse=True)
    later = timedelta(minutes=3)
    chase(night.desk, Minute(WALL + later, FLOOD + later))
    tried = [
        row
        for row in night.rows(delivery)
        if row.created_at > to_us(WALL) and row.purpose == "villager"
    ]
    assert tried
    assert all(row.rank == rank[place[row.message_id]] - TOLD_BEFORE for row in tried)


def test_a_place_that_nobody_answers_for_is_a_fault(night):
    only(night, "county_duty-1")
    (done,) = night.warned(levels(hekou=4))
    assert "not in the roster: hekou/responsible" in done.faults[0].fault
    assert "no villager to tell: riverside" in done.faults[0].fault


def test_every_version_behind_a_message_is_kept(night):
    night.warned(levels(hekou=4))
    kept = {(row.kind, row.sha256) for row in night.rows(config_version)}
    pack = night.desk.pack
    assert ("plan", pack.plans["hekou"].sha256) in kept
    assert ("warning", pack.config.sha256) in kept
    assert {("template", t.sha256) for t in pack.templates.values()} <= kept
    with night.engine.connect() as connection:
        content = explain.kept(connection, "plan", pack.plans["hekou"].sha256)
    assert content == pack.plans["hekou"].to_bytes()


def test_the_second_cap_alert_names_the_first(night):
    night.warned(levels(hekou=3))
    night.warned(levels(SLOT + HOUR, hekou=4))
    first, second = sorted(night.rows(cap_alert), key=lambda row: row.revision)
    assert f"{first.sender},{first.identifier},{first.sent}".encode() in second.content
    assert problems(second.content) == []


def test_no_address_stands_in_any_row(night):
    night.warned(levels(hekou=4, baishi=3, nanping=2))
    assert "@mailbox.invalid" in (night.home / CONTACTS).read_text()
    for table in (message, delivery, episode, cap_alert, warning_fault):
        assert "mailbox.invalid" not in str(night.rows(table))


def test_a_live_world_and_an_exercise_do_not_see_each_other(night):
    night.warned(levels(hekou=4))
    night.world = World("valley", Mode.LIVE, "-")
    assert newest(night) == {}
    night.warned(levels(hekou=2), at=MINUTE)
    assert newest(night)["hekou"].tier is Tier.YELLOW
    assert not any(row.subject.startswith("EXERCISE") for row in night.rows(message))
    assert any(row.subject.startswith("REAL, NOT AN EXERCISE ") for row in night.rows(message))


@pytest.mark.parametrize(("hours", "says"), [(0.5, True), (23.9, True), (24.1, False)])
def test_a_village_that_was_drilled_today_reads_first_and_last_that_it_is_real(night, hours, says):
    night.warned(levels(hekou=3))
    night.world = live("valley")
    later = Minute(WALL + hours * HOUR, MINUTE.flood)
    night.warned(levels(hekou=2, baishi=2), at=later)
    real = {"en": "REAL, NOT AN EXERCISE", "zh": "【真实，不是演练】"}
    for row in night.rows(message):
        mark = real[row.language]
        for text in (row.subject, row.body):
            marked = text.startswith(mark) and text.endswith(mark)
            assert marked == (says and row.village_id == "hekou")
            assert marked or mark not in text
