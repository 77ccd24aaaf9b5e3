"""Scores from counts: as defined, and with exact intervals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.verification.floods import Matched, Rules
from pipeline.verification.skill import skill

counts = st.integers(0, 30)


def one(hits: int, late: int, missed: int, false: int) -> Matched:
    n = hits + late + missed
    return Matched(
        late=late,
        missed=missed,
        false=false,
        leads_to_peak=(7,) * hits,
        outside=5 * false,
        starts=tuple(range(0, 100 * n, 100)),
        lead_of=(3,) * hits + (None,) * (late + missed),
    )


def scored(*found: Matched):
    return skill(found, Rules(), 3600)


@given(counts, counts, counts, counts)
def test_scores_are_the_ratios_that_they_are_named_for(hits, late, missed, false):
    got = scored(one(hits, late, missed, false))
    n = hits + late + missed
    assert got.n == n
    assert got.pod == (pytest.approx(hits / n) if n else None)
    alarms = hits + late + false
    assert got.far == (pytest.approx(false / alarms) if alarms else None)
    assert got.csi == (pytest.approx(hits / (n + false)) if n + false else None)
    for value, interval in ((got.pod, got.pod_interval), (got.csi, got.csi_interval)):
        assert (value is None) is (interval is None)
        if value is not None and interval is not None:
            assert interval[0] <= value <= interval[1]


def test_intervals_are_exact():
    """Clopper and Pearson: of n hits in n the lower end is (alpha / 2) ** (1 / n)."""
    for n in (4, 12):
        low, high = scored(one(n, 0, 0, 0)).pod_interval
        assert low == pytest.approx(0.025 ** (1 / n))
        assert high == 1.0


def test_stations_are_counted_together_and_leads_are_in_hours():
    got = skill([one(2, 0, 0, 1), one(1, 1, 0, 0)], Rules.of_step(1800), 1800)
    assert (got.hits, got.late, got.n, got.false) == (3, 1, 4, 1)
    assert (got.median_h, got.p10_h, got.median_to_peak_h, got.outside_h) == (1.5, 1.5, 3.5, 2.5)


def test_without_a_hit_there_is_no_lead():
    got = scored(one(0, 1, 1, 0))
    assert (got.median_h, got.p10_h, got.median_to_peak_h, got.pod) == (None, None, None, 0.0)
