"""What a person saw at the water raises a village at once; it is evidence, and lowers nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.actions import Asked, confirm_lower, request_lower
from alerts.approvals import Judged, refuse
from alerts.errors import Refused
from alerts.explain import explain
from alerts.issue import Minute
from alerts.ledger import actions, episodes
from alerts.reporting import Seen, report_seen
from alerts.tables import officer_action
from alerts.tier import Tier
from pipeline.bulletin import Evidence, Indicator, RiskLevel, Sighting
from pipeline.instants import to_us
from pipeline.replay import Verdict
from pipeline.site.risk_settings import ReportSettings
from pipeline.store.tables import report as report_table
from pipeline.world import Mode, World
from tests.alerts.night import FLOOD, HOUR, SLOT, WALL, delivery, levels, message
from tests.golden.samples import bulletin, quick_valley, risk, valley

RULES, MINUTES = ReportSettings(), timedelta(minutes=1)
ONE, TWO = "county_duty-1", "county_duty-2"


def at(minutes=0):
    return Minute(WALL + minutes * MINUTES, FLOOD + minutes * MINUTES)


def told(night, saw=Sighting.OVER, minutes=0, village="hekou", by=ONE, **rest):
    seen = Seen(village, saw, by, **rest)
    return report_seen(night.desk, seen, RULES, at(minutes))


def state(night, village="hekou"):
    with night.engine.connect() as connection:
        return episodes.newest_of(connection, night.world, village)


def asking(night):
    changed = {"send_orange": "approve", "send_red": "approve"}
    night.pack = replace(quick_valley(), config=quick_valley().config.model_copy(update=changed))


def waits(night):
    """Return when what was said to the village last goes, minutes after the report."""
    said = [row for row in night.rows(message) if row.audience == "villager"]
    newest = max(row.revision for row in said)
    texts = {row.message_id for row in said if row.revision == newest}
    return {
        (row.next_at - to_us(WALL)) / 60e6
        for row in night.rows(delivery)
        if row.message_id in texts and row.state == "pending"
    }


def with_report(minutes, level=4, by=ONE):
    """Return the bulletin that knows the report as evidence."""
    slot = SLOT + minutes * MINUTES
    seen = Evidence(
        *(Indicator.REPORT, by, None, None, None, "", slot, 0, "rule", RiskLevel(level)),
        saw=Sighting.OVER,
    )
    villages = [v.village_id for v in valley().villages]
    risks = [risk(village=v, slot=slot) for v in villages if v != "hekou"]
    own = replace(risk(level, slot=slot), evidence=(seen,))
    return bulletin(own, *risks, slot=slot)


def test_what_is_seen_as_it_is_reported_counts_whatever_part_of_a_second_it_is(night):
    part = timedelta(microseconds=700_001)
    minute = Minute(WALL + part, FLOOD + part)
    seen = Seen("hekou", Sighting.OVER, ONE, seen_at=minute.flood)
    assert report_seen(night.desk, seen, RULES, minute).messages
    assert state(night).tier is Tier.RED


def test_a_report_raises_at_once_without_any_bulletin_and_all_are_told(night, post):
    issued = told(night, words="a caller at the ford")
    assert state(night).tier is Tier.RED
    night.delivered()
    assert len(post.mails) == issued.deliveries > 0
    officers = [m.body for m in issued.messages if m.audience == "officer" and m.language == "en"]
    assert officers
    assert all("a caller at the ford" in body for body in officers)
    assert all("report (water over the road or the bridge)" in body for body in officers)
    (deed,) = night.rows(officer_action)
    assert (deed.verb, deed.by_ref) == ("report", ONE)
    assert len(night.rows(report_table)) == 1


@pytest.mark.parametrize(
    ("saw", "tier"),
    [
        (Sighting.RISING, Tier.YELLOW),
        (Sighting.AT_BRIDGE, Tier.ORANGE),
        (Sighting.OVER, Tier.RED),
        (Sighting.IN_HOUSES, Tier.RED),
        (Sighting.DEBRIS, Tier.RED),
    ],
)
def test_each_sighting_has_its_tier(night, saw, tier):
    told(night, saw)
    assert state(night).tier is tier


def test_less_than_what_stands_is_kept_and_told_to_nobody(night):
    night.warned(levels(hekou=4))
    before = state(night)
    for saw in (Sighting.CALM, Sighting.RISING, Sighting.OVER):
        assert not told(night, saw, minutes=1).messages
    assert state(night) == before
    assert len(night.rows(report_table)) == 3


def test_calm_opens_nothing(night):
    assert not told(night, Sighting.CALM).messages
    assert state(night) is None


def test_what_a_report_raised_falls_as_what_a_bulletin_raised(night):
    told(night, Sighting.RISING)
    assert state(night).by_hand is Tier.NONE
    night.answered()
    night.warned(*(levels(SLOT + h * HOUR) for h in range(1, 6)), at=at(300))
    assert state(night).closed is not None


def test_a_report_asks_the_approver_unless_other_evidence_agrees(night):
    asking(night)
    told(night, Sighting.AT_BRIDGE)
    assert waits(night) == {5}
    told(night, Sighting.OVER, minutes=1)
    assert waits(night) == {4}


def test_red_by_report_and_rain_waits_for_nobody(night):
    asking(night)
    rain = replace(levels(hekou=3).details[0], level=RiskLevel.ORANGE)
    heavy = replace(rain, evidence=tuple(replace(e, level=RiskLevel.RED) for e in rain.evidence))
    others = [risk(village=v.village_id) for v in valley().villages if v.village_id != "hekou"]
    night.warned(bulletin(heavy, *others))
    told(night, minutes=1)
    assert waits(night) == {1}


def test_a_refused_report_is_no_new_evidence_in_the_next_bulletin(night):
    asking(night)
    night.warned(levels())
    told(night, minutes=1)
    refuse(night.desk, Judged("hekou", ONE, "that is the mill pond"), at(2))
    night.warned(with_report(60), at=at(3))
    assert waits(night) == {17}


def test_another_persons_report_ends_a_refusal(night):
    asking(night)
    night.warned(levels())
    told(night, minutes=1)
    refuse(night.desk, Judged("hekou", ONE, "that is the mill pond"), at(2))
    night.warned(with_report(60, by=TWO), at=at(3))
    assert waits(night) == {3}


def test_in_the_houses_the_clock_has_passed_and_places_are_told_their_refuge(night):
    issued = told(night, Sighting.IN_HOUSES)
    said = {m.action for m in issued.messages if m.audience == "villager"}
    assert "refuge" in {str(action) for action in said}


def test_what_was_seen_since_stands_against_a_lowering(night):
    night.warned(levels(hekou=4), *(levels(SLOT + h * HOUR) for h in range(1, 4)))
    request = request_lower(night.desk, Asked("hekou", Tier.NONE, "the river fell", ONE), at(240))
    told(night, Sighting.OVER, minutes=241)
    with pytest.raises(Refused, match="more was seen"):
        confirm_lower(night.desk, request, TWO, at(242))


@pytest.mark.parametrize("ago", [-1, 120])
def test_the_future_and_the_long_past_are_refused(night, ago):
    with pytest.raises(Refused, match="120 minutes"):
        told(night, seen_at=FLOOD - ago * MINUTES)


def test_who_has_no_right_reports_nothing_and_a_replay_neither(night):
    with pytest.raises(Refused):
        told(night, by="hekou_responsible-1")
    with pytest.raises(Refused, match="no village"):
        told(night, village="nowhere")
    night.world = World("valley", Mode.REPLAY, "r1")
    with pytest.raises(Refused, match="replay"):
        told(night)
    assert not night.rows(report_table)


def test_a_report_is_in_the_chained_log_and_its_messages_can_be_made_again(night):
    told(night, words="a caller")
    told(night, Sighting.DEBRIS, minutes=1, by=TWO)
    with night.engine.connect() as connection:
        assert actions.broken_link(connection, night.world) is None
    for row in night.rows(message):
        explained = explain(night.engine, row.message_id)
        assert explained.text is Verdict.IDENTICAL, explained.where
