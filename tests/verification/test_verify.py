"""`floodwarn verify`: a record judged by the command, and what may stand in the headline."""

import json

import pytest

from alerts.cli.app import run
from tests.valley import copied, stored

SPAN = ("--from", "2024-07-12T00:00Z", "--to", "2024-07-16T12:00Z")
FITTED = "artefact,trained_from,trained_to,stations,source\nthresholds.csv,{},{},{},by hand\n"


@pytest.fixture
def floodwarn(tmp_path, monkeypatch, capfdbinary):
    """Run a command on a copy of the valley whose past is stored; return (code, output)."""
    site = stored(tmp_path, monkeypatch)
    capfdbinary.readouterr()

    def command(*arguments: str):
        code = run([*arguments])
        return code, capfdbinary.readouterr().out.decode()

    command.site = site
    return command


def answer(floodwarn, *arguments):
    code, out = floodwarn("verify", *SPAN, "--json", "-", *arguments)
    assert code == 0
    return json.loads(out)


def rows(found, **wanted):
    return [row for row in found["rows"] if all(row[k] == v for k, v in wanted.items())]


def test_what_is_told_an_hour_later_is_never_earlier(floodwarn):
    found = answer(floodwarn)
    assert found["schema"] == "floodwarn.verify/1"
    assert found["gauges"] == ["H01", "H02"]
    own = {
        (r["method"], r["level"], r["fold"], r["latency_h"]): r
        for r in found["rows"]
        if not r["raw"] and not r["fitted"]
    }
    assert {"floodwarn gauged", "floodwarn ungauged"} == {method for method, *_ in own}
    assert sum(row["n"] for row in own.values()) > 0
    for (method, level, fold, latency), row in own.items():
        if latency == 1:
            soon = own[method, level, fold, 0]
            assert row["n"] == soon["n"] == row["hits"] + row["late"] + row["missed"]
            assert row["hits"] <= soon["hits"]


def test_baselines_are_judged_where_nothing_of_them_was_fitted(floodwarn):
    found = answer(floodwarn, "--split", "2024-07-14T12:00Z")
    assert [fold["fold"] for fold in found["folds"]] == ["A", "B"]
    methods = {row["method"] for row in rows(found, fold="out of fold")}
    assert methods >= {"static 6 h rain", "static rain", "single station", "own-gauge persistence"}
    for row in rows(found, fold="out of fold"):
        parts = [r for fold in "AB" for r in rows(found, **key(row), fold=fold)]
        assert [row[k] for k in ("n", "hits", "false")] == [
            sum(part[k] for part in parts) for k in ("n", "hits", "false")
        ]


def key(row):
    return {name: row[name] for name in ("method", "level", "latency_h", "raw")}


def test_what_the_site_was_tuned_on_is_in_sample_and_not_in_the_headline(floodwarn):
    tuned = FITTED.format("2024-07-01T00:00Z", "2024-07-14T11:00Z", "H01")
    (floodwarn.site / "fitted.csv").write_text(tuned)
    found = answer(floodwarn)
    assert [fold["from"] for fold in found["folds"]] == [
        "2024-07-12T00:00:00Z",
        "2024-07-14T12:00:00Z",
    ]
    marked = {
        (row["method"], row["fold"])
        for row in found["rows"]
        if row["in_sample"] == ["thresholds.csv"]
    }
    gauged, ungauged = "floodwarn gauged", "floodwarn ungauged"
    assert marked == {(gauged, "A"), (ungauged, "A"), (ungauged, "B")}
    assert not any(r["headline"] and (r["in_sample"] or r["raw"]) for r in found["rows"])
    assert {r["latency_h"] for r in found["rows"] if r["headline"]} == {1}
    code, out = floodwarn("verify", *SPAN)
    assert code == 0
    headline, _, beside = out.partition("Beside it")
    assert "IN SAMPLE" in beside
    assert "IN SAMPLE" not in headline
    assert ungauged not in headline


def test_a_bad_line_of_what_was_fitted_is_found_by_check(floodwarn):
    (floodwarn.site / "fitted.csv").write_text(
        FITTED.format("2024-07-09T00:00Z", "2024-07-01T00:00Z", "H01")
    )
    _, out = floodwarn("check", "--json", "-")
    (finding,) = [f for f in json.loads(out)["findings"] if f["file"] == "fitted.csv"]
    assert finding["row"] == 2


def test_a_store_without_the_past_says_what_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("FLOODWARN_HOME", str(tmp_path / "empty"))
    monkeypatch.setenv("FLOODWARN_SITE", str(copied(tmp_path)))
    assert run(["verify", *SPAN]) == 3
    assert "floodwarn ingest" in capsys.readouterr().err
