"""Derive the tables of this site from the recorded data; run again, the bytes are the same.

    python config/cance/derive.py --dataset DIR [--out FOLDER]

DIR is ``smash/factory/dataset`` of the wheel hydro-smash 1.3.0 (`make run` unpacks it into
``$FLOODWARN_HOME/sample``). From ``source/*.csv`` beside this script and from DIR it writes
villages.csv, stations.csv, levels.csv, flows.csv, links.csv and thresholds.csv, and prints how far
each place was moved to its stream.

The method (details and limits: PROVENANCE.md):

* Critical rain by duration, wetness and level: the runoff depth whose triangular unit hydrograph
  peaks at the level's flow, turned into rain by the curve-number equation (pipeline.runoff).
* Level 3 is the two-year flow, level 4 the five-year flow, level 2 the flow met about once a year,
  level 1 half of that; at the stations from annual maxima, elsewhere from the area.
* One storage S for the whole site and the excluded hours of the wetness index are tuned on rain
  and flow before TUNED_BEFORE only: of all choices the one whose S may vary by the largest factor
  while every flood is met and every quiet hour stays quiet; S is the middle. K and Wm are fixed.
"""

from __future__ import annotations

import argparse
import csv
import itertools
from collections.abc import Iterator
from pathlib import Path

from recorded import FIRST, HERE, HOUR, Site, read_site
from tuning import (
    DURATIONS_H,
    TUNED_BEFORE,
    Choice,
    level_flows,
    station_flows,
    thresholds_mm,
    tune,
)

from pipeline.catchment.nesting import downstream, river_km

WETNESS = ("dry", "medium", "wet")
CELERITY_M_S = 2.9  # 20.7 km between the peaks of V3515010 and V3524010, 2 h apart, in October
NEAR_SHARE, TELLING_SHARE = 0.75, 0.25
SILENT_AFTER_MIN = 5 * 24 * 60  # the recorders store changes: 75 h without one are met in calm


def village_rows(site: Site) -> Iterator[list[object]]:
    """Yield settlements, then river points, which are for officers only."""
    yield [
        "village_id", "kind", "name", "name_en", "township", "lon", "lat", "position_basis",
        "area_km2", "downstream_id", "people", "households",
    ]  # fmt: skip
    below = downstream(site.network, list(site.outlets.values()))
    at = {village_id: station for station, village_id in site.station_at.items()}
    for row in site.villages:
        village_id, area = row["village_id"], round(site.outlets[row["village_id"]].area_km2)
        where = f"station {at[village_id]}" if village_id in at else f"river point {village_id}"
        kind = ["village", row["name"], row["name_en"], row["department"]] if "name" in row else [
            "river_point", f"{where} ({area} km²)", f"{where} ({area} km2)", "Cance"
        ]  # fmt: skip
        basis = "town_centre" if "name" in row else "assumed"
        yield [village_id, *kind, row["lon"], row["lat"], basis, area, below[village_id], "", ""]


def station_rows(site: Site) -> Iterator[list[object]]:
    """Yield the three gauges of the wheel, each on its stream."""
    yield [
        "station_id", "name", "variables", "lon", "lat", "elevation_m", "interval_min",
        "silent_after_min", "datum_m",
    ]  # fmt: skip
    where = {row["village_id"]: row for row in site.villages}
    for row in site.gauges:
        place = where[site.station_at[row["station_id"]]]
        name = f"{row['name']} ({row['station_id']})" if row["name"] != row["station_id"] else None
        yield [
            row["station_id"], name or row["station_id"], "discharge_m3s",
            place["lon"], place["lat"], "", 60, SILENT_AFTER_MIN, "",
        ]  # fmt: skip


def level_rows(site: Site) -> Iterator[list[object]]:
    """Yield the flows of levels 1..4 at the stations."""
    yield ["station_id", "variable", "level", "value", "unit", "source", "return_period_years"]
    meaning = (
        "half the flow of level 2",
        "flow passed about once a year, peaks over threshold 2007-2018",
        "two-year flow, Gumbel by L-moments on annual maxima 2007-2018 without 2014/15",
        "five-year flow, Gumbel by L-moments on annual maxima 2007-2018 without 2014/15",
    )
    for row in site.gauges:
        for level, flow in enumerate(station_flows(row), 1):
            value = f"{flow:.2f}".rstrip("0").rstrip(".")
            years = {3: 2, 4: 5}.get(level, "")
            source = meaning[level - 1]
            yield [row["station_id"], "discharge_m3s", level, value, "m3/s", source, years]


def link_rows(site: Site) -> Iterator[list[object]]:
    """Yield places at, near and below a station that drains enough to speak for them."""
    yield ["village_id", "station_id", "travel_min", "source"]
    for row in site.gauges:
        station = site.outlets[site.station_at[row["station_id"]]]
        for village_id, outlet in site.outlets.items():
            share = station.area_km2 / outlet.area_km2
            down, up = (
                river_km(site.network, *pair) for pair in ((station, outlet), (outlet, station))
            )
            if down is not None and share >= TELLING_SHARE:
                minutes = 5 * round(down * 1000.0 / CELERITY_M_S / 60.0 / 5.0)
                text = f"{down:.1f} km at {CELERITY_M_S:g} m/s; the station drains {share:.0%}"
                yield [village_id, row["station_id"], minutes, text if down else "at the station"]
            elif up is not None and share <= 1.0 / NEAR_SHARE:
                text = f"{up:.1f} km above the station with {1 / share:.0%} of its catchment"
                yield [village_id, row["station_id"], 0, text]


def threshold_rows(site: Site, choice: Choice) -> Iterator[list[object]]:
    """Yield the critical rain of every place by duration, wetness and level."""
    yield [
        "village_id", "indicator", "duration_h", "wetness", "level", "value", "unit", "basis",
        "source",
    ]  # fmt: skip
    gauged = set(site.station_at.values())
    for village_id, flows in level_flows(site).items():
        origin = "at the station" if village_id in gauged else "from the area"
        for level, flow in enumerate(flows, 1):
            table = thresholds_mm(flow, site.outlets[village_id].area_km2, choice.storage_mm)
            source = f"derive.py: {flow:.2f} m3/s {origin}; S {choice.storage_mm:g} mm"
            for (i, hours_), (j, wet) in itertools.product(
                enumerate(DURATIONS_H), enumerate(WETNESS)
            ):
                value = f"{table[i, j]:.1f}"
                yield [village_id, "rain", hours_, wet, level, value, "mm", "computed", source]


def flow_rows(site: Site) -> Iterator[list[object]]:
    """Yield the flows of levels 1..4 at every place: at a station its own, else from the area."""
    yield ["village_id", "level", "value", "unit", "source"]
    gauged = set(site.station_at.values())
    for village_id, flows in level_flows(site).items():
        source = "of the station" if village_id in gauged else "derive.py: from the area"
        for level, flow in enumerate(flows, 1):
            yield [village_id, level, f"{flow:.2f}", "m3/s", source]


def fitted_rows(site: Site, choice: Choice) -> Iterator[list[object]]:
    """Yield what was tuned, on which record: `verify` calls skill on it in sample."""
    yield ["artefact", "trained_from", "trained_to", "stations", "source"]
    stations = ";".join(sorted(row["station_id"] for row in site.gauges))
    first, last = FIRST.isoformat(), (TUNED_BEFORE - HOUR).isoformat()
    for artefact, what in (
        ("thresholds.csv", f"S {choice.storage_mm:g} mm"),
        ("site.toml [risk.wetness]", f"exclude_last_h {choice.exclude_h}"),
    ):
        yield [artefact, first, last, stations, f"derive.py: {what}"]


def write(path: Path, rows: Iterator[list[object]]) -> None:
    """Write a table as UTF-8 with plain line ends."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def main() -> None:
    """Read, tune, write."""
    parser = argparse.ArgumentParser(description="Derive the tables of config/cance.")
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=HERE)
    wanted = parser.parse_args()
    site = read_site(wanted.dataset)
    choice = tune(site)
    print(choice)
    for village_id, outlet in site.outlets.items():
        print(f"  {village_id}: {outlet.area_km2:.0f} km2, moved {outlet.shift_m:.0f} m")
    for village_id, why in site.left_out.items():
        print(f"  {village_id}: left out, {why}")
    write(wanted.out / "villages.csv", village_rows(site))
    write(wanted.out / "stations.csv", station_rows(site))
    write(wanted.out / "levels.csv", level_rows(site))
    write(wanted.out / "links.csv", link_rows(site))
    write(wanted.out / "flows.csv", flow_rows(site))
    write(wanted.out / "thresholds.csv", threshold_rows(site, choice))
    write(wanted.out / "fitted.csv", fitted_rows(site, choice))


if __name__ == "__main__":
    main()
