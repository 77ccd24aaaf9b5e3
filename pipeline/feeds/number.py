"""The numbers that feeds write."""

from __future__ import annotations

import math

SHOWN = 40


def number(text: str, nodata: float | None) -> float | None:
    """Return the number as written, or None where the text says that there is no value.

    Raises
    ------
    ValueError
        Neither a finite number nor empty nor the feed's nodata.
    """
    text = text.strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"not a number: {text[:SHOWN]!r}") from None
    if nodata is not None and (value == nodata or (math.isnan(value) and math.isnan(nodata))):
        return None
    if not math.isfinite(value):
        raise ValueError(f"not a finite number: {text[:SHOWN]!r}")
    return value
