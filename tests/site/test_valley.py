"""The synthetic site is what its own formulas write, and its storm holds what tests rely on."""

import csv
import subprocess
import sys

from tests.valley import VALLEY, incoming, live_like

NAMES = (
    "villages.csv", "stations.csv", "levels.csv", "links.csv", "weights.csv", "thresholds.csv",
    "hazard_zones.geojson", "recordings/rain.csv", "recordings/stage.csv",
)  # fmt: skip


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_committed_files_are_what_the_formulas_write(tmp_path):
    subprocess.run([sys.executable, str(VALLEY / "derive.py"), str(tmp_path)], check=True)
    for name in NAMES:
        assert (tmp_path / name).read_bytes() == (VALLEY / name).read_bytes(), name


def test_one_hour_has_no_rain_reading_at_all():
    hours = {row["valid_time"] for row in rows(VALLEY / "recordings/rain.csv")}
    assert "2024-07-14T20:00Z" not in hours
    assert len(hours) == 24 * 17 - 1


def test_one_reading_came_late_and_says_when():
    late = [row for row in rows(VALLEY / "recordings/rain.csv") if row["known_at"]]
    assert [(r["station_id"], r["valid_time"], r["known_at"]) for r in late] == [
        ("R03", "2024-07-15T09:00Z", "2024-07-15T12:20Z")
    ]


def test_the_upper_gauge_is_lost_while_rising_above_its_first_level():
    stage = rows(VALLEY / "recordings/stage.csv")
    lost = [i for i, row in enumerate(stage) if not row["青溪上"]]
    assert lost == list(range(lost[0], lost[0] + 10))
    last, before = (float(stage[lost[0] - back]["青溪上"]) for back in (1, 2))
    assert last > before
    assert last > 1.2


def test_a_lull_of_a_day_parts_the_two_bursts():
    rain = [row for row in rows(VALLEY / "recordings/rain.csv") if row["station_id"] == "R01"]
    lull = [r for r in rain if "2024-07-14T06" <= r["valid_time"] <= "2024-07-15T06"]
    assert sum(float(row["value"]) for row in lull) == 0.0
    assert max(float(row["value"]) for row in rain) > 30.0


def test_a_live_like_copy_holds_only_what_has_come_in(tmp_path):
    from tests.feeds.samples import NOW
    from tests.valley import STORM_BREAKS

    hour = NOW.replace(year=2026, minute=0)
    site = live_like(tmp_path / "x", tmp_path / "home", storm_hour=STORM_BREAKS, now_hour=hour)
    rain = rows(tmp_path / "home/incoming/rain.csv")
    assert max(row["valid_time"] for row in rain) == f"{hour:%Y-%m-%dT%H:%M:%SZ}"
    assert "declared" not in (site / "feeds.toml").read_text(encoding="utf-8").split("#")[-1]
    incoming(tmp_path / "home", until=STORM_BREAKS.replace(hour=20), shift=hour - STORM_BREAKS)
    assert len(rows(tmp_path / "home/incoming/rain.csv")) == len(rain) + 10
