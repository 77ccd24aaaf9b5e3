"""Door: what the rivers did over a span, of any length, as it is known at its end."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from pipeline.database import Engine, reading
from pipeline.instants import from_us
from pipeline.store import batches
from pipeline.units import Variable

Hydrograph = tuple[tuple[datetime, float | None], ...]
"""(valid time, value in the variable's unit), oldest first; None where it is missing."""


def hydrographs(
    engine: Engine, site: str, *, start: datetime, end: datetime
) -> dict[tuple[str, Variable], Hydrograph]:
    """Return what each station read of each variable but rain, start < valid time <= end."""
    with reading(engine) as connection:
        revisions = batches.load(connection, site=site, start=start, end=end, known_before=None)
    points = revisions.at(None, start, end).points
    found: dict[tuple[str, Variable], Hydrograph] = {}
    for station_id, variable in {*zip(points.station_id, points.variable, strict=True)}:
        if Variable(variable).is_sum:
            continue
        rows = (points.station_id == station_id) & (points.variable == variable)
        found[station_id, Variable(variable)] = tuple(
            (from_us(int(us)), None if np.isnan(value) else float(value))
            for us, value in zip(points.valid_us[rows], points.value[rows], strict=True)
        )
    return found
