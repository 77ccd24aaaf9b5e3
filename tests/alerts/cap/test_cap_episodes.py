"""Through every episode, whatever flood and persons do, its CAP alerts are one lawful chain."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from shapely import box

from alerts import cap_rules
from alerts.plan.hazard import HazardMap
from alerts.tier import Tier
from pipeline.world import live
from tests.alerts.cap import oracle
from tests.alerts.cap.episodes import Setting, settings, tell
from tests.alerts.cap.grounds import mapped
from tests.alerts.cap.steps import Deed, Told, steps
from tests.golden.samples import EXERCISE, SLOT


@given(setting=settings(), drawn=steps())
def test_every_alert_of_an_episode_is_valid_and_all_of_them_are_one_chain(setting, drawn):
    story = tell(setting, drawn)
    assert [each.cap.faults for each in story.told if each.cap.faults] == []
    assert [cap_rules.problems(each.cap.content) for each in story.told] == [[]] * len(story.told)
    assert oracle.faults(story) == []
    assert story.silent == []
    # an SMS that names many closed ways loses its end and says so: it is no part of CAP
    assert [fault for fault in story.faults if "its end was cut" not in fault] == []


HEKOU = Setting(EXERCISE, "hekou", ("zh", "en"), SLOT, quick=True, hazards=HazardMap())
BANKS = replace(HEKOU, hazards=mapped("hekou", [box(115.62, 40.06, 115.63, 40.07)]))
BANK = "40.0598,115.6198 40.0598,115.6302 40.0702,115.6302 40.0702,115.6198 40.0598,115.6198"
NIGHT = [
    Told(3, lead_min=300),
    Deed("close", after_s=60),
    Told(1, lead_min=200),
    Deed("order", tier=Tier.RED),
    Deed("lower", overrides=True),
    *(Deed("release") for _ in range(8)),
    Told(None),
    Told(2),
    *(Told(None) for _ in range(3)),
    Deed("order", tier=Tier.YELLOW),
    Deed("retract"),
]


@pytest.mark.parametrize("setting", [HEKOU, replace(HEKOU, world=live("valley"))])
def test_one_night_of_rise_reroute_release_calm_and_retraction_has_every_kind(setting):
    story = tell(setting, NIGHT)
    assert oracle.faults(story) == []
    kinds: dict[str, Counter[str]] = {}
    for each in story.told:
        kinds.setdefault(each.episode.episode_id, Counter())[each.cap.msg_type] += 1
    assert [dict(kind) for kind in kinds.values()] == [
        {"Alert": 1, "Update": 9},
        {"Alert": 1, "Cancel": 1},
        {"Alert": 1, "Cancel": 1},
    ]


def test_an_order_that_goes_out_while_a_bulletin_waits_is_sent_before_it():
    story = tell(HEKOU, [Told(2), Deed("order", after_s=4000, tier=Tier.ORANGE), Told(2)])
    ordered, risen = (oracle.parsed(each.cap.content) for each in story.told[1:])
    assert story.told[2].at < story.told[1].at
    assert oracle.one(risen, "sent") > oracle.one(ordered, "sent")
    assert oracle.faults(story) == []


@pytest.mark.parametrize("moved", [(), (Deed("lower", tier=Tier.ORANGE, overrides=True),)])
def test_what_stands_for_hours_is_issued_anew_in_the_chain(moved):
    story = tell(HEKOU, [Told(4), *moved, *(Told(0) for _ in range(20))])
    assert len(story.told) > 3 + len(moved)
    assert oracle.faults(story) == []


def chains(story):
    """Return the kinds of message of each episode, in the order in which they were issued."""
    kinds = {}
    for each in story.told:
        kinds.setdefault(each.episode.episode_id, []).append(each.cap.msg_type)
    return [*kinds.values()]


def test_a_warning_that_fell_to_blue_is_cancelled_when_blue_ends():
    calm = [Told(0) for _ in range(3)]
    story = tell(HEKOU, [Told(2), Told(-1), *calm, Told(None), *calm])
    assert story.episode.closed is not None
    assert [each.episode.tier for each in story.told] == [Tier.YELLOW, Tier.BLUE, Tier.NONE]
    assert chains(story) == [["Alert", "Update", "Cancel"]]
    assert oracle.faults(story) == []


@pytest.mark.parametrize("rise", [1, 2, 4])
def test_a_flood_that_ended_and_another_that_began_while_no_cycle_ran_are_two_chains(rise):
    waited = [Told(None, queued=True), *(Told(0, queued=True) for _ in range(3))]
    story = tell(HEKOU, [Told(2), *waited, Told(rise)])
    assert story.episode.opened > story.told[0].episode.opened
    assert chains(story) == [["Alert", "Cancel"], *([["Alert"]] if rise > 1 else [])]
    assert oracle.faults(story) == []
    assert story.silent == []


RING = "40.05,115.62 40.08,115.62 40.08,115.65 40.05,115.62"
CROSSED = "40.05,115.62 40.08,115.65 40.08,115.62 40.05,115.65 40.05,115.62"
CIRCLE = "<circle>40.0660,115.6320 1</circle>"


def ring(points):
    return f"<polygon>{points}</polygon>"


@pytest.mark.parametrize(
    ("number", "old", "new", "seen"),
    [
        (0, "<msgType>Alert", "<msgType>Update", "Update as number 1"),
        (1, "<msgType>Update", "<msgType>Alert", "Alert as number 2"),
        (1, "<msgType>Update", "<msgType>Cancel", "something follows a Cancel"),
        (-1, "<msgType>Cancel", "<msgType>Update", "Update as number 2"),
        (1, "+08:00</references>", "+00:00</references>", "references"),
        (1, ".1,2024", ".7,2024", "references"),
        (1, "<sent>2024-07-15T01:07:00", "<sent>2024-07-15T01:05:00", "and the one before it"),
        (0, "<sent>2024-07-15T01:05:00", "<sent>2024-07-14T01:05:00", "before it was made"),
        (0, "<status>Exercise", "<status>Actual", "an exercise is"),
        (0, "【演练】</headline>", "</headline>", "not within"),
        (0, "<note>【演练】", "<note>", "not within"),
        (0, "<severity>Severe", "<severity>Minor", "severity Minor at orange"),
        (0, "<language>zh-CN", "<language>fr", "languages"),
        (0, "<expires>2024-07-15T07", "<expires>2024-07-15T01", "born expired"),
        (0, "<value>hekou", "<value>baishi", "geocode"),
        (0, CIRCLE, "", "position without a map"),
        (0, CIRCLE, CIRCLE.replace("40.0660,115.6320", "41,115"), "does not hold the village"),
        (0, CIRCLE, ring(RING.rpartition(" ")[0]), "a polygon is open"),
        (0, CIRCLE, ring("40,115 40.1,115.1 40,115"), "a polygon of 3 points"),
        (0, CIRCLE, ring(" ".join([RING] * 26)), "a polygon of 104 points"),
        (0, CIRCLE, ring(CROSSED), "a polygon crosses itself"),
        (0, CIRCLE, ring(RING.replace("40.08", "98.0")), "off the globe"),
        (0, "<identifier>", "<scope/><identifier>", "schema"),
    ],
)
def test_the_oracle_sees_what_is_planted(number, old, new, seen):
    story = tell(HEKOU, NIGHT)
    told = story.told[number]
    text = told.cap.content.decode()
    assert old in text
    wrong = replace(told.cap, content=text.replace(old, new).encode())
    story.told[number] = replace(told, cap=wrong)
    assert any(seen in fault for fault in oracle.faults(story))


@pytest.mark.parametrize(
    ("new", "seen"),
    [
        (ring(BANK.replace("40.0702", "40.0698")), "do not hold the village's zones"),
        (CIRCLE, "position without a map"),
        (ring(BANK) + CIRCLE, "position without a map"),
        (ring(BANK) * 21, "not small"),
    ],
)
def test_the_oracle_sees_what_is_planted_of_mapped_ground(new, seen):
    story = tell(BANKS, [Told(3)])
    assert oracle.faults(story) == []
    (told,) = story.told
    text = told.cap.content.decode()
    assert text.count(ring(BANK)) == 2
    wrong = replace(told.cap, content=text.replace(ring(BANK), new).encode())
    story.told[0] = replace(told, cap=wrong)
    assert any(seen in fault for fault in oracle.faults(story))


@pytest.mark.parametrize("name", ["expires", "urgency", "severity", "certainty", "responseType"])
def test_the_oracle_sees_a_language_that_means_another_thing(name):
    story = tell(HEKOU, NIGHT)
    root = oracle.parsed(story.told[0].cap.content)
    info = root.findall("c:info", oracle.NS)[-1]
    before = oracle.meaning(info)
    info.remove(info.find(f"c:{name}", oracle.NS))
    assert oracle.meaning(info) != before
