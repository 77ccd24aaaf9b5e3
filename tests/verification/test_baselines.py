"""What is judged on a fold was chosen on the others, and on nothing else."""

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.verification.baselines import Truth, Variant, choose, out_of_fold
from pipeline.verification.floods import Rules, floods
from pipeline.verification.folds import folds

HOURS, GAUGES = 120, 2
START = datetime(2024, 7, 1, tzinfo=UTC)
TIMES = [START + timedelta(hours=h) for h in range(HOURS)]
PARTS = folds(TIMES, [TIMES[50]])
CANDIDATES = np.arange(1.0, 30.0)


def showers(seed: int) -> np.ndarray:
    """Return rain of any kind, often alike in neighbouring hours."""
    chance = np.random.default_rng(seed)
    hourly = chance.gamma(0.3, 10.0, (HOURS // 4, GAUGES)).repeat(4, axis=0)
    return np.where(chance.random((HOURS, GAUGES)) < 0.1, np.nan, hourly)


values = st.integers(0, 2**32 - 1).map(showers)


def truth() -> Truth:
    river = np.ones(HOURS)
    river[30:36] = river[90:99] = 5.0
    return Truth((floods(river, 2.0, Rules()),) * GAUGES, Rules())


def test_a_split_begins_a_fold_and_every_slot_is_in_one():
    assert [fold.name for fold in PARTS] == ["A", "B"]
    assert (PARTS[0].last, PARTS[1].first) == (TIMES[49], TIMES[50])
    assert (PARTS[0].within ^ PARTS[1].within).all()


@settings(max_examples=20)
@given(values, values)
def test_what_fell_in_a_fold_changes_nothing_of_what_is_judged_on_it(before, other):
    for fold in PARTS:
        after = np.where(fold.within[:, None], other, before)
        one, two = (
            choose([Variant("x", v, CANDIDATES)], truth(), ~fold.within) for v in (before, after)
        )
        assert (one.threshold, one.csi) == (two.threshold, two.csi)


@settings(max_examples=20)
@given(values)
def test_the_chosen_threshold_is_as_good_as_any_in_training(rain):
    variant = Variant("x", rain, CANDIDATES)
    for fold, chosen, _ in out_of_fold(lambda _fold: [variant], truth(), PARTS):
        best = max(truth().csi(variant.alarms(t), ~fold.within) for t in CANDIDATES.tolist())
        assert truth().csi(variant.alarms(chosen.threshold), ~fold.within) == chosen.csi == best


def test_of_equally_good_thresholds_one_nearer_to_the_lower_end_is_taken():
    rain = np.zeros((HOURS, GAUGES))
    rain[25:31] = rain[85:91] = 20.0
    chosen = choose([Variant("x", rain, CANDIDATES)], truth(), PARTS[0].within)
    assert (chosen.csi, chosen.threshold) == (1.0, 5.0)
