"""Which rows of a RECEIVED payload say something new against what was received before.

The clock of received rows is our own and only goes forward, so what repeats the current reading
can never matter to any cutoff; nor can a MISSING, where a value is known.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.instants import to_us
from pipeline.observation import GridReading, Reading
from pipeline.store.admission import Admitted
from pipeline.store.blob import is_missing, plain_cells
from pipeline.store.known import Known

Key = tuple[str, str, int, int]


def without_repeats(admitted: Admitted, current: Sequence[Known]) -> Admitted:
    """Return the admitted rows without those that repeat the current reading in every view."""
    points, grids = [_points(view) for view in current], [_grids(view) for view in current]
    return Admitted(
        readings=tuple(r for r in admitted.readings if not all(_repeats(r, p) for p in points)),
        grids=tuple(g for g in admitted.grids if not all(_repeats_grid(g, p) for p in grids)),
        faults=admitted.faults,
    )


def _points(current: Known) -> dict[Key, tuple[float, int]]:
    p = current.points
    keys = zip(p.station_id, p.variable, p.interval_s.tolist(), p.valid_us.tolist(), strict=True)
    return dict(zip(keys, zip(p.value, p.flag, strict=True), strict=True))


def _grids(current: Known) -> dict[Key, bytes]:
    return {
        (g.grid_id, g.variable, g.interval_s, g.valid_us): g.cells.tobytes() for g in current.grids
    }


def _repeats(reading: Reading, current: dict[Key, tuple[float, int]]) -> bool:
    if reading.reference_time is not None:
        return False
    key = (reading.station_id, reading.variable, reading.interval_s, to_us(reading.valid_time))
    known = current.get(key)
    if known is None:
        return False
    return is_missing(reading) or known == (reading.value, reading.flag)


def _repeats_grid(grid: GridReading, current: dict[Key, bytes]) -> bool:
    if grid.reference_time is not None:
        return False
    key = (grid.grid_id, grid.variable, grid.interval_s, to_us(grid.valid_time))
    known = current.get(key)
    if known is None:
        return False
    return bool(np.isnan(grid.cells).all()) or known == plain_cells(grid.cells).tobytes()
