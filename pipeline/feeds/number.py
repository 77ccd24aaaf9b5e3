"""The numbers that feeds write."""

from __future__ import annotations

import math

SHOWN = 40
DECIMAL_COMMA = str.maketrans(",.", ".,")
"""Makes a number of a decimal comma, and none of a point."""


def number(text: str, nodata: float | None, decimal: str = ".") -> float | None:
    """Return the number as written, or None where the text says that there is no value.

    Parameters
    ----------
    decimal : the mark that is declared; where it is a comma, a point would be of thousands

    Raises
    ------
    ValueError
        Neither a finite number nor empty nor the feed's nodata.
    """
    text = text.strip()
    if not text:
        return None
    try:
        value = float(text if decimal == "." else text.translate(DECIMAL_COMMA))
    except ValueError:
        raise ValueError(f"not a number: {text[:SHOWN]!r}") from None
    if nodata is not None and (value == nodata or (math.isnan(value) and math.isnan(nodata))):
        return None
    if not math.isfinite(value):
        raise ValueError(f"not a finite number: {text[:SHOWN]!r}")
    return value
