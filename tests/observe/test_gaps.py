"""What is missing is asked for, all of it and little else; what may still come is not missing."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.gaps import MOST_GAPS, gaps, short_hours, windows
from pipeline.instants import MICROSECOND
from pipeline.observe import ObserveFailed, observe
from pipeline.site.pack import load
from pipeline.world import Mode, World, live
from tests.feeds.server import serving
from tests.valley import STORM_PEAK, copied, live_like

HOUR = timedelta(hours=1)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LIVE = live("valley")
slots = st.lists(st.integers(0, 300), unique=True, max_size=60).map(
    lambda numbers: [NOON + n * HOUR for n in sorted(numbers)]
)


@given(slots)
def test_every_missing_slot_is_asked_for_in_few_windows_that_do_not_meet(missing):
    found = windows(missing, HOUR)
    assert len(found) <= MOST_GAPS
    assert all(any(first <= slot <= last for first, last in found) for slot in missing)
    assert all(first in missing and last in missing for first, last in found)
    assert all(last + HOUR < first for (_, last), (first, _) in pairwise(found))


@given(slots)
def test_where_the_gaps_are_few_nothing_else_is_asked_for(missing):
    found = windows(missing, HOUR, most=1000)
    asked = [first + n * HOUR for first, last in found for n in range((last - first) // HOUR + 1)]
    assert asked == missing


def test_an_hour_is_short_where_one_station_is():
    hours = [NOON, NOON + HOUR]
    counted = {
        ("R01", NOON): 12,
        ("R02", NOON): 11,
        ("R01", NOON + HOUR): 12,
        ("R02", NOON + HOUR): 13,
    }
    assert short_hours(hours, counted, Counter(R01=12, R02=12)) == [NOON]
    assert short_hours(hours, {}, Counter()) == []


@pytest.fixture
def valley(tmp_path):
    site = live_like(tmp_path, tmp_path / "home", storm_hour=STORM_PEAK, now_hour=NOON)
    return load(site, tmp_path / "home")


def take(engine, pack, first, last, now):
    observe(engine, pack, LIVE, "rain", start=first, end=last, now=now)


def test_the_hours_that_were_never_fetched_are_missing(engine, valley):
    take(engine, valley, NOON - 9 * HOUR, NOON - 7 * HOUR, NOON - 7 * HOUR)
    take(engine, valley, NOON - 4 * HOUR, NOON, NOON)
    found = gaps(engine, valley, LIVE, "rain", start=NOON - 11 * HOUR, end=NOON + 2 * HOUR)
    assert found == [
        (NOON - 11 * HOUR, NOON - 9 * HOUR - MICROSECOND),
        (NOON - 6 * HOUR, NOON - 4 * HOUR - MICROSECOND),
    ]
    for first, last in found:
        take(engine, valley, first, last, NOON + HOUR)
    assert gaps(engine, valley, LIVE, "rain", start=NOON - 11 * HOUR, end=NOON + 2 * HOUR) == []


def test_what_may_still_come_is_not_missing(engine, valley):
    take(engine, valley, NOON - 4 * HOUR, NOON, NOON)
    for late in (HOUR, 2 * HOUR):
        assert gaps(engine, valley, LIVE, "rain", start=NOON - 3 * HOUR, end=NOON + late) == []
    assert gaps(engine, valley, LIVE, "rain", start=NOON - 3 * HOUR, end=NOON + 3 * HOUR)


def test_a_station_that_speaks_only_when_it_rains_promises_nothing(engine, tmp_path):
    site = copied(tmp_path)
    path = site / "stations.csv"
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    lines = [head + ",reports", *(row + ",events" for row in rows)]
    path.write_text("\n".join(lines), encoding="utf-8")
    pack = load(site, tmp_path)
    assert gaps(engine, pack, LIVE, "rain", start=NOON - 9 * HOUR, end=NOON) == []


@pytest.mark.parametrize("scheme", ["", "file://", "http"])
def test_of_files_the_slots_are_missing_whose_file_never_came(engine, tmp_path, scheme):
    folder = tmp_path / "in"
    folder.mkdir()
    header = "station_id,variable,valid_time,value\n"

    def come(*hours):
        for hour in hours:
            line = f"R01,rain_mm,2026-11-24T{hour:02}:00Z,1\n"
            (folder / f"{hour:02}.csv").write_text(header + line)

    def rule(path, _):
        file = folder / path.rpartition("/")[2]
        return (200, {}, file.read_bytes()) if file.exists() else (404, {}, b"")

    with serving(rule) as server:
        where = server.url if scheme == "http" else f"{scheme}{folder}"
        pack = patterned(tmp_path, where)
        come(6, 7, 10)
        start = NOON - 6 * HOUR
        observe(engine, pack, LIVE, "rain", start=start, end=NOON, now=NOON)
        found = gaps(engine, pack, LIVE, "rain", start=start, end=NOON)
        assert found == [(NOON - 4 * HOUR, NOON - 3 * HOUR), (NOON - HOUR, NOON - HOUR)]
        come(8, 11)
        for first, last in found:
            try:
                observe(engine, pack, LIVE, "rain", start=first, end=last, now=NOON)
            except ObserveFailed:
                pytest.fail("an absent file is no failure")
        assert gaps(engine, pack, LIVE, "rain", start=start, end=NOON) == [(NOON - 3 * HOUR,) * 2]
        other = World("valley", Mode.REPLAY, "other")
        assert gaps(engine, pack, other, "rain", start=start, end=NOON) == [(start, NOON - HOUR)]


def patterned(folder, where, pattern="%H.csv"):
    site = live_like(folder, folder / "home", storm_hour=STORM_PEAK, now_hour=NOON)
    path = site / "feeds.toml"
    text = path.read_text(encoding="utf-8").replace(
        '"${FLOODWARN_HOME}/incoming/rain.csv"',
        f'"{where}"\npattern = "{pattern}"\nallow_private = ["127.0.0.0/8"]',
    )
    path.write_text(text, encoding="utf-8")
    return load(site, folder / "home")


def test_a_file_of_a_day_that_came_before_the_slot_has_not_had_it(engine, tmp_path):
    pack = patterned(tmp_path, str(tmp_path), "%Y%m%d.csv")
    (tmp_path / "20261124.csv").write_text("station_id,variable,valid_time,value\n")
    take(engine, pack, NOON - HOUR, NOON, NOON - HOUR)
    found = gaps(engine, pack, LIVE, "rain", start=NOON - 2 * HOUR, end=NOON + 2 * HOUR)
    assert found == [(NOON, NOON + HOUR)]
