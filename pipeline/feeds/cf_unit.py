"""Units as CF files write them (CF conventions 1.11, 3.1: those of UDUNITS)."""

from __future__ import annotations

import math
import re
from typing import Final

from pipeline.errors import DecodeError
from pipeline.feeds import unit
from pipeline.site.model import FeedSpec
from pipeline.units import Variable

DEPTHS: Final = {
    "mm": 1.0, "millimeter": 1.0, "millimetre": 1.0, "kg m-2": 1.0, "cm": 10.0,
    "m": 1000.0, "m of water equivalent": 1000.0, "in": 25.4, "inch": 25.4,
}  # fmt: skip
"""Of rain, in mm; one kilogram of water on a square metre is one millimetre of it."""

PER_S: Final = {
    "s": 1, "sec": 1, "second": 1, "min": 60, "minute": 60, "h": 3600, "hr": 3600, "hour": 3600,
    "d": 86_400, "day": 86_400,
}  # fmt: skip
OTHERS: Final = {
    Variable.DISCHARGE: {"m3 s-1": 1.0},
    Variable.SOIL_MOISTURE: {"m3 m-3": 1.0, "percent": 0.01},
    Variable.STAGE: {"meter": 1.0, "metre": 1.0},
    Variable.DEPTH: {"meter": 1.0, "metre": 1.0},
}
RATE: Final = re.compile(r"(.+?) ([a-z]+)-1")
POWER: Final = re.compile(r"(?<=[a-z])(?:\*\*|\^)(?=-?\d)")
DIVIDED: Final = re.compile(r"\s*/\s*([a-z]+)(\d?)")
PLURAL: Final = re.compile(r"(?<=meter|metre)s\b")


def factor(stated: str | None, spec: FeedSpec, interval_s: int, where: str) -> float:
    """Return by what a number is multiplied to be in the variable's own unit.

    A rate of rain becomes the sum over its interval.

    Parameters
    ----------
    stated : by the file; None = it states none

    Raises
    ------
    DecodeError
        Neither file nor feeds.toml states a unit of this variable, or they contradict each other.
    """
    if stated is None and spec.unit is None:
        raise DecodeError(f"{where}: neither the file nor feeds.toml states a unit", field="unit")
    if stated is None:
        return unit.factor(spec.variable, spec.unit)
    found = _found(stated, spec.variable, interval_s)
    if found is None:
        raise DecodeError(f"{where}: {stated[:40]!r} is no unit of {spec.variable}", field="unit")
    if spec.unit is not None and not math.isclose(found, unit.factor(spec.variable, spec.unit)):
        message = f"{where}: the file states {stated[:40]!r}, feeds.toml {spec.unit!r}"
        raise DecodeError(message, field="unit")
    return found


def _found(stated: str, variable: Variable, interval_s: int) -> float | None:
    text = stated.strip()
    if text in unit.FACTORS[variable]:
        return unit.FACTORS[variable][text]
    text = DIVIDED.sub(lambda part: f" {part[1]}-{part[2] or 1}", POWER.sub("", text.lower()))
    text = PLURAL.sub("", text)
    if variable is not Variable.RAIN:
        return OTHERS.get(variable, {}).get(text)
    rate = RATE.fullmatch(text)
    if rate is None:
        return DEPTHS.get(text)
    if rate[1] not in DEPTHS or rate[2] not in PER_S:
        return None
    return DEPTHS[rate[1]] * interval_s / PER_S[rate[2]]
