"""What one feed tells of a gauge is held against all that a better one told around that time."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.observation import QcFlag
from pipeline.quality.second_source import second_source
from pipeline.quality.station_block import MINUTE_US, StationBlock
from pipeline.site.model import Check, QualityRule
from pipeline.units import Variable

N = 12
RULE = QualityRule(
    check=Check.SECOND_SOURCE, variable=Variable.STAGE, reference="telemetry", window_min=90,
    suspect=0.3, fail=1.0, unit="m", source="test",
)  # fmt: skip
LEVELS = arrays(np.float64, N, elements=st.one_of(st.just(np.nan), st.floats(-5, 20)))


def block(telemetry, sheet, other=None):
    columns = [telemetry, sheet, np.full(N, np.nan) if other is None else other]
    nowhere = np.full(3, np.nan)
    return StationBlock(
        stations=("A", "A", "B"),
        times=np.arange(N, dtype=np.int64) * 60 * MINUTE_US,
        values=np.stack(columns, axis=1),
        latency_min=np.zeros((N, 3)),
        interval_s=0,
        lon=nowhere,
        lat=nowhere,
        elevation_m=nowhere,
        feeds=("telemetry", "sheet", "sheet"),
    )


@given(LEVELS, LEVELS, LEVELS)
def test_the_feed_that_is_believed_and_a_station_that_it_does_not_tell_of_are_not_judged(a, b, c):
    flags = second_source(block(a, b, c), RULE)
    unjudged = {QcFlag.UNKNOWN, QcFlag.MISSING}
    assert set(flags[:, 0].tolist()) | set(flags[:, 2].tolist()) <= unjudged


@given(LEVELS)
def test_what_both_tell_alike_is_good(levels):
    flags = second_source(block(levels, levels), RULE)[:, 1]
    assert np.array_equal(flags == QcFlag.GOOD, ~np.isnan(levels))


@given(LEVELS, LEVELS, st.floats(0, 5))
def test_further_outside_is_never_flagged_less(telemetry, sheet, further):
    above = np.fmax.reduce(telemetry) if not np.isnan(telemetry).all() else 0.0
    outside = np.maximum(sheet, above)
    near = second_source(block(telemetry, outside), RULE)[:, 1]
    far = second_source(block(telemetry, outside + further), RULE)[:, 1]
    judged = (near != QcFlag.UNKNOWN) & (near != QcFlag.MISSING)
    assert (far[judged] >= near[judged]).all()


@given(LEVELS, st.floats(-5, 20))
def test_whatever_lies_between_two_readings_of_telemetry_is_good(telemetry, value):
    flags = second_source(block(telemetry, np.full(N, value)), RULE)[:, 1]
    for hour in range(N):
        told = telemetry[max(0, hour - 1) : hour + 2]
        told = told[~np.isnan(told)]
        if len(told) == 0:
            assert flags[hour] == QcFlag.UNKNOWN
        elif told.min() <= value <= told.max():
            assert flags[hour] == QcFlag.GOOD
        else:
            beyond = max(value - told.max(), told.min() - value)
            wanted = QcFlag.FAIL if beyond > 1 else QcFlag.SUSPECT if beyond > 0.3 else QcFlag.GOOD
            assert flags[hour] == wanted


def test_without_feeds_nothing_is_judged():
    some = np.ones(N)
    flags = second_source(replace(block(some, some), feeds=("", "", "")), RULE)
    assert not (flags == QcFlag.GOOD).any()
