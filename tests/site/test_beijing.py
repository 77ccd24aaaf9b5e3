"""The Beijing pack: real codes and names, no invented position, and plans that say they are none.

What is real is held against the sources where this machine has them.
"""

import csv
import re
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from alerts.compose import compose
from alerts.forms import Form, render
from alerts.message import Voice
from alerts.orders import village_name
from alerts.plan.card import Issuer, card, fits
from alerts.plan.model import Plan
from alerts.tier import Tier
from pipeline.assess import assess
from pipeline.bulletin import DataState, RiskLevel
from pipeline.observe import observe
from pipeline.site.check import check
from pipeline.site.derive import risk_config
from pipeline.site.pack import load
from pipeline.world import Mode, World
from tests.golden.samples import occasion, risk, shipped
from tests.services import ROOT, require_shared

BEIJING = ROOT / "config" / "beijing"
SHARED = ROOT.parent / "shared" / "data"
WORLD = World("beijing", Mode.EXERCISE, "x1")
SLOT = datetime(2026, 7, 27, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PUTAOYUAN = "110118107209"
TOWNSHIPS = {"太师屯镇", "石城镇", "冯家峪镇", "琉璃庙镇"}
LONG_NUMBER = re.compile(r"\d(?:[\s().-]?\d){6,}")
CODES = re.compile(r"\b(?:\d{12}|\d{9}|\d{4}-\d{2}-\d{2})\b")
"""What is long and no telephone number: codes of places, and dates."""
POSITIONS = re.compile(r"11\d\.\d{5}|4\d\.\d{5}")


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def villages():
    return rows(BEIJING / "villages.csv")


def plans() -> list[Plan]:
    return list(shipped("beijing").plans.values())


def told(village: str, level: int):
    """Return what is said to a village two and a half hours before the water."""
    seen = risk(level, village=village, slot=SLOT, lead_min=150)
    return compose(occasion(seen, world=WORLD, slot=SLOT), shipped("beijing"))


def test_the_committed_files_are_what_the_script_writes(tmp_path):
    subprocess.run([sys.executable, str(BEIJING / "derive.py"), str(tmp_path)], check=True)
    written = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    plan_files = {p.relative_to(BEIJING).as_posix() for p in (BEIJING / "plans").rglob("*.toml")}
    assert {name for name in written if name.startswith("plans/")} == plan_files
    assert len(plan_files) == 40
    for name in written:
        assert (tmp_path / name).read_bytes() == (BEIJING / name).read_bytes(), name


def test_check_finds_no_error_and_says_what_nobody_could_check(tmp_path):
    pack = load(BEIJING, tmp_path)
    findings = [*check(pack), *shipped("beijing").findings]
    assert [finding.line() for finding in findings if finding.severity == "error"] == []
    unchecked = {f.file for f in findings if f.message.startswith("not checked")}
    assert unchecked == {"hazard_zones.geojson", "places.csv"}
    assert {f.file for f in findings} - unchecked == {"feeds.toml"}


def test_forty_villages_of_four_townships_are_known_by_codes_of_twelve_digits():
    found = villages()
    assert Counter(row["township"] for row in found) == dict.fromkeys(TOWNSHIPS, 10)
    assert len({row["village_id"] for row in found}) == 40
    assert all(re.fullmatch(r"\d{12}", row["village_id"]) for row in found)
    assert all(re.fullmatch(r"[A-Z][a-z]+( \([A-Z][a-z]+\))?", row["name_en"]) for row in found)


def test_every_code_and_name_is_that_of_the_division_codes():
    folder = require_shared(SHARED / "beijing_villages")
    listed = {row["code12"]: row for row in rows(folder / "villages_mountain_districts.csv")}
    for row in villages():
        source = listed[row["village_id"]]
        bare = re.sub("(村民委员会|村委会)$", "", source["name"])
        assert (f"{bare.removesuffix('村')}村", source["town_name"]) == (
            row["name"],
            row["township"],
        )


def test_a_position_has_a_basis_and_what_has_no_basis_has_no_position():
    assert Counter(row["position_basis"] for row in villages()) == {"none": 37, "town_centre": 3}
    for row in villages():
        assert bool(row["lon"]) == bool(row["lat"]) == (row["position_basis"] == "town_centre")
        assert not any(row[name] for name in ("area_km2", "people", "households"))


def test_only_the_village_of_a_town_that_the_places_name_stands_where_the_town_does():
    towns = {
        row["name"]: (row["lon"], row["lat"])
        for row in rows(require_shared(SHARED / "places") / "places.csv")
        if row["region"] == "beijing"
    }
    for row in villages():
        if row["position_basis"] == "town_centre":
            assert row["name"].removesuffix("村") == row["township"].removesuffix("镇")
            assert (row["lon"], row["lat"]) == towns[row["name_en"]]
    assert "Fengjiayu" not in towns


def test_no_station_has_a_place_and_every_threshold_says_that_it_is_an_assumption():
    stations = rows(BEIJING / "stations.csv")
    assert all("假定" in row["name"] and not row["lon"] and not row["lat"] for row in stations)
    thresholds = rows(BEIJING / "thresholds.csv")
    assert {row["source"] for row in thresholds} == {"assumption, not Beijing official"}
    assert {row["basis"] for row in thresholds} == {"county_default"}


def test_no_file_holds_what_could_be_dialled():
    for path in BEIJING.rglob("*.*"):
        if path.suffix not in {".csv", ".toml", ".md", ".py"}:
            continue
        text = POSITIONS.sub("", CODES.sub("", path.read_text(encoding="utf-8")))
        assert LONG_NUMBER.findall(text.replace("\n", " | ").replace(",", " | ")) == [], path


def test_every_plan_is_an_exercise_and_marks_each_number_as_assumed():
    assert {plan.village_id for plan in plans()} == {row["village_id"] for row in villages()}
    for plan in plans():
        assert plan.exercise
        assert "no official plan" in plan.note
    for path in (BEIJING / "plans").rglob("*.toml"):
        lines = path.read_text(encoding="utf-8").splitlines()
        counted = [
            line for line in lines if re.match(r"(?!hours|valid_from)\w+ = (\d|true|\"never)", line)
        ]
        assert [x for x in counted if not x.endswith("# assumed")] == ["exercise = true"], path


def test_whoever_a_plan_names_is_a_role_of_its_own_village():
    for plan in plans():
        text = plan.to_bytes().decode()
        refs = re.findall(r'"(role:[^"]*)"', text)
        assert len(refs) > 10
        pattern = rf"role:{plan.village_id}/[a-z]+(-[a-z]+)*(-\d)?(-deputy)?"
        assert all(re.fullmatch(pattern, ref) for ref in refs)


def test_no_place_is_left_without_a_refuge_or_two_ways_when_the_flood_is_worst():
    for plan in plans():
        routes = {route.id: route for route in plan.routes}
        for _, place in plan.places():
            assert place.refuge is not None
            assert sum(not routes[ident].is_cut_at(Tier.RED) for ident in place.routes) >= 2
            assert not plan.shelter(place.shelters[0]).is_lost_at(Tier.RED)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_card_of_every_village_is_one_page_and_says_that_it_is_an_exercise(language):
    pack = shipped("beijing")
    words = pack.templates[language]
    issuer = Issuer(words.source, words.contact, "https://flood.example/")
    for plan in plans():
        village = pack.village(plan.village_id)
        assert fits(plan, village, language=language)
        page = card(plan, village, issuer, language=language)
        assert {"zh": "演练预案", "en": "EXERCISE PLAN"}[language] in page
        assert village.township in page


def test_the_care_home_of_putaoyuan_moves_while_the_village_prepares():
    by_place = {m.place_id: m for m in told(PUTAOYUAN, 3).messages if m.language == "zh"}
    assert by_place["care-home"].action == "move"
    assert by_place["river-street"].action == "prepare"
    assert "演练养老院的人，现在就走。" in by_place["care-home"].body


@pytest.mark.parametrize("name", ["西湾子村", "河北村"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_two_villages_of_one_name_never_read_the_same_text(name, language):
    bearing = [row for row in villages() if row["name"] == name]
    assert len({row["township"] for row in bearing}) == 2
    texts = []
    for row in bearing:
        composed = told(row["village_id"], 4)
        assert composed.faults == ()
        said = [m for m in composed.messages if m.language == language]
        own = row["township"] if language == "zh" else row["name_en"]
        assert all(own in message.subject + message.body for message in said)
        texts += [(message.subject, message.body) for message in said]
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize("form", [Form.SMS, Form.VOICE])
def test_a_text_in_chinese_says_once_which_village_it_is_of(form):
    pack = shipped("beijing")
    voice = Voice(Mode.EXERCISE, pack.templates["zh"], pack.config)
    for village in pack.villages:
        for order in told(village.village_id, 4).orders:
            text = render(order, village_name(village), voice, at=SLOT, form=form).body
            passes = 2 if form is Form.VOICE else 1
            assert text.count(village.name) == passes, text


def test_nobody_signed_so_every_order_waits_for_an_approver():
    config = shipped("beijing").config
    assert (config.send_orange, config.send_red) == ("approve", "approve")
    assert config.authorisation is None
    assert told(PUTAOYUAN, 3).waits > timedelta(0)


def test_a_site_that_nothing_was_heard_of_is_blind_and_never_calm(engine, tmp_path):
    config = risk_config(load(BEIJING, tmp_path))
    found = assess(engine, config, WORLD, SLOT, cutoff=SLOT + 5 * MINUTE, now=SLOT + 5 * MINUTE)
    assert len(found.villages) == 40
    assert set(found.data_states) == {DataState.BLIND}


def test_rain_at_the_gauge_of_one_township_raises_its_villages_and_no_others(engine, tmp_path):
    incoming = tmp_path / "incoming" / "rain.csv"
    incoming.parent.mkdir()
    lines = [
        f"assumed-taishitun,rain_mm,{SLOT - back * 10 * MINUTE:%Y-%m-%dT%H:%MZ},{mm}"
        for back, mm in ((n, 10.0 if n < 6 else 0.0) for n in range(6 * 25))
    ]
    incoming.write_text("\n".join(["station_id,variable,valid_time,value", *lines]) + "\n")
    pack, came, cutoff = load(BEIJING, tmp_path), SLOT + 2 * MINUTE, SLOT + 5 * MINUTE
    observe(engine, pack, WORLD, "rain", start=SLOT - 25 * 60 * MINUTE, end=SLOT, now=came)
    found = assess(engine, risk_config(pack), WORLD, SLOT, cutoff=cutoff, now=cutoff)
    townships = {row["village_id"]: row["township"] for row in villages()}
    states = zip(found.villages, found.levels, found.data_states, strict=True)
    for village, level, state in states:
        rained = townships[village] == "太师屯镇"
        assert level == (RiskLevel.RED if rained else RiskLevel.NONE)
        assert (state is DataState.BLIND) != rained
