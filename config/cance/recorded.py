"""What the wheel recorded: river network, rain and flow of autumn 2014, on this site's places."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.warp import transform as reproject

from pipeline.catchment.areal import areal_mean
from pipeline.catchment.nesting import catchments
from pipeline.catchment.network import RiverNetwork, river_network
from pipeline.catchment.outlet import CatchmentError, Outlet, Place, Reach, snap
from pipeline.catchment.weights import from_overlap

HERE = Path(__file__).parent
FIRST, LAST = datetime(2014, 9, 15, tzinfo=UTC), datetime(2015, 1, 15, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)
REACH = Reach(min_area_km2=5.0, max_shift_km=1.5, max_area_km2=1000.0)
SEEN_WHOLE = 0.999
NO_FLOW = -99.0

Floats = npt.NDArray[np.float64]
Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Site:
    """Everything that the tables are written from."""

    network: RiverNetwork
    villages: Rows
    gauges: Rows
    outlets: dict[str, Outlet]
    station_at: dict[str, str]
    left_out: dict[str, str]
    rain: Floats
    coverage: Floats
    flow: dict[str, Floats]


def rows_of(name: str) -> Rows:
    """Return the rows of a table of facts in ``source``."""
    with (HERE / "source" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def hours() -> list[datetime]:
    """Return the ends of the recorded hours, UTC."""
    return [FIRST + i * HOUR for i in range((LAST - FIRST) // HOUR + 1)]


def read_rain(dataset: Path) -> tuple[Floats, tuple[float, ...]]:
    """Return mm [hour, cell] (stamp = end of the hour, missing files NaN) and the transform."""
    rain, transform = None, None
    for i, hour in enumerate(hours()):
        name = f"{hour:%Y/%m/%d}/rain_precipitation_{hour:%Y%m%d%H%M}_{hour:%Y%m%d%H%M}.tif"
        path = dataset / "Cance" / "prcp" / name
        if not path.exists():
            continue
        with rasterio.open(path) as file:
            tenths, transform, nodata = file.read(1), tuple(file.transform)[:6], file.nodata
        if rain is None:
            rain = np.full((len(hours()), tenths.size), np.nan)
        # float32, as the feed keeps it: thresholds then meet the same numbers as at run time.
        rain[i] = np.where(tenths == nodata, np.nan, tenths * 0.1).astype(np.float32).ravel()
    if rain is None or transform is None:
        raise SystemExit(f"no rain under {dataset}")
    return rain, transform


def read_flow(dataset: Path, station_id: str) -> Floats:
    """Return m3/s at each of `hours`; -99 is missing. First line: start stamp."""
    lines = (dataset / "Cance" / "qobs" / f"{station_id}.csv").read_text().split()
    start = datetime.strptime(lines[0], "%Y%m%d%H%M").replace(tzinfo=UTC)
    values = np.array(lines[1:], np.float64)
    skip = (FIRST - start) // HOUR
    return np.where(values == NO_FLOW, np.nan, values)[skip : skip + len(hours())]


def read_site(dataset: Path) -> Site:
    """Read the wheel, and give each place its stream and its areal rain."""
    with rasterio.open(dataset / "France_flwdir.tif") as file:
        network = river_network(file.read(1), tuple(file.transform)[:6], "north_clockwise")
        crs = file.crs
    grid, rain_transform = read_rain(dataset)
    side = math.isqrt(grid.shape[1])
    villages, station_at, left_out, outlets = places(network, crs)
    cells = catchments(network, list(outlets.values()))
    weights = from_overlap(list(cells.values()), network, rain_transform, (side, side))
    seen = dict(zip(cells, weights.row_sums(), strict=True))
    left_out |= {
        v: f"rain covers {s:.0%} of its catchment" for v, s in seen.items() if s < SEEN_WHOLE
    }
    keep = [i for i, v in enumerate(cells) if v not in left_out]
    rain, coverage = areal_mean(grid, weights)
    return Site(
        network=network,
        villages=[row for row in villages if row["village_id"] not in left_out],
        gauges=rows_of("gauges"),
        outlets={v: outlets[v] for v in cells if v not in left_out},
        station_at=station_at,
        left_out=left_out,
        rain=rain[:, keep],
        coverage=coverage[:, keep],
        flow={
            row["station_id"]: read_flow(dataset, row["station_id"]) for row in rows_of("gauges")
        },
    )


def places(
    network: RiverNetwork, crs: object
) -> tuple[Rows, dict[str, str], dict[str, str], dict[str, Outlet]]:
    """Snap settlements and river points; of points on one cell the settlement stands for it."""
    points = rows_of("river_points")
    station_at = {row["station_id"]: row["village_id"] for row in points if row["station_id"]}
    rows, left_out, outlets = [], {}, {}
    for row in rows_of("settlements") + points:
        village_id = row["village_id"]
        if row.get("left_out"):
            left_out[village_id] = row["left_out"]
            continue
        x, y = reproject("EPSG:4326", crs, [float(row["lon"])], [float(row["lat"])])
        try:
            outlet = snap(network, Place(village_id, x[0], y[0]), REACH)
        except CatchmentError as error:
            left_out[village_id] = str(error).partition(": ")[2]
            continue
        taken = outlet.cell in {o.cell for o in outlets.values()}
        if "name" not in row and taken and village_id not in station_at.values():
            left_out[village_id] = "a settlement stands on its cell"
            continue
        rows.append(row)
        outlets[village_id] = outlet
    return rows, station_at, left_out, outlets
