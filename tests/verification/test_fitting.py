"""What a model is fitted on, and nothing else, decides what it is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from pipeline.bulletin import RiskLevel
from pipeline.errors import NotKept
from pipeline.risk.runoff_arrays import MM_PER_M3S_KM2
from pipeline.runoff.calibration import Region
from pipeline.runoff.gr4h import simulate
from pipeline.site.runoff_settings import RunoffSettings
from pipeline.verification.fitting import Fitting, fitting_of
from pipeline.verification.folds import folds
from pipeline.verification.record import Gauge, Record
from tests.risk.small_site import config, village

HOURS = 300
AREA = np.array([30.0, 110.0, 380.0])
START = datetime(2024, 7, 1, tzinfo=UTC)
TIMES = [START + timedelta(hours=h) for h in range(HOURS)]
FIRST, SECOND = folds(TIMES, [TIMES[150]])
SETTINGS = RunoffSettings(pet_mm_per_day={7: 1.2})
LEVELS = {RiskLevel.BLUE: 0.04, RiskLevel.ORANGE: 0.12, RiskLevel.RED: 900.0}
"""m3/s from a km2; the last is never passed."""


def record() -> Record:
    chance = np.random.default_rng(3)
    storms = np.repeat(chance.random((HOURS // 10, 1)) < 0.3, 10, axis=0)
    rain = chance.gamma(0.8, 4.0, (HOURS, 3)) * storms
    region = Region(x1=150.0, x3=60.0, a=1.2, n=0.3, runoff0=0.02)
    parameters = region.parameters(AREA)
    runoff, _ = simulate(rain, np.full(rain.shape, 0.05), parameters, region.begin(parameters))
    gauges = tuple(
        Gauge(f"G{i}", "discharge_m3s", f"v{i}", {str(k): (k, q * a) for k, q in LEVELS.items()})
        for i, a in enumerate(AREA.tolist())
    )
    return Record(
        gauges=gauges,
        first=START,
        step=timedelta(hours=1),
        flow=runoff * AREA / MM_PER_M3S_KM2,
        newest_known=np.tile(np.arange(HOURS)[:, None], 3),
        rain_mm=rain,
        point_mm=rain,
    )


def fitting(change=lambda flow: None) -> Fitting:
    """Return what fits a model to a record whose flow was changed."""
    made = record()
    change(made.flow)
    return Fitting(made, AREA, SETTINGS, generations=2)


@pytest.mark.parametrize("fold", [FIRST, SECOND], ids=["A", "B"])
def test_the_floods_of_a_fold_teach_nothing_of_what_is_warned_of_in_it(fold):
    def poison(flow):
        flow[fold.within] *= 9.0

    everyone = fitting().everyone
    before = fitting().model(~fold.within, everyone)
    assert fitting(poison).model(~fold.within, everyone) == before
    assert fitting(poison).model(fold.within, everyone) != before


def test_an_ungauged_place_is_warned_of_alike_whatever_its_own_river_did():
    def poison(flow):
        flow[:, 1] *= 9.0

    others = np.array([0, 2])
    before, after = (f.model(~FIRST.within, others) for f in (fitting(), fitting(poison)))
    assert before == after
    assert before.stations == ("G0", "G2")


def test_it_says_what_it_was_trained_on_and_overlaps_that_alone():
    model = fitting().model(SECOND.within, fitting().everyone)
    assert (model.trained_from, model.trained_to) == (SECOND.first, SECOND.last)
    assert model.overlaps(TIMES[200], TIMES[210])
    assert not model.overlaps(FIRST.first, FIRST.last)
    assert model.fitted.stations == ("G0", "G1", "G2")


def test_a_level_that_was_never_passed_is_warned_of_as_the_one_below_it():
    warns = fitting().model(~FIRST.within, fitting().everyone).warns
    assert warns.keys() == LEVELS.keys()
    assert warns[RiskLevel.RED] == warns[RiskLevel.ORANGE]


def test_a_part_without_any_flood_teaches_nothing_and_says_so():
    def calm(flow):
        flow *= 1e-4

    with pytest.raises(NotKept, match="no level was passed"):
        fitting(calm).model(~FIRST.within, fitting().everyone)


def test_what_cannot_be_fitted_says_why(small):
    whole = record()
    assert "month 7" in fitting_of(whole, small, RunoffSettings())
    alone = replace(whole, gauges=whole.gauges[:1])
    assert "one gauge alone" in fitting_of(alone, small, SETTINGS)
    daily = replace(whole, step=timedelta(hours=2))
    assert "not hours" in fitting_of(daily, small, SETTINGS)
    stage = replace(whole, gauges=(replace(whole.gauges[0], variable="stage_m"),))
    assert "no discharge" in fitting_of(stage, small, SETTINGS)
    assert isinstance(fitting_of(whole, small, SETTINGS), Fitting)


@pytest.fixture
def small():
    """Return a site with the villages of the gauges."""
    return config(villages=tuple(village(f"v{i}", a) for i, a in enumerate(AREA.tolist())))
