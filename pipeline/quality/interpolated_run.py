"""Interpolated run: readings that were drawn, not measured."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.quality.graded import graded
from pipeline.quality.interpolated import known_from, resolution
from pipeline.site.model import QualityRule

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def interpolated_run(values: Floats, times: Ints, rule: QualityRule) -> npt.NDArray[np.uint8]:
    """Flag the inner points of a straight line, by how many the line has.

    The rule and its limits are those of `quality.interpolated`. It looks ahead to the end of the
    line: at a cutoff inside one, its points are still readings like others.

    Parameters
    ----------
    values : dims (time, ...), NaN = missing
    times : dims (time), microseconds; a line does not reach across a change of their step
    rule : `suspect`, `fail` a number of inner points

    Source: docs/adr/0005; `ioos_qc` has no such test.
    """
    columns = values.reshape(len(times), -1)
    inner = np.column_stack([_inner(column, times) for column in columns.T])
    return graded(inner.reshape(values.shape), values, rule)


def _inner(values: Floats, times: Ints) -> Floats:
    """Return how many inner points the line has that each value lies inside; 0 = none."""
    inner = np.where(np.isnan(values), np.nan, 0.0)
    said = np.flatnonzero(~np.isnan(values))
    if not len(said):
        return inner
    step = resolution(values)
    uneven = np.flatnonzero(np.diff(times[said], n=2)) + 2
    for piece in np.split(said, uneven):
        ends = known_from(values[piece], step)
        inside = ends > np.arange(len(piece))
        lengths = np.bincount(ends[inside], minlength=len(piece))
        inner[piece[inside]] = lengths[ends[inside]]
    return inner
