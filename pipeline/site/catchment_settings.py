"""How the weights of the catchments are derived."""

from __future__ import annotations

from operator import not_
from typing import Literal

from pydantic import Field

from pipeline.site.frozen import Frozen


class CatchmentSettings(Frozen):
    """``[catchment]`` of site.toml: how weights are derived where there is a flow grid.

    Attributes
    ----------
    rain_feed, rain_sample : the rain grid: what the flow grid is laid over, and what the checks of
        neighbours ask above each gauge, which needs no flow grid
    station_weights : where rain is that of stations, a village without a row in weights.csv has
        none (``stated``), or has those by distance
    nearest_stations, within_km : by distance, how many stations stand for a village, and how far
        away they may be, a hundred metres of climb counting as a kilometre
    forecast_samples : by feed, a file that shows the grid of its forecasts; none is needed where
        they are on the rain grid
    """

    flow_directions: str | None = None
    coding: Literal["north_clockwise", "esri"] = "north_clockwise"
    rain_feed: str | None = None
    rain_sample: str | None = None
    min_area_km2: float = Field(5.0, gt=0)
    max_shift_km: float = Field(1.5, gt=0)
    station_weights: Literal["stated", "inverse_distance"] = "stated"
    nearest_stations: int = Field(4, ge=1, le=20)
    within_km: float = Field(30.0, gt=0, le=300)
    forecast_samples: dict[str, str] = Field(default_factory=dict, exclude_if=not_)
