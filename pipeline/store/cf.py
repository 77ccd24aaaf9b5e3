"""Readings as CF datasets: stations as time series (discrete sampling geometry), grids as fields.

Source: CF Conventions 1.11, chapter 9 and appendix H.2.5 (indexed ragged array of time series),
section 5.6 (grid mappings). Times are ends of intervals, UTC.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr
from rasterio.crs import CRS

from pipeline.instants import text
from pipeline.observation import GridGeometry, QcFlag
from pipeline.site.model import Station
from pipeline.store.known import Known
from pipeline.store.rows import GridRow
from pipeline.units import Variable

CONVENTIONS: Final = "CF-1.11"
TIME: Final = MappingProxyType({
    "units": "microseconds since 1970-01-01T00:00:00Z",
    "calendar": "standard",
})  # fmt: skip
STANDARD_NAMES: Final = MappingProxyType({
    Variable.RAIN: "lwe_thickness_of_precipitation_amount",
    Variable.STAGE: "water_surface_height_above_reference_datum",
    Variable.DISCHARGE: "water_volume_transport_in_river_channel",
})  # fmt: skip
UNITS: Final = MappingProxyType({Variable.OFFICIAL: "1"})
"""Where ours is none that UDUNITS knows."""

Columns = dict[str, Any]


def station_series(known: Known, stations: Sequence[Station]) -> xr.Dataset:
    """Return the readings of stations: one series for each feed, station, variable and interval.

    Dims are (series) and (obs); a variable is NaN in the rows of the others.
    """
    used, place = np.unique(known.points.series, return_inverse=True)
    columns = {**_series(known, used, stations), **_readings(known, place)}
    return xr.Dataset(columns, attrs={**_about(known), "featureType": "timeSeries"})


def grid_fields(known: Known) -> dict[str, xr.Dataset]:
    """Return the grids by the name of their group, each dims (time, y, x) on one geometry."""
    grouped: dict[tuple[Any, ...], list[GridRow]] = defaultdict(list)
    for row in known.grids:
        key = row.feed_id, row.grid_id, row.variable, row.interval_s, row.geometry
        grouped[key].append(row)
    found: dict[str, xr.Dataset] = {}
    for (feed_id, grid_id, variable, interval_s, _), rows in grouped.items():
        name = re.sub(r"\W", "_", f"{feed_id}_{grid_id}_{variable}_{interval_s}")
        # A feed whose grid was laid anew has two of the same name.
        name = name if name not in found else f"{name}_{len(found)}"
        found[name] = xr.Dataset(_field(rows), attrs={**_about(known), "feed_id": feed_id})
    return found


def _about(known: Known) -> dict[str, str]:
    cutoff = "all that is in the store" if known.cutoff is None else text(known.cutoff)
    return {
        "Conventions": CONVENTIONS,
        "title": "floodwarn observations",
        "known_at": cutoff,
        "time_coverage_start": text(known.start),
        "time_coverage_end": text(known.end),
        "comment": "a time is the end of its interval; nothing that became known later is in it",
    }


def _series(known: Known, used: npt.NDArray[Any], stations: Sequence[Station]) -> Columns:
    names = known.points.names
    ids, feeds, variables = (
        [str(word) for word in column[used]]
        for column in (names.station_id, names.feed_id, names.variable)
    )
    intervals = names.interval_s[used]
    each = zip(feeds, ids, variables, intervals.tolist(), strict=True)
    full = ["/".join(map(str, parts)) for parts in each]
    where = {station.station_id: station for station in stations}
    return {
        "timeseries_id": _words(full, "series", cf_role="timeseries_id"),
        "station_id": _words(ids, "series", long_name="station"),
        "feed_id": _words(feeds, "series", long_name="feed"),
        "variable": _words(variables, "series", long_name="name of the series' data variable"),
        "interval": ("series", intervals, {"units": "s", "long_name": "length; 0 = an instant"}),
        "lat": _place(ids, where, "lat", "latitude", "degrees_north"),
        "lon": _place(ids, where, "lon", "longitude", "degrees_east"),
        "alt": _place(ids, where, "elevation_m", "height_above_mean_sea_level", "m"),
    }


def _readings(known: Known, place: npt.NDArray[Any]) -> Columns:
    points = known.points
    flags = list(QcFlag)
    columns: Columns = {
        "series_index": (
            "obs", place.astype(np.int32),
            {"instance_dimension": "series", "long_name": "the series of each reading"},
        ),
        "time": ("obs", points.valid_us, {**TIME, "standard_name": "time"}),
        "known_at": ("obs", points.known_us, {**TIME, "long_name": "when it became known"}),
        "flag": (
            "obs", points.flag,
            {
                "long_name": "QARTOD flag",
                "flag_values": np.array(flags, np.uint8),
                "flag_meanings": " ".join(flag.name.lower() for flag in flags),
            },
        ),
    }  # fmt: skip
    for name in sorted(set(points.variable.tolist())):
        values = np.where(points.variable == name, points.value, np.nan)
        attributes = _quantity(Variable(name)) | {"ancillary_variables": "flag known_at"}
        columns[name] = ("obs", values, {**attributes, "coordinates": "time lat lon alt"})
    return columns


def _quantity(variable: Variable) -> dict[str, str]:
    found = {"units": UNITS.get(variable, variable.unit), "long_name": variable.value}
    if variable in STANDARD_NAMES:
        found["standard_name"] = STANDARD_NAMES[variable]
    if variable.is_sum:
        found["cell_methods"] = "time: sum"
    return found


def _field(rows: Sequence[GridRow]) -> Columns:
    geometry, variable = rows[0].geometry, Variable(rows[0].variable)
    attributes = {**_quantity(variable), "grid_mapping": "crs", "interval_s": rows[0].interval_s}
    return {
        **_axes(geometry),
        "time": ("time", _instants(row.valid_us for row in rows), {**TIME, "axis": "T"}),
        "known_at": ("time", _instants(row.known_us for row in rows), dict(TIME)),
        variable.value: (("time", "y", "x"), np.stack([row.cells for row in rows]), attributes),
        "crs": ((), np.int32(0), _mapping(geometry)),
    }


def _axes(geometry: GridGeometry) -> Columns:
    """Return the centres of columns and rows; of a turned grid only its transform tells them."""
    a, _, left, _, e, top = geometry.transform
    rows, cols = geometry.shape
    named = ("longitude", "latitude"), ("degrees_east", "degrees_north")
    if not CRS.from_user_input(geometry.crs).is_geographic:
        named = ("projection_x_coordinate", "projection_y_coordinate"), ("m", "m")
    steps = (left + a * (np.arange(cols) + 0.5)), (top + e * (np.arange(rows) + 0.5))
    return {
        axis: (axis, steps[i], {"standard_name": named[0][i], "units": named[1][i]})
        for i, axis in enumerate(("x", "y"))
    }


def _mapping(geometry: GridGeometry) -> dict[str, Any]:
    # CRS from user input takes "EPSG:2154" as well as WKT; a grid says it in its own way.
    return {
        "crs_wkt": CRS.from_user_input(geometry.crs).to_wkt(),
        "GeoTransform": " ".join(map(repr, _gdal(geometry))),
    }


def _gdal(geometry: GridGeometry) -> tuple[float, ...]:
    a, b, c, d, e, f = geometry.transform
    return c, a, b, f, d, e


def _instants(times: Iterable[int]) -> npt.NDArray[np.int64]:
    return np.fromiter(times, np.int64)


def _words(words: list[str], dim: str, **attributes: str) -> tuple[str, Any, dict[str, str]]:
    return dim, np.array(words, dtype=np.str_), attributes


def _place(
    ids: list[str], where: Mapping[str, Station], field: str, name: str, unit: str
) -> tuple[str, Any, dict[str, str]]:
    stated = [getattr(where.get(one), field, None) for one in ids]
    values = np.array([np.nan if value is None else value for value in stated], np.float64)
    return "series", values, {"standard_name": name, "units": unit}
