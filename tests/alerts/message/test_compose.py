"""One step of an episode gives the same messages whenever it is composed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.by_person import lower_by_person, order_by_person
from alerts.compose import compose
from alerts.episode import Change, Step
from alerts.message import Text
from alerts.occasion import ByHand, Occasion
from alerts.tier import Action, Tier
from alerts.warning_message import Audience, text_sha256
from pipeline.bulletin import DataState, StationEvent, StationEventKind
from tests.golden.samples import CUTOFF, EXERCISE, HOUR, LIVE, SLOT, occasion, risk, valley

PACK = valley()
VILLAGES = st.sampled_from([village.village_id for village in PACK.villages])


def told(seen, audience, language="en"):
    return [
        m for m in compose(seen, PACK).messages if (m.audience, m.language) == (audience, language)
    ]


def hourly(*levels, village="hekou"):
    """Return the occasion of the last of several hourly bulletins."""
    before, last = None, None
    for hour, level in enumerate(levels):
        slot = SLOT + hour * HOUR
        last = occasion(risk(level, village=village, slot=slot), before=before, slot=slot)
        before = last.step.episode
    return last


@pytest.mark.parametrize("level", [0, 1])
def test_blue_pages_no_one(level):
    assert compose(occasion(risk(level)), PACK).messages == ()


def test_a_tier_that_is_held_says_nothing_again():
    assert hourly(3, 3).step.change is Change.HELD
    assert compose(hourly(3, 3), PACK).messages == ()


def test_every_place_has_its_message_in_every_language_and_so_have_the_officers():
    messages = compose(occasion(risk(4, lead_min=200)), PACK).messages
    places = {(m.place_id, m.language) for m in messages}
    names = ("care-home", "riverside:help", "riverside", "island", "south", "")
    assert places == {(name, language) for name in names for language in ("zh", "en")}


def test_at_orange_who_needs_help_is_told_to_move_and_the_zones_to_prepare():
    actions = {m.place_id: m.action for m in told(occasion(risk(3)), Audience.VILLAGER)}
    assert actions.pop("care-home") is Action.MOVE
    assert actions.pop("riverside:help") is Action.MOVE
    assert set(actions.values()) == {Action.PREPARE}


def test_composing_again_gives_the_same_bytes():
    seen = occasion(risk(4, lead_min=200))
    assert compose(seen, PACK) == compose(seen, PACK)


@given(village=VILLAGES, level=st.integers(2, 4), lead=st.none() | st.integers(0, 600))
def test_no_message_id_is_used_twice_and_every_text_is_whole(village, level, lead):
    composed = compose(occasion(risk(level, village=village, lead_min=lead)), PACK)
    ids = [m.message_id for m in composed.messages]
    assert len(ids) == len(set(ids))
    assert composed.faults == ()
    assert all(m.subject and m.body and "\n" not in m.subject for m in composed.messages)


@given(village=VILLAGES, level=st.integers(2, 4), lead=st.none() | st.integers(0, 600))
def test_no_villager_reads_a_colour_or_a_measured_number(village, level, lead):
    seen = occasion(risk(level, village=village, lead_min=lead), world=LIVE)
    words = "".join(m.body for lang in ("zh", "en") for m in told(seen, Audience.VILLAGER, lang))
    assert not any(word in words for word in ("62", "55.0", "mm", "毫米", "色", "threshold"))


def test_worlds_do_not_share_message_ids():
    here, there = (
        {m.message_id for m in compose(occasion(risk(4), world=w), PACK).messages}
        for w in (EXERCISE, LIVE)
    )
    assert here.isdisjoint(there)


def test_officers_see_the_evidence_and_what_cannot_be_seen():
    (officer,) = told(occasion(risk(4, state=DataState.DEGRADED, lead_min=90)), Audience.OFFICER)
    for word in ("62.0 of 55.0 mm", "5 min old", "NOT CALM", "confidence: medium", "Decide by"):
        assert word in officer.body
    assert officer.roles == PACK.config.roles.officers


def test_those_who_only_stood_by_hear_that_it_is_over():
    (village,) = told(hourly(2, 0, 0), Audience.VILLAGER)
    assert village.action is Action.STAND_DOWN


def test_nobody_who_was_told_to_move_hears_of_a_return():
    red = hourly(4, 0, 0)
    down = lower_by_person(
        red.step.episode, Tier.NONE, by=("a", "b"), slot=SLOT + 2 * HOUR, rules=PACK.config
    )
    lowered = replace(
        *(red,),
        before=red.step.episode,
        step=down,
        by_hand=ByHand("action-1", ("a", "b"), "calm, seen on the ground"),
    )
    messages = compose(lowered, PACK).messages
    assert {m.audience for m in messages} == {Audience.OFFICER}
    assert any("a, b: calm, seen on the ground" in m.body for m in messages)


def test_a_person_s_order_without_any_bulletin_reaches_every_place():
    step = order_by_person(None, "hekou", Tier.RED, world=EXERCISE, slot=CUTOFF)
    by_hand = ByHand("action-1", ("qingxi/duty-1",), "water at the bridge")
    seen = Occasion(EXERCISE, "hekou", None, CUTOFF, before=None, step=step, by_hand=by_hand)
    composed = compose(seen, PACK)
    assert {o.action for o in composed.orders} == {Action.MOVE}
    assert composed.faults == ()
    assert all(m.provenance.action_id == "action-1" for m in composed.messages)
    assert any("qingxi/duty-1: water at the bridge" in m.body for m in composed.messages)


def test_a_river_point_pages_officers_from_orange_on_and_villagers_never():
    yellow, orange = (compose(occasion(risk(n, village="rp-lower")), PACK) for n in (2, 3))
    assert yellow.messages == ()
    assert {m.audience for m in orange.messages} == {Audience.OFFICER}
    assert orange.cap is None


def test_provenance_names_everything_a_text_was_made_of():
    seen = hourly(2, 4)
    for message in compose(seen, PACK).messages:
        made = message.provenance
        assert made.decision_sha256 == seen.bulletin.decision_sha256
        assert made.episode_before_sha256 == seen.before.sha256
        assert made.plan_sha256 == PACK.plans["hekou"].sha256
        assert made.template_sha256 == PACK.templates[message.language].sha256
        assert made.text_sha256 == text_sha256(Text(message.subject, message.body))


def test_a_step_without_an_episode_says_nothing():
    seen = replace(occasion(risk(0)), step=Step(None, Change.NONE, "calm"))
    assert compose(seen, PACK).messages == ()


def test_a_fall_orders_nothing_and_no_one_who_moved_reads_prepare():
    red = hourly(4, 0, 0)
    down = lower_by_person(
        red.step.episode, Tier.ORANGE, by=("a", "b"), slot=SLOT + 2 * HOUR, rules=PACK.config
    )
    cap = compose(occasion(risk(4)), PACK).cap
    fallen = replace(red, before=red.step.episode, step=down, earlier=(cap.reference,))
    composed = compose(fallen, PACK)
    assert composed.orders == ()
    assert composed.cap.faults == ()
    assert b"<responseType>None</responseType>" in composed.cap.content
    assert {m.action for m in composed.messages} == {Action.STAND_DOWN}


def test_a_cap_message_that_breaks_a_rule_is_named_and_no_text_refers_to_it():
    silent = replace(PACK, config=PACK.config.model_copy(update={"web": ""}))
    composed = compose(occasion(risk(4)), silent)
    assert any(fault.startswith("R10") for fault in composed.faults)
    assert {message.cap_identifier for message in composed.messages} == {None}
    whole = compose(occasion(risk(4)), PACK)
    assert {m.cap_identifier for m in whole.messages} == {whole.cap.reference.identifier}


def test_an_officer_reads_what_befell_the_stations_of_the_village_and_of_no_other():
    seen = occasion(risk(4, lead_min=150))
    events = (
        StationEvent(StationEventKind.DEATH, "H01", SLOT, "silent for over 120 min", ("hekou",)),
        StationEvent(StationEventKind.SUSPENDED, "H02", SLOT, "it lies", ("songlin",)),
    )
    seen = replace(seen, bulletin=replace(seen.bulletin, events=events))
    for language, word in (("en", "STATION SILENT: H01"), ("zh", "测站中断：H01")):
        (message,) = told(seen, Audience.OFFICER, language)
        assert word in message.body
        assert "silent for over 120 min" in message.body
        assert "it lies" not in message.body


def test_an_officer_reads_who_fed_a_reading_by_hand_and_why():
    seen = risk(4, lead_min=150)
    (rain,) = seen.evidence
    fed = replace(rain, fed_by="1 fed by hand by role:duty: read at the staff gauge")
    for language in ("en", "zh"):
        (message,) = told(occasion(replace(seen, evidence=(fed,))), Audience.OFFICER, language)
        assert "1 fed by hand by role:duty: read at the staff gauge" in message.body


def test_what_a_telephone_brings_is_written_with_the_mail_and_asks_for_no_digit_by_itself():
    seen = occasion(risk(4, lead_min=200))
    asking = PACK.config.model_copy(update={"sms_replies": True})
    for pack, digit in ((PACK, False), (replace(PACK, config=asking), True)):
        texts = [m for m in compose(seen, pack).messages if m.audience is Audience.VILLAGER]
        assert all(m.sms and m.voice for m in texts)
        assert {"Reply 1" in m.sms for m in texts if m.language == "en"} == {digit}


def test_a_site_without_a_form_writes_nothing_in_it():
    templates = {
        language: words.model_copy(update={"sms": {}}) for language, words in PACK.templates.items()
    }
    told = compose(occasion(risk(4)), replace(PACK, templates=templates)).messages
    assert {m.sms for m in told} == {None}
    assert None not in {m.voice for m in told}


def test_a_configuration_that_asks_for_no_digit_keeps_its_hash():
    assert b"sms_replies" not in PACK.config.to_bytes()
