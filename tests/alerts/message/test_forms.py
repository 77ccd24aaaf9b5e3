"""An SMS fits and names its sender once; a call says its text twice; neither is ever silence."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.forms import SPEECH, Form, render
from alerts.limits import forbidden, limits, seconds, size
from alerts.message import REFUSED, Voice, villager
from alerts.orders import moment_of, orders
from alerts.templates import Saying, Templates
from alerts.tier import Action, Tier
from pipeline.world import Mode
from tests.golden.samples import CUTOFF, risk, shipped, valley

PACK = valley()
HEKOU = PACK.village("hekou")
EN, ZH = PACK.templates["en"], PACK.templates["zh"]
FR = shipped("cance").templates["fr"]
EVERY = (EN, ZH, FR)
ORDER = orders(
    PACK.plans["hekou"],
    moment_of(HEKOU, Tier.RED, risk(4, lead_min=200), at=CUTOFF, config=PACK.config),
)[1]
SHIPPED = tuple(
    (site, language)
    for site in ("beijing", "cance", "valley")
    for language in shipped(site).templates
)


def said(form, templates=EN, mode=Mode.EXERCISE, order=ORDER, replies=True):
    speaker = Voice(mode, templates, PACK.config)
    village = {"en": "Hekou", "zh": "河口村"}
    return render(order, village, speaker, at=CUTOFF, form=form, replies=replies)


def rewritten(form, text, templates=EN):
    texts = getattr(templates, form) | {Action.MOVE: Saying(text=text)}
    return templates.model_copy(update={str(form): texts})


def test_a_mail_is_what_it_was_before_there_were_other_forms():
    speaker = Voice(Mode.EXERCISE, EN, PACK.config)
    assert said(Form.MAIL) == villager(ORDER, {"en": "Hekou"}, speaker, at=CUTOFF)


@pytest.mark.parametrize("templates", EVERY, ids=lambda words: words.language)
def test_an_sms_is_one_line_from_one_sender_that_fits(templates):
    body = said(Form.SMS, templates, Mode.LIVE).body
    assert "\n" not in body
    assert body.startswith(templates.signature)
    assert body.count("【") == templates.signature.count("【")
    used = size(body)
    assert used.parts <= limits().sms[used.alphabet].wanted_parts


def test_a_chinese_red_with_signature_and_mark_is_one_message():
    assert size(said(Form.SMS, ZH).body).units <= 70


@pytest.mark.parametrize("form", SPEECH)
@pytest.mark.parametrize(("templates", "mark"), [(EN, "EXERCISE"), (ZH, "演练"), (FR, "EXERCICE")])
def test_an_exercise_s_mark_is_the_first_word_and_the_last(form, templates, mark):
    body = said(form, templates).body.removeprefix(ZH.signature)
    assert body.startswith(mark)
    assert body.endswith(mark)
    assert mark not in said(form, templates, Mode.LIVE).body.replace(templates.source, "")


@pytest.mark.parametrize("templates", EVERY, ids=lambda words: words.language)
def test_a_call_says_the_same_twice_and_no_digit(templates):
    first, again, second = said(Form.VOICE, templates, Mode.LIVE).body.split("\n")
    assert first == second
    assert again == templates.again
    assert re.search(r"\d", first) is None
    assert seconds(first, templates.language) <= limits().voice.max_seconds


def test_the_hour_of_an_sms_is_that_of_the_call():
    assert "04:15 at night" in said(Form.SMS).body
    assert "four fifteen at night" in said(Form.VOICE).body


@pytest.mark.parametrize("templates", EVERY, ids=lambda words: words.language)
def test_a_digit_is_asked_for_only_where_an_answer_comes_back(templates):
    asks = re.compile(r"(?:Reply|Répondez|回) ?1")
    assert asks.search(said(Form.SMS, templates).body)
    assert not asks.search(said(Form.SMS, templates, replies=False).body)


@pytest.mark.parametrize("form", SPEECH)
@pytest.mark.parametrize("text", ["{{ unknown }}", "{% for %}", "{{ 1 / 0 }}", " ", "【x】 go"])
def test_a_template_that_fails_sends_the_words_themselves(form, text):
    body = said(form, rewritten(form, text), Mode.LIVE)
    assert body.fault is not None
    for word in ("riverside houses", "leave now", "village school"):
        assert word in body.body


@pytest.mark.parametrize("form", SPEECH)
def test_a_form_without_templates_is_not_silent(form):
    older = EN.model_copy(update={"sms": {}, "voice": {}, "signature": None, "again": None})
    text = said(form, older, Mode.LIVE)
    assert text.fault == f"LookupError: no [{form}.move]"
    assert "village school" in text.body


def test_templates_from_before_the_forms_keep_their_bytes():
    older = EN.model_copy(update={"sms": {}, "voice": {}, "signature": None, "again": None})
    assert b'"sms"' not in older.to_bytes()
    assert b'"again"' not in older.to_bytes()
    assert Templates.from_bytes(older.to_bytes()) == older
    assert Templates.from_bytes(EN.to_bytes()) == EN


@pytest.mark.parametrize("form", SPEECH)
@pytest.mark.parametrize("phrase", REFUSED)
def test_an_exercise_never_says_that_it_is_none(form, phrase):
    text = said(form, rewritten(form, f"Leave. {phrase.upper()} !"))
    assert text.fault is not None
    assert phrase not in text.body.casefold()


@pytest.mark.parametrize("form", SPEECH)
@pytest.mark.parametrize(
    "name", ["the hall, see https://a.example/x", "ring 010 6904 1234", "the school 13800138000"]
)
def test_what_a_provider_refuses_is_left_out_of_a_name(form, name):
    order = replace(ORDER, to={"en": name})
    assert forbidden(said(form, order=order).body) == []


def test_an_sms_that_is_too_long_loses_its_end_and_says_so():
    text = said(Form.SMS, order=replace(ORDER, place={"en": "a" * 600}))
    used = size(text.body)
    assert used.parts == limits().sms[used.alphabet].max_parts
    assert text.body.startswith("EXERCISE")
    assert text.body.endswith("EXERCISE")
    assert "cut" in text.fault


@given(
    st.sampled_from(SPEECH),
    st.sampled_from(EVERY),
    st.sampled_from(Mode),
    st.text(max_size=300),
    st.text(max_size=300),
    st.booleans(),
)
def test_no_name_can_make_a_text_that_cannot_be_sent(form, templates, mode, place, to, replies):
    order = replace(ORDER, place={"*": place}, to={"*": to})
    text = said(form, templates, mode, order, replies)
    assert text.body
    assert forbidden(text.body) == []
    assert text.body.count("【") <= 1
    if form is Form.SMS:
        used = size(text.body)
        assert used.parts <= limits().sms[used.alphabet].max_parts


@pytest.mark.parametrize(("site", "language"), SHIPPED)
def test_every_text_of_every_site_is_written_in_each_form(site, language):
    words = shipped(site).templates[language]
    assert set(words.sms) == set(words.voice) == set(words.villager)
    assert words.signature is not None
    assert words.again is not None
