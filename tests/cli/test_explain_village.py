"""`explain --village`: what spoke for a village and what did not, also where nobody was told."""

import json

import pytest

from alerts.cli.app import run
from tests.valley import stored

NIGHT = "2024-07-13T23:00:00Z"


@pytest.fixture
def explain(tmp_path, monkeypatch, capfdbinary):
    """Explain a village of a copy of the valley whose past is stored; return (code, output)."""
    site = stored(tmp_path, monkeypatch)
    capfdbinary.readouterr()

    def command(village: str, *arguments: str):
        code = run(["explain", "--village", village, "--at", NIGHT, *arguments])
        return code, capfdbinary.readouterr().out.decode()

    command.site = site
    return command


def test_each_number_stands_beside_its_limit(explain):
    code, out = explain("zhangjiatai")
    assert code == 0
    assert out.startswith(f"zhangjiatai at {NIGHT}, known at ")
    assert "antecedent wetness: " in out
    for hours in (1, 3, 6):
        (line,) = [line for line in out.splitlines() if line.startswith(f"  rain {hours} h: ")]
        assert "orange at" in line
    assert "speaks for" in out


def test_the_json_says_the_same_and_what_stands_above(explain):
    code, out = explain("hekou", "--json", "-")
    assert code == 0
    case = json.loads(out)["case"]
    assert case["slot"] == NIGHT
    assert [rain["duration_h"] for rain in case["rain"]][:3] == [1, 2, 3]
    assert case["risk"]["village_id"] == "hekou"
    levels = [one["level"] for one in case["upstream"]]
    assert levels == sorted(levels, reverse=True)


def test_a_temporary_factor_is_named_with_its_reason(explain):
    _, before = explain("zhangjiatai")
    head = "village_id,down_to,factor,since,until,author,reason\n"
    row = "zhangjiatai,,2,2024-07-01T00:00Z,2024-09-01T00:00Z,role.engineer,bridge under repair\n"
    (explain.site / "factors.csv").write_text(head + row, encoding="utf-8")
    code, out = explain("zhangjiatai")
    assert code == 0
    assert "limits of rain and model are divided by 2: bridge under repair (role.engineer" in out
    assert "bridge under repair" not in before


def test_a_village_that_is_not_there_could_not_be_explained(explain):
    assert explain("atlantis")[0] == 3
