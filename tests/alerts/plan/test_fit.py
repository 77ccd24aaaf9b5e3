"""What a telephone would not bring of a plan is found in spring, by the plan's field."""

from dataclasses import replace
from functools import cache

import pytest

from alerts.fit import fits
from alerts.templates import Saying
from alerts.tier import Action
from tests.golden.samples import shipped, valley

PACK = valley()
FILES = {ident: f"plans/{ident}.toml" for ident in PACK.plans}


def found(pack, village="baishi", only=None):
    """Return the findings of one village as severity, file and field."""
    one = replace(pack, villages=tuple(v for v in pack.villages if v.village_id == village))
    return [
        (finding.severity, finding.file, finding.field)
        for finding in fits(one, FILES)
        if only is None or only in f"{finding.field} {finding.message}"
    ]


@cache
def before():
    return found(PACK)


def planned(village="baishi", **update):
    plan = PACK.plans[village].model_copy(update=update)
    return replace(PACK, plans={**PACK.plans, village: plan})


def renamed(field, number, **name):
    items = list(getattr(PACK.plans["baishi"], field))
    items[number] = items[number].model_copy(update={"name": items[number].name | name})
    return planned(**{field: tuple(items)})


def rewritten(language, **update):
    words = PACK.templates[language].model_copy(update=update)
    return replace(PACK, templates={**PACK.templates, language: words})


@pytest.mark.parametrize("site", ["beijing", "cance", "valley"])
def test_every_order_of_every_shipped_plan_can_be_sent(site):
    pack = shipped(site)
    assert [f for f in fits(pack, {}) if f.severity == "error"] == []


def test_a_headline_that_names_the_township_is_measured_with_it():
    long = "长" * 100 + "{{ township }}" * 15
    cap = PACK.templates["zh"].cap.model_copy(update={"headline": long})
    assert found(rewritten("zh", cap=cap), only="CAP headline, zh") == [
        ("warning", "villages.csv", "name")
    ]


def test_a_name_too_long_for_any_sms_is_an_error_at_its_field():
    names = found(renamed("shelters", 0, en="the old school " * 40))
    assert ("error", FILES["baishi"], "shelters.0.name.en") in names


def test_a_name_that_costs_a_second_part_is_a_warning_at_its_field():
    names = found(renamed("shelters", 0, zh="白石村旧小学校舍后面的操场和礼堂二层楼上"), only="sms")
    assert ("warning", FILES["baishi"], "shelters.0.name.zh") in names
    assert before().count(("warning", FILES["baishi"], "shelters.0.name.zh")) == 0


def test_a_name_of_more_than_35_characters_is_refused_by_a_chinese_provider():
    pack = renamed("routes", 0, zh="山" * 36)
    assert ("error", FILES["baishi"], "routes.0.name.zh") in found(pack, only="provider")
    assert found(renamed("routes", 0, zh="山" * 35), only="provider") == []


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("the hall, ring 010 6904 1234", "telephone"),
        ("the hall (www.example.org)", "link"),
        ("the red bridge", "colour"),
        ("this is not a drill", "exercise"),
    ],
)
def test_what_no_text_may_hold_is_found_in_a_name(name, why):
    fields = [field for _, _, field in found(renamed("routes", 0, en=name), only=why)]
    assert "routes.0.name.en" in fields


def test_a_way_that_is_only_taken_when_another_is_closed_is_tried_too():
    plan = PACK.plans["hekou"]
    spare = plan.routes[0].model_copy(update={"id": "spare", "name": {"en": "way " * 200}})
    zone = plan.zones[0].model_copy(update={"routes": (*plan.zones[0].routes, "spare")})
    pack = planned("hekou", routes=(*plan.routes, spare), zones=(zone, *plan.zones[1:]))
    field = f"routes.{len(plan.routes)}.name.en"
    assert ("error", FILES["hekou"], field) in found(pack, "hekou")


def test_a_template_that_fails_is_one_error_of_the_template_and_none_of_a_plan():
    broken = {**PACK.templates["en"].sms, Action.MOVE: Saying(text="{{ unknown }}")}
    findings = found(rewritten("en", sms=broken))
    errors = [finding for finding in findings if finding[0] == "error"]
    assert errors == [("error", "messages/en.toml", "sms.move")]


def test_a_site_without_texts_for_a_form_is_told_so_once():
    findings = found(rewritten("zh", voice={}))
    assert findings.count(("warning", "messages/zh.toml", "voice")) == 1


def test_a_village_without_a_plan_is_tried_as_a_whole():
    village = PACK.village("songlin")
    named = village.model_copy(update={"name_en": "Songlin " * 60})
    pack = replace(PACK, villages=(named,))
    assert ("error", "villages.csv", "name") in found(pack, "songlin")


def test_each_form_and_language_is_told_once_for_a_village_with_how_many_more():
    one = replace(PACK, villages=tuple(v for v in PACK.villages if v.village_id == "xiaqiao"))
    said = [f.message for f in fits(one, FILES) if f.message.startswith(("sms", "voice"))]
    starts = [(text.split()[0], text.split(", ")[2].split(":")[0]) for text in said]
    assert len(starts) == len(set(starts))
    assert any("more are too long" in text for text in said)
