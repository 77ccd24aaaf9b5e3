"""A site's forecasts of rain as arrays: what their cells weigh, and how old a run may be."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.catchment.weights import Weights
from pipeline.risk.as_read import SECOND_US


@dataclass(frozen=True, slots=True, eq=False)
class ForecastArrays:
    """One feed that foresees rain.

    Attributes
    ----------
    weights : village x cell of `grid_id`, in the order of the site's villages
    max_age_us : a run that began longer before the cutoff says nothing any more
    """

    feed_id: str
    grid_id: str
    weights: Weights
    max_age_us: int

    @classmethod
    def of(cls, feed_id: str, grid_id: str, weights: Weights, max_age_h: int) -> ForecastArrays:
        """Return the arrays of a feed whose runs may be so many hours old."""
        return cls(feed_id, grid_id, weights, 3600 * max_age_h * SECOND_US)
