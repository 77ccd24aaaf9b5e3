"""One variable of a CF NetCDF file, and what the file says of its cells (CF 1.11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import rasterio.crs

from pipeline.errors import DecodeError
from pipeline.feeds import cf_time
from pipeline.feeds.cf_axes import Axes, axes
from pipeline.feeds.netcdf_file import NetcdfVariable
from pipeline.feeds.raster import agreed_crs
from pipeline.site.model import FeedSpec

WGS84: Final = "EPSG:4326"
X_NAMES: Final = frozenset({"projection_x_coordinate", "longitude", "grid_longitude"})
Y_NAMES: Final = frozenset({"projection_y_coordinate", "latitude", "grid_latitude"})
EAST: Final = ("degrees_east", "degree_east", "degrees_e", "degree_e")
NORTH: Final = ("degrees_north", "degree_north", "degrees_n", "degree_n")
METRES: Final = {
    "": 1.0, "m": 1.0, "meter": 1.0, "metre": 1.0, "meters": 1.0, "metres": 1.0, "km": 1000.0,
    "kilometer": 1000.0, "kilometre": 1000.0,
}  # fmt: skip
REFERENCES: Final = frozenset({"forecast_reference_time", "reference_time"})
MEMBERS: Final = frozenset({"realization", "number", "member", "ensemble"})

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Along(Generic[Value]):
    """Values along some of the dimensions that stand before the two of space.

    Attributes
    ----------
    lead : for each dimension of `values`, which of the leading ones it is
    """

    values: npt.NDArray[Any]
    lead: tuple[int, ...]

    def at(self, place: tuple[int, ...]) -> Value:
        """Return the value at a place among the leading dimensions."""
        value: Value = self.values[tuple(place[index] for index in self.lead)]
        return value


class CfFile:
    """One file and the variable of it that a feed is about."""

    def __init__(self, found: Mapping[str, NetcdfVariable], where: str, spec: FeedSpec) -> None:
        """Choose the variable.

        Raises
        ------
        DecodeError
            The file holds not one such variable on a grid.
        """
        self.where, self.spec = where, spec
        self._all = found
        self._variable = self._chosen()
        dimensions = self._variable.dimensions
        self._y, self._x = self._axis("Y", Y_NAMES, NORTH), self._axis("X", X_NAMES, EAST)
        space = {self._y.name, self._x.name}
        self._lead = tuple(name for name in dimensions if name not in space)
        sizes = dict(zip(dimensions, self._variable.shape, strict=True))
        self.lead_shape = tuple(int(sizes[name]) for name in self._lead)

    @property
    def unit(self) -> str | None:
        """The unit that the file states."""
        return self._variable.text("units") or None

    @cached_property
    def scale(self) -> tuple[float, float]:
        """Scale and offset that the file states, (1, 0) where it states none."""
        return (
            self._variable.number("scale_factor", 1.0),
            self._variable.number("add_offset", 0.0),
        )

    def numbers(self) -> npt.NDArray[np.float64]:
        """Return the unpacked numbers [*leading, y, x], NaN where there is none."""
        order = (*self._lead, self._y.name, self._x.name)
        return self._numbers(self._variable).transpose(
            [self._variable.dimensions.index(name) for name in order]
        )

    def axes(self) -> Axes:
        """Return where the cells lie.

        Raises
        ------
        DecodeError
            They lie on no regular grid, or in no stated CRS.
        """
        is_geographic = self._is_geographic
        y, x = (self._centres(axis, is_geographic=is_geographic) for axis in (self._y, self._x))
        try:
            return axes(y, x, self._crs(), is_geographic=is_geographic)
        except ValueError as error:
            raise DecodeError(f"{self.where}: {error}", field="grid") from None

    def times(self) -> Along[Any]:
        """Return the valid time of each slice."""
        return self._instants(self._time, self._time)

    def intervals(self) -> Along[Any] | None:
        """Return begin and end of each slice's interval; None where the file states none."""
        bounds = self._all.get(self._time.text("bounds"))
        if bounds is None or bounds.shape != (*self._time.shape, 2):
            return None
        found = self._instants(bounds, self._time)
        return Along(np.sort(found.values, axis=-1), found.lead)

    def reference_times(self) -> Along[Any] | None:
        """Return when each slice's forecast was begun; None where nothing says that it is one."""
        variable = self._named(REFERENCES)
        return None if variable is None else self._instants(variable, variable)

    def members(self) -> Along[int] | None:
        """Return the member of each slice; None where there is no ensemble."""
        variable = self._named(MEMBERS)
        if variable is not None:
            numbers = self._numbers(variable)
            if not np.isfinite(numbers).all() or (numbers != np.round(numbers)).any():
                raise DecodeError(f"{self.where}: a member is no whole number", field="member")
            return self._along(variable.dimensions, numbers.astype(int).astype(object))
        bare = [name for name in self._lead if name in MEMBERS]
        if not bare:
            return None
        size = self.lead_shape[self._lead.index(bare[0])]
        return self._along((bare[0],), np.arange(size).astype(object))

    @cached_property
    def _time(self) -> NetcdfVariable:
        found = [variable for variable in self._all.values() if self._tells_time(variable)]
        if len(found) != 1:
            message = f"{self.where}: {len(found)} time coordinates, where one is needed"
            raise DecodeError(message, field="time")
        return found[0]

    def _tells_time(self, variable: NetcdfVariable) -> bool:
        name = variable.text("standard_name")
        if variable.name in REFERENCES or self._is_bounds(variable) or not self._leads(variable):
            return False
        return name == "time" or (not name and " since " in variable.text("units"))

    def _is_bounds(self, variable: NetcdfVariable) -> bool:
        return any(other.text("bounds") == variable.name for other in self._all.values())

    def _leads(self, variable: NetcdfVariable) -> bool:
        return set(variable.dimensions) <= set(self._lead)

    def _named(self, names: frozenset[str]) -> NetcdfVariable | None:
        found = [
            variable
            for variable in self._all.values()
            if self._leads(variable)
            and (variable.text("standard_name") in names or variable.name in names)
        ]
        return found[0] if found else None

    def _instants(
        self,
        variable: NetcdfVariable,
        unit_of: NetcdfVariable,
        dimensions: tuple[str, ...] | None = None,
    ) -> Along[Any]:
        units = unit_of.text("units")
        calendar = unit_of.text("calendar") or "standard"
        try:
            found = cf_time.instants(self._numbers(variable), units, calendar, self.spec.zone)
        except (ValueError, OverflowError) as error:
            raise DecodeError(f"{self.where}: {str(error)[:100]}", field="time") from None
        return self._along(unit_of.dimensions, found)

    def _along(self, dimensions: tuple[str, ...], values: npt.NDArray[Any]) -> Along[Any]:
        return Along(values, tuple(self._lead.index(name) for name in dimensions))

    def _chosen(self) -> NetcdfVariable:
        """Return the variable that feeds.toml names, or the only one on a grid."""
        if self.spec.parameter is not None:
            if self.spec.parameter not in self._all:
                message = f"{self.where}: no variable {self.spec.parameter[:40]!r}"
                raise DecodeError(message, field="parameter")
            return self._all[self.spec.parameter]
        spatial = [v for v in self._all.values() if self._is_on_grid(v)]
        if len(spatial) != 1:
            message = f"{self.where}: {len(spatial)} variables on a grid; state which"
            raise DecodeError(message, field="parameter")
        return spatial[0]

    def _is_on_grid(self, variable: NetcdfVariable) -> bool:
        names = variable.dimensions
        found = [self._all[name] for name in names if name in self._all]
        return any(self._is_axis(v, "X", X_NAMES, EAST) for v in found) and any(
            self._is_axis(v, "Y", Y_NAMES, NORTH) for v in found
        )

    def _axis(self, letter: str, names: frozenset[str], units: tuple[str, ...]) -> NetcdfVariable:
        for name in self._variable.dimensions:
            variable = self._all.get(name)
            if variable is not None and self._is_axis(variable, letter, names, units):
                return variable
        message = f"{self.where}: {self._variable.name[:40]} has no axis {letter} of its own"
        raise DecodeError(message, field="grid")

    def _is_axis(
        self, variable: NetcdfVariable, letter: str, names: frozenset[str], units: tuple[str, ...]
    ) -> bool:
        return variable.dimensions == (variable.name,) and (
            variable.text("axis") == letter
            or variable.text("standard_name") in names
            or variable.text("units").lower() in units
        )

    @property
    def _is_geographic(self) -> bool:
        return self._x.text("units").lower() in EAST and self._y.text("units").lower() in NORTH

    def _centres(self, axis: NetcdfVariable, *, is_geographic: bool) -> npt.NDArray[np.float64]:
        centres = self._numbers(axis)
        unit = axis.text("units").lower()
        if is_geographic or unit.startswith("degree"):
            return centres
        if unit not in METRES:
            raise DecodeError(f"{self.where}: its axes are in {unit[:40]!r}", field="grid")
        return centres * METRES[unit]

    def _crs(self) -> str:
        mapping = self._all.get(self._variable.text("grid_mapping").partition(":")[0])
        stated = None
        if mapping is not None:
            code = mapping.text("epsg_code")
            stated = mapping.text("crs_wkt") or mapping.text("spatial_ref") or code
        if stated or not self._is_geographic:
            return agreed_crs(stated or None, self.spec, self.where)
        # Longitude and latitude of no stated datum: the world's, or any that feeds.toml states.
        declared = self.spec.crs
        if declared is not None and not rasterio.crs.CRS.from_user_input(declared).is_geographic:
            message = (
                f"{self.where}: the file states longitude and latitude, feeds.toml {declared[:40]}"
            )
            raise DecodeError(message, field="crs")
        return declared or WGS84

    def _numbers(self, variable: NetcdfVariable) -> npt.NDArray[np.float64]:
        if variable.numbers is None:
            raise DecodeError(f"{self.where}: {variable.name[:40]!r} holds no numbers, or too many")
        return variable.numbers
