"""What a check finds is counted against what was put in, and its false alarms against what was."""

import numpy as np
import pytest

from pipeline.observation import QcFlag
from pipeline.quality.detection import ANY, detections, false_alarms
from pipeline.quality.injected_faults import faults
from tests.quality.networks import network

STEPS = 24 * 40


def river():
    hours = np.arange(STEPS)[:, None]
    values = 2.0 + np.round(np.sin(hours / 50 + np.arange(2)), 2)
    return network([0, 1], [0, 0], values, interval_s=3600)


def above(limit, flag=QcFlag.SUSPECT):
    """Return a judge that flags what is above a limit."""

    def judge(block):
        flags = np.where(block.values > limit, flag, QcFlag.GOOD)
        return {"above": np.where(np.isnan(block.values), QcFlag.MISSING, flags).astype(np.uint8)}

    return judge


def everything(flag):
    return lambda block: {"all": np.full(block.values.shape, flag, np.uint8)}


def found(fault, judge, draws=20):
    return {one.check: one for one in detections(river(), judge, fault, draws=draws, seed=3)}


def test_every_spike_above_the_limit_is_detected_and_nothing_below_it():
    high, out_of_reach = found("spike", above(3.2))["above"], found("spike", above(1e6))["above"]
    assert high.injected == out_of_reach.injected == 20
    assert high.detected >= 15
    assert out_of_reach.detected == out_of_reach.flagged == 0


def test_what_was_flagged_before_the_fault_is_no_detection():
    assert found("drift", everything(QcFlag.FAIL))["all"].detected == 0


def test_a_check_that_cannot_judge_has_judged_nothing():
    blind = found("spike", everything(QcFlag.UNKNOWN))["all"]
    assert (blind.injected, blind.judged, blind.detected) == (20, 0, 0)


@pytest.mark.parametrize("fault", faults(of_sums=False))
def test_any_check_finds_no_less_than_each_of_them(fault):
    def two(block):
        return above(3.2)(block) | {"low": above(1.2)(block)["above"]}

    counts = found(fault, two)
    assert counts[ANY].detected >= max(counts["above"].detected, counts["low"].detected)
    assert counts[ANY].flagged <= counts[ANY].spoiled


def test_equal_seeds_give_equal_counts():
    assert found("drift", above(3.2)) == found("drift", above(3.2))


def test_false_alarms_are_counted_apart_for_doubt_rejection_and_peaks():
    values = np.zeros((1000, 1))
    values[:3, 0] = [5.0, 6.0, 9.0]
    block = network([0], [0], values)
    doubted = {alarm.check: alarm for alarm in false_alarms(block, above(4.0))}
    assert (doubted["above"].readings, doubted["above"].suspect, doubted["above"].fail) == (
        1000,
        3,
        0,
    )
    assert (doubted["above"].peaks, doubted["above"].peaks_suspect) == (1, 1)
    rejected = false_alarms(block, above(4.0, QcFlag.FAIL))[0]
    assert (rejected.suspect, rejected.fail, rejected.peaks_fail) == (0, 3, 1)


def test_a_block_without_readings_has_nothing_to_put_a_fault_into():
    empty = network([0], [0], np.full((50, 1), np.nan))
    assert detections(empty, above(1.0), "spike", draws=5, seed=1) == ()
