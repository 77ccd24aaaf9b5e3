"""Write the tables and the recording of the synthetic site ``valley``; nothing here is measured.

    python config/valley/derive.py [FOLDER]

Every number follows from the tables and formulas below, without chance and without a clock, so
the files in the repository are what this writes (tests/site/test_valley.py). PROVENANCE.md tells
what the storm holds.
"""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Final

FIRST: Final = datetime(2024, 7, 1, 1, tzinfo=UTC)
LAST: Final = datetime(2024, 7, 18, 0, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
LOCAL: Final = timezone(timedelta(hours=8))  # Asia/Shanghai has no summer time since 1991
SOURCE: Final = "synthetic: config/valley/derive.py"

# village_id, kind, name, English name, lon, lat, area km2, next down the river, people, households
VILLAGES: Final = (
    ("shangyuan", "village", "上源村", "Shangyuan", 115.602, 40.118, 6.2, "zhangjiatai", 212, 81),
    ("songlin", "village", "松林村", "Songlin", 115.655, 40.112, 9.4, "baishi", 148, 60),
    ("baishi", "village", "白石村", "Baishi", 115.648, 40.088, 15.1, "hekou", 305, 118),
    ("zhangjiatai", "village", "张家台村", "Zhangjiatai", 115.614, 40.090, 18.3, "hekou", 267, 99),
    ("hekou", "village", "河口村", "Hekou", 115.632, 40.066, 41.0, "nanping", 496, 190),
    ("nanping", "village", "南坪村", "Nanping", 115.638, 40.048, 47.2, "liushuwan", 388, 151),
    ("liushuwan", "hamlet", "柳树湾", "Liushuwan", 115.646, 40.036, 52.0, "xiaqiao", 63, 27),
    ("xiaqiao", "village", "下桥村", "Xiaqiao", 115.659, 40.015, 64.5, "", 521, 203),
    ("rp-upper", "river_point", "青溪上站", "Qingxi upper", 115.615, 40.087, 18.6, "", "", ""),
    ("rp-lower", "river_point", "青溪下站", "Qingxi lower", 115.636, 40.055, 45.0, "", "", ""),
)  # fmt: skip
TOWNSHIP: Final = "青溪镇"

# station_id, name, lon, lat, elevation m, weight of the storm here, hours behind the first one
RAIN_STATIONS: Final = (
    ("R01", "上源雨量站", 115.600, 40.122, 912, 1.25, 0),
    ("R02", "松林雨量站", 115.660, 40.116, 874, 1.10, 0),
    ("R03", "白石雨量站", 115.645, 40.092, 655, 1.00, 1),
    ("R04", "河口雨量站", 115.630, 40.064, 480, 0.85, 1),
    ("R05", "下桥雨量站", 115.658, 40.020, 391, 0.65, 2),
)
# station_id, name, lon, lat, elevation m, datum m, code in the recording
RIVER_STATIONS: Final = (
    ("H01", "青溪上站", 115.615, 40.087, 601, 598.00, "青溪上"),
    ("H02", "青溪下站", 115.636, 40.055, 452, 449.50, "青溪下"),
)
WEIGHTS: Final = {
    "shangyuan": {"R01": 1.0},
    "songlin": {"R01": 0.2, "R02": 0.8},
    "baishi": {"R02": 0.6, "R03": 0.4},
    "zhangjiatai": {"R01": 0.75, "R03": 0.25},
    "hekou": {"R01": 0.35, "R02": 0.3, "R03": 0.25, "R04": 0.1},
    "nanping": {"R01": 0.3, "R02": 0.25, "R03": 0.25, "R04": 0.2},
    "liushuwan": {"R01": 0.25, "R02": 0.25, "R03": 0.25, "R04": 0.25},
    "xiaqiao": {"R01": 0.2, "R02": 0.2, "R03": 0.2, "R04": 0.25, "R05": 0.15},
    "rp-upper": {"R01": 0.75, "R03": 0.25},
    "rp-lower": {"R01": 0.3, "R02": 0.3, "R03": 0.25, "R04": 0.15},
}
LINKS: Final = (
    ("zhangjiatai", "H01", 5),
    ("hekou", "H01", 35),
    ("rp-upper", "H01", 0),
    ("rp-lower", "H02", 0),
    ("nanping", "H02", 10),
    ("liushuwan", "H02", 20),
    ("xiaqiao", "H02", 50),
)
STAGES_M: Final = {"H01": (1.2, 1.6, 2.1, 2.7), "H02": (1.5, 2.0, 2.6, 3.4)}

# village_id, zone, its level, return period in years, where along the stream it begins and ends
# (m, below the village is more), m to either side; Songlin and Liushuwan have none mapped
HAZARD_ZONES: Final = (
    ("shangyuan", "gully mouth", 3, 20, -260, -60, 40),
    ("shangyuan", "along the stream", 4, 50, -120, 300, 60),
    ("zhangjiatai", "mill houses", 3, 10, -160, 120, 45),
    ("zhangjiatai", "lower terrace", 4, 50, 60, 380, 80),
    ("baishi", "riverside", 3, 20, -220, 180, 60),
    ("baishi", "market street", 4, 100, -150, 150, 110),
    ("hekou", "riverside", 3, 20, -420, -60, 90),
    ("hekou", "south lane", 4, 50, 160, 460, 70),
    ("nanping", "flat", 4, 20, -100, 420, 140),
    ("nanping", "river bend", 3, 10, 380, 640, 60),
    ("xiaqiao", "bridge", 3, 20, -180, 160, 80),
    ("xiaqiao", "mill lane", 4, 100, 40, 420, 110),
)
ENDS: Final = 0.6
"""How wide a zone is where it begins and ends, as a share of its middle."""
METRES_PER_DEGREE: Final = 111_195.0

# Peak of each shower (UTC), mm an hour at its peak where the weight is 1, hours from rise to peak
SHOWERS: Final = (
    (datetime(2024, 7, 5, 6, tzinfo=UTC), 4.0, 6.0),
    (datetime(2024, 7, 12, 10, tzinfo=UTC), 5.0, 8.0),
    (datetime(2024, 7, 13, 21, tzinfo=UTC), 22.0, 2.5),
    (datetime(2024, 7, 15, 11, tzinfo=UTC), 34.0, 3.0),
    (datetime(2024, 7, 16, 6, tzinfo=UTC), 3.0, 6.0),
)
MISSING_HOUR: Final = datetime(2024, 7, 14, 20, tzinfo=UTC)
# station, its hour, the instant at which that hour came in
LATE: Final = (
    "R03",
    datetime(2024, 7, 15, 9, tzinfo=UTC),
    datetime(2024, 7, 15, 12, 20, tzinfo=UTC),
)
# station, first and last hour without a reading
LOST: Final = ("H01", datetime(2024, 7, 15, 11, tzinfo=UTC), datetime(2024, 7, 15, 20, tzinfo=UTC))
# the point whose rain it gathers, hours of recession, m of stage for each mm stored, dry stage m
RIVERS: Final = {"H01": ("rp-upper", 5.0, 0.028, 0.42), "H02": ("rp-lower", 8.0, 0.027, 0.55)}

DURATIONS_H: Final = (1, 2, 3, 6, 12, 24)
WETNESS: Final = {"dry": 1.25, "medium": 1.0, "wet": 0.75}
LEVELS: Final = {1: 0.55, 2: 0.75, 3: 1.0, 4: 1.35}


def hours() -> list[datetime]:
    """Return the ends of the recording's hours, UTC."""
    return [FIRST + n * HOUR for n in range((LAST - FIRST) // HOUR + 1)]


def rain_mm(weight: float, lag_h: int, at: datetime) -> float:
    """Return the rain of the hour that ends at `at`, mm; a shower is a squared cosine."""
    total = 0.0
    for peak, peak_mm, rise_h in SHOWERS:
        offset_h = (at - peak) / HOUR - lag_h
        if abs(offset_h) < rise_h:
            total += peak_mm * math.cos(offset_h / rise_h * math.pi / 2) ** 2
    return round(total * weight, 1)


def stages_m(station_id: str) -> dict[datetime, float]:
    """Return the stage above the station's datum, m: one linear reservoir under its rain."""
    point, recession_h, m_per_mm, dry_m = RIVERS[station_id]
    gauges = {row[0]: (row[5], row[6]) for row in RAIN_STATIONS}
    stored_mm, stages = 0.0, {}
    for at in hours():
        areal = sum(w * rain_mm(*gauges[r], at) for r, w in WEIGHTS[point].items())
        stored_mm = stored_mm * math.exp(-1.0 / recession_h) + areal
        stages[at] = round(dry_m + m_per_mm * stored_mm, 2)
    return stages


def threshold_mm(area_km2: float, duration_h: int, wetness: str, level: int) -> float:
    """Return a rain threshold, mm: growing with duration and with the catchment."""
    ready = 24.0 * duration_h**0.55 * (area_km2 / 20.0) ** 0.06
    return round(ready * WETNESS[wetness] * LEVELS[level], 1)


def _villages() -> list[tuple[object, ...]]:
    return [
        (code, kind, name, english, TOWNSHIP, lon, lat, "assumed", area, below, people, households)
        for code, kind, name, english, lon, lat, area, below, people, households in VILLAGES
    ]


def _stations() -> list[tuple[object, ...]]:
    rain = [
        (code, name, "rain_mm", lon, lat, height, 60, 120, "")
        for code, name, lon, lat, height, _, _ in RAIN_STATIONS
    ]
    river = [
        (code, name, "stage_m", lon, lat, height, 60, 120, f"{datum:.2f}")
        for code, name, lon, lat, height, datum, _ in RIVER_STATIONS
    ]
    return [*rain, *river]


def _thresholds() -> list[tuple[object, ...]]:
    return [
        (v[0], "rain", d, w, level, threshold_mm(v[6], d, w, level), "mm", "county_default", SOURCE)
        for v in VILLAGES
        for d in DURATIONS_H
        for w in WETNESS
        for level in LEVELS
    ]


def _levels() -> list[tuple[object, ...]]:
    return [
        (station, "stage_m", level, value, "m", SOURCE)
        for station, values in STAGES_M.items()
        for level, value in enumerate(values, start=1)
    ]


def zone_outline(
    village_id: str, begins_m: float, ends_m: float, half_m: float
) -> list[list[float]]:
    """Return the closed ring of a zone, longitude and latitude, counter-clockwise."""
    lies = {code: (lon, lat) for code, _, _, _, lon, lat, *_ in VILLAGES}
    below = {code: down for code, *_, down, _, _ in VILLAGES}
    # the last village lies in line with the one above it
    above = next((code for code, down in below.items() if down == village_id), village_id)
    start, end = (village_id, below[village_id]) if below[village_id] else (above, village_id)
    lon, lat = lies[village_id]
    wide = METRES_PER_DEGREE * math.cos(math.radians(lat))
    east = (lies[end][0] - lies[start][0]) * wide
    north = (lies[end][1] - lies[start][1]) * METRES_PER_DEGREE
    east, north = east / math.hypot(east, north), north / math.hypot(east, north)
    middle = (begins_m + ends_m) / 2
    right = [(begins_m, -half_m * ENDS), (middle, -half_m), (ends_m, -half_m * ENDS)]
    left = [(along, -across) for along, across in reversed(right)]
    return [
        [
            round(lon + (along * east - across * north) / wide, 5),
            round(lat + (along * north + across * east) / METRES_PER_DEGREE, 5),
        ]
        for along, across in (*right, *left, right[0])
    ]


def _hazard_zones() -> str:
    features = [
        {
            "type": "Feature",
            "properties": {
                "zone": zone,
                "level": level,
                "return_period_y": years,
                "basis": "invented",
                "village_id": village_id,
            },
            "geometry": {
                "type": "Polygon",
                "coordinates": [zone_outline(village_id, begins, ends, half)],
            },
        }
        for village_id, zone, level, years, begins, ends, half in HAZARD_ZONES
    ]
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    opening = f'{{"type": "FeatureCollection", "source": {json.dumps(SOURCE)}, "features": ['
    return f"{opening}\n{lines}\n]}}\n"


def _rain() -> list[tuple[object, ...]]:
    late_station, late_hour, late_known = LATE
    return [
        (
            code,
            "rain_mm",
            f"{at:%Y-%m-%dT%H:%MZ}",
            rain_mm(weight, lag_h, at),
            f"{late_known:%Y-%m-%dT%H:%MZ}" if (code, at) == (late_station, late_hour) else "",
        )
        for at in hours()
        if at != MISSING_HOUR
        for code, *_, weight, lag_h in RAIN_STATIONS
    ]


def _stage() -> list[tuple[object, ...]]:
    series = {code: stages_m(code) for code, *_ in RIVER_STATIONS}

    def cell(code: str, at: datetime) -> str:
        lost = code == LOST[0] and LOST[1] <= at <= LOST[2]
        return "" if lost else f"{series[code][at]:.2f}"

    return [
        (f"{at.astimezone(LOCAL):%Y-%m-%d %H:%M}", *(cell(code, at) for code, *_ in RIVER_STATIONS))
        for at in hours()
    ]


def _csv(header: str, rows: list[tuple[object, ...]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return out.getvalue()


def files() -> dict[str, str]:
    """Return every derived file by its path below the site folder."""
    codes = ",".join(code for *_, code in RIVER_STATIONS)
    return {
        "villages.csv": _csv(
            "village_id,kind,name,name_en,township,lon,lat,position_basis,area_km2,"
            "downstream_id,people,households",
            _villages(),
        ),
        "stations.csv": _csv(
            "station_id,name,variables,lon,lat,elevation_m,interval_min,silent_after_min,datum_m",
            _stations(),
        ),
        "levels.csv": _csv("station_id,variable,level,value,unit,source", _levels()),
        "links.csv": _csv(
            "village_id,station_id,travel_min,source", [(*link, SOURCE) for link in LINKS]
        ),
        "weights.csv": _csv(
            "village_id,station_id,weight",
            [(v, s, w) for v, row in WEIGHTS.items() for s, w in row.items()],
        ),
        "thresholds.csv": _csv(
            "village_id,indicator,duration_h,wetness,level,value,unit,basis,source", _thresholds()
        ),
        "hazard_zones.geojson": _hazard_zones(),
        "recordings/rain.csv": _csv("station_id,variable,valid_time,value,known_at", _rain()),
        "recordings/stage.csv": _csv(f"time,{codes}", _stage()),
    }


def write(folder: Path) -> None:
    """Write every derived file below `folder`."""
    for name, text in files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
