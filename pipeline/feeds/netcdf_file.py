"""What a NetCDF file holds, as plain arrays and texts.

The library is written in C and cannot be made safe for a file that somebody broke: with a few
bytes changed it hangs or ends the process, and HDF5 lets a file name others to be read as its
cells. Call it by `apart`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import netCDF4
import numpy as np
import numpy.typing as npt

from pipeline.errors import DecodeError
from pipeline.feeds.raster import MAX_BLOCK_BYTES, MAX_CELLS

BEGINS: Final = (b"\x89HDF\r\n\x1a\n", b"CDF\x01", b"CDF\x02", b"CDF\x05")
MAX_VARIABLES: Final = 200
MAX_ATTRIBUTES: Final = 200
"""Of one variable."""

MAX_AXIS: Final = 100_000
MAX_TEXT: Final = 10_000
NUMERIC: Final = "iuf"


@dataclass(frozen=True, slots=True, eq=False)
class NetcdfVariable:
    """One variable.

    Attributes
    ----------
    attributes : those that are one text or one number
    numbers : unpacked (scale, offset, fill values and valid range), NaN where there is none; None =
        they are no numbers, or not asked for
    """

    name: str
    dimensions: tuple[str, ...]
    shape: tuple[int, ...]
    attributes: Mapping[str, str | float]
    numbers: npt.NDArray[np.float64] | None

    def text(self, name: str) -> str:
        """Return an attribute that is a text; empty where it is not there."""
        value = self.attributes.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str, otherwise: float) -> float:
        """Return an attribute that is a number."""
        value = self.attributes.get(name, otherwise)
        return value if isinstance(value, float) else math.nan


def variables(
    content: bytes, parameter: str | None, nodata: float | None
) -> dict[str, NetcdfVariable]:
    """Return the variables of a file by name.

    Parameters
    ----------
    parameter : the one variable that is read, however large; None = all, if they are small enough
    nodata : the number, as written, that stands for a missing value of the parameter

    Raises
    ------
    DecodeError
        It holds too much.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dataset = netCDF4.Dataset("payload", memory=content)
    if len(dataset.variables) > MAX_VARIABLES:
        raise DecodeError(f"more than {MAX_VARIABLES} variables")
    left, found = MAX_CELLS, {}
    for name, variable in dataset.variables.items():
        size = math.prod(variable.shape)
        is_asked = size <= MAX_AXIS if parameter not in {None, name} else _is_numeric(variable)
        left -= size if is_asked else 0
        if left < 0:
            raise DecodeError(f"more than {MAX_CELLS} cells; take it in parts", field="parameter")
        missing = nodata if len(variable.dimensions) > 1 else None
        numbers = _numbers(variable, missing) if is_asked and _is_numeric(variable) else None
        shape = tuple(int(length) for length in variable.shape)
        found[name] = NetcdfVariable(
            name, tuple(variable.dimensions), shape, _attributes(variable), numbers
        )
    return found


def _is_numeric(variable: netCDF4.Variable[Any]) -> bool:
    return isinstance(variable.dtype, np.dtype) and variable.dtype.kind in NUMERIC


def _numbers(variable: netCDF4.Variable[Any], nodata: float | None) -> npt.NDArray[np.float64]:
    chunk = variable.chunking()
    if isinstance(chunk, list) and math.prod(chunk) * variable.dtype.itemsize > MAX_BLOCK_BYTES:
        raise DecodeError(f"chunks of more than {MAX_BLOCK_BYTES} bytes")
    numbers = np.ma.filled(np.ma.asarray(variable[...], np.float64), np.nan)
    if nodata is None:
        return numbers
    variable.set_auto_maskandscale(False)
    written = np.asarray(variable[...])
    if str(getattr(variable, "_Unsigned", "")).lower() == "true" and written.dtype.kind == "i":
        written = written.view(f"u{written.dtype.itemsize}")
    return np.where(written == nodata, np.nan, numbers)


def _attributes(variable: netCDF4.Variable[Any]) -> dict[str, str | float]:
    names = variable.ncattrs()
    if len(names) > MAX_ATTRIBUTES:
        raise DecodeError(f"more than {MAX_ATTRIBUTES} attributes")
    found: dict[str, str | float] = {}
    for name in names:
        value = variable.getncattr(name)
        if isinstance(value, str):
            found[name] = value[:MAX_TEXT]
        elif np.size(value) == 1 and np.asarray(value).dtype.kind in NUMERIC:
            found[name] = float(np.asarray(value).item())
    return found
