"""What the model foresees for a fold, or an ungauged place, knows none of its floods."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from pipeline.runoff.calibration import Region
from pipeline.runoff.gr4h import simulate
from pipeline.verification.folds import folds
from pipeline.verification.modelled import MM_PER_M3S_KM2, Model
from pipeline.verification.record import Gauge, Record

HOURS = 300
AREA = np.array([30.0, 110.0, 380.0])
START = datetime(2024, 7, 1, tzinfo=UTC)
TIMES = [START + timedelta(hours=h) for h in range(HOURS)]
FIRST, SECOND = folds(TIMES, [TIMES[150]])
LEVELS = np.array([5.0, 15.0, 50.0])
PET = np.full(HOURS, 0.05)


def record() -> Record:
    chance = np.random.default_rng(3)
    storms = np.repeat(chance.random((HOURS // 10, 1)) < 0.3, 10, axis=0)
    rain = chance.gamma(0.8, 4.0, (HOURS, 3)) * storms
    region = Region(x1=150.0, x2=-0.5, x3=60.0, a=1.2, n=0.3, runoff0=0.02)
    parameters = region.parameters(AREA)
    runoff, _ = simulate(rain, np.full(rain.shape, 0.05), parameters, region.begin(parameters))
    gauges = tuple(Gauge(f"G{i}", "discharge_m3s", f"v{i}", {}) for i in range(3))
    return Record(
        gauges=gauges,
        first=START,
        step=timedelta(hours=1),
        flow=runoff * AREA / MM_PER_M3S_KM2,
        newest_known=np.tile(np.arange(HOURS)[:, None], 3),
        rain_mm=rain,
        point_mm=rain,
    )


def model(change=lambda flow: None) -> Model:
    """Return the model of a record whose flow was changed."""
    made = record()
    change(made.flow)
    return Model(made, AREA, PET, generations=2)


def values(variants, rows=slice(None), columns=slice(None)) -> bytes:
    return b"".join(variant.values[rows, columns].tobytes() for variant in variants)


@pytest.mark.parametrize("fold", [FIRST, SECOND], ids=["A", "B"])
def test_an_ungauged_place_is_foreseen_alike_whatever_its_own_river_did(fold):
    def poison(flow):
        flow[:, 1] *= 9.0

    before, after = model().ungauged(fold, LEVELS), model(poison).ungauged(fold, LEVELS)
    assert values(before, columns=1) == values(after, columns=1)
    assert values(before, columns=0) != values(after, columns=0)


@pytest.mark.parametrize("fold", [FIRST, SECOND], ids=["A", "B"])
def test_the_floods_of_a_fold_teach_nothing_of_what_is_foreseen_in_it_without_a_river(fold):
    def poison(flow):
        flow[fold.within] *= 9.0

    before, after = model().ungauged(fold, LEVELS), model(poison).ungauged(fold, LEVELS)
    assert values(before) == values(after)


def test_the_river_of_later_hours_changes_nothing_of_what_a_gauge_was_told():
    def poison(flow):
        flow[240:] *= 9.0  # in the second fold, which the first one teaches

    before, after = model().gauged(SECOND, LEVELS), model(poison).gauged(SECOND, LEVELS)
    assert values(before, rows=slice(0, 240)) == values(after, rows=slice(0, 240))
    assert values(before) != values(after)
