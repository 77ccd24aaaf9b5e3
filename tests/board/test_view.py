"""What the board may never do: make a stale page look fresh, or "sent" look like "received"."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.board.facts import Facts, Sent
from alerts.board.pages import page
from alerts.board.view import now_view, village_row
from alerts.board.words import ACTION_WORDS, evidence_line
from alerts.episode import TierEpisode
from alerts.tier import Action, Tier
from pipeline.bulletin import (
    Confidence,
    DataState,
    Evidence,
    Indicator,
    Onset,
    RiskBulletin,
    RiskLevel,
    Sighting,
    Signal,
    StationEvent,
    StationEventKind,
    StationFreshness,
    VillageRisk,
)
from pipeline.site.model import Village
from pipeline.world import Mode

SLOT = datetime(2014, 11, 4, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)
WALL = datetime(2026, 11, 24, 9, tzinfo=UTC)


def village(village_id: str, kind: str = "village") -> Village:
    return Village(
        village_id=village_id,
        kind=kind,
        name=f"<b>{village_id}</b>",
        name_en=village_id,
        township="T",
        position_basis="none",
    )


def evidence() -> Evidence:
    return Evidence(
        Indicator.RAIN, "radar", 6.0, 52.4, 45.0, "mm", SLOT, 300, "empirical", RiskLevel.RED
    )


def bulletin() -> RiskBulletin:
    risk = VillageRisk(
        "V1",
        RiskLevel.RED,
        Signal.MOVE,
        Onset(SLOT + HOUR, SLOT + 2 * HOUR, SLOT + 3 * HOUR),
        Confidence.MEDIUM,
        DataState.DEGRADED,
        "one hour missing",
        (evidence(),),
    )
    return RiskBulletin(
        site="s",
        slot=SLOT,
        cutoff=SLOT + timedelta(minutes=5),
        code_version="1",
        risk_config_sha256="r",
        inputs_sha256="i",
        villages=("V1", "V2"),
        levels=(RiskLevel.RED, RiskLevel.NONE),
        data_states=(DataState.DEGRADED, DataState.COMPLETE),
        closeness=(1.4, 0.1),
        newest_inputs=(SLOT, SLOT),
        details=(risk,),
        freshness=(StationFreshness("radar", "rain", SLOT, "fresh"),),
    )


EPISODE = TierEpisode(
    "e1", "V1", Tier.RED, Tier.RED, SLOT, SLOT, Tier.NONE, None, 0, Tier.NONE, 1, SLOT, None
)
ORDER = Sent(
    "m1", "e1", 1, "V1", "riverside", "villager", "en", SLOT, Tier.RED, Action.MOVE,
    SLOT + HOUR, "Move now.", total=2, accepted=2,
)  # fmt: skip


def facts(**changes: object) -> Facts:
    whole = Facts(
        site_name="Site",
        config_readable=True,
        mode=Mode.EXERCISE,
        zone=ZoneInfo("Europe/Paris"),
        patience=2 * HOUR,
        now=WALL,
        flood_now=SLOT + timedelta(minutes=10),
        ended=False,
        villages=(village("V1"), village("V2"), village("V3"), village("P1", "river_point")),
        bulletin=bulletin(),
        episodes={"V1": EPISODE},
        sent=(ORDER,),
    )
    return replace(whole, **changes)


def test_the_highest_tier_comes_first_with_its_evidence_and_decide_by() -> None:
    row = now_view(facts()).villages[0]
    assert (row.village_id, row.tier, row.told) == ("V1", 4, "move now")
    assert row.evidence == ("6 h rain at radar 52.4 of 45 mm (04:00)",)
    assert row.decide_by == "05:00"
    assert row.decide_left == "50 min left"


def test_a_calm_place_below_a_threatened_one_is_shown_with_the_threat_above() -> None:
    below = village("V2").model_copy(update={"township": "of another county"})
    above = village("V1").model_copy(update={"downstream_id": "V2"})
    view = now_view(facts(villages=(above, below, village("V3"))))
    assert [row.village_id for row in view.villages] == ["V1", "V2"]
    assert view.villages[1].upstream == ("upstream: <b>V1</b> (T) red",)
    assert [row.village_id for row in view.calm] == ["V3"]
    assert (
        "upstream: &lt;b&gt;V1&lt;/b&gt; (T) red"
        in page("now.html", view=view, base="/").body.decode()
    )


def test_an_earlier_decide_by_comes_first_also_across_midnight() -> None:
    before = datetime(2014, 11, 3, 22, 30, tzinfo=UTC)  # 23:30 in Paris
    other = replace(EPISODE, episode_id="e2", village_id="V2")
    late = replace(ORDER, message_id="m2", episode_id="e2", village_id="V2", decide_by=before)
    rows = now_view(facts(episodes={"V1": EPISODE, "V2": other}, sent=(ORDER, late))).villages
    assert [(row.village_id, row.decide_by) for row in rows] == [("V2", "23:30"), ("V1", "05:00")]


def test_accepted_by_a_provider_is_never_shown_as_received() -> None:
    row = now_view(facts()).villages[0]
    assert row.sent == "2 of 2 accepted"
    assert row.acked == "no answer yet"
    assert row.ack_class == "no"


def test_an_answer_names_who_and_when() -> None:
    answered = replace(ORDER, acked=(("role:mayor", WALL),))
    row = now_view(facts(sent=(answered,))).villages[0]
    assert row.acked == "role:mayor at 10:00"
    assert row.ack_class == "ok"


def test_an_answer_in_one_language_speaks_for_the_place_and_for_no_other() -> None:
    chinese = replace(ORDER, message_id="m2", language="zh", acked=(("role:deputy", WALL),))
    other = replace(ORDER, message_id="m3", place_id="quay")
    row = now_view(facts(sent=(ORDER, chinese))).villages[0]
    assert (row.acked, row.ack_class) == ("role:deputy at 10:00", "ok")
    view = now_view(facts(sent=(ORDER, chinese, other)))
    assert view.villages[0].acked == "role:deputy at 10:00; 1 of 2 places silent"
    assert view.villages[0].ack_class == "no"
    assert view.cards[2].value == "1"


def test_a_village_missing_from_the_bulletin_is_blind_not_calm() -> None:
    calm = {row.village_id: row.data_state for row in now_view(facts()).calm}
    assert calm == {"V2": "complete", "V3": "blind"}


@pytest.mark.parametrize(("cycles", "stale"), [(1, False), (2, False), (3, True)])
def test_a_cycle_older_than_the_patience_is_stale(cycles: int, stale: bool) -> None:
    assert now_view(facts(flood_now=SLOT + cycles * HOUR)).banner.stale is stale


def test_no_cycle_at_all_is_stale_and_every_place_blind() -> None:
    view = now_view(facts(bulletin=None, episodes={}, sent=()))
    assert view.banner.stale
    assert {row.data_state for row in view.calm} == {"blind"}


def test_a_tier_outlives_the_level_that_made_it() -> None:
    calmed = replace(
        bulletin(), details=(), levels=(RiskLevel.NONE,) * 2, data_states=(DataState.COMPLETE,) * 2
    )
    row = now_view(facts(bulletin=calmed)).villages[0]
    assert (row.tier, row.level) == (4, 0)


def test_both_clocks_of_an_exercise_are_on_the_page_and_nothing_is_unescaped() -> None:
    html = page("now.html", view=now_view(facts()), base="/").body.decode()
    assert "EXERCISE - 演练" in html
    assert "04 Nov 04:10" in html
    assert "24 Nov 10:00" in html
    assert "<b>V1</b>" not in html
    assert "&lt;b&gt;V1" in html


def test_a_river_point_is_for_officers_and_is_no_village_row() -> None:
    view = now_view(facts())
    assert "P1" not in {row.village_id for row in (*view.villages, *view.calm)}


def test_an_official_warning_is_shown_as_one_that_moves_nobody_also_on_a_calm_village() -> None:
    warned = Evidence(
        Indicator.OFFICIAL, "cap/office", None, 4.0, None, "level", SLOT, 300, "rule",
        RiskLevel.NONE,
    )  # fmt: skip
    calm = replace(bulletin().details[0], village_id="V2", level=RiskLevel.NONE, evidence=(warned,))
    seen = facts(bulletin=replace(bulletin(), details=(*bulletin().details, calm)))
    row = village_row(seen, village("V2"))
    assert row.evidence == (
        "official warning of cap/office: red, sent 04:00; alone it moves nobody",
    )


def test_what_the_model_foresees_is_called_a_flow_and_not_a_place() -> None:
    flow = replace(
        evidence(), indicator=Indicator.MODEL, station_id="rain", duration_h=None, unit="m3/s"
    )
    assert evidence_line(flow, ZoneInfo("Europe/Paris")) == (
        "flow foreseen from rain 52.4 of 45 m3/s (04:00)"
    )


def test_a_forecast_is_shown_with_its_run_and_what_its_members_say() -> None:
    one = replace(
        evidence(), indicator=Indicator.FORECAST, station_id="qpf", duration_h=3.0,
        probability=0.7, spread=(20.0, 61.0), rise_per_h=None,
    )  # fmt: skip
    line = evidence_line(one, ZoneInfo("UTC"))
    assert line.startswith("3 h forecast of qpf ")
    assert "(run of " in line
    assert line.endswith("70% of the members, 20 to 61 mm")


def test_a_river_is_shown_with_the_rate_at_which_it_rises_or_falls() -> None:
    river = replace(evidence(), indicator=Indicator.STAGE, unit="m", rise_per_h=0.42)
    assert evidence_line(river, ZoneInfo("UTC")).endswith("rising 0.42 m an hour")
    falling = replace(river, rise_per_h=-0.3)
    assert evidence_line(falling, ZoneInfo("UTC")).endswith("falling 0.3 m an hour")


def test_what_was_fed_by_hand_is_shown_with_who_fed_it_and_why() -> None:
    fed = replace(evidence(), fed_by="1 fed by hand by role:duty: <b>staff gauge</b>")
    (first, *rest) = bulletin().details
    event = StationEvent(StationEventKind.HAND_FED, "H01", SLOT, fed.fed_by or "", ("hekou",))
    seen = replace(bulletin(), details=(replace(first, evidence=(fed,)), *rest), events=(event,))
    html = page("now.html", view=now_view(facts(bulletin=seen)), base="/").body.decode()
    assert "fed by hand 人工录入" in html
    assert html.count("role:duty: &lt;b&gt;staff gauge") == 2


def test_a_suspended_station_is_a_banner_above_the_villages_and_nothing_is_unescaped() -> None:
    event = StationEvent(StationEventKind.SUSPENDED, "H1", SLOT, "<i>it lies</i>", ("V1",))
    html = page(
        "now.html", view=now_view(facts(bulletin=replace(bulletin(), events=(event,)))), base="/"
    ).body.decode()
    assert "SUSPENDED 已停用" in html
    assert "&lt;i&gt;it lies" in html
    assert html.index("H1 since 04 Nov 04:00") < html.index("Highest tier first")
    assert (
        "Stations in doubt" not in page("now.html", view=now_view(facts()), base="/").body.decode()
    )


def test_a_report_is_shown_as_what_was_seen_by_whom_and_when() -> None:
    seen = replace(
        evidence(), indicator=Indicator.REPORT, station_id="role:patrol", value=None,
        threshold=None, duration_h=None, unit="", rise_per_h=None, saw=Sighting.AT_BRIDGE,
    )  # fmt: skip
    assert evidence_line(seen, ZoneInfo("Europe/Paris")) == (
        "water at the bridge: report of role:patrol, seen 04:00"
    )


def test_every_action_that_a_village_may_be_told_has_its_words_on_the_board() -> None:
    assert set(ACTION_WORDS) == set(Action)
