"""One person may raise, two must lower, and the database remembers who."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.actions import (
    Asked,
    Told,
    acknowledge,
    confirm_lower,
    order_village,
    request_lower,
)
from alerts.agreement import CONFIRM_WITHIN
from alerts.errors import Refused, Repeated
from alerts.issue import Minute
from alerts.ledger import episodes
from alerts.roster import CONTACTS, Roster
from alerts.tables import officer_action
from alerts.tier import Tier
from pipeline.world import Mode, World
from tests.alerts.night import (
    HOUR,
    MINUTE,
    SLOT,
    acknowledgement,
    delivery,
    episode,
    levels,
    message,
    only,
)

ONE, TWO, TOWNSHIP = "county_duty-1", "county_duty-2", None
CALM_HOURS = 3


def tier(night, village="hekou"):
    with night.engine.connect() as connection:
        state = episodes.newest_of(connection, night.world, village)
    return None if state is None else state.tier


def later(hours, minutes=5):
    shift = timedelta(hours=hours, minutes=minutes - 5)
    return Minute(MINUTE.wall + shift, MINUTE.flood + shift)


def calmed(night, level=4):
    night.warned(levels(hekou=level), *(levels(SLOT + h * HOUR) for h in range(1, CALM_HOURS + 1)))
    return later(CALM_HOURS)


def asked(to=Tier.NONE, by=ONE, **rest):
    return Asked("hekou", to, "the river fell", by, **rest)


def test_one_officer_raises_alone_and_everybody_is_told(night, post):
    issued = order_village(night.desk, asked(Tier.RED), MINUTE)
    assert tier(night) is Tier.RED
    assert issued.deliveries == len(night.rows(delivery)) > 0
    night.delivered()
    assert len(post.mails) == issued.deliveries
    (deed,) = night.rows(officer_action)
    assert (deed.verb, deed.by_ref, deed.reason) == ("order", ONE, "the river fell")


def test_an_order_needs_no_bulletin_and_bulletins_go_on_from_it(night):
    order_village(night.desk, asked(Tier.ORANGE), MINUTE)
    night.warned(*(levels(SLOT + h * HOUR) for h in range(1, 8)), at=later(8))
    assert tier(night) is Tier.ORANGE
    night.warned(levels(SLOT + 8 * HOUR, hekou=4), at=later(9))
    assert tier(night) is Tier.RED


def test_an_order_that_comes_twice_from_one_page_tells_nobody_twice(night):
    issued = order_village(night.desk, asked(Tier.RED), MINUTE, after="-")
    with pytest.raises(Repeated):
        order_village(night.desk, asked(Tier.RED), MINUTE, after="-")
    with pytest.raises(Repeated):
        order_village(night.desk, asked(Tier.RED), later(0, 6), after="-")
    assert len(night.rows(delivery)) == issued.deliveries
    (deed,) = night.rows(officer_action)
    order_village(night.desk, asked(Tier.RED, by=TWO), later(0, 7), after="-")
    order_village(night.desk, asked(Tier.RED), later(0, 8), after=deed.action_id)
    assert len(night.rows(officer_action)) == 3


def test_an_order_never_lowers(night):
    night.warned(levels(hekou=4))
    order_village(night.desk, asked(Tier.YELLOW), MINUTE)
    assert tier(night) is Tier.RED


@pytest.mark.parametrize(
    "spoiled",
    [
        Asked("hekou", Tier.RED, "why", "hekou/responsible"),
        Asked("hekou", Tier.RED, "why", "nobody"),
        Asked("nowhere", Tier.RED, "why", ONE),
        Asked("hekou", Tier.RED, "  ", ONE),
        Asked("hekou", Tier.NONE, "why", ONE),
    ],
)
def test_who_may_not_or_says_nothing_orders_nothing(night, spoiled):
    with pytest.raises(Refused):
        order_village(night.desk, spoiled, MINUTE)
    for table in (episode, message, delivery, officer_action):
        assert night.rows(table) == []


def test_two_persons_lower_a_red_after_the_hold(night):
    at = calmed(night)
    request = request_lower(night.desk, asked(), at)
    assert tier(night) is Tier.RED
    confirm_lower(night.desk, request, TWO, at)
    assert tier(night) is Tier.NONE
    assert [row.verb for row in night.rows(officer_action)] == ["lower_request", "lower_confirm"]


def test_no_one_lowers_alone(night):
    at = calmed(night)
    request = request_lower(night.desk, asked(), at)
    with pytest.raises(Refused, match="second person"):
        confirm_lower(night.desk, request, ONE, at)
    assert tier(night) is Tier.RED


def test_who_has_no_right_to_lower_cannot_agree(night):
    at = calmed(night)
    request = request_lower(night.desk, asked(), at)
    with pytest.raises(Refused, match="no right"):
        confirm_lower(night.desk, request, "hekou/responsible", at)


def test_a_lowering_before_the_hold_needs_a_reason_of_its_own(night):
    night.warned(levels(hekou=4))
    request = request_lower(night.desk, asked(), MINUTE)
    with pytest.raises(Refused, match="not calm"):
        confirm_lower(night.desk, request, TWO, MINUTE)
    request = request_lower(night.desk, asked(override="the gauge lies"), later(0, 6))
    confirm_lower(night.desk, request, TWO, later(0, 7))
    assert tier(night) is Tier.NONE


def test_a_request_is_agreed_to_once_and_while_it_is_fresh(night):
    at = calmed(night)
    request = request_lower(night.desk, asked(Tier.ORANGE), at)
    late = Minute(at.wall + CONFIRM_WITHIN + timedelta(seconds=1), at.flood)
    with pytest.raises(Refused, match="too old"):
        confirm_lower(night.desk, request, TWO, late)
    confirm_lower(night.desk, request, TWO, at)
    with pytest.raises(Refused, match="agreed"):
        confirm_lower(night.desk, request, TWO, at)
    with pytest.raises(Refused, match="no such request"):
        confirm_lower(night.desk, "0" * 16, TWO, at)


def test_an_order_is_no_request_to_lower(night):
    order_village(night.desk, asked(Tier.RED), MINUTE)
    (deed,) = night.rows(officer_action)
    with pytest.raises(Refused, match="no such request"):
        confirm_lower(night.desk, deed.action_id, TWO, MINUTE)


def test_what_has_no_tier_cannot_be_lowered(night):
    with pytest.raises(Refused):
        request_lower(night.desk, asked(), MINUTE)


def test_nothing_is_done_by_hand_in_a_replay(night):
    night.world = World("valley", Mode.REPLAY, "r1")
    for act in (order_village, request_lower):
        with pytest.raises(Refused, match="replay"):
            act(night.desk, asked(Tier.RED), MINUTE)
    with pytest.raises(Refused, match="replay"):
        confirm_lower(night.desk, "x", TWO, MINUTE)
    with pytest.raises(Refused, match="replay"):
        acknowledge(night.desk, Told("x", ONE, TWO), MINUTE)


def test_an_officer_acknowledges_on_behalf_and_both_names_are_kept(night):
    night.warned(levels(hekou=4))
    told = next(r for r in night.rows(delivery) if r.contact_ref == "hekou/responsible")
    assert acknowledge(night.desk, Told(told.message_id, told.contact_ref, ONE), MINUTE)
    assert not acknowledge(night.desk, Told(told.message_id, told.contact_ref, ONE), later(1))
    (kept,) = night.rows(acknowledgement)
    assert (kept.contact_ref, kept.by_ref) == ("hekou/responsible", ONE)


@pytest.mark.parametrize(
    ("message_id", "contact", "by"),
    [("gone", "hekou/responsible", ONE), (None, "gone", ONE), (None, "hekou/responsible", "gone")],
)
def test_who_is_unknown_acknowledges_nothing(night, message_id, contact, by):
    night.warned(levels(hekou=4))
    known = night.rows(message)[0].message_id
    with pytest.raises(Refused):
        acknowledge(night.desk, Told(message_id or known, contact, by), MINUTE)
    assert night.rows(acknowledgement) == []


def test_a_right_that_was_taken_away_is_gone_at_once(night):
    path = night.home / CONTACTS
    path.write_text(path.read_text().replace('"order", ', ""))
    with pytest.raises(Refused):
        order_village(night.desk, asked(Tier.RED), MINUTE)


def rewritten(night, old, new):
    path = night.home / CONTACTS
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


OVERRIDE = "the gauge lies"


def test_an_old_request_lowers_nothing_that_rose_since(night):
    night.warned(levels(hekou=3))
    request = request_lower(night.desk, asked(override=OVERRIDE), MINUTE)
    night.warned(levels(SLOT + HOUR, hekou=4), at=later(0, 20))
    with pytest.raises(Refused, match="rose since"):
        confirm_lower(night.desk, request, TWO, later(0, 25))
    assert tier(night) is Tier.RED


@pytest.mark.parametrize("first", [2, 4])
def test_an_old_request_wipes_no_later_order_by_hand(night, first):
    night.warned(levels(hekou=first))
    request = request_lower(night.desk, asked(override=OVERRIDE), MINUTE)
    order_village(night.desk, asked(Tier.RED, by=TWO), later(0, 10))
    with pytest.raises(Refused, match="since the request"):
        confirm_lower(night.desk, request, TWO, later(0, 15))
    assert tier(night) is Tier.RED
    fresh = request_lower(night.desk, asked(override=OVERRIDE), later(0, 16))
    confirm_lower(night.desk, fresh, TWO, later(0, 17))
    assert tier(night) is Tier.NONE


def test_nor_an_order_that_was_only_given_once_more(night):
    order_village(night.desk, asked(Tier.RED), MINUTE)
    request = request_lower(night.desk, asked(override=OVERRIDE), later(0, 6))
    order_village(night.desk, asked(Tier.RED, by=TWO), later(0, 7))
    with pytest.raises(Refused, match="since the request"):
        confirm_lower(night.desk, request, TWO, later(0, 8))


@pytest.mark.parametrize(
    ("village", "why"),
    [("baishi", "another episode"), ("hekou", "rose since")],  # in hekou some had to move
)
def test_a_request_lowers_nothing_that_rose_after_it(night, village, why):
    order_village(night.desk, replace(asked(Tier.ORANGE), village_id=village), MINUTE)
    first, second = (
        request_lower(
            night.desk, replace(asked(by=by, override=OVERRIDE), village_id=village), later(0, 6)
        )
        for by in (ONE, TWO)
    )
    confirm_lower(night.desk, first, TWO, later(0, 7))
    night.warned(levels(SLOT + HOUR, **{village: 3}), at=later(0, 8))
    with pytest.raises(Refused, match=why):
        confirm_lower(night.desk, second, ONE, later(0, 9))
    assert tier(night, village) is Tier.ORANGE


def test_every_deed_names_the_episode_that_it_saw_or_moved(night):
    order_village(night.desk, asked(Tier.RED), MINUTE)
    request = request_lower(night.desk, asked(override=OVERRIDE), later(0, 6))
    confirm_lower(night.desk, request, TWO, later(0, 7))
    (episode_id,) = {row.episode_id for row in night.rows(episode)}
    assert [row.episode_id for row in night.rows(officer_action)] == [episode_id] * 3


def test_a_calm_bulletin_between_the_two_words_hinders_nobody(night):
    at = calmed(night)
    night.answered()
    request = request_lower(night.desk, asked(), at)
    night.warned(levels(SLOT + (CALM_HOURS + 1) * HOUR), at=later(CALM_HOURS, 20))
    confirm_lower(night.desk, request, TWO, later(CALM_HOURS, 25))
    assert tier(night) is Tier.NONE


@pytest.mark.parametrize(
    ("old", "new"), [('"deputy"', '"officer"'), ("county-duty-2@", "County-Duty-1@")]
)
def test_one_person_under_two_references_lowers_nothing(night, old, new):
    at = calmed(night)
    request = request_lower(night.desk, asked(), at)
    rewritten(night, old, new)
    with pytest.raises(Refused):
        confirm_lower(night.desk, request, TWO, at)
    assert tier(night) is Tier.RED


def test_nor_does_one_whom_the_roster_took_for_two(night):
    at = calmed(night)
    request = request_lower(night.desk, asked(), at)
    two = (night.roster.contact(ref).model_copy(update={"logins": ("a",)}) for ref in (ONE, TWO))
    with pytest.raises(Refused, match="second person"):
        confirm_lower(replace(night.desk, roster=Roster(tuple(two))), request, TWO, at)


def test_a_request_of_someone_whose_right_was_taken_away_is_nothing_any_more(night):
    at = calmed(night)
    request = request_lower(night.desk, asked(), at)
    only(night, TWO)
    with pytest.raises(Refused, match="no right"):
        confirm_lower(night.desk, request, TWO, at)


def test_an_order_at_the_tier_that_stands_is_sent_anew(night, post):
    issued = order_village(night.desk, asked(Tier.RED), MINUTE)
    night.delivered()
    again = order_village(night.desk, asked(Tier.RED, by=TWO), later(0, 6))
    assert again.deliveries == issued.deliveries > 0
    assert {m.revision for m in again.messages} == {2}
    assert {m.action for m in again.messages} == {m.action for m in issued.messages}
    night.delivered(after_s=60)
    assert len(post.mails) == issued.deliveries + again.deliveries


def test_so_is_what_a_bulletin_said(night):
    whole = night.warned(levels(hekou=4))[0].messages
    again = order_village(night.desk, asked(Tier.RED), later(0, 6))
    assert len(again.messages) == whole
    assert again.faults == ()


def test_an_order_below_the_tier_that_stands_says_nothing(night):
    night.warned(levels(hekou=4))
    issued = order_village(night.desk, asked(Tier.ORANGE), MINUTE)
    assert (issued.messages, tier(night)) == ((), Tier.RED)
