"""An alert that stands is issued anew before it expires, in CAP alone, once, until it ends."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from lxml import etree

from alerts.actions import Asked, confirm_lower, order_village, request_lower
from alerts.cap_rules import NAMESPACE, problems
from alerts.issue import Minute
from alerts.ledger import messages
from alerts.tables import cap_alert, warning_fault
from alerts.tier import Tier
from pipeline.store.tables import config_version
from tests.alerts.night import (
    HOUR,
    SLOT,
    WALL,
    Night,
    Torn,
    delivery,
    episode,
    levels,
    message,
)

DELAY = timedelta(minutes=5)
BY = ("county_duty-1", "county_duty-2")


def hour(count: int) -> Minute:
    return Minute(WALL + count * HOUR, SLOT + DELAY + count * HOUR)


def stands(night: Night, hours, **of: int) -> None:
    """Let a bulletin an hour say that the village stands there, each taken up in its turn."""
    for count in hours:
        night.warned(levels(SLOT + count * HOUR, **of), at=hour(count))


def alerts(night: Night, village: str = "hekou") -> list:
    """Return a village's CAP alerts as elements, oldest first."""
    rows = sorted(night.rows(cap_alert), key=lambda row: row.revision)
    of = {row.episode_id for row in night.rows(episode) if row.village_id == village}
    return [etree.fromstring(row.content) for row in rows if row.episode_id in of]


def said(alert, name: str) -> list[str]:
    return [found.text for found in alert.iter(f"{{{NAMESPACE}}}{name}")]


def instant(alert, name: str) -> datetime:
    return datetime.fromisoformat(said(alert, name)[0])


def lowered(night: Night, tier: Tier, *, at: Minute) -> None:
    asked = Asked("hekou", tier, "the water falls", BY[0], override="seen")
    confirm_lower(night.desk, request_lower(night.desk, asked, at), BY[1], at)


@pytest.mark.parametrize("level", [2, 3, 4])
def test_while_a_told_tier_stands_no_minute_is_without_an_alert_in_force(night, level):
    stands(night, range(20), hekou=level)
    told = alerts(night)
    assert len(told) > 3
    for before, after in pairwise(told):
        assert instant(before, "sent") < instant(after, "sent") < instant(before, "expires")
    assert instant(told[-1], "expires") > hour(19).flood


def test_each_is_a_valid_update_that_names_all_before_it(night):
    stands(night, range(20), hekou=4)
    rows = sorted(night.rows(cap_alert), key=lambda row: row.revision)
    told = alerts(night)
    assert [said(each, "msgType") for each in told] == [["Alert"], *[["Update"]] * (len(told) - 1)]
    named: list[str] = []
    for row, each in zip(rows, told, strict=True):
        assert problems(row.content) == []
        assert said(each, "references") == ([" ".join(named)] if named else [])
        assert {*said(each, "severity")} == {"Extreme"}
        assert {*said(each, "responseType")} <= {"Evacuate", "Shelter"}
        named.append(f"{row.sender},{row.identifier},{row.sent}")


def test_nobody_is_told_anything_by_it(night):
    stands(night, [0], hekou=4)
    before = night.rows(message), night.rows(delivery)
    stands(night, range(1, 12), hekou=4)
    assert len(alerts(night)) > 1
    assert (night.rows(message), night.rows(delivery)) == before


def test_a_pass_that_is_run_again_and_a_bulletin_taken_twice_issue_nothing(night):
    stands(night, range(6), hekou=4)
    before = night.rows(cap_alert)
    assert len(before) == 2
    night.warned(at=hour(5))
    night.warned(levels(SLOT + 5 * HOUR, hekou=4), at=hour(5))
    assert night.rows(cap_alert) == before


def test_several_bulletins_at_once_bring_one(night):
    stands(night, [0], hekou=4)
    night.warned(*(levels(SLOT + h * HOUR, hekou=4) for h in range(1, 10)), at=hour(9))
    assert [said(each, "msgType") for each in alerts(night)] == [["Alert"], ["Update"]]


def test_one_that_expired_while_no_cycle_ran_is_issued_by_the_first_that_does(night):
    stands(night, [0, 30], hekou=4)
    first, second = alerts(night)
    assert instant(first, "expires") < instant(second, "sent")
    assert instant(second, "expires") > hour(30).flood


def test_it_is_not_issued_long_before_its_time(night):
    stands(night, range(4), hekou=4)
    assert len(alerts(night)) == 1


def test_blue_was_never_told_and_is_never_issued(night):
    stands(night, range(20), hekou=1)
    assert night.rows(cap_alert) == []


def test_the_end_is_a_cancel_and_nothing_comes_after_it(night):
    stands(night, range(8), hekou=2)
    stands(night, range(8, 30))
    kinds = [said(each, "msgType")[0] for each in alerts(night)]
    assert kinds.count("Update") > 0
    assert kinds[-1] == "Cancel"
    assert kinds.count("Cancel") == 1


def test_a_chain_that_fell_to_blue_is_cancelled_at_blue_s_end_and_nobody_is_told(night):
    stands(night, [0], hekou=2)
    stands(night, range(1, 5), hekou=1)
    before = night.rows(message), night.rows(delivery)
    assert [said(each, "msgType") for each in alerts(night)] == [["Alert"], ["Update"]]
    stands(night, range(5, 9))
    *_, fell, end = alerts(night)
    assert said(end, "msgType") == ["Cancel"]
    assert said(end, "references")[0].split()[-1].split(",")[1] == said(fell, "identifier")[0]
    assert instant(end, "expires") > instant(end, "sent")
    assert {*said(end, "urgency")} == {"Past"}
    assert (night.rows(message), night.rows(delivery)) == before
    stands(night, range(9, 12))
    assert len(alerts(night)) == 3


def test_two_persons_who_lower_blue_end_its_chain_too(night):
    stands(night, [0], hekou=2)
    stands(night, range(1, 5), hekou=1)
    lowered(night, Tier.NONE, at=Minute(hour(4).wall + DELAY, hour(4).flood + DELAY))
    assert [said(each, "msgType")[0] for each in alerts(night)] == ["Alert", "Update", "Cancel"]


def test_blue_alone_has_no_chain_to_end(night):
    stands(night, range(3), hekou=1)
    stands(night, range(3, 8))
    assert night.rows(episode)[-1].closed == 1
    assert night.rows(cap_alert) == []


@pytest.mark.parametrize(("again", "kinds"), [(1, 2), (2, 3), (4, 3)])
def test_a_flood_that_ended_while_no_cycle_ran_is_cancelled_and_the_next_has_its_own_alert(
    night, again, kinds
):
    stands(night, [0], hekou=2)
    told = {0: 0, 1: 0, 2: 0, 3: 0, 4: again}
    night.warned(
        *(levels(SLOT + (1 + h) * HOUR, hekou=level) for h, level in told.items()), at=hour(5)
    )
    issued = [(row.episode_id, etree.fromstring(row.content)) for row in night.rows(cap_alert)]
    assert sorted(said(each, "msgType")[0] for _, each in issued) == (
        ["Alert", "Alert", "Cancel"] if kinds == 3 else ["Alert", "Cancel"]
    )
    (cancelled,) = [e for e, each in issued if said(each, "msgType") == ["Cancel"]]
    assert cancelled == min(night.rows(episode), key=lambda row: row.opened).episode_id
    assert night.rows(warning_fault) == []
    stands(night, [6], hekou=again)
    assert len(night.rows(cap_alert)) == kinds


def test_after_a_fall_it_asks_nothing_of_those_who_have_moved(night):
    stands(night, range(2), hekou=4)
    lowered(night, Tier.ORANGE, at=Minute(hour(1).wall + DELAY, hour(1).flood + DELAY))
    stands(night, range(2, 14), hekou=0)
    _, fell, *anew = alerts(night)
    assert {*said(fell, "responseType")} == {"None"}
    assert len(anew) > 1
    for each in anew:
        assert {*said(each, "severity")} == {"Severe"}
        assert {*said(each, "responseType")} == {"None"}


def test_people_who_are_away_after_their_tier_has_fallen_to_none_bring_no_alert(night):
    stands(night, range(2), hekou=4)
    lowered(night, Tier.NONE, at=Minute(hour(1).wall + DELAY, hour(1).flood + DELAY))
    before = len(alerts(night))
    stands(night, range(2, 20), hekou=0)
    assert len(alerts(night)) == before


def test_a_plan_that_breaks_meanwhile_leaves_the_tier_and_gives_plainer_words(night):
    stands(night, range(2), baishi=4)
    night.pack = replace(night.desk.pack, plans=Torn(night.desk.pack.plans))
    stands(night, range(2, 8), baishi=4)
    told = alerts(night, "baishi")
    assert len(told) > 1
    assert {*said(told[-1], "severity")} == {"Extreme"}
    assert all("torn" in row.fault for row in night.rows(warning_fault))


def test_one_that_breaks_a_rule_is_not_kept_is_told_of_and_is_made_good_by_the_next_cycle(night):
    whole = night.desk.pack
    stands(night, range(4), hekou=4)
    night.pack = replace(whole, config=whole.config.model_copy(update={"web": ""}))
    stands(night, [4, 5], hekou=4)
    assert len(alerts(night)) == 1
    assert {row.fault for row in night.rows(warning_fault)} == {"R10 wording: no web"}
    night.pack = whole
    stands(night, [6], hekou=4)
    assert len(alerts(night)) == 2


def test_every_version_behind_it_is_kept_also_of_a_plan_that_was_edited_since(night):
    whole = night.desk.pack
    stands(night, range(4), hekou=4)
    plan = whole.plans["hekou"].model_copy(update={"note": "edited in the night"})
    night.pack = replace(whole, plans={**whole.plans, "hekou": plan})
    stands(night, range(4, 6), hekou=4)
    assert len(alerts(night)) == 2
    assert ("plan", plan.sha256) in {(row.kind, row.sha256) for row in night.rows(config_version)}


def test_a_person_s_word_that_tells_nobody_brings_none_by_itself(night):
    stands(night, range(4), hekou=4)
    late = Minute(hour(5).wall + DELAY, hour(5).flood + DELAY)
    order_village(night.desk, Asked("hekou", Tier.YELLOW, "to be sure", BY[0]), late)
    assert len(alerts(night)) == 1
    stands(night, [6], hekou=4)
    assert len(alerts(night)) == 2


def test_the_next_rise_names_what_was_issued_anew_beside_what_was_told(night):
    stands(night, range(8), hekou=3)
    stands(night, [8], hekou=4)
    told = alerts(night)
    assert len(said(told[-1], "references")[0].split()) == len(told) - 1 > 1
    assert {*said(told[-1], "severity")} == {"Extreme"}


def test_the_draft_in_the_national_form_knows_of_none(night):
    stands(night, range(8), hekou=3)
    with night.engine.connect() as connection:
        filed = messages.entries(connection, night.world)
    assert len(filed) == 1 < len(alerts(night))
