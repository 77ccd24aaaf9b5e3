"""A night in a village with a siren: when it is called, by which texts, and when never."""

import logging
from datetime import timedelta

import pytest

from alerts.actions import Asked, order_village
from alerts.agree import agree
from alerts.issue import Minute
from alerts.releasing import request_retraction
from alerts.roster import CONTACTS
from alerts.tier import Tier
from pipeline.world import live
from tests.alerts.channels.mosquitto import password
from tests.alerts.channels.test_webhook_night import everything
from tests.alerts.night import FLOOD, WALL, attempt, delivery, levels, message
from tests.alerts.siren.beside import MASTER, NOW, Beside, until

FIRST, SECOND, SIREN = "county_duty-1", "county_duty-2", "siren/hekou-1"
ZONES = {"riverside", "island", "south"}
CONTACT = """
[[contacts]]
ref = "{ref}"
role = "siren"
villages = ["{village}"]
channels = ["siren"]
exercise = {exercise}

[contacts.siren]
device = "{device}"
speaks_at_orange = {at_orange}
"""


def at(minutes: int) -> Minute:
    later = timedelta(minutes=minutes)
    return Minute(WALL + later, FLOOD + later)


def with_siren(night, device="hekou-1", village="hekou", *, exercise=True, at_orange=False):
    path, said = night.home / CONTACTS, {"device": device, "village": village}
    said |= {"exercise": str(exercise).lower(), "at_orange": str(at_orange).lower()}
    with path.open("a") as file:
        file.write(CONTACT.format(ref=f"siren/{device}", **said))
    assert night.roster.faults == ()


def called(night):
    """Return the texts that are for a siren, by device and place."""
    texts = {row.message_id: row for row in night.rows(message)}
    return [
        (row.contact_ref, texts[row.message_id])
        for row in night.rows(delivery)
        if row.channel == "siren"
    ]


def test_at_red_every_zone_s_order_and_no_other_goes_to_the_villages_sirens(night):
    with_siren(night)
    with_siren(night, "hekou-2")
    with_siren(night, "baishi-1", "baishi")
    night.warned(levels(hekou=4))
    told = {(ref, text.village_id, text.place_id, text.audience) for ref, text in called(night)}
    assert told == {
        (f"siren/{device}", "hekou", zone, "villager")
        for device in ("hekou-1", "hekou-2")
        for zone in ZONES
    }


def test_a_village_without_a_plan_is_told_as_a_whole(night):
    with_siren(night, "songlin-1", "songlin")
    assert "songlin" not in night.desk.pack.plans
    night.warned(levels(songlin=4))
    assert [text.place_id for _, text in called(night)] == ["village"]


@pytest.mark.parametrize(("at_orange", "zones"), [(False, set()), (True, ZONES)])
def test_at_orange_a_siren_speaks_only_where_the_site_wants_it(night, at_orange, zones):
    with_siren(night, at_orange=at_orange)
    night.warned(levels(hekou=3))
    assert {text.place_id for _, text in called(night)} == zones


@pytest.mark.parametrize("level", [0, 1, 2])
def test_below_orange_no_siren_is_called(night, level):
    with_siren(night, at_orange=True)
    night.warned(levels(hekou=level))
    assert called(night) == []


def test_in_an_exercise_a_siren_that_is_not_marked_for_it_is_not_even_queued(night):
    with_siren(night, exercise=False)
    night.warned(levels(hekou=4))
    assert night.rows(delivery)
    assert called(night) == []


def test_in_earnest_the_same_siren_is_called(night):
    with_siren(night, exercise=False)
    night.world = live("valley")
    night.warned(levels(hekou=4))
    assert {text.place_id for _, text in called(night)} == ZONES


def test_a_mark_that_is_taken_away_stops_an_exercise_that_was_queued(night, channel):
    with_siren(night)
    night.warned(levels(hekou=4))
    path = night.home / CONTACTS
    before, siren = path.read_text().split(f'ref = "{SIREN}"')
    path.write_text(before + f'ref = "{SIREN}"' + siren.replace("exercise = true", ""))
    night.delivered(channels={"siren": channel})
    told = {row.state for row in night.rows(delivery) if row.channel == "siren"}
    assert told == {"failed_final"}


def test_what_was_said_aloud_in_error_is_taken_back_aloud(night):
    with_siren(night)
    order_village(night.desk, Asked("hekou", Tier.RED, "typed the wrong name", FIRST), at(1))
    agree(night.desk, request_retraction(night.desk, "hekou", "x", FIRST, at(2)), SECOND, at(3))
    assert [text.action for _, text in called(night)][-1] == "retract"


def test_what_was_not_said_aloud_is_not_taken_back_aloud(night):
    with_siren(night)
    order_village(night.desk, Asked("hekou", Tier.ORANGE, "typed the wrong name", FIRST), at(1))
    agree(night.desk, request_retraction(night.desk, "hekou", "x", FIRST, at(2)), SECOND, at(3))
    assert called(night) == []


def test_a_siren_is_nobody_told(night):
    """Where the roster has nobody else, the officers hear that the village was not reached."""
    path = night.home / CONTACTS
    path.write_text('schema = "floodwarn.contacts/1"\n')
    with_siren(night)
    faults = [fault for warned in night.warned(levels(hekou=4)) for fault in warned.faults]
    for zone in ZONES:
        assert any(f"no villager to tell: {zone}" in str(fault) for fault in faults), faults
    assert len(called(night)) == len(ZONES)


def test_the_siren_sounds_once_speaks_the_stored_texts_and_counts_as_accepted(
    night, broker, channel, tmp_path, caplog
):
    caplog.set_level(logging.DEBUG)
    with_siren(night)
    siren = Beside(broker, tmp_path / "heard.json", exercises=True)
    night.warned(levels(hekou=4))
    with siren.listening():
        for later in (0, 60):
            night.delivered(after_s=later, channels={"siren": channel})
        until(lambda: len(siren.sounded) == len(ZONES))
    assert NOW == WALL
    assert [sound.tone for sound in siren.sounded] == [True, False, False]
    stored = [text for _, text in called(night)]
    assert sorted(sound.text for sound in siren.sounded) == sorted(text.body for text in stored)
    for sound in siren.sounded:
        assert sound.text.splitlines()[0] == sound.text.splitlines()[-1] == "EXERCISE"
        assert "http" not in sound.text
    states = {row.state for row in night.rows(delivery) if row.channel == "siren"}
    assert states == {"accepted"}
    keys = {row.delivery_key for row in night.rows(delivery) if row.channel == "siren"}
    said = {row.reference for row in night.rows(attempt) if row.delivery_key in keys}
    assert said == {"device:sounding"}
    told = everything(night.engine) + caplog.text
    assert not any(hidden in told for hidden in (MASTER, password("floodwarn")))


def test_a_broker_that_is_down_holds_up_nobody_and_is_tried_again(night, broker, channel, post):
    with_siren(night)
    broker.stop()
    night.warned(levels(hekou=4))
    night.delivered(channels={**night.channels, "siren": channel})
    by_channel = {}
    for row in night.rows(delivery):
        by_channel.setdefault(row.channel, set()).add(row.state)
    assert by_channel == {"email": {"accepted"}, "siren": {"failed_retry"}}
