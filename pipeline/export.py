"""Door: observations as known at an instant, in a file that other tools read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal

import pyarrow.parquet as pq
import xarray as xr

from pipeline.database import Engine, reading
from pipeline.site.model import Station
from pipeline.store import batches
from pipeline.store.cf import grid_fields, station_series
from pipeline.store.known import Known
from pipeline.store.long_table import long_table

__all__ = ["Exported", "Form", "Span", "export"]

PACKED = {"zlib": True, "complevel": 1}


class Form(StrEnum):
    """What file is written: a long table of stations, or CF NetCDF of stations and grids."""

    PARQUET = "parquet"
    NETCDF = "netcdf"


@dataclass(frozen=True, slots=True)
class Span:
    """Readings of start < valid_time <= end as known at an instant (None = all that is known)."""

    start: datetime
    end: datetime
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes
    ----------
    readings, grids : in the file
    left_out : grids that a long table has no place for
    """

    readings: int
    grids: int
    left_out: int


def export(
    engine: Engine, site: str, span: Span, file: Path, *, form: Form, stations: tuple[Station, ...]
) -> Exported:
    """Write the readings of a span to a file, which gets its name when it is whole.

    Parameters
    ----------
    stations : tell where each is; one that is not among them has no position
    """
    with reading(engine) as connection:
        revisions = batches.load(
            connection,
            site=site,
            start=span.start,
            end=span.end,
            known_before=span.known_at,
        )
    known = revisions.at(span.known_at, span.start, span.end)
    readings, grids = len(known.points), len(known.grids)
    with _whole(file) as part:
        if form is Form.PARQUET:
            pq.write_table(long_table(known), part, compression="zstd")
            return Exported(readings, 0, grids)
        _write_netcdf(known, stations, part)
    return Exported(readings, grids, 0)


def _write_netcdf(known: Known, stations: tuple[Station, ...], file: Path) -> None:
    _write(station_series(known, stations), file, mode="w", group=None)
    for name, field in grid_fields(known).items():
        _write(field, file, mode="a", group=f"grids/{name}")


def _write(dataset: xr.Dataset, file: Path, *, mode: Literal["w", "a"], group: str | None) -> None:
    packed = [name for name, one in dataset.variables.items() if one.ndim and one.dtype.kind != "U"]
    encoding = dict.fromkeys(packed, PACKED)
    dataset.to_netcdf(file, mode=mode, group=group, engine="netcdf4", encoding=encoding)


@contextmanager
def _whole(file: Path) -> Iterator[Path]:
    part = file.with_name(f".{file.name}.part")
    try:
        yield part
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
