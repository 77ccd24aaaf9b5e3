"""Who was moved stays away until somebody has looked; an error is taken back from everyone."""

from dataclasses import replace

import pytest

from alerts.actions import Asked, confirm_lower, order_village, request_lower
from alerts.agree import agree
from alerts.cap_rules import problems
from alerts.errors import Refused
from alerts.issue import Minute
from alerts.ledger import episodes
from alerts.release import CHECKLIST
from alerts.releasing import Releasing, release_places, request_retraction
from alerts.said import Said
from alerts.tables import cap_alert, delivery, message, officer_action
from alerts.tier import Action, Tier
from alerts.warning_message import Audience
from pipeline.database import reading
from tests.alerts.night import FLOOD, WALL, levels
from tests.golden.samples import HOUR, MINUTE, SLOT, bulletin, risk

FIRST, SECOND = "county_duty-1", "county_duty-2"
ALL = frozenset(CHECKLIST)
DAY = 9 * 60
"""Minutes from the flood to ten in the morning."""


def at(minutes):
    return Minute(WALL + minutes * MINUTE, FLOOD + minutes * MINUTE)


def standing(night):
    with reading(night.engine) as connection:
        return episodes.newest_of(connection, night.world, "hekou")


@pytest.fixture
def moved(night):
    """Give a night on which hekou was moved and counted, and lowered by two in the morning."""
    return lowered(night)


@pytest.fixture
def uncounted(night):
    """Give the same night, on which nobody has said that all are counted."""
    return lowered(night, Said.MOVED)


def lowered(night, said=Said.COUNTED):
    night.warned(bulletin(risk(4, lead_min=400)))
    night.answered(said)
    asked = Asked("hekou", Tier.NONE, "over", FIRST, override="seen")
    confirm_lower(night.desk, request_lower(night.desk, asked, at(DAY - 5)), SECOND, at(DAY - 4))
    return night


def releasing(*places, checked=ALL, by=FIRST, override=None):
    return Releasing("hekou", places, checked, by, override)


def texts(night, place, action):
    return [
        row.body
        for row in night.rows(message)
        if (row.place_id, row.action, row.language) == (place, action.value, "en")
    ]


def test_whoever_was_moved_is_away_until_released_whatever_the_tier(moved):
    episode = standing(moved)
    assert (episode.tier, episode.closed) == (Tier.NONE, None)
    assert set(episode.sheltered) == {"riverside:help", "riverside", "island", "south", "care-home"}
    said = {row.action for row in moved.rows(message) if row.audience == "villager"}
    assert Action.RETURN.value not in said


def test_a_place_goes_home_by_one_person_s_word_when_the_list_is_met(moved):
    issued = release_places(moved.desk, releasing("riverside"), at(DAY))
    assert issued.deliveries > 0
    (body,) = texts(moved, "riverside", Action.RETURN)
    assert "you may return home" in body
    assert texts(moved, "south", Action.RETURN) == []
    assert "riverside" not in standing(moved).sheltered
    assert standing(moved).closed is None


def test_the_last_place_ends_the_episode(moved):
    release_places(moved.desk, releasing("riverside", "island", "south"), at(DAY))
    release_places(moved.desk, releasing("care-home"), at(DAY + 5))
    assert standing(moved).closed is None
    release_places(moved.desk, releasing("riverside:help"), at(DAY + 10))
    assert standing(moved).closed is not None


@pytest.mark.parametrize("item", list(CHECKLIST))
def test_what_was_not_seen_to_holds_them_back(moved, item):
    with pytest.raises(Refused, match=f"not met: {item}"):
        release_places(moved.desk, releasing("riverside", checked=ALL - {item}), at(DAY))


def test_a_tick_is_no_count_and_a_red_closes_at_the_headcount_of_each_place(uncounted):
    with pytest.raises(Refused, match="not met: headcount"):
        release_places(uncounted.desk, releasing("riverside"), at(DAY))
    uncounted.answered(Said.COUNTED, place="riverside")
    with pytest.raises(Refused, match="not met: headcount"):
        release_places(uncounted.desk, releasing("riverside", "island"), at(DAY))
    release_places(uncounted.desk, releasing("riverside"), at(DAY))
    assert "riverside" not in standing(uncounted).sheltered


def test_two_persons_let_home_whom_nobody_counted_and_it_stands_in_the_log(uncounted):
    asked = releasing("riverside", override="all known to be at the school")
    agree(uncounted.desk, release_places(uncounted.desk, asked, at(DAY)), SECOND, at(DAY + 1))
    (officers,) = texts(uncounted, "", Action.RETURN)
    assert "not met: headcount" in officers


def test_who_was_counted_of_an_earlier_order_is_counted_again_after_the_next(moved):
    release_places(moved.desk, releasing("riverside"), at(DAY))
    slot = SLOT + 10 * HOUR
    moved.warned(bulletin(risk(4, slot=slot, lead_min=400), slot=slot), at=at(DAY + 65))
    asked = Asked("hekou", Tier.NONE, "over", FIRST, override="seen")
    request = request_lower(moved.desk, asked, at(DAY + 66))
    confirm_lower(moved.desk, request, SECOND, at(DAY + 67))
    with pytest.raises(Refused, match="not met: headcount"):
        release_places(moved.desk, releasing("riverside"), at(DAY + 70))


def test_nobody_walks_home_in_the_dark(moved):
    with pytest.raises(Refused, match="daylight"):
        release_places(moved.desk, releasing("riverside"), at(DAY + 12 * 60))


def test_what_lacks_is_overridden_by_two_and_stands_in_the_log_and_on_the_order(moved):
    asked = releasing("riverside", checked=ALL - {"slope"}, override="the geologist is stuck")
    request = release_places(moved.desk, asked, at(DAY))
    assert texts(moved, "riverside", Action.RETURN) == []
    with pytest.raises(Refused, match="alone"):
        agree(moved.desk, request, FIRST, at(DAY + 1))
    agree(moved.desk, request, SECOND, at(DAY + 1))
    assert len(texts(moved, "riverside", Action.RETURN)) == 1
    (officers,) = texts(moved, "", Action.RETURN)
    assert "not met: slope" in officers
    assert "the geologist is stuck" in officers
    assert FIRST in officers
    assert SECOND in officers


def test_nobody_goes_home_while_a_tier_stands(night):
    night.warned(bulletin(risk(4, lead_min=400)))
    with pytest.raises(Refused, match="the tier is red"):
        release_places(night.desk, releasing("riverside"), at(DAY))


def test_a_tick_does_not_outweigh_what_rises_upstream(night):
    night.warned(bulletin(risk(4, lead_min=400)))
    night.answered(Said.COUNTED)
    rising = replace(risk(4).evidence[0], rise_per_h=0.5, level=risk(1).level)
    slot = SLOT + HOUR
    night.warned(bulletin(replace(risk(1, slot=slot), evidence=(rising,)), slot=slot), at=at(60))
    asked = Asked("hekou", Tier.NONE, "over", FIRST, override="seen")
    confirm_lower(night.desk, request_lower(night.desk, asked, at(DAY - 5)), SECOND, at(DAY - 4))
    with pytest.raises(Refused, match="not met: upstream"):
        release_places(night.desk, releasing("riverside"), at(DAY))


def test_a_new_flood_moves_them_again_in_the_same_episode(moved):
    release_places(moved.desk, releasing("riverside"), at(DAY))
    before = standing(moved)
    slot = SLOT + 10 * HOUR
    moved.warned(bulletin(risk(4, slot=slot, lead_min=400), slot=slot), at=at(DAY + 65))
    after = standing(moved)
    assert (after.episode_id, after.tier) == (before.episode_id, Tier.RED)
    assert "riverside" in after.sheltered


def test_what_was_sent_in_error_is_taken_back_from_all_to_whom_it_went(night):
    order_village(night.desk, Asked("hekou", Tier.RED, "typed the wrong name", FIRST), at(1))
    told = {row.contact_ref for row in night.rows(delivery) if row.purpose == "villager"}
    request = request_retraction(night.desk, "hekou", "the wrong village", FIRST, at(2))
    with pytest.raises(Refused, match="alone"):
        agree(night.desk, request, FIRST, at(3))
    issued = agree(night.desk, request, SECOND, at(3))
    ids = {m.message_id for m in issued.messages if m.action is Action.RETRACT}
    heard = {
        row.contact_ref
        for row in night.rows(delivery)
        if row.message_id in ids and row.purpose == "villager"
    }
    assert heard == told
    assert "sent in error" in texts(night, "village", Action.RETRACT)[0]
    assert standing(night).closed is not None
    assert standing(night).sheltered == ()


@pytest.mark.parametrize(("village", "tier"), [("hekou", Tier.BLUE), ("rp-lower", Tier.RED)])
def test_where_nothing_was_said_in_the_village_nothing_is_taken_back_in_it(night, village, tier):
    order_village(night.desk, Asked(village, tier, "typed the wrong name", FIRST), at(1))
    request = request_retraction(night.desk, village, "the wrong place", FIRST, at(2))
    issued = agree(night.desk, request, SECOND, at(3))
    assert {m.audience for m in issued.messages} == {Audience.OFFICER}
    assert issued.faults == ()


def test_a_village_that_rose_since_is_not_retracted(night):
    night.warned(levels(hekou=3))
    request = request_retraction(night.desk, "hekou", "the gauge lies", FIRST, at(2))
    night.warned(bulletin(risk(4, slot=SLOT + HOUR), slot=SLOT + HOUR), at=at(60))
    with pytest.raises(Refused, match="rose since"):
        agree(night.desk, request, SECOND, at(5))


def test_cap_tells_of_the_way_home_in_an_update_and_of_the_end_in_a_cancel(moved):
    release_places(moved.desk, releasing("riverside", "island", "south"), at(DAY))
    release_places(moved.desk, releasing("care-home"), at(DAY + 1))
    rows = sorted(moved.rows(cap_alert), key=lambda row: row.revision)
    kinds = [row.content.decode().split("<msgType>")[1].split("<")[0] for row in rows]
    assert kinds[0] == "Alert"
    assert set(kinds[1:]) == {"Update"}
    assert b"<responseType>AllClear" in rows[-1].content
    assert [problems(row.content) for row in rows] == [[]] * len(rows)


def test_cap_cancels_what_was_retracted_and_names_every_message_before(night):
    order_village(night.desk, Asked("hekou", Tier.RED, "typed the wrong name", FIRST), at(1))
    agree(night.desk, request_retraction(night.desk, "hekou", "x", FIRST, at(2)), SECOND, at(3))
    first, last = sorted(night.rows(cap_alert), key=lambda row: row.revision)
    assert b"<msgType>Cancel" in last.content
    assert f"{first.sender},{first.identifier},{first.sent}".encode() in last.content
    assert problems(last.content) == []


def test_each_word_is_in_the_log_with_who_said_it(moved):
    release_places(moved.desk, releasing("riverside"), at(DAY))
    newest = max(moved.rows(officer_action), key=lambda row: row.number)
    assert (newest.verb, newest.by_ref, newest.subject) == ("release", FIRST, "places:riverside")
