"""`bench orders`: what is timed says the same on both sides, and a missed reach is a finding."""

import json
from dataclasses import replace

import pytest

from alerts import order_works
from alerts.cli.app import run
from alerts.order_works import SMALL, works
from pipeline.bench.ratio import Differs
from pipeline.site.pack import load
from tests.golden.samples import ROOT, VALLEY

TINY = replace(SMALL, told=4, linted=5)


@pytest.fixture(scope="module")
def pack():
    return load(VALLEY, ROOT / ".floodwarn")


@pytest.mark.parametrize("work", ["texts", "lint"])
def test_every_work_is_done_by_both_sides(pack, work):
    (line,) = works(pack)[work](TINY)
    assert line.ratio.median > 0
    assert line.peer


def test_a_peer_that_says_something_else_is_not_timed(pack, monkeypatch):
    monkeypatch.setattr(order_works, "_anew", lambda batch: ["nothing of it"] * len(batch))
    with pytest.raises(Differs):
        list(works(pack)["texts"](TINY))


def test_plans_that_cannot_be_used_are_not_timed(pack, monkeypatch):
    monkeypatch.setattr(order_works, "_repeated", lambda site, _folder, _villages: site)
    with pytest.raises(Differs):
        list(works(pack)["lint"](TINY))


def test_the_command_answers_in_json_with_its_sizes(capsys):
    run(["bench", "orders", "--small", "--work", "texts", "--site", str(VALLEY), "--json", "-"])
    answer = json.loads(capsys.readouterr().out)
    assert answer["schema"] == "floodwarn.bench-orders/1"
    assert answer["sizes"] == {"told": 100, "linted": 20, "turns": 2}
    assert len(answer["lines"]) == 1
