"""Which rows of a payload are new against what the log holds.

The clock of received rows is our own and only goes forward, so what repeats the current reading
can never matter to any cutoff; nor can a MISSING, where a value is known, nor the withdrawal of
what is not there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.instants import to_us
from pipeline.observation import GridReading, QcFlag
from pipeline.store.blob import NO_MEMBER, plain_cells
from pipeline.store.columns import PointRows
from pipeline.store.keys import bits, matches, packed, same_rows
from pipeline.store.offered import OBSERVED_US, Offered
from pipeline.store.origins import Mask
from pipeline.store.point_log import PointLog, Stack
from pipeline.store.rows import GridRow, Integers

GridKey = tuple[str, str, int, int, int | None, int | None]


def repeated_points(points: Offered, held: Sequence[PointRows], cutoff_us: int) -> Mask:
    """Tell which points repeat what is known at a cutoff; all of them are of one kind.

    Parameters
    ----------
    held : rows of that kind of the payload's feed
    """
    if not held:
        return points.withdrawn
    log = PointLog.of(held)
    span = int(points.valid_us.min()) - 1, int(points.valid_us.max())
    rows = log.winners(*span, cutoff_us)
    current = {name: column[rows] for name, column in log.columns.items()}
    mine, theirs = _keys(points, log, current)
    found, place = matches(mine, theirs)
    if not found.any():
        return points.withdrawn
    value, flag = current["value"][place], current["flag"][place]
    same = (bits(value) == bits(points.value)) & (flag == points.flag)
    nothing = points.missing & (flag != QcFlag.WITHDRAWN)
    repeated: Mask = (found & (same | nothing)) | (~found & points.withdrawn)
    return repeated


def _keys(
    points: Offered, log: PointLog, current: dict[str, npt.NDArray[np.int64]]
) -> tuple[Integers, Integers]:
    n = len(points)
    mine = [points.valid_us, log.catalogue.places(points.series)[points.code]]
    theirs = [current["valid_time"], current["series"].astype(np.int64)]
    if "member" in current:
        mine += [points.reference_us, points.member]
        theirs += [current["reference_time"], current["member"]]
    key = packed(*(np.concatenate(pair) for pair in zip(mine, theirs, strict=True)))
    return key[:n], key[n:]


def held_points(points: Offered, held: Stack) -> Mask:
    """Tell which points the log has already from the same payload, whatever else it has.

    Parameters
    ----------
    held : rows of the payload's own
    """
    n = len(held.columns["value"])
    columns = held.columns
    series = held.catalogue.places(points.series)[points.code]
    mine = (points.valid_us, points.known_us, points.reference_us, points.member, points.flag)
    theirs = (
        columns["valid_time"],
        held.origins.known_us[columns["origin"]],
        columns.get("reference_time", np.full(n, OBSERVED_US)),
        columns.get("member", np.full(n, NO_MEMBER)),
        columns["flag"],
    )
    return same_rows(
        (series, *mine, bits(points.value)),
        (columns["series"].astype(np.int64), *theirs, bits(columns["value"])),
    )


def repeated_grids(grids: Sequence[GridReading], current: Sequence[GridRow]) -> list[bool]:
    """Tell which grids repeat what is known, or saw nothing where something is known."""
    known = {
        (g.grid_id, g.variable, g.interval_s, g.valid_us, g.reference_us, g.member): g
        for g in current
    }
    return [_repeats(grid, known.get(_key(grid))) for grid in grids]


def _key(grid: GridReading) -> GridKey:
    made = None if grid.reference_time is None else to_us(grid.reference_time)
    stamp = grid.interval_s, to_us(grid.valid_time)
    return grid.grid_id, str(grid.variable), *stamp, made, grid.member


def _repeats(grid: GridReading, known: GridRow | None) -> bool:
    if known is None:
        return False
    return bool(np.isnan(grid.cells).all()) or (
        known.cells.tobytes() == plain_cells(grid.cells).tobytes()
    )
