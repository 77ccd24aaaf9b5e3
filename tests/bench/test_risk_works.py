"""`bench risk`: each work is timed only as far as its peer answers alike."""

import json
from dataclasses import replace

import numpy as np
import pytest

from alerts.cli.app import REFUSED, run
from pipeline.bench import risk_peers, risk_works
from pipeline.bench.ratio import Differs, Measured, by_turns
from pipeline.bench.risk_works import DAY, DURATIONS, SMALL, WORKS, Network
from pipeline.catchment.accumulation import accumulate_steps
from pipeline.catchment.areal import areal_mean

USAGE = 2
TINY = replace(SMALL, hours=12, polygons=8)


@pytest.mark.parametrize("work", WORKS)
def test_every_work_is_done_by_both_sides_and_both_answer_alike(work):
    lines = [*WORKS[work](TINY)]
    assert lines
    assert all(line.ratio.median > 0 and line.peer for line in lines)


@pytest.mark.parametrize("sums", [risk_peers.numpy_sums, risk_peers.pandas_sums])
def test_the_sums_of_a_peer_are_ours_to_a_thousandth(sums):
    network = Network.made(50, 30, 2 * DAY)
    kept = areal_mean(network.said, network.weights)
    for one, other in zip(risk_peers.scipy_mean(network.said, network.weights), kept, strict=True):
        assert np.allclose(one, other, equal_nan=True, atol=1e-9)
    ours, theirs = accumulate_steps(*kept, DURATIONS, steps=7), sums(*kept, DURATIONS, 7)
    assert np.allclose(ours[0], theirs[0], equal_nan=True, atol=2e-3)
    assert np.allclose(ours[1], theirs[1], atol=2e-6)


def test_part_of_a_network_is_those_villages_of_it():
    network = Network.made(50, 30, 3)
    whole, _ = areal_mean(network.said, network.weights)
    part = network.part(slice(20, 35))
    assert np.array_equal(areal_mean(part.said, part.weights)[0], whole[:, 20:35], equal_nan=True)
    assert np.array_equal(part.thresholds, network.thresholds[:, 20:35])


def test_sides_that_answer_otherwise_are_not_timed(monkeypatch):
    def wrong(*given):
        return risk_peers.numpy_sums(*given)[0] + 5.0, None

    monkeypatch.setattr(risk_works.peers, "pandas_sums", wrong)
    with pytest.raises(Differs):
        list(WORKS["day"](TINY))


@pytest.mark.parametrize(("reach", "code"), [(0.0, 0), (1e9, REFUSED), (None, 0)])
def test_a_missed_reach_is_a_finding(monkeypatch, capsys, reach, code):
    def work(_sizes):
        yield Measured("work", "peer", reach, by_turns([(list, list)] * 3))

    monkeypatch.setattr(risk_works, "WORKS", {"work": work})
    assert run(["bench", "risk", "--small"]) == code
    assert ("NOT REACHED" in capsys.readouterr().out) is (code == REFUSED)
    assert run(["bench", "risk", "--small", "--json", "-"]) == code
    answer = json.loads(capsys.readouterr().out)
    assert (answer["schema"], answer["reached"]) == ("floodwarn.bench-risk/1", code == 0)
    assert [(line["work"], line["peer"]) for line in answer["lines"]] == [("work", "peer")]


def test_an_unknown_work_is_wrong_usage():
    assert run(["bench", "risk", "--small", "--work", "nothing"]) == USAGE
