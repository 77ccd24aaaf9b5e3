"""Print what the tables of this site would have done in autumn 2014, whatever it is.

    python config/cance/score.py --dataset DIR

Feed latency 0: the decision of hour t uses the rain up to and including hour t. The floods before
TUNED_BEFORE are in sample; those after it, and every hour outside the four floods, are not.
"""

from __future__ import annotations

import argparse
import csv
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
from recorded import FIRST, HERE, HOUR, Floats, Site, hours, read_site
from tuning import (
    CREDIT_H,
    DURATIONS_H,
    EXCLUDED_H,
    STORAGES_MM,
    TUNED_BEFORE,
    classes,
    crossings,
    hourly_sums,
    lead_h,
    reached,
    tune,
    unfit_storages,
)  # fmt: skip

from pipeline.quality.interpolated import known_from, resolution

QUIET = {"18-20 Sep": ("2014-09-18", "2014-09-21"), "10 Oct 00 h": ("2014-10-09", "2014-10-10T06"),
         "9 Nov": ("2014-11-08", "2014-11-11")}  # fmt: skip
PREPARE, MOVE = 3, 4
Levels = npt.NDArray[np.int64]


def committed_tables(village_id: str) -> list[Floats]:
    """Return the thresholds of levels 1..4 as thresholds.csv has them, dims (duration, wetness)."""
    tables = [np.full((len(DURATIONS_H), 3), np.nan) for _ in range(4)]
    wetness = ("dry", "medium", "wet")
    with (HERE / "thresholds.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["village_id"] == village_id:
                at = DURATIONS_H.index(int(row["duration_h"])), wetness.index(row["wetness"])
                tables[int(row["level"]) - 1][at] = float(row["value"])
    return tables


def rain_levels(site: Site, village_id: str, exclude_h: int) -> Levels:
    """Return the level that rain alone gives, for each hour."""
    column = list(site.outlets).index(village_id)
    rain, wetness = hourly_sums(site, column), classes(site, column, exclude_h)
    on = [reached(rain, wetness, table) for table in committed_tables(village_id)]
    return np.max([np.where(o, level, 0) for level, o in enumerate(on, 1)], axis=0)


def river_levels(site: Site, village_id: str) -> Levels:
    """Return the level that the linked stations give, for each hour, as the flow became known."""
    found = np.zeros(len(hours()), np.int64)
    with (HERE / "links.csv").open(encoding="utf-8", newline="") as file:
        linked = [r["station_id"] for r in csv.DictReader(file) if r["village_id"] == village_id]
    with (HERE / "levels.csv").open(encoding="utf-8", newline="") as file:
        levels = [row for row in csv.DictReader(file) if row["station_id"] in linked]
    for row in levels:
        flow = site.flow[row["station_id"]]
        known = known_from(flow, resolution(flow)) == np.arange(len(flow))
        on = known & (flow >= float(row["value"]))
        found = np.maximum(found, np.where(on, int(row["level"]), 0))
    return found


def at(text: str) -> int:
    """Return the position of an hour."""
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - FIRST) // HOUR


def storms(flow: Floats, two_year: float) -> list[tuple[int, int]]:
    """Return each flood's window: from CREDIT_H before the two-year flow to the return below it."""
    ends = []
    for start in crossings(flow, two_year):
        below = np.flatnonzero(flow[start:] < two_year)
        ends.append((start - CREDIT_H, start + int(below[0])))
    return ends


def station_lines(site: Site, gauge: dict[str, str], levels: Levels) -> None:
    """Print leads, quiet periods and hours outside the floods for one station."""
    flow = site.flow[gauge["station_id"]]
    two_year, five_year = float(gauge["two_year_m3s"]), float(gauge["five_year_m3s"])
    inside = np.zeros(len(flow), bool)
    for begin, end in storms(flow, two_year):
        inside[begin:end] = True
        start = begin + CREDIT_H
        higher = [c for c in crossings(flow, five_year) if start <= c < end]
        sample = "in " if hours()[start] < TUNED_BEFORE else "out"
        given = "though given" if (levels[begin:end] >= MOVE).any() else "nor given"
        red = f"{lead_h(levels >= MOVE, higher[0])} h" if higher else f"not passed, {given}"
        print(
            f"  {sample} Q2 passed {hours()[start]:%d %b %H:%M}  lead of level 3:"
            f" {lead_h(levels >= PREPARE, start)} h  of level 4 to Q5: {red}"
            f"  peak/Q2 {flow[start:end].max() / two_year:.1f}"
        )
    for name, (first, last) in QUIET.items():
        print(f"  {name}: highest level {levels[at(first) : at(last)].max()}")
    for level in (PREPARE, MOVE):
        on = levels >= level
        print(f"  hours at level {level} or above: {on.sum()}, outside the floods"
              f" {(on & ~inside).sum()} of {len(on)}")  # fmt: skip


def main() -> None:
    """Read, tune again, print."""
    parser = argparse.ArgumentParser(description="Score the tables of config/cance.")
    parser.add_argument("--dataset", type=Path, required=True)
    site = read_site(parser.parse_args().dataset)
    choice = tune(site)
    print(choice)
    for exclude_h in EXCLUDED_H:
        unfit = set().union(*(unfit_storages(site, g, exclude_h) for g in site.gauges))
        fit = sorted(set(STORAGES_MM) - unfit)
        print(f"  excluding {exclude_h} h: S {f'{fit[0]:g}..{fit[-1]:g} mm fits' if fit else '-'}")
    for village_id, outlet in site.outlets.items():
        print(f"  {village_id}: {outlet.area_km2:.0f} km2, moved {outlet.shift_m:.0f} m")
    for village_id, why in site.left_out.items():
        print(f"  left out {village_id}: {why}")
    for gauge in site.gauges:
        village_id = site.station_at[gauge["station_id"]]
        rain = rain_levels(site, village_id, choice.exclude_h)
        for name, levels in (
            ("rain alone", rain),
            ("rain and stations", np.maximum(rain, river_levels(site, village_id))),
        ):
            print(f"{gauge['station_id']} ({village_id}), {name}")
            station_lines(site, gauge, levels)


if __name__ == "__main__":
    main()
