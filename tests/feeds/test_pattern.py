"""What a pattern writes it also reads, and what contradicts itself is no stamp."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.feeds.pattern import stamp_of, unknown_parts

CANCE = "%Y/%m/%d/rain_precipitation_%Y%m%d%H%M_%Y%m%d%H%M.tif"


@given(st.integers(0, 200 * 365 * 24 * 60))
def test_a_name_that_a_pattern_writes_is_read_to_the_minute(minutes):
    at = datetime(1900, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    written = "archive/prcp/" + at.strftime(CANCE)
    assert stamp_of(written, CANCE) == at.replace(tzinfo=None)


@pytest.mark.parametrize(
    "path",
    [
        "2014/11/04/rain_precipitation_201411040300_201411040400.tif",
        "2014/11/05/rain_precipitation_201411040300_201411040300.tif",
        "2014/11/04/rain_precipitation_201413040300_201413040300.tif",
        "2014/11/04/xrain_precipitation_201411040300_201411040300.tif",
        "2014/11/04/rain_precipitation_201411040300_201411040300.tif.part",
        "",
    ],
)
def test_a_name_that_contradicts_itself_or_the_calendar_has_no_stamp(path):
    assert stamp_of(path, CANCE) is None


def test_letters_of_a_pattern_are_no_wildcards():
    assert stamp_of("rainX2014.csv", "rain.%Y.csv") is None
    found = stamp_of("rain.2014.csv", "rain.%Y.csv")
    assert found is not None
    assert found.year == 2014


def test_parts_that_are_not_known_are_told():
    assert unknown_parts("%Y/%q-%H%%.csv") == ["q", "%"]
