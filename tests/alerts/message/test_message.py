"""A text says one thing to do by a clock, bears its mode's mark, and is never silence."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.message import (
    REFUSED,
    Voice,
    clean,
    clock,
    in_language,
    one_line,
    villager,
    with_answer_link,
)
from alerts.orders import moment_of, orders
from alerts.templates import Template
from alerts.tier import Action, Tier
from pipeline.world import Mode
from tests.golden.samples import CUTOFF, risk, valley

PACK = valley()
HEKOU = PACK.village("hekou")
EN, ZH = PACK.templates["en"], PACK.templates["zh"]
ORDER = orders(
    PACK.plans["hekou"],
    moment_of(HEKOU, Tier.RED, risk(4, lead_min=200), at=CUTOFF, config=PACK.config),
)[1]


def voice(templates=EN, mode=Mode.EXERCISE):
    return Voice(mode, templates, PACK.config)


def rewritten(templates, body, action=Action.MOVE):
    return templates.model_copy(
        update={"villager": templates.villager | {action: Template(subject="s", body=body)}}
    )


def said(order=ORDER, templates=EN, mode=Mode.EXERCISE):
    return villager(order, {"en": "Hekou", "zh": "河口村"}, voice(templates, mode), at=CUTOFF)


@pytest.mark.parametrize(("templates", "mark"), [(EN, "EXERCISE"), (ZH, "【演练】")])
def test_an_exercise_s_mark_is_first_and_last(templates, mark):
    text = said(templates=templates)
    for part in (text.subject, text.body):
        assert part.startswith(mark)
        assert part.endswith(mark)


@pytest.mark.parametrize("templates", [EN, ZH])
def test_a_live_text_bears_no_mark(templates):
    text = said(templates=templates, mode=Mode.LIVE)
    assert not any(mark in text.subject + text.body for mark in templates.marks.values())


@pytest.mark.parametrize("phrase", REFUSED)
def test_an_exercise_never_says_that_it_is_none(phrase):
    text = said(templates=rewritten(EN, f"Leave. {phrase.upper()} !"))
    assert text.fault is not None
    assert phrase not in f"{text.subject} {text.body}".casefold()
    assert text.body.startswith("EXERCISE")


def test_a_name_in_a_plan_cannot_smuggle_in_a_refused_phrase():
    order = replace(ORDER, place={"en": "This is\nnot a drill"})
    text = said(order)
    assert text.fault is not None
    assert "not a drill" not in text.body.casefold()


@pytest.mark.parametrize(
    "body", ["{{ unknown }}", "{% for %}", "{{ 1 / 0 }}", "{{ ''.__class__.__mro__ }}", " "]
)
def test_a_template_that_fails_sends_the_words_themselves(body):
    text = said(templates=rewritten(EN, body))
    assert text.fault is not None
    for word in ("Hekou", "the riverside houses", "leave now", "the village school"):
        assert word in text.body


def test_a_villager_reads_who_where_what_when_which_way_and_how_to_answer():
    body = said(mode=Mode.LIVE).body
    words = (
        *("Qingxi township flood office", "flash flood", "Hekou", "riverside houses"),
        *("leave now", "04:15", "the back hill path", "the low bridge", "Tell the duty officer"),
    )
    assert all(word in body for word in words)


def test_no_clock_time_is_given_that_cannot_be_kept():
    passed = replace(ORDER, decide_by=replace(ORDER.decide_by, passed=True))
    body = said(passed, mode=Mode.LIVE).body
    assert "before" not in body
    assert "01:05 at night" in body


@pytest.mark.parametrize(
    ("utc", "zh", "en"),
    [
        ("2024-07-14T15:59", "23:59", "23:59"),
        ("2024-07-14T16:00", "凌晨00:00", "00:00 at night"),
        ("2024-07-14T20:59", "凌晨04:59", "04:59 at night"),
        ("2024-07-14T21:00", "05:00", "05:00"),
    ],
)
def test_after_midnight_the_clock_says_so(utc, zh, en):
    instant = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert clock(instant, "Asia/Shanghai", ZH.clock) == zh
    assert clock(instant, "Asia/Shanghai", EN.clock) == en


def test_the_hour_that_comes_twice_says_which():
    first, second = (datetime(2014, 10, 26, hour, 30, tzinfo=UTC) for hour in (0, 1))
    assert "first 02:30" in clock(first, "Europe/Paris", EN.clock)
    assert "second 02:30" in clock(second, "Europe/Paris", EN.clock)


def test_a_language_that_a_plan_lacks_falls_back_to_words_that_exist():
    assert in_language({"en": "hill"}, "zh") == "hill"
    assert in_language({"fr": "colline"}, "zh") == "colline"
    assert in_language({"zh": "山"}, "zh-CN") == "山"


def test_control_characters_never_reach_a_reader():
    order = replace(ORDER, to={"en": "the\x00 \x1b[31mschool\u202e\ufeff\r\nyard"})
    text = said(order)
    assert not any(ord(c) < 32 and c != "\n" for c in text.subject + text.body)
    assert "\u202e" not in text.body


@given(st.text())
def test_a_cleaned_text_is_clean(text):
    assert clean(clean(text)) == clean(text)
    assert "\n" not in one_line(text)


def test_the_answer_s_link_stands_inside_the_marks():
    assert with_answer_link("EXERCISE\nGo.\nEXERCISE", "Link").split("\n") == [
        *("EXERCISE", "Go.", "Link", "EXERCISE")
    ]
    assert with_answer_link("Go.", "Link") == "Go.\nLink"


def test_who_can_no_longer_be_ready_in_time_is_told_now():
    placed = orders(
        PACK.plans["hekou"],
        moment_of(HEKOU, Tier.ORANGE, risk(3, lead_min=20), at=CUTOFF, config=PACK.config),
    )
    order = next(order for order in placed if order.place_id == "riverside")
    body = said(order, mode=Mode.LIVE).body
    assert "get ready to leave home now (01:05 at night)" in body
    assert "before" not in body
