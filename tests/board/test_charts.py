"""Laws of the drawings: what was not seen is shown as not seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from alerts.board.charts import BOTTOM, HEIGHT, LEFT, RIGHT, WIDTH, hydrograph, hyetograph
from pipeline.bulletin import RiskLevel

PARIS = ZoneInfo("Europe/Paris")
START = datetime(2014, 11, 3, 18, tzinfo=UTC)
amounts = st.lists(st.none() | st.floats(0, 200, allow_nan=False), min_size=1, max_size=72)


def hours(count: int) -> list[datetime]:
    return [START + timedelta(hours=i) for i in range(count)]


@given(amounts)
def test_an_interval_not_seen_is_hatched_over_the_whole_height_and_never_looks_dry(
    rain: list[float | None],
) -> None:
    chart = hyetograph(hours(len(rain)), rain, PARIS)
    for value, bar in zip(rain, chart.bars, strict=True):
        assert bar.seen == (value is not None)
        if value is None:
            assert bar.height == HEIGHT - BOTTOM
            assert "not seen" in bar.title


@given(amounts)
def test_every_bar_lies_inside_the_drawing(rain: list[float | None]) -> None:
    for bar in hyetograph(hours(len(rain)), rain, PARIS).bars:
        assert LEFT <= bar.x <= WIDTH - RIGHT
        assert 0 <= bar.height <= HEIGHT - BOTTOM + 1e-6


def test_a_river_line_breaks_where_the_station_was_silent() -> None:
    chart = hydrograph(
        hours(5),
        [1.0, 2.0, None, 4.0, 5.0],
        {RiskLevel.ORANGE: 4.5},
        PARIS,
        unit="m3/s",
        hours=hours(5),
    )
    assert len(chart.segments) == 2


def test_every_warning_level_lies_inside_the_hydrograph() -> None:
    chart = hydrograph(
        hours(2),
        [1.0, 2.0],
        {RiskLevel.ORANGE: 57.7, RiskLevel.RED: 102.0},
        PARIS,
        unit="m3/s",
        hours=hours(5),
    )
    assert all(0 <= mark.position <= HEIGHT - BOTTOM for mark in chart.thresholds)


def test_a_station_that_was_never_heard_says_so() -> None:
    chart = hydrograph(hours(3), [None] * 3, {}, PARIS, unit="m", hours=hours(3))
    assert chart.segments == ()
    assert chart.summary == "No reading in the window"
