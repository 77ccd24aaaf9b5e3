"""What was derived of a site, as it is kept in the cache."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, ConfigDict

from pipeline.catchment.weights import Weights
from pipeline.site.model import CatchmentWeights

WGS84: Final = "EPSG:4326"
"""In which a site's places are stated."""


class Snapped(BaseModel):
    """How a village came to its stream, or to its polygon.

    Attributes
    ----------
    shift_m : from the village to its stream cell; None where it has none
    area_km2 : drained there, or of the polygon
    seen : share of its catchment on which the rain grid sees rain, 0..1
    fault : why it has no catchment, or None
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    village_id: str
    shift_m: float | None = None
    area_km2: float | None = None
    seen: float = 0.0
    fault: str | None = None


class Derived(BaseModel):
    """What is kept in the cache."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: CatchmentWeights
    snapped: tuple[Snapped, ...]


def on_grid(
    weights: Weights, villages: tuple[str, ...], grid_id: str, shape: tuple[int, int]
) -> CatchmentWeights:
    """Return the weights of villages over the cells of a rain grid, as a site keeps them."""
    return CatchmentWeights(
        villages=villages, source_kind="grid", grid_id=grid_id, shape=shape, **csr(weights)
    )


def csr(weights: Weights) -> Mapping[str, tuple[float, ...]]:
    """Return sparse weights as plain numbers."""
    return {
        "indptr": tuple(weights.indptr.tolist()),
        "indices": tuple(weights.indices.tolist()),
        "data": tuple(weights.data.tolist()),
    }
