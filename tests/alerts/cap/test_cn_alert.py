"""A draft in the national form is whole, says whose it is, and can be mistaken for nothing else."""

from dataclasses import FrozenInstanceError, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from alerts.cap_rules import MAX_BYTES
from alerts.cn_alert import Filing, Publisher, cn_alert
from alerts.cn_alert_rules import RULES, UNVERIFIED, entered, problems
from alerts.episode import Word, advance
from alerts.message import Voice, one_line
from alerts.officer_facts import Case
from alerts.order import DecideBy, PlaceOrder
from alerts.tier import Action, Tier
from pipeline.bulletin import DataState
from pipeline.feeds.registry import decode
from pipeline.instants import EPOCH
from pipeline.world import Mode, World
from tests.feeds.sample_cap import cap_spec
from tests.feeds.samples import payload
from tests.feeds.watchdog import watched
from tests.golden.samples import EXERCISE, HOUR, LIVE, SLOT, risk, valley

REPLAY = World("valley", Mode.REPLAY, "r1")
CODE = "990101103201"
VILLAGE = valley().village("hekou").model_copy(update={"village_id": CODE})
OFFICE = Publisher("990101", "416", "000", "00", "某县应急管理局")
FIRST = "99010141600000_20240714230500_0"
COLOURS = {1: "蓝色", 2: "黄色", 3: "橙色", 4: "红色"}

SCHOOL = {"zh": "村小学"}
MOVE = PlaceOrder(
    CODE, "z1", {"zh": "河边两组"}, Action.MOVE, Tier.RED, SCHOOL, SCHOOL, None, None, 3,
    DecideBy(None, (), passed=False), (),
)  # fmt: skip


def voices(world, *, config=None):
    pack = valley()
    return tuple(Voice(world.mode, w, config or pack.config) for w in pack.templates.values())


def case(level=4, *, before=None, slot=SLOT, village=VILLAGE, world=EXERCISE, **seen):
    said = risk(level, village=village.village_id, slot=slot, **seen)
    step = advance(before, Word(slot, said), world=world, rules=valley().config)
    at = slot + timedelta(minutes=5)
    return Case(village, None, said, before, step, (), at, at, {})


def draft(of=None, *, world=EXERCISE, serial=0, first=None, config=None):
    filing = Filing(OFFICE, serial, first)
    said = case(world=world) if of is None else of
    return cn_alert(said, voices(world, config=config), world=world, filing=filing)


def say(drafted, path):
    return etree.fromstring(drafted.content).findtext(path)


def tags(drafted):
    return [element.tag for element in etree.fromstring(drafted.content).iter()]


@given(
    level=st.integers(1, 4),
    lead=st.none() | st.integers(-120, 900),
    state=st.sampled_from(DataState),
    world=st.sampled_from([EXERCISE, LIVE, REPLAY]),
    serial=st.integers(0, 599),
    first=st.none() | st.just(FIRST),
)
def test_whatever_is_told_is_a_whole_draft(level, lead, state, world, serial, first):
    said = draft(
        case(level, lead_min=lead, state=state, world=world),
        world=world, serial=serial, first=first,
    )  # fmt: skip
    assert said.faults == ()
    assert say(said, "info/headline").count(f"{OFFICE.name}发布山洪灾害{COLOURS[level]}预警") == 1


def test_only_a_live_draft_is_actual_and_every_other_text_bears_its_mark():
    assert say(draft(world=LIVE), "status") == "Actual"
    for world, mark in ((EXERCISE, "【演练】"), (REPLAY, "【回放】")):
        said = draft(world=world)
        assert say(said, "status") == "Test"
        for path in ("headline", "description", "instruction"):
            assert say(said, f"info/{path}").startswith(mark)
        assert say(said, "code/method/message").startswith(mark)


def test_a_draft_says_that_it_is_one_and_nobody_can_call_it_verified():
    said = draft(world=LIVE)
    assert say(said, "note").startswith(UNVERIFIED)
    assert (said.verified, said.note) == (False, UNVERIFIED)
    with pytest.raises(FrozenInstanceError):
        said.verified = True
    with pytest.raises(ValueError, match="verified"):
        replace(said, verified=True)


def test_a_draft_names_neither_signer_nor_recipient():
    said = draft(world=LIVE)
    for path in ("info/senderName", "code/method/audienceGrp", "code/method/audenceprt"):
        assert not say(said, path)


def test_a_chain_names_its_first_message_alone_and_ends_with_what_it_lifts():
    before, first, said = None, None, []
    for hour, level in enumerate([1, 2, 2, 0, 0]):
        seen = case(level, before=before, slot=SLOT + hour * HOUR)
        before = seen.step.episode
        said.append(draft(seen, first=first))
        first = first or said[0].identifier
    assert [s.msg_type for s in said] == ["Alert", "Update", "Update", "Update", "Cancel"]
    assert [s.faults for s in said] == [()] * 5
    assert [say(s, "references") for s in said] == ["", *[said[0].identifier] * 4]
    assert len({s.identifier for s in said}) == 5
    assert f"{OFFICE.name}解除山洪灾害黄色预警" in say(said[-1], "info/headline")
    assert say(said[-1], "info/severity") == "Yellow"
    assert not say(said[-1], "info/instruction")
    assert "解除原因" in say(said[-1], "note")


def test_what_is_lifted_is_the_tier_that_stood_last_and_nobody_is_told_to_move():
    stood = replace(case(4).step.episode, tier=Tier.YELLOW)
    ended = replace(stood, tier=Tier.NONE, closed=SLOT + HOUR)
    seen = case(0, before=stood, slot=SLOT + HOUR, lead_min=90)
    seen = replace(seen, step=replace(seen.step, episode=ended), orders=(MOVE,))
    said = draft(seen, first=FIRST)
    assert (said.msg_type, say(said, "info/severity"), said.faults) == ("Cancel", "Yellow", ())
    assert not say(said, "info/onset")
    assert "本次山洪信息结束" in say(said, "code/method/message")
    assert "立即转移" not in said.content.decode()


def test_a_later_draft_of_the_same_second_may_name_the_first():
    first = draft(serial=0)
    later = draft(serial=1, first=first.identifier)
    assert entered(later.identifier) == entered(first.identifier)
    assert later.faults == ()


@pytest.mark.parametrize("web", ["urn:floodwarn:board", "https://x.invalid", "http://x.invalid/a"])
def test_a_draft_points_to_a_page_that_a_reader_can_open_or_to_none(web):
    said = draft(config=valley().config.model_copy(update={"web": web}))
    assert say(said, "info/web") == ("" if web.startswith("urn:") else web)


@given(
    at_s=st.integers(0, 4_000_000_000),
    zone=st.sampled_from(["Asia/Shanghai", "Asia/Urumqi", "Europe/Paris", "UTC"]),
    lead=st.integers(-600, 3000),
)
def test_times_are_beijing_s_and_name_the_same_instant_in_any_site(at_s, zone, lead):
    slot = EPOCH + timedelta(seconds=at_s)
    config = valley().config.model_copy(update={"zone": zone})
    seen = case(slot=slot, lead_min=lead)
    said = draft(seen, config=config)
    assert said.faults == ()
    for path in ("sendTime", "info/effective", "info/onset", "info/expires"):
        assert say(said, path).endswith("+08:00")
        assert say(said, path)[10] == " "
    assert datetime.fromisoformat(say(said, "sendTime")) == seen.at
    assert datetime.fromisoformat(say(said, "info/onset")) == max(seen.risk.onset.earliest, seen.at)
    assert entered(said.identifier) == seen.at


@given(serials=st.sets(st.integers(0, 599), min_size=2, max_size=20))
def test_each_serial_of_a_minute_has_an_identifier_of_31_characters_of_its_own(serials):
    at = case().at.replace(second=0)
    named = {Filing(OFFICE, serial).identifier(at) for serial in serials}
    assert len(named) == len(serials)
    assert {len(name) for name in named} == {31}
    assert all(name.startswith(f"{OFFICE.code}_") for name in named)
    assert all(at <= entered(name) < at + timedelta(minutes=1) for name in named)


def test_a_file_is_named_as_the_form_names_it():
    said = draft(case(1))
    assert said.file_name == "99010141600000_20240715010500_11A51_BLUE_ALERT.XML"
    assert len(said.file_name.removesuffix(".XML")) == 46
    assert draft(case(3), first=FIRST).file_name.endswith("_ORANGE_UPDATE.XML")


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("division", "09010"), ("division", "090101"), ("division", "9901011"), ("sector", "41"),
        ("sector", "４１６"), ("unit", "00x"), ("unit", ""), ("extension", "000"),
        ("extension", "0\n"), ("name", ""), ("name", " 某局"), ("name", "某\n局"),
        ("name", "某\0局"),
    ],
)  # fmt: skip
def test_a_malformed_publisher_is_refused_by_the_name_of_its_field(field, wrong):
    with pytest.raises(ValueError, match=rf"publisher\.{field}"):
        replace(OFFICE, **{field: wrong})


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("serial", -1), ("serial", 600), ("first", ""), ("first", FIRST[:-2]),
        ("first", f"{FIRST} {FIRST}"), ("first", FIRST.replace("0714", "0732")),
    ],
)  # fmt: skip
def test_a_malformed_filing_is_refused_by_the_name_of_its_field(field, wrong):
    with pytest.raises(ValueError, match=rf"filing\.{field}"):
        replace(Filing(OFFICE), **{field: wrong})


def test_what_cannot_be_drafted_is_refused_and_says_why():
    filing, seen = Filing(OFFICE), case()
    with pytest.raises(ValueError, match="messages/zh"):
        cn_alert(seen, voices(EXERCISE)[1:], world=EXERCISE, filing=filing)
    with pytest.raises(ValueError, match="mode live"):
        cn_alert(seen, voices(LIVE), world=EXERCISE, filing=filing)
    for nothing in (case(0), replace(seen, step=replace(seen.step, episode=None))):
        with pytest.raises(ValueError, match=f"{CODE}: no tier"):
            draft(nothing)
    ended = replace(seen.step.episode, tier=Tier.NONE)
    with pytest.raises(ValueError, match="no draft to lift"):
        draft(replace(seen, step=replace(seen.step, episode=ended)))
    alone = replace(seen, before=None, step=replace(seen.step, episode=ended))
    assert say(draft(alone, first=FIRST), "info/severity") == "Red"


def test_a_village_without_a_position_has_no_circle_and_one_without_a_code_is_a_fault():
    lost = VILLAGE.model_copy(update={"lat": None, "lon": None})
    said = draft(case(village=lost))
    assert (say(said, "info/area/circle"), said.faults) == ("", ())
    assert say(draft(), "info/area/circle") == "40.0660,115.6320 1000"
    hamlet = VILLAGE.model_copy(update={"village_id": f"{CODE}004"})
    assert say(draft(case(village=hamlet)), "info/area/geocode") == CODE
    for unknown in ("hekou", CODE[:-1], f"0{CODE[1:]}", f"{CODE}1"):
        said = draft(case(village=VILLAGE.model_copy(update={"village_id": unknown})))
        assert [fault.split(":")[0] for fault in said.faults] == ["N7 area"]
        assert not say(said, "info/area/geocode")


@given(
    name=st.text(max_size=40),
    township=st.sampled_from(["", "<b>&amp;</b>", "]]><alert>", "{{ 7*7 }}", "\x00\ufffe"]),
    to=st.text(max_size=40),
)
def test_no_name_can_add_an_element_or_say_another_thing(name, township, to):
    order = replace(MOVE, place={"zh": f"组{to}"})
    odd = VILLAGE.model_copy(update={"name": name, "township": township})
    said = draft(replace(case(village=odd), orders=(order,)))
    assert tags(said) == tags(draft())
    shown = one_line(township + name)
    for mark in ",，;；":
        shown = shown.replace(mark, "、")
    assert say(said, "info/area/areaDesc") == shown
    assert one_line(f"组{to}") in one_line(say(said, "info/instruction"))
    harmless = {"N7 area", "N8 plain values"}  # no name at all, or one that looks like markup
    assert {fault.split(":")[0] for fault in said.faults} <= harmless


def test_our_own_reader_of_the_form_reads_what_was_meant():
    def read(said):
        (warning,) = decode(payload(said.content, "w.xml", "office"), cap_spec()).warnings
        return warning

    first = draft(case(4, lead_min=90, world=LIVE), world=LIVE)
    warning = read(first)
    assert (warning.sender, warning.identifier) == (OFFICE.name, first.identifier)
    assert warning.sent == case().at
    (area,) = warning.areas
    assert (area.description, area.level) == ("青溪镇河口村", 4)
    assert area.geocodes == (("geocode", CODE),)
    norths = [lat for ring in area.polygons for _, lat in ring]
    assert 2 < (max(norths) - min(norths)) * 111.2 < 2.1  # km across a circle of 1,000 m
    later = draft(case(3, slot=SLOT + HOUR, world=LIVE), world=LIVE, first=first.identifier)
    assert read(later).references == (f"{OFFICE.name},{first.identifier}",)


GOOD = draft(case(3, lead_min=90), first=FIRST)
TEXT = GOOD.content.decode()


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        ("N1", "_20240715010500_0<", "_20240715010500<"),
        ("N1", "_20240715010500_0<", "_20240732010500_0<"),
        ("N1", "<senderCode>99", "<senderCode>98"),
        ("N1", f"<sender>{OFFICE.name}", "<sender>"),
        ("N2", "<sendTime>2024-07-15 ", "<sendTime>2024-07-15T"),
        ("N2", "<sendTime>2024-07-15", "<sendTime>2024-02-30"),
        ("N2", "+08:00</effective>", "+09:00</effective>"),
        ("N2", "<expires>2024", "<expires>2023"),
        ("N2", "<expires>2024-07-15 07:05:00", "<expires>2024-07-15 01:05:00"),
        ("N2", "<onset>2024", "<onset>2025"),
        ("N3", "<msgType>Update", "<msgType>Alert"),
        ("N3", "<msgType>Update", "<msgType>Ack"),
        ("N3", f"<references>{FIRST}", f"<references>{FIRST} {FIRST}"),
        ("N3", f"<references>{FIRST}", "<references>"),
        ("N3", f"<references>{FIRST}", f"<references>{GOOD.identifier}"),
        ("N3", "<references>99010141600000_2024", "<references>99010141600000_2025"),
        ("N4", "<status>Test", "<status>Exercise"),
        ("N4", "<scope>Public", "<scope>Restricted"),
        ("N4", "<severity>Orange", "<severity>Severe"),
        ("N4", "<methodName>SMS", "<methodName>PIGEON"),
        ("N4", "11A51", "11B03"),
        ("N5", "<severity>Orange", "<severity>Red"),
        ("N5", "<msgType>Update", "<msgType>Cancel"),
        ("N5", f"<note>{UNVERIFIED}", "<note>"),
        ("N6", "<senderName/>", "<senderName>x</senderName>"),
        ("N6", "<audienceGrp/>", "<audienceGrp>x</audienceGrp>"),
        ("N7", f"<geocode>{CODE}", f"<geocode>{CODE},"),
        ("N7", "40.0660,115.6320 1000", "115.6320,40.0660 1000"),
        ("N7", "40.0660,115.6320 1000", "40.0660,115.6320 1.0"),
        ("N7", "40.0660,115.6320 1000", "4.0.6,115.6320 1000"),
        ("N8", "<areaDesc>", "<areaDesc> "),
        ("N8", "<areaDesc>", "<areaDesc>&lt;b&gt;"),
        ("form", "<alert>", '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">'),
        ("form", "<polygon/>", ""),
        ("form", "<polygon/>", "<polygon/><polygon/>"),
        ("form", "<polygon/>", '<polygon x="1"/>'),
        ("form", "<polygon/>", "<!-- x --><polygon/>"),
        ("form", "<polygon/>", "x<polygon/>"),
        ("form", "<polygon/>", "<polygon/>x"),
        ("form", "<alert>", "<alert>x"),
        ("form", "</alert>", "<more/></alert>"),
        ("parse", "</alert>", ""),
        ("size", "</alert>", " " * MAX_BYTES + "</alert>"),
    ],
)
def test_each_broken_rule_is_named(rule, old, new):
    assert old in TEXT
    changed = TEXT.replace(old, new)
    assert any(fault.startswith((f"{rule} ", f"{rule}:")) for fault in problems(changed.encode()))


def test_what_we_write_breaks_no_rule():
    assert problems(GOOD.content) == []
    assert [name.split()[0] for name in RULES] == [f"N{n}" for n in range(1, 9)]


@given(
    begin=st.integers(0, len(TEXT)),
    length=st.integers(0, 60),
    put=st.text(max_size=20) | st.sampled_from(["<!-- x -->", "<?x y?>", "<![CDATA[<]]>", "&x;"]),
)
def test_a_damaged_draft_is_judged_and_nothing_breaks(begin, length, put):
    damaged = TEXT[:begin] + put + TEXT[begin + length :]
    with watched():
        found = problems(damaged.encode("utf-8", "surrogatepass"))
    assert all(fault.partition(": ")[2] for fault in found)


@given(st.binary(max_size=300))
def test_what_is_no_draft_at_all_is_refused(content):
    assert problems(content)
