"""quality.toml: a faulty rule is told by file, line and field, and is not used; the others are."""

import pytest

from pipeline.quality.rule_needs import problems
from pipeline.site.derive import risk_config
from pipeline.site.model import Check, QualityRule, RiskConfig
from pipeline.site.pack import load
from tests.valley import copied

GOOD = """[[rules]]
check = "spike"
variable = "stage_m"
suspect = 0.0
unit = "m"
source = "by hand"
"""


def read(folder, text: str | None):
    site = copied(folder)
    (site / "quality.toml").unlink()
    if text is not None:
        (site / "quality.toml").write_text(text, encoding="utf-8")
    pack = load(site, folder)
    return pack, [f for f in pack.findings if f.file == "quality.toml"]


def test_a_rule_comes_into_the_configuration_and_into_its_hash(tmp_path):
    pack, findings = read(tmp_path, GOOD)
    config = risk_config(pack)
    assert findings == []
    assert [(r.check, r.suspect, r.fail) for r in config.quality] == [(Check.SPIKE, 0.0, None)]
    assert RiskConfig.model_validate_json(config.to_bytes()) == config
    assert config.sha256 != config.model_copy(update={"quality": ()}).sha256


def test_a_site_without_rules_has_the_bytes_of_one_that_knows_none(tmp_path):
    pack, findings = read(tmp_path, None)
    assert pack.quality == ()
    assert findings == []
    assert b"quality" not in risk_config(pack).to_bytes()


@pytest.mark.parametrize(
    ("line", "written", "field"),
    [
        (2, 'check = "spik"', "rules.check"),
        (3, 'variable = "stage_cm"', "rules.variable"),
        (4, "suspekt = 1.0", "rules.suspekt"),
        (4, "suspect = nan", "rules.suspect"),
        (4, "eps = 0.1", "rules.eps"),
        (4, "fail_below = 0.1", "rules.fail_below"),
        (5, 'unit = "cm"', "rules.unit"),
        (6, 'source = ""', "rules.source"),
        (6, 'stations = ["H09"]', "rules.stations"),
    ],
)
def test_a_fault_is_told_by_line_and_field_and_the_other_rule_is_used(
    tmp_path, line, written, field
):
    lines = GOOD.splitlines()
    lines[line - 1] = written if line != 6 or "source" in written else f"{written}\n{lines[5]}"
    pack, findings = read(tmp_path, "\n".join(lines) + "\n" + GOOD)
    assert (line, field) in {(f.row, f.field) for f in findings}
    assert {f.severity for f in findings} == {"error"}
    assert len(pack.quality) == 1


@pytest.mark.parametrize(
    ("stated", "fields"),
    [
        ({"check": "lone_burst", "variable": "rain_mm", "unit": "mm", "fail": 15.0}, []),
        (
            {"check": "lone_burst", "variable": "rain_mm", "unit": "mm", "fail": 1, "eps": 1},
            ["eps"],
        ),
        ({"check": "faulty_zero", "variable": "rain_mm", "unit": "cm", "fail": 15.0}, ["unit"]),
        ({"check": "faulty_zero", "variable": "stage_m", "unit": "m", "fail": 1}, ["variable"]),
        ({"check": "wrong_unit", "variable": "rain_mm", "unit": "mm", "suspect": 20.0}, []),
        ({"check": "wrong_unit", "variable": "rain_mm", "unit": "mm", "fail": 20.0}, ["fail"]),
        ({"check": "wrong_unit", "variable": "stage_m", "unit": "m", "above": 0.1}, []),
        ({"check": "wrong_unit", "variable": "stage_m", "unit": "m", "suspect": 1}, ["suspect"]),
        ({"check": "wrong_unit", "variable": "stage_m", "unit": "m", "climb_m": 9}, ["climb_m"]),
    ],
)
def test_a_check_over_stations_says_what_it_takes_like_any_other(stated, fields):
    rule = QualityRule(source="a test", **stated)
    assert [field for field, _ in problems(rule)] == fields


def test_a_rule_judges_the_stations_that_have_its_variable_and_tells_of_the_others(tmp_path):
    pack, findings = read(tmp_path, GOOD + 'stations = ["H01", "R01", "nowhere"]\n')
    assert [r.stations for r in pack.quality] == [("H01",)]
    assert [f.message for f in findings] == [
        "'R01' has no stage_m", "'nowhere' is not in stations.csv",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["[rules]\ncheck = 1\n", "rules = 3\n", "[[rule]]\n", "[[rules]\n"]
)
def test_what_is_no_list_of_rules_is_a_finding(tmp_path, text):
    pack, findings = read(tmp_path, text)
    assert pack.quality == ()
    assert findings
