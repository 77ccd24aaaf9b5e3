"""A village that may soon be cut off hears, while it can, what it does without any word."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.episode import TierEpisode
from alerts.tables import cap_alert, delivery, episode, message
from pipeline.bulletin import StationEvent, StationEventKind
from pipeline.instants import to_us
from tests.alerts.night import MINUTE, WALL, levels
from tests.golden.samples import HOUR, SLOT, quick_valley

YELLOW, ORANGE, RED = 2, 3, 4
HEKOU = "hekou"


def at_risk(slot, kind=StationEventKind.COMMS_AT_RISK, *, village=HEKOU, **of):
    """Return a bulletin in which a station that speaks for the village is about to fall silent."""
    event = StationEvent(kind, "QX02", slot, "its battery falls", (village,))
    return replace(levels(slot, **of), events=(event,))


def after(hours):
    """Return the minute at which the bulletin of that many hours later is taken up."""
    return replace(MINUTE, wall=WALL + hours * HOUR, flood=MINUTE.flood + hours * HOUR)


def told(night, revision):
    """Return what the village was told at a revision of its episode, in English, by place."""
    rows = [row for row in night.rows(message) if row.village_id == HEKOU]
    return {
        row.place_id: row
        for row in rows
        if (row.audience, row.language, row.revision) == ("villager", "en", revision)
    }


@pytest.fixture
def risen(night):
    """Give a night on which hekou stands at a level and may then be cut off."""

    def to(level):
        night.warned(levels(hekou=level))
        night.warned(at_risk(SLOT + HOUR, hekou=level), at=after(1))
        return night

    return to


@pytest.mark.parametrize("form", ["body", "sms", "voice"])
@pytest.mark.parametrize("level", [YELLOW, ORANGE])
def test_the_last_word_names_the_mark_of_the_water_and_the_shelter(risen, level, form):
    last = told(risen(level), 2)
    assert last
    for row in last.values():
        said = getattr(row, form)
        assert "The network may fail" in said
        assert "the water stands at the second line on the wall" in said
        assert "the rain bucket" in said
        assert "go to " in said


def test_it_is_said_once_an_episode(risen):
    night = risen(YELLOW)
    night.warned(at_risk(SLOT + 2 * HOUR, hekou=YELLOW), at=after(2))
    assert told(night, 2)
    assert not told(night, 3)


def test_a_rise_is_told_first_and_the_word_follows_with_the_next_bulletin(night):
    night.warned(at_risk(SLOT, hekou=YELLOW))
    assert "The network" not in told(night, 1)["village"].body
    night.warned(at_risk(SLOT + HOUR, hekou=YELLOW), at=after(1))
    assert "The network" in told(night, 2)["village"].body


def test_a_rise_after_it_is_told_as_every_rise_is(risen):
    night = risen(YELLOW)
    night.warned(at_risk(SLOT + 2 * HOUR, hekou=RED), at=after(2))
    assert {row.action for row in told(night, 3).values()} <= {"move", "refuge"}


@pytest.mark.parametrize(
    "bulletin",
    [
        levels(SLOT + HOUR, hekou=YELLOW),
        at_risk(SLOT + HOUR, StationEventKind.DEATH, hekou=YELLOW),
        at_risk(SLOT + HOUR, village="nanping", hekou=YELLOW),
    ],
    ids=["no sign", "a station that is dead already", "another village's station"],
)
def test_without_its_own_sign_a_village_is_told_nothing_more(night, bulletin):
    night.warned(levels(hekou=YELLOW))
    night.warned(bulletin, at=after(1))
    assert not told(night, 2)


@pytest.mark.parametrize("level", [0, 1, RED])
def test_who_waits_for_no_word_is_told_nothing_more(risen, level):
    assert not told(risen(level), 2)


def test_at_orange_only_those_who_wait_are_told_and_movers_not_once_more(risen):
    night = risen(ORANGE)
    before, last = told(night, 1), told(night, 2)
    assert {row.action for row in before.values()} == {"prepare", "move"}
    assert {place for place, row in before.items() if row.action == "prepare"} == set(last)


def test_it_rings_at_once_in_the_quiet_hours(risen):
    night = risen(YELLOW)
    first, last = (
        [row for row in night.rows(delivery) if row.message_id in ids]
        for ids in ({r.message_id for r in told(night, n).values()} for n in (1, 2))
    )
    assert last
    assert {row.next_at for row in last} == {to_us(after(1).wall)}
    assert {row.contact_ref for row in first} == {row.contact_ref for row in last}


def test_it_waits_no_less_than_the_order_that_an_approver_may_still_stop(night):
    asks = {"send_orange": "approve", "approvers": ("county_duty",)}
    config = quick_valley().config.model_copy(update=asks)
    night.pack = replace(quick_valley(), config=config)
    night.warned(levels(hekou=ORANGE))
    soon = replace(
        MINUTE, wall=WALL + timedelta(minutes=2), flood=MINUTE.flood + timedelta(minutes=2)
    )
    night.warned(at_risk(SLOT + timedelta(minutes=2), hekou=ORANGE), at=soon)
    last = {row.message_id for row in told(night, 2).values()}
    goes = {row.next_at for row in night.rows(delivery) if row.message_id in last}
    assert goes == {to_us(WALL + timedelta(minutes=5))}
    questions = [row for row in night.rows(message) if row.audience == "approver"]
    assert {row.revision for row in questions} == {1}


def test_cap_says_once_more_all_that_stands_so_that_no_alert_is_of_an_order_that_never_went(risen):
    first, last = risen(ORANGE).rows(cap_alert)
    assert (first.revision, last.revision) == (1, 2)
    told = [
        re.findall("<instruction>(.*?)</instruction>", str(row.content, "utf-8"), re.DOTALL)
        for row in (first, last)
    ]
    assert told[0]
    assert told[0] == told[1]


def test_a_state_without_it_keeps_the_bytes_of_before_there_was_one(risen):
    night = risen(YELLOW)
    states = [TierEpisode.from_bytes(row.state) for row in night.rows(episode)]
    assert [state.last_word for state in states] == [False, True]
    assert b"last_word" not in states[0].to_bytes()
    assert states[1] == TierEpisode.from_bytes(states[1].to_bytes())
