"""What is handed out is what was kept, byte for byte, and signed only where there is a key."""

from dataclasses import replace
from datetime import timedelta

import pytest
from lxml import etree

from alerts.actions import Asked, confirm_lower, request_lower
from alerts.approvals import Judged, approve, refuse
from alerts.cap_rules import NAMESPACE
from alerts.cap_signature import verified
from alerts.errors import NotGone, Refused, RosterError
from alerts.explain import explain
from alerts.handing_out import Copy, of_episode, of_identifier, of_message, of_village, signed
from alerts.plan.hazard import HazardMap
from alerts.readiness import findings_of
from alerts.roster import write_private
from alerts.tables import cap_alert
from alerts.tier import Tier
from pipeline.errors import NotKept
from pipeline.world import Mode, World
from tests.alerts.cap.pairs import pair
from tests.alerts.night import FLOOD, HOUR, SLOT, WALL, Minute, levels, message
from tests.golden.samples import VALLEY, quick_valley

KEY = "cap.pem"
BY = "county_duty-1"
MODE = Mode.EXERCISE
LATER = WALL + 99 * HOUR
MINUTES = timedelta(minutes=1)


def kept(night) -> dict[str, bytes]:
    return {row.identifier: row.content for row in night.rows(cap_alert)}


def hours(night, count: int, level: int = 4) -> None:
    """Let hekou stand at a level for so many bulletins, an hour apart."""
    for hour in range(count):
        slot = SLOT + hour * HOUR
        night.warned(levels(slot, hekou=level), at=Minute(WALL + hour * HOUR, slot))


def signs(night, file: bytes) -> object:
    assert write_private(night.home / KEY, file)
    return replace(night.settings, cap_key=KEY)


def test_every_message_s_alert_is_the_one_that_was_kept_with_it(night):
    night.warned(levels(hekou=4, baishi=3))
    told = night.rows(message)
    assert len({row.village_id for row in told}) == 2
    for row in told:
        copy = of_message(night.engine, row.message_id, now=LATER)
        assert copy == Copy(row.cap_identifier, kept(night)[row.cap_identifier])


def test_of_a_village_it_is_the_one_that_stood_then_also_one_issued_anew(night):
    hours(night, 12)
    issued = sorted(night.rows(cap_alert), key=lambda row: row.revision)
    assert len(issued) > 2
    for row in issued:
        at = SLOT + (row.revision - 1) * HOUR
        copy = of_village(night.engine, MODE, "hekou", at, now=LATER)
        assert copy == Copy(row.identifier, row.content)
    assert (
        of_village(night.engine, MODE, "hekou", SLOT + 99 * HOUR, now=LATER).content
        == issued[-1].content
    )


@pytest.mark.parametrize(("again", "kind"), [(1, "Cancel"), (2, "Alert"), (4, "Alert")])
def test_of_a_flood_that_followed_another_while_no_cycle_ran_it_is_its_own(night, again, kind):
    night.warned(levels(hekou=2))
    calm = [levels(SLOT + hour * HOUR) for hour in range(1, 5)]
    at = Minute(WALL + 5 * HOUR, SLOT + 5 * HOUR)
    night.warned(*calm, levels(SLOT + 5 * HOUR, hekou=again), at=at)
    copy = of_village(night.engine, MODE, "hekou", SLOT + 5 * HOUR, now=LATER)
    assert said(copy.content, "msgType") == {kind}
    first = of_village(night.engine, MODE, "hekou", SLOT, now=LATER)
    assert said(first.content, "incidents") != said(copy.content, "incidents") or again == 1


def test_an_end_is_not_handed_out_for_a_flood_whose_own_alert_could_not_be_issued(night):
    for hour, level in enumerate((2, 0, 0, 0, 0)):
        slot = SLOT + hour * HOUR
        night.warned(levels(slot, hekou=level), at=Minute(WALL + hour * HOUR, slot))
    whole = quick_valley()
    night.pack = replace(whole, config=whole.config.model_copy(update={"web": ""}))
    night.warned(levels(SLOT + 5 * HOUR, hekou=4), at=Minute(WALL + 5 * HOUR, SLOT + 5 * HOUR))
    ended = of_village(night.engine, MODE, "hekou", SLOT + 4 * HOUR, now=LATER)
    assert said(ended.content, "msgType") == {"Cancel"}
    with pytest.raises(Refused, match="not issued as a CAP alert"):
        of_village(night.engine, MODE, "hekou", SLOT + 5 * HOUR, now=LATER)


def test_of_whom_nothing_was_told_nothing_is_handed_out(night):
    night.warned(levels(hekou=4))
    with pytest.raises(NotKept):
        of_village(night.engine, MODE, "hekou", SLOT - HOUR, now=LATER)
    with pytest.raises(NotKept):
        of_village(night.engine, MODE, "baishi", SLOT, now=LATER)
    with pytest.raises(NotKept):
        of_village(night.engine, Mode.LIVE, "hekou", SLOT, now=LATER)
    with pytest.raises(NotKept):
        of_message(night.engine, "0" * 32, now=LATER)


def test_a_river_point_is_never_told_in_cap(night):
    night.warned(levels(rp_lower=4))
    (row, *_) = night.rows(message)
    with pytest.raises(Refused, match="not issued as a CAP alert"):
        of_message(night.engine, row.message_id, now=LATER)
    with pytest.raises(Refused, match="not issued as a CAP alert"):
        of_village(night.engine, MODE, "rp-lower", SLOT, now=LATER)


def test_no_world_hands_out_another_s_alert(night):
    night.warned(levels(hekou=4))
    (identifier,) = kept(night)
    assert of_identifier(night.engine, night.world, identifier, now=LATER).identifier == identifier
    assert of_identifier(night.engine, World("valley", MODE, "x2"), identifier, now=LATER) is None
    assert (
        of_identifier(night.engine, World("valley", Mode.LIVE, "-"), identifier, now=LATER) is None
    )


def test_no_identifier_names_a_file_elsewhere():
    assert Copy("../../etc/x y", b"").file_name == "..-..-etc-x-y.xml"
    assert Copy("valley.2026-11-24T02:00:00Z-a1.b.1", b"").file_name.endswith("a1.b.1.xml")


def test_signing_touches_nothing_that_is_kept_and_explain_says_the_same(night):
    night.warned(levels(hekou=4))
    before, told = kept(night), night.rows(message)[0]
    was = explain(night.engine, told.message_id)
    ours = pair()
    copy = of_message(night.engine, told.message_id, now=LATER)
    leaves = signed(copy, signs(night, ours.file), now=WALL)
    assert leaves.content != copy.content
    assert leaves.identifier == copy.identifier
    assert verified(leaves.content, ours.certificate, now=WALL)
    assert kept(night) == before
    assert explain(night.engine, told.message_id) == was


# ------------------------------------------------------------------ what the village has not heard


@pytest.fixture
def asked(night):
    """Give a night on which yellow goes at once, and red waits three minutes for an approver."""
    config = quick_valley().config.model_copy(update={"send_red": "approve"})
    night.pack = replace(quick_valley(), config=config)
    return night


def at(minutes: float) -> Minute:
    return Minute(WALL + minutes * MINUTES, FLOOD + minutes * MINUTES)


def given_out(night, minutes: float) -> list[bytes]:
    """Return what every way of asking gives in that minute; each way gives the same or nothing."""
    now = at(minutes).wall
    rows = sorted(night.rows(cap_alert), key=lambda row: row.revision)
    open_ = of_episode(night.engine, night.world, rows[0].episode_id, now=now)
    of = {row.cap_identifier: row.message_id for row in night.rows(message)}
    given = []
    for row in rows:
        try:
            copy = of_identifier(night.engine, night.world, row.identifier, now=now)
        except NotGone:
            assert row.identifier not in {each.reference.identifier for each in open_}
            with pytest.raises(NotGone):
                of_message(night.engine, of[row.identifier], now=now)
        else:
            assert row.identifier in {each.reference.identifier for each in open_}
            given.append(copy.content)
    if given:
        last = of_village(night.engine, MODE, "hekou", at(minutes).flood + 9 * HOUR, now=now)
        assert last.content == given[-1]
    else:
        with pytest.raises(NotGone):
            of_village(night.engine, MODE, "hekou", at(minutes).flood + 9 * HOUR, now=now)
    return given


def said(content: bytes, name: str) -> set[str]:
    return {each.text for each in etree.fromstring(content).iter(f"{{{NAMESPACE}}}{name}")}


def test_an_order_that_waits_for_an_approver_is_read_by_nobody_until_it_goes(asked):
    asked.warned(levels(hekou=4))
    assert [given_out(asked, minutes) for minutes in (0, 2.9)] == [[], []]
    assert given_out(asked, 3) == [*kept(asked).values()]


def test_a_yes_lets_its_alert_out_and_a_no_keeps_it_in(asked):
    asked.warned(levels(hekou=4, baishi=4))
    refuse(asked.desk, Judged("hekou", BY, "the gauge lies"), at(1))
    approve(asked.desk, Judged("baishi", BY), at(1))
    one = of_village(asked.engine, MODE, "baishi", at(1).flood, now=at(1).wall)
    assert said(one.content, "severity") == {"Extreme"}
    for minutes in (1, 4, 15.9):
        with pytest.raises(NotGone):
            of_village(asked.engine, MODE, "hekou", at(minutes).flood, now=at(minutes).wall)
    gone = of_village(asked.engine, MODE, "hekou", at(16).flood, now=at(16).wall)
    assert said(gone.content, "responseType") <= {"Evacuate", "Shelter"}


def test_while_a_rise_waits_the_world_reads_what_the_village_was_told(asked):
    asked.warned(levels(hekou=2))
    asked.warned(levels(SLOT + HOUR, hekou=4), at=at(60))
    told = given_out(asked, 61)
    assert [said(each, "severity") for each in told] == [{"Moderate"}]
    assert len(given_out(asked, 63)) == 2


def test_an_order_that_was_overtaken_while_it_waited_is_never_read(asked, post):
    asked.warned(levels(hekou=2))
    asked.delivered()
    asked.warned(levels(SLOT + HOUR, hekou=4), at=at(60))
    refuse(asked.desk, Judged("hekou", BY, "the gauge lies"), at(61))
    request = request_lower(asked.desk, Asked("hekou", Tier.YELLOW, "x", BY, override="x"), at(62))
    confirm_lower(asked.desk, request, "county_duty-2", at(62))
    for after_s in (62 * 60, 80 * 60):
        asked.delivered(after_s=after_s)
        severities = [said(each, "severity") for each in given_out(asked, after_s / 60)]
        assert severities == [{"Moderate"}, {"Moderate"}]


def test_what_is_issued_anew_while_an_order_waits_waits_with_it(asked):
    config = asked.desk.pack.config.model_copy(
        update={"expires_minutes": 60, "refusal_minutes": 30}
    )
    asked.pack = replace(asked.desk.pack, config=config)
    asked.warned(levels(hekou=4))
    refuse(asked.desk, Judged("hekou", BY, "the gauge lies"), at(1))
    asked.warned(levels(SLOT + HOUR, hekou=4), at=at(2))
    assert len(kept(asked)) == 3
    assert given_out_of_all(asked, 2) == []
    assert len(given_out_of_all(asked, 31)) == 3


def given_out_of_all(night, minutes: float) -> list[str]:
    (episode_id,) = {row.episode_id for row in night.rows(cap_alert)}
    open_ = of_episode(night.engine, night.world, episode_id, now=at(minutes).wall)
    return [each.reference.identifier for each in open_]


def test_ground_that_is_drawn_anew_since_leaves_what_was_issued_and_its_explanation(night):
    night.warned(levels(hekou=4))
    before, told = kept(night), night.rows(message)
    was = [explain(night.engine, row.message_id) for row in told]
    (content,) = before.values()
    assert b"<polygon>" in content
    night.pack = replace(quick_valley(), hazards=HazardMap())
    night.warned(levels(hekou=4))
    hours(night, 2)
    assert before.items() <= kept(night).items()
    assert [explain(night.engine, row.message_id) for row in told] == was


def test_without_a_key_it_leaves_as_it_is(night):
    copy = Copy("a.1", b"<alert/>")
    assert signed(copy, night.settings, now=WALL) == copy


def test_a_key_that_is_absent_open_to_others_or_broken_lets_nothing_leave(night):
    copy = Copy("a.1", b"<alert/>")
    named = replace(night.settings, cap_key=KEY)
    with pytest.raises(RosterError, match=f"{KEY} is not in FLOODWARN_HOME"):
        signed(copy, named, now=WALL)
    signs(night, b"no key")
    with pytest.raises(Refused):
        signed(copy, named, now=WALL)
    (night.home / KEY).chmod(0o640)
    with pytest.raises(RosterError, match="chmod 600"):
        signed(copy, named, now=WALL)


def found(settings) -> list[str]:
    here = replace(settings, site_folder=VALLEY)
    return [f.message for f in findings_of(here, WALL) if KEY in f.file]


def test_the_check_tries_the_key_before_it_is_needed(night):
    assert found(night.settings) == []
    assert found(replace(night.settings, cap_key=KEY)) == [f"{KEY} is not in FLOODWARN_HOME"]
    assert found(signs(night, pair().file)) == []
    (night.home / KEY).chmod(0o604)
    assert found(replace(night.settings, cap_key=KEY)) == [f"{KEY} is open to others: chmod 600"]


def test_the_check_finds_a_key_whose_certificate_has_run_out(night):
    (said,) = found(signs(night, pair(until=WALL - HOUR).file))
    assert "not valid after" in said
