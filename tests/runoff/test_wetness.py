import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.errors import SchemaError
from pipeline.runoff.wetness import WetnessClass, WetnessRule, antecedent_wetness, wetness_class

DAILY = WetnessRule(
    decay_per_day=0.9, cap_mm=100.0, window_steps=10, exclude_steps=0, steps_per_day=1
)


@st.composite
def windows(draw):
    shape = draw(st.tuples(st.integers(1, 25), st.integers(1, 3)))
    mean = draw(hnp.arrays(float, shape, elements=st.floats(0, 60) | st.just(float("nan"))))
    share = draw(hnp.arrays(float, shape, elements=st.floats(0.01, 1.0)))
    return mean, np.where(np.isnan(mean), 0.0, share)


@st.composite
def rules(draw):
    return WetnessRule(
        decay_per_day=draw(st.floats(0.5, 0.99)),
        cap_mm=draw(st.floats(10.0, 150.0)),
        window_steps=draw(st.integers(1, 12)),
        exclude_steps=draw(st.integers(0, 6)),
        steps_per_day=draw(st.sampled_from([1, 24, 288])),
    )


def by_hand(rain, rule):
    """Return Pa after the last step of one village: the definition, day by day."""
    counted = rain[: len(rain) - rule.exclude_steps][-rule.window_steps :]
    wetness = 0.0
    for mm in counted:
        wetness = min(rule.cap_mm, rule.decay_per_step * (wetness + (0.0 if np.isnan(mm) else mm)))
    return wetness


@given(windows(), rules())
def test_it_is_the_definition_step_by_step(window, rule):
    mean, coverage = window
    wetness, seen = antecedent_wetness(mean, coverage, rule)
    for village in range(mean.shape[1]):
        if np.isnan(wetness[0, village]):
            assert seen[0, village] == pytest.approx(0.0)
        else:
            expected = by_hand(mean[:, village], rule)
            assert wetness[0, village] == pytest.approx(expected, abs=6e-4)


@given(windows(), rules())
def test_a_block_of_steps_is_the_steps_one_by_one_to_the_last_bit(window, rule):
    mean, coverage = window
    block = antecedent_wetness(mean, coverage, rule, steps=len(mean))
    for step in range(len(mean)):
        alone = antecedent_wetness(mean[: step + 1], coverage[: step + 1], rule)
        assert block[0][step].tobytes() == alone[0][0].tobytes()
        assert block[1][step].tobytes() == alone[1][0].tobytes()


@given(windows(), rules(), st.data())
def test_more_rain_never_lowers_wetness(window, rule, data):
    mean, coverage = window
    more = data.draw(hnp.arrays(float, mean.shape, elements=st.floats(0, 40)))
    before, _ = antecedent_wetness(mean, coverage, rule)
    after, _ = antecedent_wetness(mean + more, coverage, rule)
    known = ~np.isnan(before)
    assert (after[known] >= before[known]).all()


@given(windows(), rules())
def test_it_never_exceeds_the_storage(window, rule):
    wetness, coverage = antecedent_wetness(*window, rule)
    assert not (wetness > round(rule.cap_mm, 3)).any()
    assert ((coverage >= 0) & (coverage <= 1)).all()


@given(windows(), rules())
def test_the_rain_of_the_storm_itself_is_not_counted(window, rule):
    mean, coverage = window
    storm = mean.copy()
    storm[max(0, len(mean) - rule.exclude_steps) :] += 80.0
    assert antecedent_wetness(storm, coverage, rule)[0].tobytes() == (
        antecedent_wetness(mean, coverage, rule)[0].tobytes()
    )


@given(windows(), rules())
def test_only_the_window_counts(window, rule):
    mean, coverage = window
    reach = rule.window_steps + rule.exclude_steps
    if len(mean) >= reach:
        older = np.concatenate([np.full((5, mean.shape[1]), 50.0), mean])
        seen = np.concatenate([np.ones((5, mean.shape[1])), coverage])
        assert antecedent_wetness(older, seen, rule)[0].tobytes() == (
            antecedent_wetness(mean, coverage, rule)[0].tobytes()
        )


def test_a_window_seen_whole_has_coverage_one_and_a_new_record_less():
    mean = np.full((10, 1), 2.0)
    assert antecedent_wetness(mean, np.ones((10, 1)), DAILY)[1].tolist() == [[1.0]]
    _, young = antecedent_wetness(mean[:3], np.ones((3, 1)), DAILY)
    assert young[0, 0] == pytest.approx((1 - 0.9**3) / (1 - 0.9**10), abs=1e-6)


def test_nothing_seen_is_unknown_and_not_dry():
    wetness, coverage = antecedent_wetness(np.full((10, 1), np.nan), np.zeros((10, 1)), DAILY)
    assert np.isnan(wetness).all()
    assert coverage.tolist() == [[0.0]]
    found = wetness_class(wetness, coverage, 100.0, (0.5, 0.8), 0.8)
    assert found.tolist() == [[WetnessClass.UNKNOWN]]


def test_classes_meet_at_their_limits():
    wetness = np.array([0.0, 49.999, 50.0, 79.999, 80.0, 100.0])
    found = wetness_class(wetness, np.ones(6), 100.0, (0.5, 0.8), 0.8)
    assert [WetnessClass(value).name for value in found.tolist()] == (
        ["DRY", "DRY", "MEDIUM", "MEDIUM", "WET", "WET"]
    )


def test_too_little_seen_is_unknown_however_wet():
    found = wetness_class(np.array([90.0, 90.0]), np.array([0.79, 0.8]), 100.0, (0.5, 0.8), 0.8)
    assert found.tolist() == [WetnessClass.UNKNOWN, WetnessClass.WET]


@pytest.mark.parametrize(("rows", "steps"), [(2, 1), (3, 0), (3, 4)])
def test_what_does_not_fit_is_refused(rows, steps):
    with pytest.raises(SchemaError):
        antecedent_wetness(np.ones((3, 1)), np.ones((rows, 1)), DAILY, steps=steps)
