"""Units in which feeds state what we keep in one unit each."""

from __future__ import annotations

from typing import Final

from pipeline.errors import DecodeError
from pipeline.units import Variable

FACTORS: Final[dict[Variable, dict[str, float]]] = {
    Variable.RAIN: {"mm": 1.0, "cm": 10.0, "m": 1000.0, "in": 25.4},
    Variable.STAGE: {
        "m": 1.0, "cm": 0.01, "mm": 0.001, "ft": 0.3048,
        "mASD": 1.0, "mAOD": 1.0,  # metres above station datum, above Ordnance Datum Newlyn
    },
    Variable.DISCHARGE: {"m3/s": 1.0, "l/s": 0.001, "ft3/s": 0.028316846592},
    Variable.STORAGE: {"m3": 1.0, "1e4 m3": 1e4, "1e6 m3": 1e6},
    Variable.SOIL_MOISTURE: {"1": 1.0, "%": 0.01},
    Variable.DEPTH: {"m": 1.0, "cm": 0.01, "mm": 0.001},
    Variable.VOLTAGE: {"V": 1.0, "mV": 0.001},
    Variable.OFFICIAL: {"level": 1.0},
}  # fmt: skip


def factor(variable: Variable, unit: str | None) -> float:
    """Return by what a number in `unit` is multiplied to be in the variable's own unit.

    None is the variable's own unit.

    Raises
    ------
    DecodeError
        The unit is not one of this variable.
    """
    if unit is None:
        return 1.0
    known = FACTORS[variable]
    if unit not in known:
        message = f"{unit!r} is not a unit of {variable}; known are {', '.join(known)}"
        raise DecodeError(message, field="unit")
    return known[unit]


def agreed(variable: Variable, stated: str | None, declared: str | None) -> float:
    """Return the factor of the unit that a payload states, that feeds.toml declares, or both.

    Raises
    ------
    DecodeError
        Neither tells it, they contradict each other, or it is not a unit of this variable.
    """
    if stated is None and declared is None:
        raise DecodeError("neither the payload nor feeds.toml states a unit", field="unit")
    if None not in (stated, declared) and stated != declared:
        message = f"the payload states {str(stated)[:40]!r}, feeds.toml {declared!r}"
        raise DecodeError(message, field="unit")
    return factor(variable, stated or declared)
