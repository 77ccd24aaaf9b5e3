"""Make the site's folder from the data set: its tables, and the recordings as plain CSV.

python config/kelani/derive.py --dataset DIR --to .floodwarn/sites/kelani

DIR is the folder of the data set that PROVENANCE.md names. Nothing of it is kept in this project.
"""

from __future__ import annotations

import argparse
import csv
import math
import shutil
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

HERE = Path(__file__).parent
TEMPLATES = HERE.parent / "valley" / "messages" / "en.toml"
NO_THRESHOLDS = "village_id,indicator,duration_h,wetness,level,value,unit,basis,source\n"
LEVELS = {2: "alert_m", 3: "minor_m", 4: "major_m"}
"""Sri Lanka's three official levels; blue has none."""

SOURCE = "Irrigation Department of Sri Lanka"
SHEET_NAMES = {"Gencourse": "Glencourse"}
FOOT_M = 0.3048
MAIN_STEM = ("Kithulgala", "Glencourse", "Hanwella", "Nagalagam Street")
"""The stations on the Kelani itself, down the river. What rises above asks those below to prepare,
not to move: on the way to Colombo a wave flattens for a day."""
WINDING, CELERITY_M_S = 1.4, 2.0
"""Kilometres of river for one of the crow's, and the speed of a wave: assumed."""
EARTH_KM = 6371.0
ZONE = ZoneInfo("Asia/Colombo")
SILENT_AFTER_MIN = 360
"""Read by hand; a night without a reading is usual."""

Rows = Iterable[dict[str, Any]]


def main() -> None:
    """Write the folder."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--dataset", type=Path, required=True)
    asked.add_argument("--to", type=Path, required=True)
    said = asked.parse_args()
    print(f"{said.to}: {make(said.dataset, said.to)} stations")


def make(dataset: Path, folder: Path) -> int:
    """Write the site's tables and recordings into `folder`; return the number of its stations."""
    tidy = dataset / "tidy"
    stage, rain = rows(tidy / "stage_39_stations.csv"), rows(tidy / "rain_hourly_kelani.csv")
    heard = {row["station"] for row in stage}
    stations = [row for row in rows(tidy / "stations.csv") if row["station"] in heard]
    rained = {row["station"] for row in rain if row["rain_mm_1h"]}
    folder.mkdir(parents=True, exist_ok=True)
    for path in HERE.glob("*.toml"):
        shutil.copyfile(path, folder / path.name)
    (folder / "messages").mkdir(exist_ok=True)
    shutil.copyfile(TEMPLATES, folder / "messages" / "en.toml")
    (folder / "thresholds.csv").write_text(NO_THRESHOLDS, encoding="utf-8")
    write(folder / "stations.csv", (station(row, rained) for row in stations))
    write(folder / "levels.csv", (level for row in stations for level in levels(row)))
    write(folder / "villages.csv", map(point, stations))
    write(folder / "links.csv", [*map(link, stations), *upstream(stations)])
    recordings = folder / "recordings"
    recordings.mkdir(exist_ok=True)
    telemetry = (reading(r["station"], "stage_m", r["time_utc"], r["water_level_m"]) for r in stage)
    write(recordings / "stage.csv", telemetry)
    hourly = (reading(r["station"], "rain_mm", r["time_utc"], r["rain_mm_1h"]) for r in rain)
    write(recordings / "rain.csv", hourly)
    sheet = dataset / "thiyangt_Ditwah" / "RealTimeKelaniGanga.xlsx"
    write(recordings / "sheet.csv", spreadsheet(sheet))
    return len(stations)


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, table: Rows) -> None:
    """Write rows as CSV, with the first one's columns."""
    table = list(table)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)


def ident(name: str) -> str:
    """Return a station's id: its name in letters, digits and hyphens."""
    return "".join(c if c.isalnum() else "-" for c in name).strip("-").replace("--", "-")


def station(row: dict[str, str], rained: set[str]) -> dict[str, Any]:
    """Return a row of stations.csv."""
    variables = "stage_m rain_mm" if row["station"] in rained else "stage_m"
    return {
        "station_id": ident(row["station"]),
        "name": f"{row['station']} ({row['river']})",
        "variables": variables,
        "lon": row["lon"],
        "lat": row["lat"],
        "elevation_m": "",
        "interval_min": 60,
        "silent_after_min": SILENT_AFTER_MIN,
        "datum_m": "",
    }


def levels(row: dict[str, str]) -> Rows:
    """Return a station's rows of levels.csv; a level of 0 means that none was set."""
    for level, column in LEVELS.items():
        if float(row[column]) > 0:
            yield {
                "station_id": ident(row["station"]),
                "variable": "stage_m",
                "level": level,
                "value": row[column],
                "unit": "m",
                "source": f"{SOURCE}: {column.removesuffix('_m')} level",
            }


def point(row: dict[str, str]) -> dict[str, Any]:
    """Return a station's river point: what its level says of the water there, for officers."""
    return {
        "village_id": f"at-{ident(row['station'])}",
        "kind": "river_point",
        "name": row["station"],
        "name_en": row["station"],
        "township": row["basin"],
        "lon": row["lon"],
        "lat": row["lat"],
        "position_basis": "surveyed",
        "area_km2": "",
        "downstream_id": "",
        "people": "",
        "households": "",
    }


def link(row: dict[str, str]) -> dict[str, Any]:
    """Return the link of a river point to its own station."""
    name = ident(row["station"])
    return {
        "village_id": f"at-{name}",
        "station_id": name,
        "travel_min": 0,
        "source": "same place",
        "at_most": 4,
    }


def upstream(stations: list[dict[str, str]]) -> Rows:
    """Yield the links of the points on the Kelani's main stem to the stations above them."""
    where = {row["station"]: row for row in stations}
    for below, above in combinations(reversed(MAIN_STEM), 2):
        km = WINDING * apart_km(where[below], where[above])
        yield {
            "village_id": f"at-{ident(below)}",
            "station_id": ident(above),
            "travel_min": round(km * 1000.0 / CELERITY_M_S / 60.0),
            "source": f"about {km:.0f} km of river at {CELERITY_M_S:g} m/s, assumed",
            "at_most": 3,
        }


def apart_km(one: dict[str, str], other: dict[str, str]) -> float:
    """Return the distance of two stations as the crow flies."""
    lat, lon = (math.radians(float(one[k]) - float(other[k])) for k in ("lat", "lon"))
    return EARTH_KM * math.hypot(lat, lon * math.cos(math.radians(float(one["lat"]))))


def reading(name: str, variable: str, at: str, value: str) -> dict[str, Any]:
    """Return a row of a recording in layout long."""
    return {"station_id": ident(name), "variable": variable, "valid_time": at, "value": value}


def spreadsheet(path: Path) -> Rows:
    """Yield the levels of the spreadsheet, in metres, as it has them: right or wrong."""
    for row in pd.read_excel(path).itertuples(index=False):
        level = pd.to_numeric(row.RiverWaterLevel, errors="coerce")
        if pd.notna(level):
            at = datetime.combine(row.Date.date(), datetime.min.time(), ZONE)
            name = SHEET_NAMES.get(row.HydrometricStation, row.HydrometricStation)
            metres = level * (FOOT_M if row.RiverWaterLevel_Unit == "ft" else 1.0)
            stamp = (at + timedelta(hours=int(row.Time))).isoformat()
            yield reading(name, "stage_m", stamp, f"{metres:.3f}")


if __name__ == "__main__":
    main()
