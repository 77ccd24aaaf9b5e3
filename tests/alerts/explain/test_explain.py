"""Every message can be made again from what the store keeps, with the site's files gone."""

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from alerts.actions import Asked, confirm_lower, order_village, request_lower
from alerts.closing import Closing, report
from alerts.explain import explain, message_at
from alerts.issue import Minute
from alerts.tables import cap_alert, message
from alerts.tier import Tier, tier_for
from alerts.warning_pack import load_warning
from pipeline.assess import assess, bulletins
from pipeline.bulletin import RiskLevel, StationEvent, StationEventKind
from pipeline.errors import NotKept
from pipeline.instants import slots
from pipeline.observe import observe
from pipeline.replay import Verdict
from pipeline.site.derive import risk_config
from pipeline.site.pack import load
from pipeline.store.tables import batch, config_version, cycle
from pipeline.world import Mode, live
from tests.alerts.night import HOUR, WALL, Night, Torn, home_of
from tests.valley import STORM_PEAK, copied

FIRST, LAST = STORM_PEAK - 9 * HOUR, STORM_PEAK + HOUR
DELAY = timedelta(minutes=5)
AFTER = Minute(WALL, LAST + DELAY)


@pytest.fixture
def storm(engine, tmp_path):
    """Give a night on which the recorded storm was observed, judged and warned of."""
    folder = copied(tmp_path)
    site = load(folder, tmp_path / "home")
    night = Night(engine, home_of(tmp_path / "home"), pack=load_warning(site))
    for feed in site.feeds:
        observe(
            engine,
            site,
            night.world,
            feed.feed_id,
            start=FIRST - 40 * 24 * HOUR,
            end=LAST,
            now=LAST,
        )
    config = risk_config(site)
    for slot in slots(FIRST, LAST, HOUR):
        assess(engine, config, night.world, slot, cutoff=slot + DELAY, now=WALL)
    night.warned(at=AFTER)
    night.folder = folder
    assert len({row.village_id for row in night.rows(message)}) > 2
    return night


def verdicts(night, messages=()):
    """Explain one message of each kind, and those that are asked for, with the site deleted."""
    shutil.rmtree(night.folder)
    night.engine.dispose()
    wanted = {row.message_id for row in (*night.one_of_each(), *messages)}
    return {message_id: explain(night.engine, message_id) for message_id in sorted(wanted)}


def test_each_message_of_the_storm_is_identical_with_the_site_deleted(storm):
    found = verdicts(storm, storm.rows(message))
    assert {(e.verdict, e.where) for e in found.values()} == {(Verdict.IDENTICAL, ())}


def test_so_is_what_was_kept_before_a_telephone_brought_it_and_another_word_is_seen(storm):
    one, other = storm.rows(message)[:2]
    with storm.engine.begin() as connection:
        this, that = (
            update(message).where(message.c.message_id == m.message_id) for m in (one, other)
        )
        connection.execute(this.values(sms=None, voice=None))
        connection.execute(that.values(sms="stay where you are"))
    found = verdicts(storm, (one, other))
    assert (found[one.message_id].verdict, found[one.message_id].where) == (Verdict.IDENTICAL, ())
    assert found[other.message_id].where == ("sms",)


def test_so_is_what_persons_ordered_and_lowered(storm):
    request = request_lower(
        storm.desk, Asked("songlin", Tier.NONE, "gone", "county_duty-1", "all counted"), AFTER
    )
    confirm_lower(storm.desk, request, "county_duty-2", AFTER)
    later = Minute(AFTER.wall + DELAY, AFTER.flood + DELAY)
    order_village(storm.desk, Asked("songlin", Tier.RED, "seen", "county_duty-1"), later)
    found = verdicts(storm, [r for r in storm.rows(message) if r.village_id == "songlin"])
    by_hand = [e for e in found.values() if e.kept.message.provenance.action_id is not None]
    assert {e.kept.message.tier for e in by_hand} == {Tier.RED, Tier.NONE}
    assert {(e.verdict, e.where) for e in found.values()} == {(Verdict.IDENTICAL, ())}


def test_so_is_each_new_way_that_was_told_when_one_closed_and_opened_again(storm):
    for minutes, closed in enumerate((True, False, True), start=1):
        later = Minute(AFTER.wall + minutes * DELAY, AFTER.flood + minutes * DELAY)
        for plan in storm.pack.plans.values():
            for way in plan.routes:
                subject = (plan.village_id, "route", way.id)
                report(storm.desk, Closing(*subject, closed, "x", "county_duty-1"), later)
    found = verdicts(storm, [r for r in storm.rows(message) if r.revision > 1])
    rerouted = [e for e in found.values() if e.kept.message.provenance.closures_before is not None]
    assert rerouted
    assert {(e.verdict, e.where) for e in found.values()} == {(Verdict.IDENTICAL, ())}


@pytest.mark.parametrize("level", [RiskLevel.YELLOW, RiskLevel.ORANGE])
def test_so_is_the_last_word_to_a_village_that_may_be_cut_off(storm, level):
    newest = list(bulletins(storm.engine, storm.world, after=None))[-1]
    details = tuple(replace(each, level=level) for each in newest.details)
    calmer = replace(newest, levels=(level,) * len(newest.levels), details=details)
    sign = StationEvent(
        StationEventKind.COMMS_AT_RISK, "QX02", LAST, "its battery falls", newest.villages
    )
    later = replace(calmer, slot=LAST + HOUR, cutoff=LAST + HOUR + DELAY, events=(sign,))
    storm.world = replace(storm.world, world_id="x3")
    storm.warned(calmer, at=AFTER)
    storm.warned(later, at=Minute(AFTER.wall + HOUR, AFTER.flood + HOUR))
    found = [explain(storm.engine, row.message_id) for row in storm.rows(message)]
    last = [each for each in found if each.kept.message.provenance.last_word]
    assert {each.kept.message.audience for each in last} == {"villager", "officer"}
    assert {(each.text, each.kept.message.tier) for each in last} == {
        (Verdict.IDENTICAL, tier_for(level))
    }


def test_so_is_what_a_person_ordered_before_any_bulletin(storm):
    storm.world = replace(storm.world, world_id="x3")
    order_village(storm.desk, Asked("songlin", Tier.RED, "seen", "county_duty-1"), AFTER)
    assert {e.verdict for e in verdicts(storm).values()} == {Verdict.IDENTICAL}


def test_so_is_what_was_real_after_an_exercise(storm):
    storm.world = live("valley")
    order_village(storm.desk, Asked("songlin", Tier.RED, "seen", "county_duty-1"), AFTER)
    found = verdicts(storm)
    assert {e.verdict for e in found.values()} == {Verdict.IDENTICAL}
    assert {e.kept.message.provenance.drilled for e in found.values()} == {True}


def test_so_is_what_was_ordered_once_more(storm):
    again = Asked("songlin", Tier.RED, "nobody answers", "county_duty-1")
    for minutes in (1, 2):
        late = Minute(AFTER.wall + minutes * DELAY, AFTER.flood + minutes * DELAY)
        issued = order_village(storm.desk, again, late)
    found = verdicts(storm, issued.messages)
    assert {found[m.message_id].verdict for m in issued.messages} == {Verdict.IDENTICAL}


def test_so_is_what_was_told_of_one_bulletin_on_time_and_of_many_late(engine, storm):
    storm.world = replace(storm.world, world_id="x2")
    told = bulletins(engine, replace(storm.world, world_id="x1"), after=None)
    for number, cut in enumerate((told[:4], told[4:5], told[5:8], told[8:])):
        after = Minute(WALL + number * HOUR, cut[-1].cutoff + number * HOUR / 4)
        storm.warned(*cut, at=after)
    revisions = {row.revision for row in storm.rows(message)}
    shutil.rmtree(storm.folder)
    texts = [explain(engine, row.message_id).text for row in storm.one_of_each()]
    assert len(revisions) > 1
    assert set(texts) == {Verdict.IDENTICAL}


def test_so_is_what_was_told_between_alerts_that_were_issued_anew(engine, storm):
    storm.world = replace(storm.world, world_id="x2")
    rules = storm.pack.config.model_copy(update={"expires_minutes": 60})
    storm.pack = replace(storm.pack, config=rules)
    told = bulletins(engine, replace(storm.world, world_id="x1"), after=None)
    for each in told:
        storm.warned(each, at=Minute(WALL, each.cutoff))
    issued = {row.identifier for row in storm.rows(cap_alert)}
    assert {row.cap_identifier for row in storm.rows(message)} - {None} < issued
    shutil.rmtree(storm.folder)
    texts = {explain(engine, row.message_id).text for row in storm.rows(message)}
    assert texts == {Verdict.IDENTICAL}


def test_a_bulletin_on_the_way_that_is_gone_is_said_to_be(storm):
    last = max(storm.rows(message), key=lambda row: row.revision)
    with storm.engine.begin() as connection:
        connection.execute(delete(cycle).where(cycle.c.slot < last.slot))
    assert explain(storm.engine, last.message_id).text is Verdict.PRUNED


def test_so_is_what_went_out_in_plain_words_because_a_plan_broke(storm):
    lowered = Asked("baishi", Tier.NONE, "gone", "county_duty-1", "all counted")
    confirm_lower(storm.desk, request_lower(storm.desk, lowered, AFTER), "county_duty-2", AFTER)
    storm.pack = replace(storm.pack, plans=Torn(storm.pack.plans))
    later = Minute(AFTER.wall + DELAY, AFTER.flood + DELAY)
    issued = order_village(storm.desk, Asked("baishi", Tier.RED, "x", "county_duty-1"), later)
    assert issued.faults
    found = verdicts(storm, issued.messages)
    plain = {found[m.message_id].verdict for m in issued.messages}
    assert plain == {Verdict.IDENTICAL}


def test_a_text_that_was_changed_in_the_store_is_found_out(storm):
    first = storm.rows(message)[0].message_id
    with storm.engine.begin() as connection:
        connection.execute(
            update(message).where(message.c.message_id == first).values(body="all is well")
        )
    explained = explain(storm.engine, first)
    assert (explained.verdict, explained.where) == (Verdict.DIFFERS, ("body",))


def test_what_was_pruned_is_said_to_be(storm):
    first = storm.rows(message)[0].message_id
    with storm.engine.begin() as connection:
        connection.execute(delete(config_version).where(config_version.c.kind == "template"))
    assert explain(storm.engine, first).verdict is Verdict.PRUNED


def test_a_decision_whose_rows_are_gone_differs(storm):
    first = storm.rows(message)[0].message_id
    with storm.engine.begin() as connection:
        connection.execute(delete(batch))
    explained = explain(storm.engine, first)
    assert explained.verdict is Verdict.DIFFERS
    assert "inputs_sha256" in explained.where


def test_the_last_word_to_a_village_is_found_by_its_time(storm):
    last = max(storm.rows(message), key=lambda row: row.slot)
    named = message_at(storm.engine, Mode.EXERCISE, last.village_id, LAST)
    assert explain(storm.engine, named).kept.message.village_id == last.village_id
    for village, at in (("nowhere", LAST), (last.village_id, FIRST - HOUR)):
        assert message_at(storm.engine, Mode.EXERCISE, village, at) is None


def test_an_unknown_message_is_said_to_be(storm):
    with pytest.raises(NotKept):
        explain(storm.engine, "0" * 32)
