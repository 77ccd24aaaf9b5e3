"""The datasets that leave the pipeline, each with dims, units and coverage declared and checked.

Inside, the core works on numpy blocks; a dataset is what a hydrologist, a plot or a later export
takes in hand. Instants are datetime64, UTC.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from pipeline.errors import SchemaError

UNIT = "units"


@dataclass(frozen=True, slots=True)
class Field:
    """One variable of a dataset; `kind` is numpy's: f float, M instant, U text, i integer."""

    dims: tuple[str, ...]
    unit: str
    kind: str = "f"


@dataclass(frozen=True, slots=True)
class Schema:
    """A dataset's coordinates and variables; it has these and no others.

    Attributes
    ----------
    shares : variables that are shares of a whole, 0 to 1 and never NaN
    """

    name: str
    coordinates: Mapping[str, Field]
    variables: Mapping[str, Field]
    shares: tuple[str, ...] = ()


VILLAGE = Field(("village",), "", "U")

CATCHMENT_RAIN = Schema(
    name="CATCHMENT_RAIN",
    coordinates={"time": Field(("time",), "", "M"), "village": VILLAGE},
    variables={
        "rain_mm": Field(("time", "village"), "mm"),
        "coverage": Field(("time", "village"), "1"),
    },
    shares=("coverage",),
)
"""Areal rain of each step, by the step's END; NaN where nothing was seen."""

INDICATORS = Schema(
    name="INDICATORS",
    coordinates={
        "duration_h": Field(("duration_h",), "h", "i"),
        "village": VILLAGE,
        "level": Field(("level",), "1", "i"),
    },
    variables={
        "rain_mm": Field(("duration_h", "village"), "mm"),
        "coverage": Field(("duration_h", "village"), "1"),
        "threshold_mm": Field(("village", "duration_h", "level"), "mm"),
        "wetness_mm": Field(("village",), "mm"),
    },
    shares=("coverage",),
)
"""Rain of each duration up to one slot, and the thresholds that apply at the wetness then."""


def dataset(schema: Schema, arrays: Mapping[str, object]) -> xr.Dataset:
    """Return a dataset of the schema from its arrays, by name, with units.

    Raises
    ------
    SchemaError
        An array is missing, or has other dims, another kind or a share that is none.
    """
    wanted = {**schema.coordinates, **schema.variables}
    if set(arrays) != set(wanted):
        raise SchemaError(f"{schema.name} takes {sorted(wanted)}, not {sorted(arrays)}")
    made: dict[Hashable, tuple[tuple[str, ...], object, dict[str, str]]] = {
        name: (field.dims, arrays[name], {UNIT: field.unit}) for name, field in wanted.items()
    }
    try:
        return checked(schema, xr.Dataset(made).set_coords(list(schema.coordinates)))
    except ValueError as error:
        raise SchemaError(f"{schema.name}: {error}") from error


def checked(schema: Schema, found: xr.Dataset) -> xr.Dataset:
    """Return the dataset if it is one of the schema.

    Raises
    ------
    SchemaError
        A variable is missing or not declared, or has other dims, unit or kind; a share is not one.
    """
    wanted = {**schema.coordinates, **schema.variables}
    if {str(name) for name in found.variables} != set(wanted):
        raise SchemaError(f"{schema.name} has {sorted(map(str, found.variables))}")
    for name, field in wanted.items():
        variable = found[name]
        is_as_declared = (
            variable.dims == field.dims
            and variable.dtype.kind == field.kind
            and variable.attrs.get(UNIT) == field.unit
        )
        if not is_as_declared:
            raise SchemaError(
                f"{schema.name}.{name}: {variable.dims} {variable.dtype} {variable.attrs},"
                f" not {field.dims} {field.kind} in {field.unit!r}"
            )
    for name in schema.shares:
        values = found[name].to_numpy()
        if not ((values >= 0) & (values <= 1)).all() or np.isnan(values).any():
            raise SchemaError(f"{schema.name}.{name} is not a share, 0 to 1")
    return found
