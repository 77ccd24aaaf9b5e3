"""Calibration finds what made the flow, and looks at nothing but its training hours."""

import numpy as np
import pytest

from pipeline.errors import SchemaError
from pipeline.runoff.calibration import Region, calibrate
from pipeline.runoff.gr4h import simulate

HOURS = 500
AREA = np.array([30.0, 110.0, 380.0])
TRUE = Region(x1=150.0, x3=60.0, a=1.2, n=0.3, runoff0=0.02)
TRAINING = np.arange(HOURS) < 350


@pytest.fixture(scope="module")
def past():
    """Return rain, evaporation and the runoff that a known region makes of them."""
    chance = np.random.default_rng(7)
    storms = np.repeat(chance.random((HOURS // 10, 1)) < 0.3, 10, axis=0)
    rain = chance.gamma(0.8, 4.0, (HOURS, 3)) * storms
    pet = np.full(rain.shape, 0.05)
    parameters = TRUE.parameters(AREA)
    runoff, _ = simulate(rain, pet, parameters, TRUE.begin(parameters))
    return rain, pet, runoff


def test_it_finds_flow_like_that_which_it_learnt_also_where_it_did_not_learn(past):
    rain, pet, runoff = past
    region = calibrate(rain[:, :2], pet[:, :2], runoff[:, :2], AREA[:2], TRAINING)
    assert region.nse > 0.97
    parameters = region.parameters(AREA)
    found, _ = simulate(rain, pet, parameters, region.begin(parameters))
    spread = ((runoff - runoff.mean(axis=0)) ** 2)[~TRAINING].sum(axis=0)
    misses = ((found - runoff) ** 2)[~TRAINING].sum(axis=0)
    assert (1 - misses / spread > 0.9).all(), "the third gauge was never looked at"


def test_flow_outside_of_training_changes_nothing_and_gaps_are_no_flow(past):
    rain, pet, runoff = past
    poisoned = runoff.copy()
    poisoned[~TRAINING] = 999.0
    poisoned[100:110, 0] = np.nan
    gaps = runoff.copy()
    gaps[100:110, 0] = np.nan
    one, two = (
        calibrate(rain, pet, flow, AREA, TRAINING, generations=2) for flow in (gaps, poisoned)
    )
    assert one == two
    assert np.isfinite(one.nse)


def test_a_flow_that_never_varies_is_refused_by_name(past):
    rain, pet, runoff = past
    flat = runoff.copy()
    flat[:, 1] = 0.2
    with pytest.raises(SchemaError, match="gauge 1"):
        calibrate(rain, pet, flat, AREA, TRAINING, generations=2)
